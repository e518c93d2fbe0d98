"""One submission in one worker, seen from the grader."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import torch

from autograder import models
from autograder.errors import GraderFault
from autograder.kit import CheckFailed
from autograder.model import Assignment
from autograder.sandbox import verdict, wire
from autograder.sandbox.conversation import Answered, Conversation, Patience
from autograder.sandbox.messages import (
    DictNode,
    FunctionNode,
    ModelNode,
    ObjectNode,
    Ready,
    Request,
)
from autograder.sandbox.nursery import Process
from autograder.sandbox.proxy import RemoteObject
from autograder.sandbox.steps import Seldom
from autograder.sandbox.verdict import Verdict
from autograder.sanitise import safe_name

MODULE = -1
_REMEMBERED = 4
_LONGEST = 500


class Session:
    """Loads a submission into a worker and reaches what it defines."""

    def __init__(
        self, process: Process, assignment: Assignment, hear_steps: Callable[[int], None]
    ) -> None:
        limits = assignment.limits
        self._assignment = assignment
        self._limits = limits
        self._talk = Conversation(process, limits, assignment.files[0])
        self._models: list[torch.nn.Module] = []
        self._functions: list[Callable[..., object]] = []
        self._given: deque[tuple[str, object]] = deque(maxlen=_REMEMBERED)
        self._number = 0
        self._hear_steps = Seldom(hear_steps)
        self.steps = 0
        self.keeps_layout = True
        self.home = torch.device("cpu")

    @property
    def waited_s(self) -> float:
        """How long the student's code has run so far, on the grader's clock."""
        return self._talk.waited_s

    @property
    def output(self) -> str:
        """What the worker has printed."""
        return self._talk.output.text()

    @property
    def is_over(self) -> bool:
        """Whether the worker is dead, or as good as dead."""
        return self._talk.is_over

    def too_long(self, where: str, seconds: float, setting: str) -> Verdict:
        """Kill the worker for a check that outlived its time; return the verdict."""
        return self._talk.too_long(where, Patience(seconds, setting))

    def ready(self) -> Ready:
        """Wait until the worker is locked away."""
        return self._talk.ready()

    def load(self, files: Mapping[str, str], seed: int) -> None:
        """Import the submission, every generator seeded first."""
        self.seed(seed)
        file = self._assignment.files[0]
        patience = self._patience("import_s", self._limits.import_s)
        data = {name: _as_tensor(text) for name, text in files.items()}
        self._ask("load", MODULE, file, patience, (data, file.removesuffix(".py")))

    def seed(self, seed: int) -> None:
        """Seed every source of randomness in the worker."""
        self._ask("seed", MODULE, "seed", self._call_patience(), (seed,))

    def get(self, target: int, name: str) -> Any:  # noqa: ANN401 - an attribute has any type
        """Return an attribute of the module or of an object."""
        value = self._ask("get", target, name, self._call_patience()).value
        return self._noted(name, value)

    def apply(self, operation: str, *arguments: object) -> Any:  # noqa: ANN401
        """Run an operation of the kit on values of the worker."""
        return self._ask("apply", MODULE, operation, self._call_patience(), arguments).value

    def call(
        self,
        target: int,
        name: str,
        arguments: tuple[object, ...],
        options: Mapping[str, object],
        *,
        guarded: bool = False,
    ) -> Answered:
        """Call an object of the worker under the by-hand rules of its name."""
        rules = tuple(self._assignment.by_hand.get(name, ()))
        patience = self._call_patience()
        answered = self._ask(
            "call", target, name, patience, arguments, options, rules=rules, guarded=guarded
        )
        if answered.broken:
            raise verdict.broken_rule(name, answered.broken[0])
        self._noted(f"{name}(...)", answered.value)
        return answered

    def close(self) -> None:
        """End the worker."""
        self._talk.close()

    def pack(self, value: object) -> ModelNode | ObjectNode | FunctionNode:
        """Name a network, a stand-in or a function; anything else cannot be sent."""
        if isinstance(value, RemoteObject):
            return value.node_
        if callable(value) and not isinstance(value, torch.nn.Module | type):
            self._functions.append(value)
            name = getattr(value, "__name__", "function")
            return FunctionNode(len(self._functions) - 1, name)
        recipe = models.recipe_of(value) if isinstance(value, torch.nn.Module) else None
        if recipe is None or not isinstance(value, torch.nn.Module):
            raise wire.WireError(f"a {type(value).__name__}, which is neither data nor named")
        options = wire.Packer(self).pack(dict(recipe.options))
        if not isinstance(options, DictNode):
            raise wire.WireError(f"the options of {recipe.name}")
        return ModelNode(self._key(value), recipe.name, options)

    def unpack(self, node: ModelNode | ObjectNode | FunctionNode) -> object:
        """Stand in for an object of the worker."""
        if not isinstance(node, ObjectNode):
            raise wire.WireError("a network or function by name, which only the grader may send")
        return RemoteObject(self, node, safe_name(node.type_name))

    def call_back(
        self, number: int, arguments: tuple[object, ...], options: dict[str, object]
    ) -> tuple[Request, object]:
        """Call a function of the check; what it raises, for want of better arguments, is raised
        again in the student's code.
        """
        if not 0 <= number < len(self._functions):
            raise wire.WireError("a call of a function that was never given")
        try:
            value = self._functions[number](*arguments, **options)
        except (CheckFailed, GraderFault):
            raise
        except Exception as error:  # noqa: BLE001 - the arguments are the submission's
            return Request(self._number, "raise", name=type(error).__name__), str(error)[:_LONGEST]
        return Request(self._number, "return"), value

    def stepped(self, steps: int) -> None:
        """Remember how many steps the student's optimizers have made; pass it on, seldom."""
        self.steps = steps
        self._hear_steps(steps)

    def misused(self, error: BaseException) -> Verdict | None:
        """Return the verdict on a check that used data of the submission as something it is not.

        A check may call what it has from the submission, or ask it for a method. Where there is
        mere data instead, Python blames the check; the data is the submission's.
        """
        for name, value in reversed(self._given):
            kind = type(value).__name__
            if isinstance(error, TypeError) and str(error) == f"'{kind}' object is not callable":
                return verdict.of_another_kind(name, kind, "be a function or a class")
            if isinstance(error, AttributeError) and error.obj is value:
                return verdict.of_another_kind(name, kind, f"have {error.name}")
        return None

    def _noted(self, name: str, value: object) -> object:
        if not isinstance(value, RemoteObject):
            self._given.append((name, value))
        return value

    def _key(self, model: torch.nn.Module) -> int:
        for key, known in enumerate(self._models):
            if known is model:
                return key
        self._models.append(model)
        return len(self._models) - 1

    def _ask(
        self,
        action: str,
        target: int,
        name: str,
        patience: Patience,
        arguments: tuple[object, ...] = (),
        options: Mapping[str, object] | None = None,
        *,
        rules: tuple[str, ...] = (),
        guarded: bool = False,
    ) -> Answered:
        self._number += 1
        request = Request(
            self._number,
            action,  # type: ignore[arg-type]
            target,
            name,
            rules=rules,
            guarded=guarded,
            with_grad=torch.is_grad_enabled(),
        )
        return self._talk.ask(request, name, patience, self, arguments, options)

    def _call_patience(self) -> Patience:
        return self._patience("call_s", self._limits.call_s)

    def _patience(self, setting: str, seconds: float) -> Patience:
        return Patience(seconds, f"{self._assignment.slug}.limits.{setting}")


def _as_tensor(text: str) -> torch.Tensor:
    """Return a text as the bytes of a tensor: a module may be longer than a message."""
    return torch.frombuffer(bytearray(text.encode() or b"\n"), dtype=torch.uint8)
