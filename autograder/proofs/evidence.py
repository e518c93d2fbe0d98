"""The evidence for a threshold: what right and wrong answers reach, over many seeds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from autograder.errors import ConfigError
from autograder.model import Assignment, Noun, Threshold
from autograder.names import alternatives as known_names

REFERENCE_SEEDS, OTHER_SEEDS = 20, 5
KEY = "thresholds"

Values = tuple[float, ...]
Clouds = Mapping[str, Values]


class Evidence(Noun):
    """What was held against one threshold: a number for each seed, by who reached it.

    Of several cases of a check the lowest number counts. A mistake that reaches the threshold is
    one that this threshold does not catch; another check does.
    """

    threshold: float
    right_at_least: float
    wrong_at_most: float
    reference: Values
    alternatives: dict[str, Values]
    mistakes: dict[str, Values]


def weigh(goal: float, reference: Values, alternatives: Clouds, mistakes: Clouds) -> Evidence:
    """Return the evidence with its gap: the lowest right and the highest caught wrong number."""
    right = [*reference, *(value for values in alternatives.values() for value in values)]
    wrong = [max(values) for values in mistakes.values() if min(values) < goal]
    return Evidence(
        threshold=goal,
        right_at_least=min(right, default=float("-inf")),
        wrong_at_most=max(wrong, default=float("inf")),
        reference=reference,
        alternatives=dict(alternatives),
        mistakes=dict(mistakes),
    )


def goals(assignment: Assignment) -> dict[str, float]:
    """Return what full marks ask for, by `task.threshold`."""
    return {
        f"{task.name}.{name}": _goal(threshold)
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


def _weaknesses(goal: float, evidence: Evidence) -> Iterator[str]:
    again = weigh(goal, evidence.reference, evidence.alternatives, evidence.mistakes)
    if again != evidence:
        yield f"is stale, but should be about {goal:g} (autograder calibrate)."
    if len(evidence.reference) < REFERENCE_SEEDS:
        seeds = f"{len(evidence.reference)} seeds"
        yield f"the reference has {seeds}, but should have {REFERENCE_SEEDS}."
    if again.right_at_least < goal:
        yield f"a right answer reaches {again.right_at_least:g}, but should reach {goal:g}."
    if all(min(values) >= goal for values in evidence.mistakes.values()):
        yield f"no mistake stays below {goal:g}, but one should."
    for name, values in evidence.mistakes.items():
        if len(values) < OTHER_SEEDS:
            yield f"{name} has {len(values)} seeds, but should have {OTHER_SEEDS}."
        if min(values) < goal <= max(values):
            yield f"{name} reaches {min(values):g} to {max(values):g}, but should stay on one side."


def _read(path: Path, name: str, entry: object) -> Evidence:
    try:
        return Evidence.model_validate(entry)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, (name, *first["loc"])))
        raise ConfigError(f"{path.name}: {place}: {first['msg']}.") from None


def dump(path: Path, evidence: Mapping[str, Evidence]) -> str:
    """Return the text of `calibration.json` with this evidence; what else it says is kept."""
    before: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    entries = {name: one.model_dump(mode="json") for name, one in evidence.items()}
    return json.dumps({**before, KEY: entries}, indent=2) + "\n"


def _goal(threshold: Threshold) -> float:
    return threshold[-1].at_least if isinstance(threshold, tuple) else threshold
