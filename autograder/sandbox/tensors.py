"""Tensors as a node and raw bytes: any dense dtype, layout kept going in, checked coming out."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from autograder.sandbox.frames import Buffer
from autograder.sandbox.messages import HOME, TensorNode

_ALIGNMENT = 16
_DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        *(torch.float16, torch.bfloat16, torch.float32, torch.float64),
        *(torch.int8, torch.int16, torch.int32, torch.int64),
        *(torch.uint8, torch.uint16, torch.uint32, torch.uint64),
        *(torch.bool, torch.complex32, torch.complex64, torch.complex128),
        *(torch.float8_e4m3fn, torch.float8_e5m2),
    )
}


class TensorError(ValueError):
    """A tensor that cannot travel, or a node that describes none."""


class AwayError(Exception):
    """A tensor that is not on the device of its side; the text names where it is."""


def dtype_name(dtype: torch.dtype) -> str:
    """Return the name under which a dtype travels."""
    return str(dtype).removeprefix("torch.")


def dtype_named(name: str) -> torch.dtype:
    """Return the dtype called `name`; `TensorError` for any that does not travel."""
    if name not in _DTYPES:
        raise TensorError(f"a tensor of dtype {name!r}")
    return _DTYPES[name]


def allocate(size: int) -> memoryview:
    """Return `size` writable bytes, not cleared: they are about to be received."""
    return memoryview(torch.empty(size, dtype=torch.uint8).numpy())  # type: ignore[arg-type]


def is_dense(tensor: torch.Tensor) -> bool:
    """Tell whether a tensor is plain memory in a dtype that travels."""
    return (
        tensor.layout is torch.strided
        and not tensor.is_nested
        and tensor.device.type in ("cpu", "cuda")
        and dtype_name(tensor.dtype) in _DTYPES
    )


def place(device: torch.device, home: torch.device) -> str:
    """Return the name under which a device travels: the same word for either side's own."""
    return HOME if device.type == home.type else str(device)


def pack(
    tensor: torch.Tensor, home: torch.device, *, with_layout: bool
) -> tuple[TensorNode, list[Buffer]]:
    """Turn a tensor into its node and its bytes, padded to a multiple of 16.

    Only the entries travel: bytes that lie between them in memory belong to somebody else.
    """
    plain = tensor.detach().resolve_conj().resolve_neg()
    node = TensorNode(
        dtype=dtype_name(plain.dtype),
        shape=tuple(plain.shape),
        device=place(plain.device, home),
        requires_grad=tensor.requires_grad,
        stride=_layout(plain) if with_layout else None,
    )
    return node, _bytes_of(plain)


def _layout(tensor: torch.Tensor) -> tuple[int, ...] | None:
    return None if tensor.is_contiguous() else tuple(tensor.stride())


def _bytes_of(tensor: torch.Tensor) -> list[Buffer]:
    if tensor.numel() == 0:
        return []
    flat = tensor.cpu().contiguous().reshape(-1)
    data = memoryview(flat.view(torch.uint8).numpy())  # type: ignore[arg-type]
    padding = -len(data) % _ALIGNMENT
    return [data, bytes(padding)] if padding else [data]


def payload_size(node: TensorNode) -> int:
    """Return how many bytes a node claims, from its checked dtype and shape."""
    size = math.prod(node.shape) * dtype_named(node.dtype).itemsize
    return size + -size % _ALIGNMENT


def unpack(node: TensorNode, payload: memoryview, home: torch.device) -> torch.Tensor:
    """Build the tensor that a node describes at `home`, on bytes whose number was checked."""
    if node.device != HOME:
        raise AwayError(node.device)
    dtype = dtype_named(node.dtype)
    count = math.prod(node.shape)
    if count:
        flat = torch.frombuffer(payload, dtype=dtype, count=count)
    else:
        flat = torch.empty(0, dtype=dtype)
    tensor = _lay_out(flat.reshape(node.shape), node.stride).to(home)
    if node.requires_grad and not (dtype.is_floating_point or dtype.is_complex):
        raise TensorError(f"a tensor of dtype {node.dtype} that requires a gradient")
    return tensor.requires_grad_(node.requires_grad)


def _lay_out(tensor: torch.Tensor, stride: Sequence[int] | None) -> torch.Tensor:
    """Give the entries the strides they had at the sender, repeated ones repeated again."""
    if stride is None or tensor.numel() == 0:
        return tensor
    once = tensor
    for axis, step in enumerate(stride):
        once = once.narrow(axis, 0, 1) if step == 0 else once
    placed = torch.empty_strided(once.shape, stride, dtype=once.dtype).copy_(once)
    return placed.expand(tensor.shape)
