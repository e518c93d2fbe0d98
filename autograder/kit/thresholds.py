"""A measured number against a threshold of `grading.yml`, which may have steps."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from autograder.kit.call import Call
from autograder.kit.failure import FellShort
from autograder.kit.shown import shown

__tracebackhide__ = True  # bare pytest then points into the check

Stairs = float | Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Threshold:
    """A threshold of the check's task; `hear` is told every number that is held against it."""

    stairs: Stairs
    hear: Callable[[float], None] = lambda _: None


def assert_reaches(
    got: object,
    threshold: Threshold | Stairs,
    call: Call,
    *,
    what: str = "the result",
    hint: str = "",
) -> None:
    """Fail unless the number `got` is at least the threshold.

    A threshold with steps, pairs of a number and the share it earns, fails with the share of the
    highest step that was reached.
    """
    if isinstance(got, bool) or not isinstance(got, int | float) or not math.isfinite(got):
        raise call.failed(f"{what} is {shown(got)}, but should be a finite number", hint)
    if isinstance(threshold, Threshold):
        threshold.hear(got)
    stairs = threshold.stairs if isinstance(threshold, Threshold) else threshold
    steps = [(stairs, 1.0)] if isinstance(stairs, int | float) else list(stairs)
    earned = max((share for at_least, share in steps if got >= at_least), default=0.0)
    goal, full = steps[-1]
    if earned < full:
        sentence = f"{what} is {got:.4g}, but should be at least {goal:.4g}"
        raise FellShort(call.says(sentence), hint, earned)
