"""Which assignment and which tasks a command means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import takewhile
from pathlib import Path

from autograder import catalog
from autograder.errors import UsageError
from autograder.layout import Layout
from autograder.model import Assignment, Course, Report, Visibility
from autograder.names import alternatives
from autograder.sanitise import safe_name


def assignment(course: Course, slug: str) -> Assignment:
    """Return the assignment called `slug`; `UsageError` with the nearest name if there is none."""
    if slug not in course.slugs:
        raise UsageError(_unknown("assignment", slug, course.slugs))
    return course.assignment(slug)


def name_or_path(
    course: Course, first: str | None, second: Path | None
) -> tuple[str | None, Path | None]:
    """Return name and path where either may have been left out."""
    if first is None or first in course.slugs or second is not None or not Path(first).exists():
        return first, second
    return None, Path(first)


def slugs(
    course: Course, layout: Layout, slug: str | None, path: Path | None = None
) -> tuple[str, ...]:
    """Return the assignment meant: by name, by the folder or file at hand, or else all of them."""
    if slug is not None:
        return (assignment(course, slug).slug,)
    place = (path or Path.cwd()).resolve()
    for folder in takewhile(lambda one: one != layout.root, (place, *place.parents)):
        if folder.stem in course.slugs:
            return (folder.stem,)
    if path is not None:
        raise UsageError(f"{path}: belongs to no assignment by its name; name the assignment first")
    return course.slugs


def tasks(course: Course, slugs: Sequence[str], names: Sequence[str]) -> frozenset[str] | None:
    """Return the tasks asked for, None for all; `UsageError` with the nearest name for no task."""
    if not names:
        return None
    if len(slugs) > 1:
        raise UsageError(
            f"--task {safe_name(names[0])}: is asked of {', '.join(slugs)}, but should be of one "
            "assignment. Hint: name it first."
        )
    chosen = course.assignment(slugs[0])
    known = [task.name for task in chosen.tasks]
    for name in names:
        if name not in known:
            raise UsageError(_unknown(f"task of {chosen.slug}", name, known))
    return frozenset(names)


def hidden_remaining(layout: Layout, slug: str, shown: frozenset[str] | None) -> int:
    """Return how many hidden checks of the `shown` tasks wait beyond the public ones."""
    checks = catalog.read(layout, slug)
    hidden = [check for check in checks if check.visibility is Visibility.HIDDEN]
    return len([check for check in hidden if shown is None or check.task in shown])


def earned_everything(report: Report) -> bool:
    """Tell whether every task that was checked has all its points."""
    return all(task.score >= task.max_score for task in report.tasks if task.checks)


def _unknown(kind: str, name: str, known: Iterable[str]) -> str:
    return f"{safe_name(name)}: is no {kind}, {alternatives(name, known)}."
