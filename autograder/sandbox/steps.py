"""How far a training has come, in steps of its optimizers: counted in the worker, told seldom."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import current_thread, main_thread

from torch.optim.optimizer import register_optimizer_step_post_hook

_PAUSE_S = 0.2


class Seldom:
    """Passes numbers on, a few times a second at most."""

    def __init__(self, tell: Callable[[int], None]) -> None:
        self._tell = tell
        self._told_at = float("-inf")

    def __call__(self, number: int) -> None:
        """Tell it, unless another one was told just before."""
        now = time.monotonic()
        if now - self._told_at >= _PAUSE_S:
            self._told_at = now
            self._tell(number)


class StepCounter:
    """Counts the steps of all optimizers of this process, and tells how many, while it is on.

    Steps of other threads are counted too, but not told: two voices would garble a channel.
    """

    def __init__(self, tell: Callable[[int], None]) -> None:
        self._tell, self._tell_seldom = tell, Seldom(tell)
        self._count = self._before = 0
        self._is_on = False
        register_optimizer_step_post_hook(self._stepped)

    def __enter__(self) -> None:
        self._before, self._is_on = self._count, True

    def __exit__(self, *_: object) -> None:
        self._is_on = False
        if self._count > self._before:
            self._tell(self._count)

    def _stepped(self, *_: object) -> None:
        self._count += 1
        if self._is_on and current_thread() is main_thread():
            self._tell_seldom(self._count)
