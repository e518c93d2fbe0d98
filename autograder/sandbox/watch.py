"""By-hand rules, enforced by watching the operations that torch dispatches.

What is seen here may take points away, never give them: it is testimony of a process that the
student's code lives in. It sees operations, runs of autograd in either direction, and threads
(in which nothing would be seen).
"""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from threading import Thread
from typing import Any

from torch.autograd import Variable, forward_ad
from torch.utils._python_dispatch import TorchDispatchMode

from autograder.model import Rule

_CONVOLUTION = re.compile(r"(^|_)(conv(olution)?(\d|_|$))|im2col|col2im")
_SOFTMAX = re.compile(r"softmax|scaled_dot_product|multi_head_attention")


class Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes which rules are broken while it is on."""

    def __init__(self, rules: Sequence[str]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._rules = rules
        self._broken: dict[str, None] = {}

    @property
    def broken(self) -> tuple[str, ...]:
        """What was seen, as `rule:what`, in order of first sight."""
        return tuple(self._broken)

    def note(self, rule: Rule, what: str) -> None:
        """Remember that a rule was broken, if it is one of ours."""
        if rule in self._rules:
            self._broken[f"{rule}:{what}"] = None

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # True would import all of torch._dynamo in every worker, for seconds

    def __torch_dispatch__(
        self,
        func: Any,  # noqa: ANN401 - torch's own signature
        types: Any,  # noqa: ANN401
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        """Look at one operation and let it pass."""
        name = func.__name__.split(".")[0]
        if _CONVOLUTION.search(name):
            self.note(Rule.CONVOLUTION, name)
        if _SOFTMAX.search(name):
            self.note(Rule.SOFTMAX, name)
        if forward_ad._current_level >= 0:
            self.note(Rule.AUTOGRAD, "forward-mode differentiation")
        return func(*args, **(kwargs or {}))


class _Engine:
    """Autograd's engine, with a witness."""

    def __init__(self, engine: Any, watch: Watch) -> None:  # noqa: ANN401 - untyped in torch
        self._engine = engine
        self._watch = watch

    def run_backward(self, *args: object, **options: object) -> object:
        """Note the run, then do it."""
        self._watch.note(Rule.AUTOGRAD, "a backward pass")
        return self._engine.run_backward(*args, **options)

    def __getattr__(self, name: str) -> object:
        return getattr(self._engine, name)


@contextlib.contextmanager
def watching(rules: Sequence[str]) -> Iterator[Watch | None]:
    """Watch the body under `rules`; without rules, stand aside."""
    if not rules:
        yield None
        return
    engine, start = Variable._execution_engine, Thread.start
    with Watch(rules) as watch:
        if len(sys._current_frames()) > 1:
            _note_thread(watch)
        Variable._execution_engine = _Engine(engine, watch)  # type: ignore[assignment]
        Thread.start = _noting_threads(start, watch)  # type: ignore[assignment, method-assign]
        try:
            yield watch
        finally:
            Variable._execution_engine = engine
            Thread.start = start  # type: ignore[method-assign]


def _noting_threads(start: Callable[[Thread], None], watch: Watch) -> Callable[[Thread], None]:
    def start_seen(thread: Thread) -> None:
        _note_thread(watch)
        start(thread)

    return start_seen


def _note_thread(watch: Watch) -> None:
    """Note a thread, in which nothing would be seen, whichever rule holds."""
    for rule in Rule:
        watch.note(rule, "a thread of its own")
