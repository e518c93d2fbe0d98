"""Every other right answer earns everything, and there are at least two."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from autograder.proofs.earning import lost
from autograder.proofs.subject import Attempt, Subject

_FEWEST = 2


def complaints(subject: Subject) -> Iterator[str]:
    """Yield each task that an alternative loses points on, and alternatives too few."""
    folder = subject.layout.alternatives(subject.slug)
    found = files(subject)
    if len(found) < _FEWEST:
        place = subject.layout.shown(folder)
        yield f"{place}: the alternatives are {len(found)}, but should be at least {_FEWEST}."
    yield from subject.complaints(
        Attempt(f"{folder.name}/{file.name}", subject.with_module(subject.read(file)), lost)
        for file in found
    )


def files(subject: Subject) -> list[Path]:
    """Return the other right answers, in order of name."""
    return sorted(subject.layout.alternatives(subject.slug).glob("*.py"))
