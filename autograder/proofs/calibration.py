"""Measures every threshold: the reference and its wrong versions, graded over many seeds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from typing import NamedTuple

from autograder.errors import UsageError
from autograder.files import write_whole
from autograder.grade import Desk, Manner, allowed_tiers, grade
from autograder.model import Submission
from autograder.proofs import alternatives
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
from autograder.sandbox.job import Event, Measured

_DIGITS = 6


class Candidate(NamedTuple):
    """A right or wrong answer, the tasks that it is measured on, and how often."""

    kind: str
    name: str
    files: Files
    tasks: frozenset[str]
    seeds: int


class Measurement(NamedTuple):
    """What one candidate reached: a number for each seed, by `task.threshold`."""

    candidate: Candidate
    reached: Mapping[str, Values]

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
        write_whole(path, dump(path, evidence(subject, found)))


def measure(subject: Subject) -> Iterator[Measurement]:
    """Yield each candidate as it is measured: the reference, alternatives, mistakes."""
    running = [
        (one, [subject.pool.submit(_lowest, subject, one, seed) for seed in range(one.seeds)])
        for one in _candidates(subject)
    ]
    for candidate, gradings in running:
        yield Measurement(candidate, _by_threshold(gradings))


def evidence(subject: Subject, found: Iterable[Measurement]) -> dict[str, Evidence]:
    """Return the evidence for each threshold of the assignment."""
    clouds: dict[str, dict[str, dict[str, Values]]] = defaultdict(lambda: defaultdict(dict))
    for (kind, name, *_), reached in found:
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


def _lowest(subject: Subject, candidate: Candidate, seed: int) -> dict[str, float]:
    """Grade once; return the lowest number that was held against each threshold."""
    lowest: dict[str, float] = {}

    def hear(event: Event) -> None:
        if isinstance(event, Measured):
            name = f"{event.task}.{event.threshold}"
            value = round(event.value, _DIGITS)
            lowest[name] = min(value, lowest.get(name, value))

    submission = Submission(
        source="calibration", files={name: text.encode() for name, text in candidate.files.items()}
    )
    tiers = allowed_tiers(None, subject.desk.course.isolation.grade)
    manner = Manner(tiers, hidden=True, tasks=candidate.tasks, seed=seed, measuring=True)
    grade(subject.desk, subject.slug, submission, manner, listen=hear)
    return lowest


def _by_threshold(gradings: Iterable[Future[dict[str, float]]]) -> dict[str, Values]:
    reached: dict[str, Values] = defaultdict(tuple)
    for grading in gradings:
        for name, value in grading.result().items():
            reached[name] += (value,)
    return dict(reached)
