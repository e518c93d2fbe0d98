"""The parts of an assignment agree: `grading.yml`, the reference, the checks and the texts."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator

from autograder import catalog
from autograder.errors import ConfigError
from autograder.layout import GRADING_FILE
from autograder.names import alternatives
from autograder.proofs import budgets, evidence, question_file
from autograder.proofs.subject import Subject


def complaints(subject: Subject) -> Iterator[str]:
    """Yield each disagreement between `grading.yml` and what stands in the folders."""
    for part in (_files, _functions, _checks, _handout, _questions, _calibration):
        try:
            yield from part(subject)
        except ConfigError as error:
            yield str(error)


def _files(subject: Subject) -> Iterator[str]:
    folder = subject.layout.solution(subject.slug)
    for name in subject.assignment.files:
        if not (folder / name).is_file():
            there = [file.name for file in sorted(folder.glob("*.py"))]
            known = alternatives(name, there) if there else "but there should be"
            yield f'{_entry(subject)}.files: there is no "{name}", {known}.'


def _functions(subject: Subject) -> Iterator[str]:
    defined = list(_defined(subject.tree))
    for name in subject.assignment.by_hand:
        if name not in defined:
            known = alternatives(name, defined)
            yield f'{_entry(subject)}.by_hand: the reference has no "{name}", {known}.'


def _checks(subject: Subject) -> Iterable[str]:
    catalog.bind(subject.assignment, catalog.read(subject.layout, subject.slug))
    return ()


def _handout(subject: Subject) -> Iterator[str]:
    path = subject.layout.handout(subject.slug)
    if not subject.read(path).strip():
        yield f"{subject.layout.shown(path)}: is empty, but should say what to do."


def _questions(subject: Subject) -> Iterator[str]:
    path = subject.layout.questions(subject.slug)
    if not question_file.load(path):
        yield f"{subject.layout.shown(path)}: is empty, but should have a question."


def _calibration(subject: Subject) -> Iterator[str]:
    path = subject.layout.calibration(subject.slug)
    has_thresholds = any(task.thresholds for task in subject.assignment.tasks)
    if not has_thresholds and not path.exists():
        return
    try:
        written = json.loads(subject.read(path))
    except ValueError as error:
        yield f"{subject.layout.shown(path)}: is no JSON, but should be: {error}."
        return
    if not isinstance(written, dict):
        yield f"{subject.layout.shown(path)}: holds no object, but should hold one."
    yield from evidence.complaints(subject.assignment, path, written)
    yield from budgets.complaints(subject.assignment, path, written)


def _defined(tree: ast.AST, prefix: str = "") -> Iterator[str]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{prefix}{node.name}"
        elif isinstance(node, ast.ClassDef):
            yield f"{prefix}{node.name}"
            yield from _defined(node, f"{prefix}{node.name}.")


def _entry(subject: Subject) -> str:
    return f"{GRADING_FILE}: assignments.{subject.slug}"
