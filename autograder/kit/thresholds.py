"""A measured number against a threshold of `grading.yml`, which may have steps."""

from __future__ import annotations

import math
from collections.abc import Sequence

from autograder.kit.call import Call
from autograder.kit.failure import CheckFailed
from autograder.kit.shown import shown

__tracebackhide__ = True  # bare pytest then points into the check

Threshold = float | Sequence[tuple[float, float]]


def assert_reaches(
    got: object, threshold: Threshold, call: Call, *, what: str = "the result", hint: str = ""
) -> None:
    """Fail unless the number `got` is at least the threshold.

    A threshold with steps, pairs of a number and the share it earns, fails with the share of the
    highest step that was reached.
    """
    if isinstance(got, bool) or not isinstance(got, int | float) or not math.isfinite(got):
        raise call.failed(f"{what} is {shown(got)}, but should be a finite number", hint)
    steps = [(threshold, 1.0)] if isinstance(threshold, int | float) else list(threshold)
    earned = max((share for at_least, share in steps if got >= at_least), default=0.0)
    goal, full = steps[-1]
    if earned < full:
        sentence = f"{what} is {got:.4g}, but should be at least {goal:.4g}"
        raise CheckFailed(call.says(sentence), hint, earned)
