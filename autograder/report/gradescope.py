"""The report as Gradescope's `results.json`."""

from __future__ import annotations

import json
from typing import Any

from autograder.model import CheckResult, Outcome, Report, TaskScore, Visibility
from autograder.report.clean import cleaned
from autograder.report.record import quiet
from autograder.report.redact import redact
from autograder.report.wording import (
    checks_cell,
    count,
    every_check,
    last_lines,
    passed,
    score_of,
    tally,
)


def as_gradescope(report: Report) -> str:
    """Return the report as `results.json`: one visible test for each task.

    Gradescope hides the total from students as soon as one test is hidden. So no test is:
    hidden checks stand in the text of their task, always redacted, and count in its score.
    """
    report = redact(cleaned(report))
    results = {
        "score": report.score,
        "execution_time": report.execution_time,
        "output": _overview(report),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [_test(number, task) for number, task in enumerate(report.tasks, start=1)],
        "extra_data": _extra(report),
    }
    return quiet(json.dumps(results, indent=2, ensure_ascii=False, allow_nan=False)) + "\n"


def _overview(report: Report) -> str:
    lines = [f"{report.title}: {score_of(report.score, report.max_score)}. {tally(report)}."]
    hidden = sum(check.visibility is Visibility.HIDDEN for check in every_check(report))
    if hidden:
        lines.append(f"{count(hidden, 'hidden check')}: sentence and outcome shown, no values.")
    lines += [f"Left behind: {item.name} ({item.reason})" for item in report.submission.left_behind]
    return "\n".join(lines)


def _test(number: int, task: TaskScore) -> dict[str, Any]:
    return {
        "name": task.title,
        "number": str(number),
        "score": task.score,
        "max_score": task.max_score,
        "status": "passed" if passed(task) == len(task.checks) else "failed",
        "output": "\n".join([f"{checks_cell(task)} checks passed", *map(_check, task.checks)]),
        "output_format": "text",
        "visibility": "visible",
        "tags": [task.name],
    }


def _check(check: CheckResult) -> str:
    parts = [f"{check.outcome}: {check.name}: {check.description}"]
    if check.outcome is not Outcome.PASSED:
        parts += [check.message, check.hint and f"Hint: {check.hint}"]
        parts += [check.output and f"Last output:\n{last_lines(check.output)}"]
    return "\n    ".join("\n".join(part for part in parts if part).splitlines())


def _extra(report: Report) -> dict[str, Any]:
    return {
        "schema": report.schema_version,
        "assignment": report.assignment,
        "grader": report.grader.model_dump(),
        "submission": report.submission.content_hash,
        "device": report.device,
        "isolation": report.isolation.tier.value,
    }
