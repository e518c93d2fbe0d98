"""What `grading.yml` may hold, as it is written: slugs and task names are keys."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    model_validator,
)
from pydantic_core import PydanticCustomError

from autograder.config.document import Place
from autograder.model import Attempts, Limits, Minimum, Noun, Points, Policy, Rule, Seconds, Step
from autograder.names import NAME_PATTERN

# Points are written by hand: 3 x 33.3333333 may stand for 100.
_POINTS_TOLERANCE = 1e-6

_FILE_PATTERN = r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$"
_FUNCTION_PATTERN = r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$"
# How pydantic's locations tell the two forms of a threshold apart: no key looks like these.
NUMBER_FORM = "(number)"
STEPS_FORM = "(steps)"

SPELLINGS = {
    NAME_PATTERN: "lower-case letters, digits and _, starting with a letter",
    _FILE_PATTERN: "a plain file name without folders",
    _FUNCTION_PATTERN: "the name of a function",
}


def _rising(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    for low, high in itertools.pairwise(steps):
        if not (low.at_least < high.at_least and low.share < high.share):
            raise PydanticCustomError(
                "rising",
                "the step {high} follows {low}, but both numbers should rise",
                {"low": _shown_step(low), "high": _shown_step(high)},
            )
    return steps


def _shown_step(step: Step) -> str:
    return f"at_least {step.at_least:g}, share {step.share:g}"


def _distinct(files: tuple[str, ...]) -> tuple[str, ...]:
    twice = next((name for name in files if files.count(name) > 1), None)
    if twice is not None:
        raise PydanticCustomError(
            "distinct", "{name} is listed twice, but should be once", {"name": twice}
        )
    return files


def _form(threshold: object) -> str:
    return STEPS_FORM if isinstance(threshold, list | tuple) else NUMBER_FORM


Text = Annotated[str, StringConstraints(min_length=1)]
Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
FileName = Annotated[str, StringConstraints(pattern=_FILE_PATTERN)]
FunctionName = Annotated[str, StringConstraints(pattern=_FUNCTION_PATTERN)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Steps = Annotated[tuple[Step, ...], Field(min_length=1), AfterValidator(_rising)]
Threshold = Annotated[
    Annotated[Number, Tag(NUMBER_FORM)] | Annotated[Steps, Tag(STEPS_FORM)], Discriminator(_form)
]
Files = Annotated[
    tuple[FileName, ...],
    Field(min_length=1, json_schema_extra={"uniqueItems": True}),
    AfterValidator(_distinct),
]
Rules = Annotated[tuple[Rule, ...], Field(min_length=1)]


class TaskEntry(Noun):
    """A task, under its name."""

    title: Text
    points: Points
    policy: Policy = Policy.ALL
    time_limit_s: Seconds | None = None
    attempts: Attempts = 1
    budget_steps: Annotated[int, Field(gt=0)] | None = None
    thresholds: dict[Name, Threshold] = Field(default_factory=dict)


class AssignmentEntry(Noun):
    """An assignment, under its slug; what `limits` leaves out is the course's."""

    title: Text
    files: Files
    total: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 100
    by_hand: dict[FunctionName, Rules] = Field(default_factory=dict)
    trains: bool = False
    limits: Limits = Field(default_factory=Limits)
    tasks: Annotated[dict[Name, TaskEntry], Field(min_length=1)]

    @model_validator(mode="after")
    def _points_add_up(self) -> Self:
        added = math.fsum(task.points for task in self.tasks.values())
        if abs(added - self.total) > _POINTS_TOLERANCE:
            raise PydanticCustomError(
                "points",
                "the points of the tasks add up to {added}, but should be {total} (total)",
                {"added": f"{added:g}", "total": f"{self.total:g}"},
            )
        return self


class CourseEntry(Noun):
    """What holds for all assignments."""

    title: Text
    isolation: Minimum = Minimum()
    data: Text = "digits"
    limits: Limits = Field(default_factory=Limits)


class GradingFile(Noun):
    """All of the file."""

    course: CourseEntry
    assignments: Annotated[dict[Name, AssignmentEntry], Field(min_length=1)]


def known_keys(place: Place) -> Iterable[str]:
    """Return the keys that the mapping at `place` may have."""
    return _record(place).model_fields


def _record(place: Place) -> type[BaseModel]:
    match place:
        case ("course",):
            return CourseEntry
        case ("course", "isolation"):
            return Minimum
        case ("course", "limits") | ("assignments", _, "limits"):
            return Limits
        case ("assignments", _):
            return AssignmentEntry
        case ("assignments", _, "tasks", _):
            return TaskEntry
        case ("assignments", _, "tasks", _, "thresholds", _, _):
            return Step
    return GradingFile
