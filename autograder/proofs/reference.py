"""The reference earns everything, and its figures are drawn."""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator

from autograder.model import Report
from autograder.proofs.earning import lost
from autograder.proofs.subject import Subject

_WIDEST_PX = 1000  # 5 inches: a text of 10 points is then 11 pixels high on a page of 400
_WIDTH_AT = 16  # in the header of a PNG
_HEADER_CHARACTERS = 32


def complaints(subject: Subject) -> Iterator[str]:
    """Yield each task that the reference loses points on, and figures that are not drawn."""
    report, _ = subject.reference_reports
    yield from (f"{subject.slug}.py: {sentence}" for sentence in lost(report))
    yield from _too_wide(report)
    files = subject.layout.figures(subject.slug)
    if len(report.figures) < len(files):
        names = ", ".join(map(subject.layout.shown, files))
        drawn = f"{len(report.figures)} of {len(files)} figures"
        yield f"{names}: draw {drawn} of the reference, but should draw all."


def _too_wide(report: Report) -> Iterator[str]:
    for figure in report.figures:
        header = base64.b64decode(figure.png_base64[:_HEADER_CHARACTERS])
        (width,) = struct.unpack_from(">I", header, _WIDTH_AT)
        if width > _WIDEST_PX:
            what = f'the figure "{figure.title}" is {width} pixels wide'
            yield f"{what}, but should be at most {_WIDEST_PX}: text shrinks on a telephone."
