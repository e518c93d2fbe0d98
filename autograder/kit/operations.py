"""Operations on a real module or function, for where it lives: the worker, or a bare test run."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, cast

import torch

HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


class MismatchError(ValueError):
    """What was asked for does not fit the object: a name, a shape, a kind."""


def parameters(module: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Return detached copies of the parameters by name; a shared one appears once."""
    return {name: p.detach().clone() for name, p in _module(module).named_parameters()}


def buffers(module: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Return detached copies of the buffers by name."""
    return {name: b.detach().clone() for name, b in _module(module).named_buffers()}


def load(module: torch.nn.Module, tensors: Mapping[str, torch.Tensor]) -> None:
    """Copy `tensors` into the module's parameters and buffers, in place.

    Every parameter must be given, buffers may be; an unknown name, a missing one or another shape
    is a `MismatchError`, and then nothing is copied.
    """
    owner = type(_module(module)).__name__
    required = dict(module.named_parameters())
    places = {
        **dict(module.named_parameters(remove_duplicate=False)),
        **dict(module.named_buffers(remove_duplicate=False)),
    }
    for name, tensor in tensors.items():
        _require_known(owner, name, places)
        _require_shape(owner, name, places[name], tensor)
    for name in required.keys() - tensors.keys():
        raise MismatchError(f'{owner}: has a parameter "{name}", but should have none of this name')
    with torch.no_grad():
        for name, tensor in tensors.items():
            places[name].copy_(tensor)


def vjp(
    function: Callable[..., Any],
    inputs: Sequence[torch.Tensor],
    grad_output: torch.Tensor | Sequence[torch.Tensor | None],
) -> tuple[torch.Tensor | None, ...]:
    """Return the gradient of <function(*inputs), grad_output> for each input, None for none.

    Where the function returns several tensors, `grad_output` has one entry for each, None for those
    that do not count. An output of another kind or shape than its gradient is a `MismatchError`.
    """
    if not callable(function):
        raise MismatchError(f"{type(function).__name__}: is no function, but should be one")
    leaves = [_leaf(value) for value in inputs]
    with torch.enable_grad():
        pairs = _matched(_name(function), function(*leaves), grad_output)
    wanted = [leaf for leaf in leaves if leaf.requires_grad]
    if not pairs or not wanted:
        return (None,) * len(leaves)
    outputs, weights = zip(*pairs, strict=True)
    found = iter(torch.autograd.grad(outputs, wanted, weights, allow_unused=True))
    return tuple(next(found) if leaf.requires_grad else None for leaf in leaves)


def fingerprint(module: torch.nn.Module) -> dict[str, dict[str, Any]]:
    """Return the module's state as plain data, to be compared before and after a call.

    Training mode and number of hooks by submodule; `requires_grad`, content and gradient by
    parameter, content by buffer (SHA-256; None for no gradient).
    """
    submodules = dict(_module(module).named_modules())
    weights = dict(module.named_parameters())
    tensors = weights | dict(module.named_buffers())
    return {
        "training": {name: m.training for name, m in submodules.items()},
        "hooks": {name: [len(getattr(m, h)) for h in HOOKS] for name, m in submodules.items()},
        "requires_grad": {name: p.requires_grad for name, p in weights.items()},
        "values": {name: _digest(t) for name, t in tensors.items()},
        "grad": {name: None if p.grad is None else _digest(p.grad) for name, p in weights.items()},
    }


def _module(value: object) -> torch.nn.Module:
    if issubclass(type(value), torch.nn.Module):
        return cast(torch.nn.Module, value)
    raise MismatchError(f"{type(value).__name__}: is no torch.nn.Module, but should be one")


def _require_known(owner: str, name: str, places: Mapping[str, torch.Tensor]) -> None:
    if name in places:
        return
    similar = get_close_matches(name, places, n=1)
    is_ = f'has "{similar[0]}"' if similar else "has no such parameter or buffer"
    raise MismatchError(f'{owner}: {is_}, but should have "{name}"')


def _require_shape(owner: str, name: str, is_: torch.Tensor, should: torch.Tensor) -> None:
    if is_.shape != should.shape:
        shapes = f"{tuple(is_.shape)}, but should be {tuple(should.shape)}"
        raise MismatchError(f"{owner}: {name}.shape is {shapes}")


def _leaf(value: torch.Tensor) -> torch.Tensor:
    differentiable = value.is_floating_point() or value.is_complex()
    return value.detach().clone().requires_grad_(differentiable)


def _matched(
    owner: str, result: object, grad_output: torch.Tensor | Sequence[torch.Tensor | None]
) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Pair each differentiable output with the gradient it is weighted by."""
    weights = [grad_output] if isinstance(grad_output, torch.Tensor) else list(grad_output)
    outputs = list(result) if isinstance(result, tuple | list) else [result]
    if len(outputs) != len(weights):
        raise MismatchError(
            f"{owner}: returned {len(outputs)} values, but should return {len(weights)}"
        )
    pairs = []
    for output, weight in zip(outputs, weights, strict=True):
        if weight is not None:
            checked = _output(owner, output, weight)
            pairs.append((checked, weight.to(checked)))
    return [(output, weight) for output, weight in pairs if output.requires_grad]


def _output(owner: str, value: object, weight: torch.Tensor) -> torch.Tensor:
    if not isinstance(value, torch.Tensor):
        raise MismatchError(
            f"{owner}: returned a {type(value).__name__}, but should return a tensor"
        )
    _require_shape(owner, "output", value, weight)
    return value


def _name(function: object) -> str:
    return str(getattr(function, "__name__", type(function).__name__))


def _digest(tensor: torch.Tensor) -> str:
    if tensor.is_meta:
        return f"{tensor.dtype} {tuple(tensor.shape)}"
    plain = tensor.detach().resolve_conj().resolve_neg().cpu().contiguous()
    data = plain.reshape(-1).view(torch.uint8).numpy()
    form = f"{plain.dtype} {tuple(plain.shape)} "
    return hashlib.sha256(form.encode() + data.tobytes()).hexdigest()
