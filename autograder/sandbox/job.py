"""What the command line tells a grader, and what a grader tells back: trusted, line by line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from autograder.model import (
    Assignment,
    CheckResult,
    CheckSpec,
    Figure,
    Isolation,
    Noun,
    Outcome,
    Tier,
)


class Job(Noun):
    """One submission to be graded; read by the grader only after it was forked."""

    assignment: Assignment
    files: dict[str, str]
    checks: tuple[CheckSpec, ...]
    settled: dict[str, Outcome]
    check_files: tuple[Path, ...]
    figure_files: tuple[Path, ...]
    tiers: tuple[Tier, ...]
    device: Literal["cpu", "cuda", "auto"]
    visible: tuple[str, ...]
    seed: int
    data: str = "digits"


Device = Literal["cpu", "cuda"]


class Began(Noun):
    """The first worker is locked: this is how well, and the device in use."""

    kind: Literal["began"] = "began"
    isolation: Isolation
    device: str


class Started(Noun):
    """A case of a check is being run."""

    kind: Literal["started"] = "started"
    name: str


class Trained(Noun):
    """The submission trains: so many steps of its optimizers so far, in the worker's own words."""

    kind: Literal["trained"] = "trained"
    steps: int


class Measured(Noun):
    """A number was held against a threshold of its task: the evidence that calibration collects."""

    kind: Literal["measured"] = "measured"
    task: str
    threshold: str
    value: float


class Earned(Noun):
    """The verdict on a check, told as soon as it stands."""

    kind: Literal["earned"] = "earned"
    result: CheckResult


class Drawn(Noun):
    """The picture of what the student's code produced."""

    kind: Literal["drawn"] = "drawn"
    figure: Figure


class Refused(Noun):
    """What the job asks for is not to be had on this machine; the text says what to do."""

    kind: Literal["refused"] = "refused"
    reason: str


class Faulted(Noun):
    """The grader could not do its work; the text says why."""

    kind: Literal["faulted"] = "faulted"
    reason: str


class Finished(Noun):
    """Every check of the job has been told."""

    kind: Literal["finished"] = "finished"


Event = Annotated[
    Began | Started | Trained | Measured | Earned | Drawn | Refused | Faulted | Finished,
    Field(discriminator="kind"),
]
EVENTS: TypeAdapter[Event] = TypeAdapter(Event)
