"""The reference earns everything, and its figures are drawn."""

from __future__ import annotations

from collections.abc import Iterator

from autograder.proofs.earning import lost
from autograder.proofs.subject import Subject


def complaints(subject: Subject) -> Iterator[str]:
    """Yield each task that the reference loses points on, and figures that are not drawn."""
    report, _ = subject.reference_reports
    yield from (f"{subject.slug}.py: {sentence}" for sentence in lost(report))
    files = subject.layout.figures(subject.slug)
    if len(report.figures) < len(files):
        names = ", ".join(map(subject.layout.shown, files))
        drawn = f"{len(report.figures)} of {len(files)} figures"
        yield f"{names}: draw {drawn} of the reference, but should draw all."
