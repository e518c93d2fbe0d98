"""Values as messages: what may cross between grader and worker, and nothing else.

Both sides use the same nodes. They differ in what stands behind an object that is no data, so
each gives its own `Objects`.
"""

from __future__ import annotations

import dataclasses
import functools
import keyword
import unicodedata
from collections import namedtuple
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import msgspec
import numpy as np
import torch

from autograder.sandbox import tensors
from autograder.sandbox.frames import Buffer
from autograder.sandbox.messages import (
    HOME,
    DeviceNode,
    DictNode,
    DtypeNode,
    FunctionNode,
    GeneratorNode,
    ListNode,
    ModelNode,
    ObjectNode,
    RecordNode,
    TensorNode,
    TupleNode,
    Value,
)

_MAX_DEPTH = 8
_MAX_FIELDS = 64
_MAX_INTEGER = 2**63 - 1


class WireError(ValueError):
    """A value that cannot travel, or bytes that are no value."""


class Objects(Protocol):
    """What one side does with objects that are not data."""

    keeps_layout: bool
    home: torch.device

    def pack(self, value: object) -> ModelNode | ObjectNode | FunctionNode:
        """Name an object that stays here."""

    def unpack(self, node: ModelNode | ObjectNode | FunctionNode) -> object:
        """Find the object that a name of the other side means."""


class Packer:
    """Turns values into nodes and collects the bytes of their tensors."""

    def __init__(self, objects: Objects) -> None:
        self.blobs: list[Buffer] = []
        self._objects = objects

    def pack(self, value: object, depth: int = 0) -> Value:
        """Return the node of one value."""
        if depth > _MAX_DEPTH:
            raise WireError(f"a value nested deeper than {_MAX_DEPTH} levels")
        if value is None or isinstance(value, bool | str | float | int | np.generic):
            return _scalar(value)
        if isinstance(value, torch.Tensor) and tensors.is_dense(value):
            return self._tensor(value)
        if isinstance(value, torch.dtype):
            return DtypeNode(tensors.dtype_name(value))
        if isinstance(value, torch.device):
            return DeviceNode(tensors.place(value, self._objects.home))
        if isinstance(value, torch.Generator):
            return GeneratorNode(value.initial_seed() & _MAX_INTEGER)
        return self._container(value, depth)

    def _tensor(self, value: torch.Tensor) -> TensorNode:
        with torch._C.DisableTorchFunctionSubclass():
            plain = value.as_subclass(torch.Tensor)
            node, blobs = tensors.pack(
                plain, self._objects.home, with_layout=self._objects.keeps_layout
            )
        self.blobs += blobs
        return node

    def _container(self, value: object, depth: int) -> Value:
        fields = _record_fields(value)
        if fields is not None:
            items = [(name, self.pack(item, depth + 1)) for name, item in fields]
            return RecordNode(type(value).__name__, items)
        if isinstance(value, list):
            return ListNode(self._items(value, depth))
        if isinstance(value, tuple):
            return TupleNode(self._items(value, depth))
        if isinstance(value, dict):
            return self._dict(value, depth)
        return self._objects.pack(value)

    def _items(self, values: Sequence[object], depth: int) -> list[Value]:
        return [self.pack(item, depth + 1) for item in values]

    def _dict(self, value: dict[object, object], depth: int) -> DictNode:
        pairs = value.items()
        return DictNode([(self.pack(k, depth + 1), self.pack(v, depth + 1)) for k, v in pairs])


def _scalar(value: object) -> Value:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if not -_MAX_INTEGER <= value <= _MAX_INTEGER:
            raise WireError("an integer of more than 64 bits")
        return int(value)
    if isinstance(value, float):
        return float(value)
    return _text(str(value))


def _text(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _record_fields(value: object) -> list[tuple[str, object]] | None:
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return list(zip(value._fields, value, strict=True))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        return [(name, getattr(value, name)) for name in names]
    return None


@functools.lru_cache(maxsize=256)
def record_type(type_name: str, names: tuple[str, ...]) -> Callable[..., object]:
    """Return a named tuple type with these fields; odd names become `_0`, `_1`, …"""
    if len(names) > _MAX_FIELDS:
        raise WireError(f"a record of {len(names)} fields (allowed {_MAX_FIELDS})")
    is_name = type_name.isidentifier() and not keyword.iskeyword(type_name)
    # Python reads names in this form: two that differ here may be one there.
    known = [unicodedata.normalize("NFKC", name) for name in names]
    return namedtuple(type_name if is_name else "record", known, rename=True)


class Unpacker:
    """Turns nodes back into values, handing each tensor its bytes in the order of packing."""

    def __init__(self, objects: Objects, payload: memoryview) -> None:
        self._objects = objects
        self._payload = payload
        self._used = 0

    def unpack(self, node: Value, depth: int = 0) -> Any:  # noqa: ANN401 - values have any type
        """Return the value of one node."""
        if depth > _MAX_DEPTH:
            raise WireError(f"a value nested deeper than {_MAX_DEPTH} levels")
        if isinstance(node, TensorNode):
            if node.stride is not None and self._objects.keeps_layout:
                raise WireError("a tensor with a layout, which only the grader may send")
            data = self._take(tensors.payload_size(node))
            return tensors.unpack(node, data, self._objects.home)
        if isinstance(node, DtypeNode):
            return tensors.dtype_named(node.name)
        if isinstance(node, DeviceNode):
            return self._objects.home if node.name == HOME else torch.device(node.name)
        if isinstance(node, GeneratorNode):
            return torch.Generator(self._objects.home).manual_seed(node.seed)
        return self._container(node, depth)

    def finish(self) -> None:
        """Refuse bytes that no node has asked for."""
        if self._used != len(self._payload):
            raise WireError(f"{len(self._payload) - self._used} bytes that belong to no tensor")

    def _take(self, size: int) -> memoryview:
        start, self._used = self._used, self._used + size
        if self._used > len(self._payload):
            raise WireError(f"a tensor of {size} bytes with {len(self._payload) - start} sent")
        return self._payload[start : self._used]

    def _container(self, node: Value, depth: int) -> object:
        if isinstance(node, ListNode):
            return list(self._items(node.items, depth))
        if isinstance(node, TupleNode):
            return tuple(self._items(node.items, depth))
        if isinstance(node, DictNode):
            return self._dict(node, depth)
        if isinstance(node, RecordNode):
            fields = {name: self.unpack(item, depth + 1) for name, item in node.items}
            return record_type(node.type_name, tuple(fields))(*fields.values())
        if isinstance(node, ModelNode | ObjectNode | FunctionNode):
            return self._objects.unpack(node)
        return node

    def _items(self, nodes: Sequence[Value], depth: int) -> Iterator[object]:
        return (self.unpack(item, depth + 1) for item in nodes)

    def _dict(self, node: DictNode, depth: int) -> dict[object, object]:
        result: dict[object, object] = {}
        for key, item in node.items:
            name = self.unpack(key, depth + 1)
            if not isinstance(name, str | int | float | bool | None):
                raise WireError(f"a dict with a key of type {type(name).__name__}")
            result[name] = self.unpack(item, depth + 1)
        return result


ENCODER = msgspec.msgpack.Encoder()
