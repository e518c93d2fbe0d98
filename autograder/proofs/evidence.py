"""The evidence for a threshold: what right and wrong answers reach, over many seeds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from autograder.errors import ConfigError
from autograder.model import Assignment, Noun, Threshold
from autograder.names import alternatives as known_names
from autograder.proofs.budgets import KEY as TRAINING
from autograder.proofs.budgets import Cost
from autograder.proofs.rates import Rate, false_fail, false_pass

MANY_SEEDS, FEW_SEEDS = 20, 5
KEY = "thresholds"
_TOLERATED = 0.01  # of right answers, that all their attempts fall short

Values = tuple[float, ...]
Clouds = Mapping[str, Values]


class Goal(NamedTuple):
    """What full marks ask for, and how many attempts there are to reach it."""

    at_least: float
    attempts: int = 1

    @property
    def wrong_seeds(self) -> int:
        """How often a wrong answer is measured: more where it has more chances."""
        return MANY_SEEDS if self.attempts > 1 else FEW_SEEDS


class Evidence(Noun):
    """What was held against one threshold: a number for each seed of one run, by who reached it.

    Of several cases of a check the lowest number counts. A mistake that reaches the threshold is
    one that this threshold does not catch; another check does.
    """

    threshold: float
    attempts: int
    right_at_least: float
    wrong_at_most: float
    false_fail: Rate
    false_pass: dict[str, Rate]
    reference: Values
    alternatives: dict[str, Values]
    mistakes: dict[str, Values]


def weigh(goal: Goal, reference: Values, alternatives: Clouds, mistakes: Clouds) -> Evidence:
    """Return the evidence with its gap: the lowest right and the highest caught wrong number."""
    right = [*reference, *(value for values in alternatives.values() for value in values)]
    caught = {name: some for name, some in mistakes.items() if min(some) < goal.at_least}
    return Evidence(
        threshold=goal.at_least,
        attempts=goal.attempts,
        right_at_least=min(right, default=float("-inf")),
        wrong_at_most=max(map(max, caught.values()), default=float("inf")),
        false_fail=false_fail(reference, *goal),
        false_pass={name: false_pass(some, *goal) for name, some in caught.items()},
        reference=reference,
        alternatives=dict(alternatives),
        mistakes=dict(mistakes),
    )


def goals(assignment: Assignment) -> dict[str, Goal]:
    """Return what full marks ask for, by `task.threshold`."""
    return {
        f"{task.name}.{name}": Goal(_goal(threshold), task.attempts)
        for task in assignment.tasks
        for name, threshold in task.thresholds.items()
    }


def complaints(assignment: Assignment, path: Path, data: object) -> Iterator[str]:
    """Yield each threshold without evidence, or whose evidence does not part right from wrong."""
    wanted = goals(assignment)
    found = data.get(KEY, {}) if isinstance(data, dict) else {}
    for name in found:
        if name not in wanted:
            yield f"{path.name}: {name} is no threshold, {known_names(name, wanted)}."
    for name, goal in wanted.items():
        if name not in found:
            yield f"{path.name}: has nothing on {name}, but should (autograder calibrate)."
            continue
        for sentence in _weaknesses(goal, _read(path, name, found[name])):
            yield f"{path.name}: {name}: {sentence}"


def _weaknesses(goal: Goal, evidence: Evidence) -> Iterator[str]:
    again = weigh(goal, evidence.reference, evidence.alternatives, evidence.mistakes)
    least, _ = goal
    if again != evidence:
        yield f"is stale, but should be about {least:g} (autograder calibrate)."
    if len(evidence.reference) < MANY_SEEDS:
        seeds = f"{len(evidence.reference)} seeds"
        yield f"the reference has {seeds}, but should have {MANY_SEEDS}."
    for values in (evidence.reference, *evidence.alternatives.values()):
        if false_fail(values, *goal).seen > _TOLERATED:
            yield f"a right answer reaches {min(values):g}, but should reach {least:g}."
    if not again.false_pass:
        yield f"no mistake stays below {least:g}, but one should."
    for name, values in evidence.mistakes.items():
        if len(values) < goal.wrong_seeds:
            yield f"{name} has {len(values)} seeds, but should have {goal.wrong_seeds}."
        if min(values) < least <= max(values):
            yield f"{name} reaches {min(values):g} to {max(values):g}, but should stay on one side."


def _read(path: Path, name: str, entry: object) -> Evidence:
    try:
        return Evidence.model_validate(entry)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, (name, *first["loc"])))
        raise ConfigError(f"{path.name}: {place}: {first['msg']}.") from None


def dump(path: Path, evidence: Mapping[str, Evidence], training: Mapping[str, Cost]) -> str:
    """Return the text of `calibration.json` with this evidence; what else it says is kept."""
    before: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    entries = {name: one.model_dump(mode="json") for name, one in evidence.items()}
    budgets = {name: one.model_dump(mode="json") for name, one in training.items()}
    costs = {TRAINING: budgets} if budgets else {}
    return json.dumps({**before, KEY: entries, **costs}, indent=2) + "\n"


def _goal(threshold: Threshold) -> float:
    return threshold[-1].at_least if isinstance(threshold, tuple) else threshold
