"""Measures every threshold: the reference and its wrong versions, graded over many seeds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

from autograder.errors import UsageError
from autograder.files import write_whole
from autograder.grade import Desk, Manner, allowed_tiers, grade
from autograder.model import Submission
from autograder.proofs import alternatives
from autograder.proofs.budgets import Spent, costs
from autograder.proofs.evidence import (
    FEW_SEEDS,
    MANY_SEEDS,
    Evidence,
    Values,
    dump,
    goals,
    weigh,
)
from autograder.proofs.mistake_file import edited, load
from autograder.proofs.subject import Files, Subject, subject_of
from autograder.sandbox.job import Earned, Event, Measured, Trained

_DIGITS = 6
One = TypeVar("One", float, Spent)


class Candidate(NamedTuple):
    """A right or wrong answer, the tasks that it is measured on, and how often."""

    kind: str
    name: str
    files: Files
    tasks: frozenset[str]
    seeds: int


class Measurement(NamedTuple):
    """What one candidate reached: a number for each seed, by `task.threshold`; what a task took."""

    candidate: Candidate
    reached: Mapping[str, Values]
    spent: Mapping[str, Sequence[Spent]]

    def __str__(self) -> str:
        spans = (
            f"{name} {min(values):.4g} to {max(values):.4g}"
            for name, values in self.reached.items()
        )
        said = ", ".join(spans) or "nothing was measured"
        return f"{self.candidate.name} ({self.candidate.seeds} seeds): {said}"


def calibrate(desk: Desk, slug: str) -> Iterator[Measurement]:
    """Yield each measurement as it is done, then write `calibration.json`."""
    with subject_of(desk, slug) as subject:
        if not goals(subject.assignment):
            what = f"{slug}: no task has a threshold"
            raise UsageError(f"{what}, but calibrating measures thresholds.")
        found = []
        for measurement in measure(subject):
            found.append(measurement)
            yield measurement
        path = subject.layout.calibration(slug)
        budgets = costs(subject.assignment, found[0].spent)
        write_whole(path, dump(path, evidence(subject, found), budgets))


def measure(subject: Subject) -> Iterator[Measurement]:
    """Yield each candidate as it is measured: the reference, alternatives, mistakes."""
    running = [
        (one, [subject.pool.submit(_graded, subject, one, seed) for seed in range(one.seeds)])
        for one in _candidates(subject)
    ]
    for candidate, gradings in running:
        heard = [grading.result() for grading in gradings]
        reached = _together(ear.lowest for ear in heard)
        yield Measurement(candidate, reached, _together(ear.spent for ear in heard))


def evidence(subject: Subject, found: Iterable[Measurement]) -> dict[str, Evidence]:
    """Return the evidence for each threshold of the assignment."""
    clouds: dict[str, dict[str, dict[str, Values]]] = defaultdict(lambda: defaultdict(dict))
    for (kind, name, *_), reached, _ in found:
        for threshold, values in reached.items():
            clouds[threshold][kind][name] = values
    return {
        name: weigh(
            goal,
            clouds[name]["reference"].get("reference", ()),
            clouds[name]["alternative"],
            clouds[name]["mistake"],
        )
        for name, goal in goals(subject.assignment).items()
        if name in clouds
    }


def _candidates(subject: Subject) -> Iterator[Candidate]:
    concerned = frozenset(task.name for task in subject.assignment.tasks if task.thresholds)
    yield Candidate("reference", "reference", subject.reference, concerned, MANY_SEEDS)
    for file in alternatives.files(subject):
        files = subject.with_module(subject.read(file))
        yield Candidate("alternative", file.stem, files, concerned, FEW_SEEDS)
    for mistake in load(subject.layout.mistakes(subject.slug), subject.assignment):
        costs = concerned & set(mistake.costs)
        if costs:
            files = edited(subject.reference, mistake)
            yield Candidate("mistake", mistake.name, files, costs, _wrong_seeds(subject, costs))


def _wrong_seeds(subject: Subject, tasks: frozenset[str]) -> int:
    found = goals(subject.assignment).items()
    return max(goal.wrong_seeds for name, goal in found if name.partition(".")[0] in tasks)


def _graded(subject: Subject, candidate: Candidate, seed: int) -> _Ear:
    """Grade once, with one attempt, the checks that measure."""
    ear = _Ear()
    submission = Submission(
        source="calibration", files={name: text.encode() for name, text in candidate.files.items()}
    )
    tiers = allowed_tiers(None, subject.desk.course.isolation.grade)
    manner = Manner(tiers, hidden=True, tasks=candidate.tasks, seed=seed, measuring=True)
    grade(subject.desk, subject.slug, submission, manner, listen=ear.hear)
    return ear


class _Ear:
    """Hears of one grading the lowest number held against each threshold, and what tasks took."""

    def __init__(self) -> None:
        self.lowest: dict[str, float] = {}
        self.spent: dict[str, Spent] = {}
        self._steps = 0

    def hear(self, event: Event) -> None:
        """Take in one event."""
        if isinstance(event, Measured):
            name, value = f"{event.task}.{event.threshold}", round(event.value, _DIGITS)
            self.lowest[name] = min(value, self.lowest.get(name, value))
        elif isinstance(event, Trained):
            self._steps = event.steps
        elif isinstance(event, Earned):
            before = self.spent.get(event.result.task, Spent(0, 0))
            seconds = max(event.result.execution_time, before.seconds)
            self.spent[event.result.task] = Spent(max(self._steps, before.steps), seconds)
            self._steps = 0


def _together(heard: Iterable[Mapping[str, One]]) -> dict[str, tuple[One, ...]]:
    together: dict[str, tuple[One, ...]] = defaultdict(tuple)
    for mapping in heard:
        for name, value in mapping.items():
            together[name] += (value,)
    return dict(together)
