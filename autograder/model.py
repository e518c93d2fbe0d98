"""The nouns: what a course is made of, and what grading a submission yields."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Points = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Noun(BaseModel):
    """An immutable record that knows no field but its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Policy(StrEnum):
    """How the checks of a task turn into its points."""

    ALL = "all"
    SHARE = "share"


class Rule(StrEnum):
    """What a function written by hand must not use."""

    AUTOGRAD = "autograd"
    CONVOLUTION = "convolution"
    SOFTMAX = "softmax"


class Tier(StrEnum):
    """How well the worker is locked away, best first."""

    FULL = "full"
    REDUCED = "reduced"
    NONE = "none"


class Visibility(StrEnum):
    """Whether a student may read a check: Gradescope's words."""

    VISIBLE = "visible"
    HIDDEN = "hidden"


class Outcome(StrEnum):
    """What became of one check; only `passed` earns all of its points."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    UNWRITTEN = "unwritten"
    TIMEOUT = "timeout"
    KILLED = "killed"
    BLOCKED = "blocked"


class Limits(Noun):
    """What one worker may use; the grader enforces it from outside."""

    import_s: Seconds = 20
    call_s: Seconds = 10
    check_s: Seconds = 60
    memory_mb: Annotated[int, Field(ge=64)] = 2048
    scratch_mb: Annotated[int, Field(ge=1)] = 64
    reply_mb: Annotated[int, Field(ge=1)] = 256
    output_kb: Annotated[int, Field(ge=1)] = 64
    threads: Annotated[int, Field(ge=1)] = 64


Attempts = Annotated[int, Field(ge=1, le=5)]


class Step(Noun):
    """A stair of a threshold: reaching `at_least` earns `share` of the check."""

    at_least: Annotated[float, Field(allow_inf_nan=False)]
    share: Share


Threshold = Annotated[float, Field(allow_inf_nan=False)] | tuple[Step, ...]


class Task(Noun):
    """A part of an assignment that carries points."""

    name: str
    title: str
    points: Points
    policy: Policy = Policy.ALL
    time_limit_s: Seconds | None = None
    attempts: Attempts = 1
    budget_steps: Annotated[int, Field(gt=0)] | None = None
    thresholds: dict[str, Threshold] = {}


class Assignment(Noun):
    """One exercise: its module, its tasks and the limits of its worker."""

    slug: str
    title: str
    files: tuple[str, ...]
    total: Points = 100
    by_hand: dict[str, tuple[Rule, ...]] = {}
    trains: bool = False
    limits: Limits = Limits()
    tasks: tuple[Task, ...]

    def task(self, name: str) -> Task:
        """Return the task called `name`; `KeyError` if there is none."""
        for task in self.tasks:
            if task.name == name:
                return task
        raise KeyError(name)


class Minimum(Noun):
    """The lowest tier a course accepts, by verb."""

    check: Tier = Tier.NONE
    grade: Tier = Tier.REDUCED


class Course(Noun):
    """All of `grading.yml`."""

    title: str
    isolation: Minimum = Minimum()
    data: str = "digits"
    assignments: tuple[Assignment, ...]

    @property
    def slugs(self) -> tuple[str, ...]:
        """The names of the assignments, in order."""
        return tuple(one.slug for one in self.assignments)

    def assignment(self, slug: str) -> Assignment:
        """Return the assignment called `slug`; `KeyError` if there is none."""
        for assignment in self.assignments:
            if assignment.slug == slug:
                return assignment
        raise KeyError(slug)


class CheckSpec(Noun):
    """What the catalog promises about a check, read without running it.

    One that `measures` holds numbers against thresholds of its task.
    """

    name: str
    task: str
    description: str
    visibility: Visibility
    needs: tuple[str, ...] = ()
    measures: bool = False
    file: str
    line: int


class LeftBehind(Noun):
    """A file of the submission that was not taken along, and why."""

    name: str
    reason: str


class Submission(Noun):
    """The files of one submission, as bytes, and nothing else of it."""

    source: str
    files: dict[str, bytes]
    left_behind: tuple[LeftBehind, ...] = ()

    @property
    def content_hash(self) -> str:
        """SHA-256 over names and contents, in order of name."""
        digest = hashlib.sha256()
        for name in sorted(self.files):
            data = self.files[name]
            digest.update(f"{len(name)}:{name}:{len(data)}:".encode())
            digest.update(data)
        return digest.hexdigest()


class CheckResult(Noun):
    """The verdict on one check; `share` is the part of it that was earned."""

    name: str
    task: str
    description: str
    outcome: Outcome
    share: Share
    visibility: Visibility
    message: str = ""
    hint: str = ""
    execution_time: Annotated[float, Field(ge=0)] = 0.0
    output: str = ""


class TaskScore(Noun):
    """A task with what its checks earned."""

    name: str
    title: str
    score: Points
    max_score: Points
    checks: tuple[CheckResult, ...]


class MissingLayer(Noun):
    """A layer of the sandbox that does not hold, and why."""

    layer: str
    reason: str


class Isolation(Noun):
    """Which tier the worker reached and which layers hold."""

    tier: Tier
    layers: tuple[str, ...] = ()
    missing: tuple[MissingLayer, ...] = ()


class GraderIdentity(Noun):
    """Which grader scored: its version and the hash of engine, checks and configuration."""

    version: str
    content_hash: str


class SubmissionIdentity(Noun):
    """Which submission was scored."""

    content_hash: str
    files: tuple[str, ...]
    left_behind: tuple[LeftBehind, ...] = ()


class Figure(Noun):
    """A picture of what the student's own code produced: a PNG in base64."""

    title: str
    png_base64: str


class Report(Noun):
    """The result of grading one submission; the JSON report is this, field by field."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    schema_version: Literal["autograder/report/1"] = Field("autograder/report/1", alias="schema")
    assignment: str
    title: str
    score: Points
    max_score: Points
    device: str
    data: str = "digits"
    isolation: Isolation
    grader: GraderIdentity
    submission: SubmissionIdentity
    started: str
    execution_time: Annotated[float, Field(ge=0)]
    tasks: tuple[TaskScore, ...]
    figures: tuple[Figure, ...] = ()
