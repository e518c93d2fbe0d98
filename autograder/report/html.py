"""The report as one HTML page that loads nothing and runs nothing."""

from __future__ import annotations

from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined

from autograder.model import CheckResult, Outcome, Report, TaskScore
from autograder.report import wording
from autograder.report.clean import cleaned


@dataclass(frozen=True)
class _CheckRow:
    """A check, and the name of the earlier one that says exactly the same."""

    check: CheckResult
    repeats: str

    @property
    def is_open(self) -> bool:
        return self.check.outcome is not Outcome.PASSED and not self.repeats


@dataclass(frozen=True)
class _TaskRow:
    """A task with what its row and section show."""

    task: TaskScore
    percent: float
    checks: tuple[_CheckRow, ...]


def as_html(report: Report, hidden_remaining: int = 0) -> str:
    """Return a self-contained page; whatever came from the submission is escaped."""
    report = cleaned(report)
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            percent=_percent(report.score, report.max_score),
            rows=_rows(report),
            notice=wording.remaining(hidden_remaining, report.max_score)
            if hidden_remaining
            else "",
        )
    )


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("autograder.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        points=wording.points,
        seconds=wording.seconds,
        moment=wording.moment,
        tally=wording.tally,
        checks_cell=wording.checks_cell,
    )
    return environment


def _rows(report: Report) -> tuple[_TaskRow, ...]:
    first = {
        name: finding.check.name for finding in wording.findings(report) for name in finding.same
    }
    return tuple(
        _TaskRow(
            task,
            _percent(task.score, task.max_score),
            tuple(_CheckRow(check, first.get(check.name, "")) for check in task.checks),
        )
        for task in report.tasks
    )


def _percent(score: float, max_score: float) -> float:
    return round(min(100.0, 100 * score / max_score), 2) if max_score else 100.0
