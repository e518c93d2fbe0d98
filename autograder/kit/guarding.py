"""A call that notices what it changed of its arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from autograder.kit.operations import fingerprint


def guarded(function: Callable[..., Any], *args: object, **kwargs: object) -> tuple[Any, list[str]]:
    """Call `function`; return the result and the names of what it changed, bit for bit.

    Tensors inside lists, tuples and dicts count too, as `p["W"]`; of a module its parameters,
    buffers, gradients, modes and hooks, as `model.hooks`.
    """
    arguments = _named(function, args, kwargs)
    before = _snapshot(arguments)
    result = function(*args, **kwargs)
    after = _snapshot(arguments)
    names = dict.fromkeys([*before, *after])
    return result, [name for name in names if not _same(before.get(name), after.get(name))]


def _named(
    function: Callable[..., Any], args: tuple[object, ...], kwargs: dict[str, object]
) -> dict[str, object]:
    try:
        return dict(inspect.signature(function).bind(*args, **kwargs).arguments)
    except (TypeError, ValueError):  # no signature, or a call that will fail by itself
        return {str(position): value for position, value in enumerate(args, 1)} | kwargs


def _snapshot(values: Mapping[str, object]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in values.items():
        if isinstance(value, torch.Tensor):
            found[name] = _copy(value)
        elif isinstance(value, torch.nn.Module):
            found |= {f"{name}.{part}": state for part, state in fingerprint(value).items()}
        elif isinstance(value, Mapping):
            found |= _snapshot({f"{name}[{_key(k)}]": v for k, v in value.items()})
        elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
            found |= _snapshot({f"{name}[{i}]": v for i, v in enumerate(value)})
    return found


def _key(key: object) -> str:
    return f'"{key}"' if isinstance(key, str) else str(key)


def _copy(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.detach().clone()


def _same(before: object, after: object) -> bool:
    if not isinstance(before, torch.Tensor) or not isinstance(after, torch.Tensor):
        return before == after
    if before.shape != after.shape or before.dtype != after.dtype:
        return False
    return torch.equal(_bits(before), _bits(after))


def _bits(tensor: torch.Tensor) -> torch.Tensor:
    plain = tensor.detach().resolve_conj().resolve_neg().contiguous()
    return plain.reshape(-1).view(torch.uint8)
