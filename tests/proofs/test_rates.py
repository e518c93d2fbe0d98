"""Rates of single runs and of several attempts, against the binomial distribution."""

from __future__ import annotations

import pytest

from autograder.proofs.rates import Rate, false_fail, false_pass

RIGHT = (3.0,) * 20


def test_never_seen_in_twenty_runs_is_at_most_one_in_seven():
    assert false_fail(RIGHT, 2.5, 1) == Rate(seen=0, at_most=round(1 - 0.05 ** (1 / 20), 4))


def test_two_attempts_fall_short_together_seldom():
    assert false_fail(RIGHT, 2.5, 2) == Rate(seen=0, at_most=0.0194)
    one_below = (2.0, *RIGHT[1:])
    assert false_fail(one_below, 2.5, 1) == Rate(seen=0.05, at_most=0.2161)
    assert false_fail(one_below, 2.5, 2) == Rate(seen=0.0025, at_most=0.0467)


def test_two_attempts_are_two_chances_for_a_wrong_answer():
    wrong = (2.0,) * 5
    assert false_pass(wrong, 2.5, 1) == Rate(seen=0, at_most=0.4507)
    assert false_pass(wrong, 2.5, 2) == Rate(seen=0, at_most=round(1 - (1 - 0.45072) ** 2, 4))
    assert false_pass((2.0, 3.0), 2.5, 2).seen == 0.75


@pytest.mark.parametrize("count", [0, 3, 10, 19])
def test_the_bound_is_where_so_few_become_doubtful(count):
    scipy = pytest.importorskip("scipy.stats")
    values = (2.0,) * count + (3.0,) * (20 - count)
    exact = float(scipy.beta.ppf(0.95, count + 1, 20 - count))
    assert false_fail(values, 2.5, 1).at_most == pytest.approx(exact, abs=1e-4)


def test_a_right_answer_that_was_never_measured_is_not_trusted():
    assert false_fail((), 2.5, 1) == Rate(seen=1, at_most=1)
