"""Run every proof of every assignment, in order of cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from autograder.grade import Desk
from autograder.layout import GRADING_FILE
from autograder.proofs import (
    alternatives,
    folders,
    junk,
    mistakes,
    names,
    reference,
    released,
    repeat,
    stub,
)
from autograder.proofs.proof import Proof, prove
from autograder.proofs.subject import Subject, subject_of

_FOLDERS = "every folder is an assignment"
_PROOFS: tuple[tuple[str, Callable[[Subject], Iterator[str]]], ...] = (
    ("names agree everywhere", names.complaints),
    ("assignments/ is what release writes", released.differences),
    ("no line of an answer is released", released.leaks),
    ("every task is cost by a mistake", mistakes.tasks_without_one),
    ("reference earns everything", reference.complaints),
    ("two gradings give the same report", repeat.complaints),
    ("alternatives earn everything", alternatives.complaints),
    ("no check passes on the stub", stub.complaints),
    ("junk answers earn nothing", junk.complaints),
    ("mistakes cost exactly their tasks", mistakes.complaints),
)


def verify(desk: Desk, slugs: Sequence[str]) -> Iterator[Proof]:
    """Yield each proof as it is done; the desk's launcher serves gradings side by side."""
    yield prove(GRADING_FILE, _FOLDERS, lambda: folders.complaints(desk, slugs))
    for slug in slugs:
        with subject_of(desk, slug) as subject:
            for name, complaints in _PROOFS:
                yield prove(slug, name, partial(complaints, subject))
