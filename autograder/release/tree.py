"""Build the tree that students receive, write it, or compare it with what is there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest
from pathlib import Path

from autograder import catalog
from autograder.errors import ReleaseError
from autograder.files import write_whole
from autograder.layout import Layout
from autograder.model import Course
from autograder.release import leak, readme, stub
from autograder.release.reference import read_text, split


class Kind(StrEnum):
    """How a file of the tree differs from what a release writes."""

    MISSING = "missing"
    DIFFERS = "differs"
    EXTRA = "extra"


@dataclass(frozen=True)
class Difference:
    """A file under `assignments/` that is not what a release writes; lines count from 1."""

    file: str
    kind: Kind
    line: int = 0
    actual: str = ""
    expected: str = ""

    def __str__(self) -> str:
        if self.kind is Kind.MISSING:
            return f"{self.file}: is missing, but should be there [autograder release]."
        if self.kind is Kind.EXTRA:
            return f"{self.file}: is there, but should not be: no release writes it."
        reads = f"reads {self.actual}, but should read {self.expected}"
        return f"{self.file}:{self.line}: {reads} [autograder release]."


def build(layout: Layout, course: Course, slug: str) -> dict[str, bytes]:
    """Return the files of one assignment by name; `ReleaseError` if its reference is refused."""
    reference, handout = layout.reference(slug), layout.handout(slug)
    name = layout.shown(reference)
    text = read_text(handout, layout.shown(handout))
    page = readme.render(course.assignment(slug), catalog.read(layout, slug), text)
    return {
        layout.stub(slug).name: stub.make(read_text(reference, name), name).encode(),
        layout.readme(slug).name: page.encode(),
    }


def write(layout: Layout, course: Course, slugs: Sequence[str]) -> list[Path]:
    """Write the assignments and return the files that changed.

    All of them are built and searched for answers first: one refusal, and nothing is written.
    Files that no release writes stay; `compare` reports them.
    """
    wanted = _wanted(layout, course, slugs)
    _require_no_leak(layout, course, wanted)
    changed = [path for path, content in wanted.items() if not _holds(path, content)]
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, wanted[path].decode())
    return changed


def compare(layout: Layout, course: Course, slugs: Sequence[str]) -> tuple[Difference, ...]:
    """Return how the assignments on disk differ from what `write` would leave."""
    wanted = _wanted(layout, course, slugs)
    found = [_difference(layout, path, content) for path, content in wanted.items()]
    extra = [
        Difference(layout.shown(path), Kind.EXTRA)
        for slug in slugs
        for path in _files(layout.assignment(slug))
        if path not in wanted
    ]
    return (*(difference for difference in found if difference), *extra)


def _wanted(layout: Layout, course: Course, slugs: Sequence[str]) -> dict[Path, bytes]:
    return {
        layout.assignment(slug) / name: content
        for slug in slugs
        for name, content in build(layout, course, slug).items()
    }


def _require_no_leak(layout: Layout, course: Course, wanted: dict[Path, bytes]) -> None:
    files = {layout.shown(path): content for path, content in wanted.items()}
    for assignment in course.assignments:
        for found in leak.search(layout, assignment.slug, files):
            raise ReleaseError(found.file, found.line, found.reason)


def _holds(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder, without what Python and tools leave behind."""
    for path in sorted(folder.rglob("*")):
        inner = path.relative_to(folder).parts
        if path.is_file() and not any(p == "__pycache__" or p.startswith(".") for p in inner):
            yield path


def _difference(layout: Layout, path: Path, content: bytes) -> Difference | None:
    name = layout.shown(path)
    if not path.is_file():
        return Difference(name, Kind.MISSING)
    actual, expected = (_lines(data) for data in (path.read_bytes(), content))
    for number, (is_, should) in enumerate(zip_longest(actual, expected, fillvalue=""), 1):
        if is_ != should:
            return Difference(name, Kind.DIFFERS, number, *_shown(is_, should))
    return None


def _lines(content: bytes) -> tuple[str, ...]:
    return split(content.decode("utf-8", errors="backslashreplace"))


def _shown(actual: str, expected: str) -> tuple[str, str]:
    """Quote both lines; their ends are shown only where nothing else tells them apart."""
    if actual.rstrip("\r\n") != expected.rstrip("\r\n"):
        actual, expected = actual.rstrip("\r\n"), expected.rstrip("\r\n")
    return _quoted(actual), _quoted(expected)


def _quoted(line: str) -> str:
    return json.dumps(line, ensure_ascii=False)
