"""What `autograder list` shows: the assignments of a course, or everything about one of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich import box
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from autograder import catalog
from autograder.layout import Layout
from autograder.model import Assignment, CheckSpec, Course, Visibility


def assignments(course: Course) -> Table:
    """Return the table of all assignments."""
    table = _table(course.title, "assignment", "title", "tasks", "points")
    for one in course.assignments:
        _add_row(table, one.slug, one.title, str(len(one.tasks)), f"{one.total:g}")
    return table


def details(layout: Layout, assignment: Assignment) -> Iterator[Table]:
    """Yield the tables of one assignment: its tasks, its limits, its places."""
    checks = catalog.read(layout, assignment.slug)
    yield _tasks(assignment, checks)
    yield _limits(assignment)
    yield _places(layout, assignment.slug)


def _tasks(assignment: Assignment, checks: tuple[CheckSpec, ...]) -> Table:
    columns = ("task", "title", "points", "policy", "public", "hidden")
    table = _table(f"{assignment.slug}: {assignment.title}", *columns)
    for task in assignment.tasks:
        seen = [check.visibility for check in checks if check.task == task.name]
        counts = (str(seen.count(kind)) for kind in Visibility)
        _add_row(table, task.name, task.title, f"{task.points:g}", task.policy, *counts)
    return table


def _limits(assignment: Assignment) -> Table:
    table = _table("limits", "limit", "value")
    for name, value in assignment.limits.model_dump().items():
        _add_row(table, name, f"{value:g}")
    return table


def _places(layout: Layout, slug: str) -> Table:
    table = _table("places", "what", "where", "state")
    places: dict[str, Path] = {
        "stub": layout.stub(slug),
        "handout": layout.readme(slug),
        "public checks": layout.check_public(slug),
        "hidden checks": layout.check_hidden(slug),
        "reference": layout.reference(slug),
        "mistakes": layout.mistakes(slug),
        "alternatives": layout.alternatives(slug),
    }
    for what, path in places.items():
        _add_row(table, what, layout.shown(path), "there" if path.exists() else "not in this tree")
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=escape(title), title_justify="left", box=box.SIMPLE_HEAD)
    for column in columns:
        table.add_column(column)
    return table


def _add_row(table: Table, *cells: str) -> None:
    table.add_row(*map(Text, cells))  # a title in brackets is no markup of ours
