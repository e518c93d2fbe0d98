"""The folders of solutions, checks and assignments are those that `grading.yml` names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from autograder.grade import Desk
from autograder.layout import GRADING_FILE
from autograder.names import alternatives


def complaints(desk: Desk, slugs: Sequence[str]) -> Iterator[str]:
    """Yield folders that `grading.yml` does not name, and folders that one of `slugs` lacks."""
    known = desk.course.slugs
    layout = desk.layout
    for place in (layout.solution, layout.checks, layout.assignment):
        parent = place(known[0]).parent
        for name in _folders(parent):
            if name not in known:
                where = layout.shown(parent / name)
                yield f"{where}: is no assignment, {alternatives(name, known)} ({GRADING_FILE})."
        for slug in slugs:
            if not place(slug).is_dir():
                yield f"{layout.shown(place(slug))}: is missing, but should be a folder."


def _folders(parent: Path) -> Iterator[str]:
    """Yield the names of folders that hold a file; git leaves empty ones and caches behind."""
    for path in sorted(parent.glob("[!._]*/")):
        if any(file.is_file() for file in path.rglob("*") if "__pycache__" not in file.parts):
            yield path.name
