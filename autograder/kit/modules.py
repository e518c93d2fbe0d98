"""What a check may ask of a model: its parameters, gradients and state, wherever it lives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import torch

from autograder.kit import operations
from autograder.kit.closeness import is_dense
from autograder.kit.failure import CheckFailed
from autograder.kit.remote import StudentError, is_handle
from autograder.kit.shown import escaped, shown

__tracebackhide__ = True  # bare pytest then points into the check

SENTENCE = 200


def parameters(module: object) -> dict[str, torch.Tensor]:
    """Return detached copies of the module's parameters by name; a shared one appears once."""
    return _tensors(_answer("parameters", module), "parameters")


def buffers(module: object) -> dict[str, torch.Tensor]:
    """Return detached copies of the module's buffers by name."""
    return _tensors(_answer("buffers", module), "buffers")


def load(module: object, tensors: Mapping[str, torch.Tensor]) -> None:
    """Copy `tensors` into the module's parameters and buffers, in place.

    Fails the check if a name is unknown, a parameter is missing, or a shape differs.
    """
    _answer("load", module, dict(tensors))


def vjp(
    function: Callable[..., Any],
    inputs: Sequence[torch.Tensor],
    grad_output: torch.Tensor | Sequence[torch.Tensor | None],
) -> tuple[torch.Tensor | None, ...]:
    """Return the gradient of <function(*inputs), grad_output> for each input, None for none.

    `function` is one of the submission's, or a model. Where it returns several tensors,
    `grad_output` has one entry for each, None for those that do not count. Fails the check if an
    output has another kind or shape than its gradient.
    """
    answer = _answer("vjp", function, tuple(inputs), grad_output)
    entries = answer if isinstance(answer, tuple) else ()
    if len(entries) != len(inputs) or not all(e is None or is_dense(e) for e in entries):
        _refuse("gradients", answer, f"a tensor or None for each of {len(inputs)} inputs")
    return entries


def state_of(module: object) -> dict[str, Any]:
    """Return the module's state as plain data, equal before and after a call that leaves it alone.

    Training mode and hooks by submodule; `requires_grad`, content and gradient by parameter,
    content by buffer.
    """
    answer = _answer("fingerprint", module)
    if not isinstance(answer, dict) or not _is_plain(answer):
        _refuse("state entries", answer, "a dict of plain data")
    return answer


def _answer(operation: str, target: object, *args: object) -> object:
    try:
        if is_handle(target):
            return target.apply_(operation, *args)
        return getattr(operations, operation)(target, *args)
    except operations.MismatchError as error:
        raise CheckFailed(escaped(str(error), SENTENCE)) from None
    except StudentError as error:
        if operations.MismatchError.__name__ not in error.bases:
            raise
        raise CheckFailed(escaped(error.text, SENTENCE)) from None


def _tensors(answer: object, what: str) -> dict[str, torch.Tensor]:
    if not isinstance(answer, dict) or not all(
        type(name) is str and is_dense(tensor) for name, tensor in answer.items()
    ):
        _refuse(what, answer, "dense tensors by name")
    return answer


def _is_plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(type(key) is str and _is_plain(entry) for key, entry in value.items())
    if isinstance(value, list | tuple):
        return all(_is_plain(entry) for entry in value)
    return value is None or type(value) in (str, bool, int)


def _refuse(what: str, answer: object, should: str) -> NoReturn:
    raise CheckFailed(f"the model: {what} are {shown(answer)}, but should be {should}")
