"""A budget of steps is measured against what the reference takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.model import Assignment, Task
from autograder.proofs.budgets import Spent, complaints, costs

TASKS = (
    Task(name="training", title="Training", points=1, budget_steps=100),
    Task(name="other", title="Other", points=1),
)
TOY = Assignment(slug="toy", title="Toy", files=("toy.py",), total=2, tasks=TASKS)
MEASURED = {"reference_steps": 40, "reference_s": 2.5, "budget_steps": 100}
WHERE = "calibration.json: training.training: "


def told(written):
    return list(complaints(TOY, Path("calibration.json"), written))


def test_the_most_steps_and_the_median_of_seconds_count():
    spent = {"training": [Spent(40, 2.5), Spent(38, 9), Spent(40, 1)], "other": [Spent(3, 1)] * 3}
    ((name, cost),) = costs(TOY, spent).items()
    assert (name, cost.model_dump()) == ("training", MEASURED)


def test_a_budget_of_twice_the_reference_is_enough():
    assert told({"training": {"training": MEASURED}}) == []
    assert told({"training": {"training": MEASURED | {"reference_steps": 50}}}) == []


@pytest.mark.parametrize("written", [{}, [], {"training": 1}, {"training": {"training": {}}}])
def test_a_budget_that_was_not_measured_is_told(written):
    assert told(written) == [WHERE + "is missing, but should be measured (autograder calibrate)."]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"budget_steps": 90}, "is stale, but should be about 100 steps (autograder calibrate)."),
        (
            {"reference_steps": 51},
            "the reference takes 51 of 100 steps, but should take half of them at most.",
        ),
    ],
)
def test_a_weak_budget_is_told(change, sentence):
    assert told({"training": {"training": MEASURED | change}}) == [WHERE + sentence]
