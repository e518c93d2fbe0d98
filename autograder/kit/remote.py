"""What the kit knows of objects that live in a worker: two shapes and one exception."""

from __future__ import annotations

from typing import Protocol, TypeGuard

import torch

from autograder.kit.shown import is_a


class Handle(Protocol):
    """An object of the submission that stayed in the worker."""

    type_name_: str

    def apply_(self, operation: str, *args: object) -> object:
        """Run `operation`, a function of `kit.operations`, on the object and return its result."""
        ...


class RemoteFunction(Handle, Protocol):
    """A callable of the submission; as a handle it also answers the operation "vjp"."""

    __name__: str

    def guarded_(self, *args: object, **kwargs: object) -> tuple[object, list[str]]:
        """Call it; return the result and the names of the arguments it changed in place."""
        ...


class StudentError(Exception):
    """An exception of the student's code that arrived from the worker as data.

    `bases` names its class and all base classes; `frames` are (line, function, source) of the
    submission's own files.
    """

    def __init__(
        self,
        type_name: str,
        text: str,
        bases: tuple[str, ...] = (),
        frames: tuple[tuple[int, str, str], ...] = (),
    ) -> None:
        super().__init__(f"{type_name}: {text}")
        self.type_name, self.text, self.bases, self.frames = type_name, text, bases, frames


def is_handle(value: object) -> TypeGuard[Handle]:
    """Say whether `value` lives in a worker."""
    # A tensor has an `apply_` of its own.
    return _has_method(value, "apply_") and not is_a(value, torch.Tensor)


def is_remote_function(value: object) -> TypeGuard[RemoteFunction]:
    """Say whether `value` is a callable that lives in a worker."""
    return _has_method(value, "guarded_")


def _has_method(value: object, name: str) -> bool:
    # Asked of the class: a proxy answers any name asked of itself, with a call to the worker.
    return any(name in vars(cls) for cls in type(value).__mro__)
