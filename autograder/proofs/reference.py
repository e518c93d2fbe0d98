"""The reference earns everything, and its figure is drawn."""

from __future__ import annotations

from collections.abc import Iterator

from autograder.proofs.earning import lost
from autograder.proofs.subject import Subject


def complaints(subject: Subject) -> Iterator[str]:
    """Yield each task that the reference loses points on, and a figure that is not drawn."""
    report, _ = subject.reference_reports
    yield from (f"{subject.slug}.py: {sentence}" for sentence in lost(report))
    figure = subject.layout.figure(subject.slug)
    if figure.is_file() and not report.figures:
        shown = subject.layout.shown(figure)
        yield f"{shown}: draws nothing of the reference, but should draw a figure."
