"""What a report says of the points: the sentences that several proofs share."""

from __future__ import annotations

from collections.abc import Iterator

from autograder.model import CheckResult, Outcome, Report, TaskScore


def lost(report: Report) -> Iterator[str]:
    """Yield a sentence for each task that does not have all of its points."""
    for task in report.tasks:
        if task.score < task.max_score:
            points = f"{task.score:g} of {task.max_score:g} points"
            yield f"{task.name} earns {points}, but should earn all ({_reason(task)})."


def gained(report: Report) -> Iterator[str]:
    """Yield a sentence for each task that has any of its points."""
    for task in report.tasks:
        if task.score > 0:
            names = ", ".join(check.name for check in task.checks if check.share > 0)
            points = f"{task.score:g} of {task.max_score:g} points"
            yield f"{task.name} earns {points}, but should earn none (by {names})."


def checks(report: Report) -> Iterator[CheckResult]:
    """Yield the verdicts of all tasks."""
    for task in report.tasks:
        yield from task.checks


def _reason(task: TaskScore) -> str:
    for check in task.checks:
        if check.outcome is not Outcome.PASSED:
            message = check.message.split("\n")[0]
            return f"{check.name} is {check.outcome}: {message}"
    return "it has no check"
