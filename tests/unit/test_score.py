"""Scores follow from results and points alone, and never leave their bounds."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.errors import GraderFault
from autograder.model import Assignment, CheckResult, Outcome, Policy, Task, Visibility
from autograder.score import score, total

STEADY = settings(derandomize=True, deadline=None)
SHARES = st.floats(min_value=0, max_value=1)
POINTS = st.integers(min_value=0, max_value=10_000).map(lambda cents: cents / 100)


def assignment(*points: float, policy: Policy = Policy.ALL) -> Assignment:
    tasks = tuple(
        Task(name=f"task_{number}", title=f"Task {number}", points=one, policy=policy)
        for number, one in enumerate(points)
    )
    return Assignment(slug="conv", title="Conv", files=("conv.py",), tasks=tasks)


def result(share: float, task: str = "task_0", name: str = "check_a") -> CheckResult:
    return CheckResult(
        name=name,
        task=task,
        description="it works",
        outcome=Outcome.PASSED if share == 1 else Outcome.FAILED,
        share=share,
        visibility=Visibility.VISIBLE,
    )


@st.composite
def graded(draw: st.DrawFn, shares: st.SearchStrategy[float] = SHARES):
    points = draw(st.lists(POINTS, min_size=1, max_size=4))
    chosen = assignment(*points, policy=draw(st.sampled_from(Policy)))
    tasks = st.sampled_from([task.name for task in chosen.tasks])
    drawn = draw(st.lists(st.tuples(shares, tasks), max_size=8))
    return chosen, [result(share, task, f"check_{n}") for n, (share, task) in enumerate(drawn)]


def earned(chosen: Assignment, results: list[CheckResult]) -> list[float]:
    return [task.score for task in score(chosen, results)]


@pytest.mark.parametrize(
    ("policy", "shares", "points"),
    [
        (Policy.ALL, [1, 1, 1], 30),
        (Policy.ALL, [1, 0, 1], 0),
        (Policy.ALL, [1, 0.5, 0.75], 15),
        (Policy.SHARE, [1, 1, 1], 30),
        (Policy.SHARE, [1, 0, 1], 20),
        (Policy.SHARE, [1, 0.5, 0.75], 22.5),
        (Policy.SHARE, [0, 0, 1], 10),
    ],
)
def test_the_policy_turns_shares_into_points(policy, shares, points):
    (task,) = score(assignment(30, policy=policy), [result(share) for share in shares])
    assert (task.score, task.max_score) == (points, 30)


@pytest.mark.parametrize("policy", Policy)
def test_a_task_without_results_earns_nothing_and_keeps_its_maximum(policy):
    first, second = score(assignment(10, 90, policy=policy), [result(1)])
    assert (first.score, first.max_score) == (10, 10)
    assert (second.score, second.max_score, second.checks) == (0, 90, ())


def test_a_task_keeps_its_name_title_and_results():
    results = [result(1), result(0, "task_1", "check_b"), result(0.5, name="check_c")]
    first, second = score(assignment(10, 90), results)
    assert (first.name, first.title) == ("task_0", "Task 0")
    assert first.checks == (results[0], results[2])
    assert second.checks == (results[1],)


def test_sums_are_clean():
    tasks = score(assignment(0.1, 0.2, 0.7), [result(1, f"task_{number}") for number in range(3)])
    assert total(tasks) == 1
    thirds = score(assignment(100, policy=Policy.SHARE), [result(1), result(0), result(0)])
    assert total(thirds) == 33.333333
    assert total(()) == 0


def test_points_with_many_decimals_can_still_be_earned_in_full():
    (task,) = score(assignment(33.3333333), [result(1)])
    assert task.score == task.max_score == 33.333333


def test_a_result_of_another_assignment_is_our_fault():
    with pytest.raises(GraderFault) as caught:
        score(assignment(1, 2), [result(1, "saliency")])
    assert str(caught.value) == (
        "check_a: its task is saliency, but should be one of conv: task_0, task_1."
    )


@STEADY
@given(graded())
def test_a_score_stays_within_its_bounds(case):
    for task in score(*case):
        assert 0 <= task.score <= task.max_score


@STEADY
@given(graded(), st.data())
def test_a_better_share_never_costs_a_point(case, data):
    chosen, results = case
    better = [
        result(data.draw(st.floats(min_value=one.share, max_value=1)), one.task, one.name)
        for one in results
    ]
    before, after = earned(chosen, results), earned(chosen, better)
    assert all(low <= high for low, high in zip(before, after, strict=True))


@STEADY
@given(graded(shares=st.just(1.0)))
def test_all_passed_is_all_points(case):
    for task in score(*case):
        assert task.score == (task.max_score if task.checks else 0)


@STEADY
@given(graded(), st.randoms(use_true_random=False))
def test_the_order_of_results_does_not_matter(case, shuffler: random.Random):
    chosen, results = case
    shuffled = results.copy()
    shuffler.shuffle(shuffled)
    assert earned(chosen, shuffled) == earned(chosen, results)
