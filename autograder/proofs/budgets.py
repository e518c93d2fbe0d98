"""What the reference spends on training: what the budget of a task is measured against."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from pydantic import ValidationError

from autograder.model import Assignment, Noun

KEY = "training"
_FEWEST_TIMES = 2


class Spent(NamedTuple):
    """What the checks of a task took in one grading: optimizer steps, and seconds."""

    steps: int
    seconds: float


class Cost(Noun):
    """What the reference takes for one attempt, most steps and median seconds of all seeds."""

    reference_steps: int
    reference_s: float
    budget_steps: int


def costs(assignment: Assignment, spent: Mapping[str, Sequence[Spent]]) -> dict[str, Cost]:
    """Return the costs of each task that has a budget."""
    return {
        task.name: Cost(
            reference_steps=max(one.steps for one in spent[task.name]),
            reference_s=round(median(one.seconds for one in spent[task.name]), 1),
            budget_steps=task.budget_steps,
        )
        for task in assignment.tasks
        if task.budget_steps is not None and task.name in spent
    }


def complaints(assignment: Assignment, path: Path, data: object) -> Iterator[str]:
    """Yield each budget that was not measured, or that is hardly more than the reference takes."""
    found = data.get(KEY) if isinstance(data, dict) else None
    for task in assignment.tasks:
        if task.budget_steps is not None:
            written = found.get(task.name) if isinstance(found, dict) else None
            yield from _weaknesses(f"{path.name}: {KEY}.{task.name}", task.budget_steps, written)


def _weaknesses(where: str, budget: int, written: object) -> Iterator[str]:
    try:
        cost = Cost.model_validate(written)
    except ValidationError:
        yield f"{where}: is missing, but should be measured (autograder calibrate)."
        return
    if cost.budget_steps != budget:
        yield f"{where}: is stale, but should be about {budget} steps (autograder calibrate)."
    if budget < _FEWEST_TIMES * cost.reference_steps:
        took = f"the reference takes {cost.reference_steps} of {budget} steps"
        yield f"{where}: {took}, but should take half of them at most."
