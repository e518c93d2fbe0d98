"""The straight path: a submission is graded in a locked worker, scored, and reported."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple

from autograder import __version__, catalog
from autograder.errors import GraderFault
from autograder.journal import Journal
from autograder.layout import PACKAGE_ROOT, Layout
from autograder.model import (
    Assignment,
    CheckResult,
    CheckSpec,
    Course,
    Figure,
    GraderIdentity,
    Isolation,
    Report,
    Submission,
    SubmissionIdentity,
    Tier,
)
from autograder.sandbox import view
from autograder.sandbox.host import GraderDiedError, Launcher
from autograder.sandbox.job import Began, Drawn, Earned, Event, Job
from autograder.score import score, total

Listener = Callable[[Event], None]
_ATTEMPTS = 2
_SEED_DIGITS = 12
_CHECKSUMS = "SHA256SUMS"
_WEIGHTS = ("*.safetensors", "*.pth")  # of what was fetched, the labelled data stays hidden


class Manner(NamedTuple):
    """How to grade: by which tiers, on which device and data, which checks, with pictures or not.

    `data` None is the course's; `seed` None follows from the submission's content; `measuring` only
    runs the checks that hold numbers against thresholds.
    """

    tiers: tuple[Tier, ...]
    device: Literal["cpu", "cuda", "auto"] = "cpu"
    hidden: bool = True
    tasks: frozenset[str] | None = None
    with_figures: bool = False
    data: str | None = None
    seed: int | None = None
    measuring: bool = False


class Desk(NamedTuple):
    """Where grading happens: a course, its files, and the launcher that forks for it."""

    course: Course
    layout: Layout
    launcher: Launcher


def allowed_tiers(asked: Tier | None, minimum: Tier) -> tuple[Tier, ...]:
    """Return the tiers to try, best first: the one asked for by name, or all down to a minimum."""
    if asked:
        return (asked,)
    tiers = tuple(Tier)
    return tiers[: tiers.index(minimum) + 1]


def grade(
    desk: Desk,
    slug: str,
    submission: Submission,
    manner: Manner,
    *,
    report_path: Path | None = None,
    listen: Listener = lambda _: None,
) -> Report:
    """Grade one submission; `GraderFault` instead of a score when the fault is ours.

    With a `report_path`, verdicts are saved beside it as they come, until `Journal.done`.
    """
    started, clock = datetime.now(UTC), time.monotonic()
    assignment = desk.course.assignment(slug)
    checks = promised_checks(desk.layout, assignment, manner)
    identity = grader_identity(desk.layout, slug)
    journal = Journal.beside(report_path, _key(identity, submission, manner, checks))
    run = _Run(desk, _job(desk, assignment, submission, manner, checks), listen, journal)
    run.collect()
    tasks = score(assignment, run.results(checks))
    return Report(
        assignment=slug,
        title=assignment.title,
        score=total(tasks),
        max_score=round(math.fsum(task.max_score for task in tasks), 6),
        device=run.device,
        data=manner.data or desk.course.data,
        isolation=run.isolation,
        grader=identity,
        submission=_identity(submission),
        started=started.isoformat(timespec="seconds"),
        execution_time=round(time.monotonic() - clock, 3),
        tasks=tasks,
        figures=tuple(run.figures),
    )


def promised_checks(
    layout: Layout, assignment: Assignment, manner: Manner
) -> tuple[CheckSpec, ...]:
    """Return the checks that a grading in this manner promises a verdict for."""
    checks = catalog.read(layout, assignment.slug, hidden=manner.hidden)
    catalog.bind(assignment, checks)
    return tuple(check for check in checks if _is_wanted(check, manner))


def _is_wanted(check: CheckSpec, manner: Manner) -> bool:
    in_task = manner.tasks is None or check.task in manner.tasks
    return in_task and (check.measures or not manner.measuring)


class _Run:
    """One grading in progress: what has been earned so far, whatever happens to the grader."""

    def __init__(self, desk: Desk, job: Job, listen: Listener, journal: Journal) -> None:
        self._desk, self._job, self._listen, self._journal = desk, job, listen, journal
        self._earned = {result.name: result for result in journal.earned()}
        self.figures: list[Figure] = []
        self.isolation = Isolation(tier=job.tiers[-1])
        self.device = "cpu"

    def collect(self) -> None:
        """Have every remaining check judged; a grader that dies is tried once more."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                for event in self._desk.launcher.grade(self._remaining()):
                    self._take(event)
            except GraderDiedError:
                if attempt == _ATTEMPTS:
                    raise
            else:
                return

    def results(self, checks: Sequence[CheckSpec]) -> list[CheckResult]:
        """Return one verdict for each promised check."""
        missing = [check.name for check in checks if check.name not in self._earned]
        if missing:
            raise GraderFault(f"the grader gave no verdict on {', '.join(missing)}")
        return [self._earned[check.name] for check in checks]

    def _remaining(self) -> Job:
        checks = tuple(check for check in self._job.checks if check.name not in self._earned)
        settled = {name: result.outcome for name, result in self._earned.items()}
        return self._job.model_copy(update={"checks": checks, "settled": settled})

    def _take(self, event: Event) -> None:
        if isinstance(event, Began):
            self.isolation, self.device = event.isolation, event.device
        elif isinstance(event, Earned):
            self._earned[event.result.name] = event.result
            self._journal.add(event.result)
        elif isinstance(event, Drawn):
            self.figures.append(event.figure)
        self._listen(event)


def _job(
    desk: Desk,
    assignment: Assignment,
    submission: Submission,
    manner: Manner,
    checks: tuple[CheckSpec, ...],
) -> Job:
    layout, slug = desk.layout, assignment.slug
    files = {layout.check_public(slug)} | ({layout.check_hidden(slug)} if manner.hidden else set())
    return Job(
        assignment=_tried_once(assignment) if manner.measuring else assignment,
        files={name: data.decode("utf-8-sig") for name, data in submission.files.items()},
        checks=checks,
        settled={},
        check_files=tuple(sorted((file for file in files if file.is_file()), reverse=True)),
        figure_files=layout.figures(slug) if manner.with_figures else (),
        tiers=manner.tiers,
        device=manner.device,
        visible=shown_to_workers(desk),
        seed=_seed(submission) if manner.seed is None else manner.seed,
        data=manner.data or desk.course.data,
    )


def _tried_once(assignment: Assignment) -> Assignment:
    tasks = tuple(task.model_copy(update={"attempts": 1}) for task in assignment.tasks)
    return assignment.model_copy(update={"tasks": tasks})


def _seed(submission: Submission) -> int:
    return int(submission.content_hash[:_SEED_DIGITS], 16)


def shown_to_workers(desk: Desk) -> tuple[str, ...]:
    """Return what a worker may read: Python, embedded data but for its test part, weights."""
    package = Path(__file__).resolve().parent
    embedded = PACKAGE_ROOT / "datasets"
    weights = (file for kind in _WEIGHTS for file in desk.launcher.data_folder.glob(kind))
    shown = (embedded, package / "data", package / "models", *weights)
    return view.visible(shown, hidden=(desk.layout.root, package, embedded / "held_out"))


def grader_identity(layout: Layout, slug: str) -> GraderIdentity:
    """Name the grader by everything that decides a verdict: engine, checks, data, configuration."""
    digest = hashlib.sha256()
    package = Path(__file__).resolve().parent
    engine = [file for file in package.rglob("*.py") if "checks" not in file.parts]
    sums = [*package.rglob(_CHECKSUMS), *(PACKAGE_ROOT / "datasets").rglob(_CHECKSUMS)]
    for file in sorted([*engine, *sums, *layout.checks(slug).glob("*.py"), layout.grading_file]):
        data = file.read_bytes()
        digest.update(f"{file.name}:{len(data)}:".encode() + data)
    return GraderIdentity(version=__version__, content_hash=digest.hexdigest())


def _identity(submission: Submission) -> SubmissionIdentity:
    return SubmissionIdentity(
        content_hash=submission.content_hash,
        files=tuple(sorted(submission.files)),
        left_behind=submission.left_behind,
    )


def _key(
    identity: GraderIdentity,
    submission: Submission,
    manner: Manner,
    checks: Sequence[CheckSpec],
) -> str:
    names = ",".join(check.name for check in checks)
    text = f"{identity.content_hash}:{submission.content_hash}:{manner}:{names}"
    return hashlib.sha256(text.encode()).hexdigest()
