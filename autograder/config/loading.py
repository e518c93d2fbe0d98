"""From `grading.yml` to `Course`, and its JSON Schema for editors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from autograder.config.document import Document, read
from autograder.config.grading_file import AssignmentEntry, GradingFile
from autograder.config.mismatch import validated
from autograder.model import Assignment, Course, Limits, Task


def load(path: Path) -> Course:
    """Return the course of a `grading.yml`, or raise a `ConfigError` with a line per fault."""
    document = read(path)
    written = validated(document)
    _demand_modules(document, written)
    return Course(
        title=written.course.title,
        isolation=written.course.isolation,
        data=written.course.data,
        assignments=tuple(
            _assignment(slug, entry, written.course.limits)
            for slug, entry in written.assignments.items()
        ),
    )


def schema() -> dict[str, Any]:
    """Return the JSON Schema of `grading.yml`; sums, order and repeated keys are beyond it."""
    written = json.dumps(GradingFile.model_json_schema())
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "grading.yml",
        **json.loads(written, object_hook=_for_editors),
    }


def _demand_modules(document: Document, written: GradingFile) -> None:
    for slug, entry in written.assignments.items():
        if f"{slug}.py" not in entry.files:
            place = ("assignments", slug)
            line = document.lines[(*place, "files")]
            sentence = f"files has no {slug}.py, but the module should be named like its slug."
            document.blame(place, sentence, line)
    if document.faults:
        raise document.error()


def _assignment(slug: str, entry: AssignmentEntry, defaults: Limits) -> Assignment:
    own = {name: getattr(entry.limits, name) for name in entry.limits.model_fields_set}
    tasks = tuple(Task(name=name, **dict(task)) for name, task in entry.tasks.items())
    changed = {"limits": defaults.model_copy(update=own), "tasks": tasks}
    return Assignment(slug=slug, **{**dict(entry), **changed})


def _for_editors(node: dict[str, Any]) -> dict[str, Any]:
    """Drop the titles that pydantic makes up, and let patterns of keys exclude other keys."""
    kept = {key: value for key, value in node.items() if key != "title" or isinstance(value, dict)}
    return kept | {"additionalProperties": False} if "patternProperties" in kept else kept
