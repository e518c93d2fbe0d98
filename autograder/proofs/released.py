"""`assignments/` equals what `release` writes, and holds no line of an answer."""

from __future__ import annotations

from collections.abc import Iterator

from autograder.proofs.subject import Subject
from autograder.release import leak, tree


def differences(subject: Subject) -> Iterator[str]:
    """Yield each file of the assignment that is not what a release writes."""
    course = subject.desk.course
    yield from map(str, tree.compare(subject.layout, course, [subject.slug]))


def leaks(subject: Subject) -> Iterator[str]:
    """Yield each line of the assignment's answer that stands under `assignments/`."""
    yield from map(str, leak.leaks(subject.layout, subject.slug))
