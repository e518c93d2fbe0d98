"""How often a threshold errs, from what single runs reached."""

from __future__ import annotations

import math
from collections.abc import Sequence

from autograder.model import Noun

_DOUBT = 0.05
_HALVINGS = 40
_DIGITS = 4


class Rate(Noun):
    """How often something happens: as it was seen, and at most, with 95 % confidence.

    Of one run, k of n seeds and the bound of Clopper and Pearson, The use of confidence or fiducial
    limits, Biometrika 26, 1934; of several attempts, what follows if they are independent.
    """

    seen: float
    at_most: float


def false_fail(right: Sequence[float], goal: float, attempts: int) -> Rate:
    """Return how often every attempt of a right answer stays below the goal: p ** attempts."""
    low = sum(value < goal for value in right)
    shares = (low / len(right), _bound(low, len(right))) if right else (1.0, 1.0)
    return _rate(*(share**attempts for share in shares))


def false_pass(wrong: Sequence[float], goal: float, attempts: int) -> Rate:
    """Return how often some attempt of a wrong answer reaches it: 1 - (1 - p) ** attempts."""
    high = sum(value >= goal for value in wrong)
    shares = (high / len(wrong), _bound(high, len(wrong)))
    return _rate(*(1 - (1 - share) ** attempts for share in shares))


def _rate(seen: float, at_most: float) -> Rate:
    return Rate(seen=round(seen, _DIGITS), at_most=round(at_most, _DIGITS))


def _bound(count: int, runs: int) -> float:
    """Return the largest p at which `count` or fewer of so many runs are not yet doubtful."""
    low, high = count / runs, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(count, runs, middle) > _DOUBT else (low, middle)
    return high


def _at_most(count: int, runs: int, p: float) -> float:
    """Return the binomial probability of `count` or fewer."""
    return math.fsum(math.comb(runs, k) * p**k * (1 - p) ** (runs - k) for k in range(count + 1))
