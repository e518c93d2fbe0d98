"""Assertions on tensors: kind, shape, dtype, device, values."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from autograder.kit.call import Call
from autograder.kit.closeness import Gap, is_dense, tolerances, widest_gap
from autograder.kit.shown import LONGEST_INT_BITS, dtype_name, is_a, shown
from autograder.kit.wording import attribute

# Bare pytest then points at the line of the check that failed, not at this file.
__tracebackhide__ = True


def assert_tensor(got: object, call: Call, *, what: str = "the result") -> None:
    """Fail unless `got` is a dense tensor."""
    dense(got, call, what)


def assert_shape(
    got: object, shape: Sequence[int], call: Call, *, what: str = "the result", hint: str = ""
) -> None:
    """Fail unless `got` is a dense tensor of `shape`."""
    is_ = tuple(dense(got, call, what).shape)
    _assert_attribute("shape", str(is_), str(tuple(shape)), call, what, hint)


def assert_dtype(
    got: object, dtype: torch.dtype, call: Call, *, what: str = "the result", hint: str = ""
) -> None:
    """Fail unless `got` is a dense tensor of `dtype`."""
    is_ = dtype_name(dense(got, call, what).dtype)
    _assert_attribute("dtype", is_, dtype_name(dtype), call, what, hint)


def assert_no_graph(got: object, call: Call, *, what: str = "the result") -> None:
    """Fail unless `got` is a dense tensor that needs no gradient, so that it keeps no graph."""
    if dense(got, call, what).requires_grad:
        said = f"{attribute(what, 'requires_grad')} is True, but should be False"
        raise call.failed(said, "detach it, or compute it under torch.no_grad().")


def assert_close(
    got: object,
    expected: torch.Tensor | complex,
    call: Call,
    *,
    what: str = "the result",
    rtol: float | None = None,
    atol: float | None = None,
    hint: str = "",
) -> None:
    """Fail unless `got` equals `expected` in kind, shape, dtype, device and, nearly, in value.

    An entry is near enough where |got - expected| <= atol + rtol |expected|. The defaults follow
    the dtype: float32 1e-4 and 1e-5, float64 and Python numbers 1e-7 and 1e-9, integers exactly.
    NaN equals nothing. The hint is given only where the values differ.
    """
    if isinstance(expected, torch.Tensor):
        assert_shape(got, expected.shape, call, what=what)
        assert_dtype(got, expected.dtype, call, what=what)
        tensor = dense(got, call, what)
        _assert_attribute("device", str(tensor.device), str(expected.device), call, what, "")
        limits = tolerances(expected.dtype, rtol, atol)
    else:
        tensor, expected = _number(got, expected, call, what), _scalar(expected)
        limits = tolerances(torch.float64, rtol, atol)
    gap = widest_gap(tensor, expected, *limits)
    if gap:
        raise call.failed(_sentence(gap, what), hint)


def dense(got: object, call: Call, what: str) -> torch.Tensor:
    """Return `got`, or fail if it is not a dense tensor."""
    if is_dense(got):
        return got
    asked = "a dense tensor" if is_a(got, torch.Tensor) else "a tensor"
    raise call.failed(f"{what} is {shown(got)}, but should be {asked}")


def _number(got: object, expected: complex, call: Call, what: str) -> torch.Tensor:
    if type(got) is float or (type(got) is complex and type(expected) is complex):
        return _scalar(got)
    if type(got) is int and got.bit_length() <= LONGEST_INT_BITS:
        return _scalar(got)
    raise call.failed(f"{what} is {shown(got)}, but should be {shown(expected)}")


def _scalar(number: complex) -> torch.Tensor:
    dtype = torch.complex128 if type(number) is complex else torch.float64
    return torch.tensor(number, dtype=dtype)


def _sentence(gap: Gap, what: str) -> str:
    is_, should = gap.values()
    allowed = f" (allowed {gap.allowed:.2g})" if 0 < gap.allowed < math.inf else ""
    if not gap.index:
        return f"{what} is {is_}, but should be {should}{allowed}"
    entries = "entries" if what == "the result" else f"entries of {what}"
    counts = f"{gap.count} of {gap.total} {entries} differ"
    return f"{counts}; worst {gap.at} is {is_}, but should be {should}{allowed}"


def _assert_attribute(name: str, is_: str, should: str, call: Call, what: str, hint: str) -> None:
    if is_ != should:
        raise call.failed(f"{attribute(what, name)} is {is_}, but should be {should}", hint)
