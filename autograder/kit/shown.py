"""Any value in a few harmless words: short, escaped, and never by the value's own code."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from itertools import islice, zip_longest
from types import BuiltinFunctionType, FunctionType
from typing import Any, TypeGuard, TypeVar

import torch

T = TypeVar("T")
LIMIT = 80
ITEMS = 8
DEPTH = 3
LONGEST_INT_BITS = 256


def is_a(value: object, kind: type[T]) -> TypeGuard[T]:
    """Say whether `value` is an instance of `kind`; `__class__` is not asked, for it may lie."""
    return issubclass(type(value), kind)


def shown(value: object) -> str:
    """Return `value` in at most `LIMIT` characters; what is not plain data, by its class."""
    return _cut(_shown(value, DEPTH))


def told_apart(got: object, expected: object) -> tuple[str, str]:
    """Return two different values in words that differ as well."""
    texts = shown(got), shown(expected)
    if texts[0] != texts[1]:
        return texts
    if isinstance(got, str) and isinstance(expected, str):
        start = next(i for i, (a, b) in enumerate(zip_longest(got, expected)) if a != b)
        tail = f" from character {start} on"
        return shown(got[start:]) + tail, shown(expected[start:]) + tail
    return f"{texts[0]} ({kind(got)})", f"{texts[1]} ({kind(expected)})"


def kind(value: object) -> str:
    """Return the class of `value` with its article: "a list", "an int"."""
    remote = inspect.getattr_static(value, "type_name_", None)  # of an object in a worker
    return _with_article(escaped(remote if type(remote) is str else type(value).__name__))


def escaped(text: str, limit: int = LIMIT) -> str:
    """Return `text` as one short line of printable characters."""
    return _cut(repr(text[: limit + 1])[1:-1], limit)


def dtype_name(dtype: torch.dtype) -> str:
    """Return "float32" for `torch.float32`."""
    return str(dtype).removeprefix("torch.")


def describe_tensor(tensor: torch.Tensor) -> str:
    """Return dtype and shape: "float32 (2, 3)"."""
    return f"{dtype_name(tensor.dtype)} {tuple(tensor.shape)}"


def _cut(text: str, limit: int = LIMIT) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _with_article(noun: str) -> str:
    # Names with a u in front are read with a "you": a uint8, a UserDict.
    return f"{'an' if noun[:1].lower() in tuple('aeio') else 'a'} {noun}"


def _shown(value: object, depth: int) -> str:
    if type(value) in _PLAIN:
        return _PLAIN[type(value)](value)
    if is_a(value, torch.Tensor):
        return _shown_tensor(value)
    if is_a(value, tuple):
        items = _joined(tuple.__iter__(value), depth)
        return f"({items},)" if tuple.__len__(value) == 1 else f"({items})"
    if is_a(value, list):
        return f"[{_joined(list.__iter__(value), depth)}]"
    if is_a(value, dict):
        return f"{{{_joined(dict.items(value), depth, _shown_entry)}}}"
    return kind(value)


def _joined(items: Iterable[Any], depth: int, show: Callable[[Any, int], str] = _shown) -> str:
    if depth <= 0:
        return "…"
    first: Iterator[Any] = islice(items, ITEMS + 1)
    texts = [show(item, depth - 1) for item in first]
    return ", ".join(texts if len(texts) <= ITEMS else [*texts[:ITEMS], "…"])


def _shown_entry(entry: tuple[object, object], depth: int) -> str:
    return f"{_shown(entry[0], 0)}: {_shown(entry[1], depth)}"


def _shown_int(value: int) -> str:
    bits = value.bit_length()
    return str(value) if bits <= LONGEST_INT_BITS else f"an int of {bits} bits"


def _shown_tensor(value: torch.Tensor) -> str:
    if value.is_nested:
        return "a nested tensor"
    layout = "" if value.layout is torch.strided else f"{value.layout} ".removeprefix("torch.")
    where = "" if value.device.type == "cpu" else f" on {value.device}"
    shape = tuple(value.shape)
    return _with_article(f"{layout}{dtype_name(value.dtype)} tensor of shape {shape}{where}")


_PLAIN: dict[type, Callable[[Any], str]] = {
    type(None): repr,
    bool: repr,
    int: _shown_int,
    float: repr,
    complex: repr,
    str: lambda text: repr(text[: LIMIT + 1]),
    bytes: lambda data: repr(data[: LIMIT + 1]),
    torch.dtype: dtype_name,
    torch.device: str,
    type: lambda cls: f"the class {escaped(cls.__name__)}",
    FunctionType: lambda function: escaped(function.__name__),
    BuiltinFunctionType: lambda function: escaped(function.__name__),
}
