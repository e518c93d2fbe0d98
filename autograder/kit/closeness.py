"""Where two dense tensors of one shape differ most."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeGuard

import torch

from autograder.kit.shown import is_a
from autograder.kit.wording import number_pair

_TOLERANCES = {
    torch.float16: (1e-2, 1e-3),
    torch.bfloat16: (2e-2, 1e-2),
    torch.float32: (1e-4, 1e-5),
    torch.complex64: (1e-4, 1e-5),
    torch.float64: (1e-7, 1e-9),
    torch.complex128: (1e-7, 1e-9),
}
_EIGHT_BITS = frozenset(
    (
        torch.float8_e4m3fn,
        torch.float8_e4m3fnuz,
        torch.float8_e5m2,
        torch.float8_e5m2fnuz,
    )
)
_INTEGERS = frozenset(
    (
        torch.bool,
        torch.uint8,
        torch.uint16,
        torch.uint32,
        torch.uint64,
        torch.int8,
        torch.int16,
        torch.int32,
        torch.int64,
    )
)
_COMPARABLE = _EIGHT_BITS | _INTEGERS | _TOLERANCES.keys()


@dataclass(frozen=True)
class Gap:
    """How many entries differ, and the worst of them."""

    count: int
    total: int
    index: tuple[int, ...]
    got: complex
    expected: complex
    allowed: float

    @property
    def at(self) -> str:
        """The index as a message shows it: "[0, 2]", nothing for a scalar."""
        return str(list(self.index)) if self.index else ""

    def values(self) -> tuple[str, str]:
        """Return both worst values in words that differ."""
        return number_pair(self.got, self.expected)


def is_dense(value: object) -> TypeGuard[torch.Tensor]:
    """Say whether `value` is a tensor with entries that can be read and compared."""
    if not is_a(value, torch.Tensor) or value.is_nested:
        return False
    dense = value.layout is torch.strided and value.device.type != "meta"
    return dense and value.dtype in _COMPARABLE


def tolerances(dtype: torch.dtype, rtol: float | None, atol: float | None) -> tuple[float, float]:
    """Return rtol and atol, by default those of `dtype`; integers and bool are exact."""
    by_dtype = _TOLERANCES.get(dtype, (0.0, 0.0))
    return by_dtype[0] if rtol is None else rtol, by_dtype[1] if atol is None else atol


def widest_gap(got: torch.Tensor, expected: torch.Tensor, rtol: float, atol: float) -> Gap | None:
    """Return the worst of the entries with |got - expected| > atol + rtol |expected|, if any.

    Both are dense and of one shape; NaN equals nothing, infinity only itself.
    """
    a, b = _exactly(got), _exactly(expected)
    difference = (_widely(a) - _widely(b)).abs()
    allowed = atol + rtol * _widely(b).abs()
    # Without an allowance only `!=` decides: two large integers may be one and the same float64.
    near = (allowed > 0) & torch.isfinite(allowed) & (difference <= allowed)
    far = (a != b) & ~near
    if not bool(far.any()):
        return None
    badness = difference.nan_to_num(nan=math.inf).masked_fill(~far, -1)
    index = _index(int(badness.argmax()), a.shape)
    return Gap(
        count=int(far.sum()),
        total=far.numel(),
        index=index,
        got=_entry(got, index),
        expected=_entry(expected, index),
        allowed=float(allowed[index]),
    )


def _exactly(tensor: torch.Tensor) -> torch.Tensor:
    """Return it on the CPU in a dtype that holds each of its values and compares with others."""
    plain = tensor.detach().cpu()
    if plain.is_complex():
        return plain.to(torch.complex128)
    return plain.to(torch.float64 if plain.is_floating_point() else torch.int64)


def _widely(tensor: torch.Tensor) -> torch.Tensor:
    return tensor if tensor.is_complex() else tensor.to(torch.float64)


def _index(position: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the index of an entry from its position (torch's own way imports sympy)."""
    index = []
    for size in reversed(shape):
        position, along = divmod(position, size)
        index.append(along)
    return tuple(reversed(index))


def _entry(tensor: torch.Tensor, index: tuple[int, ...]) -> complex:
    value: complex = tensor.detach()[index].item()
    return value
