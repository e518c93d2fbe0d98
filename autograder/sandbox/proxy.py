"""`student`: a submission in a worker, used in a check as if it were an ordinary module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from autograder.sandbox.messages import ObjectNode
from autograder.sanitise import safe_name

if TYPE_CHECKING:
    from autograder.sandbox.conversation import Answered


class Reach(Protocol):
    """What a stand-in needs of the session behind it."""

    def get(self, target: int, name: str) -> Any:  # noqa: ANN401 - an attribute has any type
        """Return an attribute."""

    def call(
        self,
        target: int,
        name: str,
        arguments: tuple[object, ...],
        options: Mapping[str, object],
        *,
        guarded: bool = False,
    ) -> Answered:
        """Call an object."""

    def apply(self, operation: str, *arguments: object) -> Any:  # noqa: ANN401
        """Run an operation of the kit."""


class Student:
    """The module of a submission."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        """Return what the submission defines under `name`."""
        if name.startswith("_"):
            raise AttributeError(name)
        value = self._reach.get(-1, name)
        if isinstance(value, RemoteObject):
            return value.named_(name)
        return value


class RemoteObject:
    """A function, class or instance of the submission: its number, and what can be done with it."""

    def __init__(self, reach: Reach, node: ObjectNode, name: str) -> None:
        self._reach = reach
        self.node_ = node
        self.type_name_ = safe_name(node.type_name)
        self.__name__ = name

    def named_(self, name: str) -> RemoteObject:
        """Return the same object under the name by which it was reached."""
        return RemoteObject(self._reach, self.node_, name)

    def __call__(self, *arguments: object, **options: object) -> Any:  # noqa: ANN401
        """Call it."""
        return self._call(arguments, options, guarded=False).value

    def guarded_(self, *arguments: object, **options: object) -> tuple[Any, list[str]]:
        """Call it; return the result and the names of the arguments it changed in place."""
        answered = self._call(arguments, options, guarded=True)
        return answered.value, list(answered.changed)

    def apply_(self, operation: str, *arguments: object) -> Any:  # noqa: ANN401
        """Run `operation`, a function of `kit.operations`, on it."""
        return self._reach.apply(operation, self, *arguments)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        """Return one of its attributes, a method included."""
        if name.startswith("_"):
            raise AttributeError(name)
        value = self._reach.get(self.node_.number, name)
        if isinstance(value, RemoteObject):
            return value.named_(f"{self.__name__}.{name}")
        return value

    def __repr__(self) -> str:
        return f"<{self.node_.type_name} of the submission>"

    def _call(
        self, arguments: tuple[object, ...], options: Mapping[str, object], *, guarded: bool
    ) -> Answered:
        return self._reach.call(
            self.node_.number, self.__name__, arguments, options, guarded=guarded
        )
