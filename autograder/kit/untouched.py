"""The assertion that a call leaves its arguments as it found them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograder.kit.failure import CheckFailed
from autograder.kit.guarding import guarded
from autograder.kit.remote import is_handle, is_remote_function
from autograder.kit.shown import escaped

__tracebackhide__ = True  # bare pytest then points into the check


def untouched(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return `function`, failing the check if a call changes a tensor or model it is given."""
    if is_handle(function) and not is_remote_function(function):
        raise TypeError("untouched takes a function of the submission, not a model")

    def call_guarded(*args: object, **kwargs: object) -> object:
        if is_remote_function(function):
            result, changed = function.guarded_(*args, **kwargs)
        else:
            result, changed = guarded(function, *args, **kwargs)
        if changed:
            raise CheckFailed(_sentence(function, changed))
        return result

    return call_guarded


def _sentence(function: Callable[..., Any], changed: list[str]) -> str:
    name = escaped(str(getattr(function, "__name__", "the function")))
    names = " and ".join(escaped(str(argument)) for argument in changed)
    if len(changed) == 1:
        return f"{name}: changed its argument {names} in place, but should leave it as it was"
    return f"{name}: changed its arguments {names} in place, but should leave them as they were"
