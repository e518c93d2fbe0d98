"""The sentences that every form of the report says in the same words."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

from autograder.model import CheckResult, Outcome, Report, TaskScore


@dataclass(frozen=True)
class Finding:
    """A check that did not pass, with the names of those that say exactly the same."""

    check: CheckResult
    same: tuple[str, ...] = ()


def findings(report: Report) -> tuple[Finding, ...]:
    """Return the checks that did not pass, identical messages folded into the first of them."""
    groups: dict[tuple[str, str, str], list[CheckResult]] = {}
    for check in every_check(report):
        if check.outcome is not Outcome.PASSED:
            key = (check.outcome, check.message or check.name, check.hint)
            groups.setdefault(key, []).append(check)
    return tuple(
        Finding(first, tuple(check.name for check in rest)) for first, *rest in groups.values()
    )


def every_check(report: Report) -> tuple[CheckResult, ...]:
    """Return the results of all tasks, in order."""
    return tuple(check for task in report.tasks for check in task.checks)


def passed(task: TaskScore) -> int:
    """Return how many checks of the task passed."""
    return sum(check.outcome is Outcome.PASSED for check in task.checks)


def checks_cell(task: TaskScore) -> str:
    """Say how many checks of a task passed."""
    return f"{passed(task)} of {len(task.checks)}" if task.checks else "none run"


def points(value: float) -> str:
    """Write points with at most two decimals: `80`, `7.5`, `33.33`."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def score_of(score: float, max_score: float) -> str:
    """Write a score beside what could be had: `80 of 100`."""
    return f"{points(score)} of {points(max_score)}"


def seconds(value: float) -> str:
    """Write a duration with its unit, no finer than a tenth."""
    if value < 0.05:
        return "under 0.1 s"
    return f"{value:.1f} s" if value < 10 else f"{value:.0f} s"


def moment(text: str) -> str:
    """Write a time to the minute, in UTC; a text that is no ISO 8601 time stays as it is."""
    try:
        return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError):
        return text


def count(number: int, noun: str) -> str:
    """Write a number with its noun: `1 check`, `3 checks`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def tally(report: Report) -> str:
    """Say how many checks had which outcome: `9 passed, 2 failed`."""
    outcomes = Counter(check.outcome for check in every_check(report))
    said = [f"{outcomes[outcome]} {outcome}" for outcome in Outcome if outcomes[outcome]]
    return ", ".join(said) or "no check was run"


def remaining(hidden: int, max_score: float) -> str:
    """Say what a run of public checks leaves open."""
    verb, they = ("was", "it has") if hidden == 1 else ("were", "they have")
    return (
        f"Public checks only: {count(hidden, 'hidden check')} {verb} not run here; "
        f"until {they} been, none of the {points(max_score)} points is final."
    )


def same_as(names: tuple[str, ...]) -> str:
    """Say for how many more checks a message holds, naming the first few."""
    shown = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
    return f"The same for {count(len(names), 'more check')}: {shown}"


def last_lines(output: str, lines: int = 5, width: int = 200) -> str:
    """Return the end of a captured output, long lines cut."""
    ended = output.rstrip().splitlines()[-lines:]
    return "\n".join(line if len(line) <= width else line[: width - 1] + "…" for line in ended)
