"""Every other right answer earns everything, and there are at least two."""

from __future__ import annotations

from collections.abc import Iterator

from autograder.proofs.earning import lost
from autograder.proofs.subject import Attempt, Subject

_FEWEST = 2


def complaints(subject: Subject) -> Iterator[str]:
    """Yield each task that an alternative loses points on, and alternatives too few."""
    folder = subject.layout.alternatives(subject.slug)
    files = sorted(folder.glob("*.py"))
    if len(files) < _FEWEST:
        place = subject.layout.shown(folder)
        yield f"{place}: the alternatives are {len(files)}, but should be at least {_FEWEST}."
    yield from subject.complaints(
        Attempt(f"{folder.name}/{file.name}", subject.with_module(subject.read(file)), lost)
        for file in files
    )
