"""Each known mistake costs exactly its tasks and says why; each task is cost by one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from autograder.model import CheckResult, Outcome, Report
from autograder.proofs.earning import checks
from autograder.proofs.mistake_file import Mistake, StaleEditError, edited, load
from autograder.proofs.subject import Attempt, Subject
from autograder.report.redact import redact

_FEWEST = 8
_SILENT = (Outcome.PASSED, Outcome.BLOCKED)
_LONGEST = 120


def complaints(subject: Subject) -> Iterator[str]:
    """Yield each mistake that costs other tasks than it says, or is not told in its words."""
    path = subject.layout.mistakes(subject.slug)
    known = load(path, subject.assignment)
    if len(known) < _FEWEST:
        yield f"{path.name}: the mistakes are {len(known)}, but should be at least {_FEWEST}."
    attempts = []
    for mistake in known:
        try:
            files = edited(subject.reference, mistake)
        except StaleEditError as error:
            yield f"{mistake.name}: {error}"
        else:
            attempts.append(Attempt(mistake.name, files, partial(_wrong_verdict, mistake)))
    yield from subject.complaints(attempts)


def tasks_without_one(subject: Subject) -> Iterator[str]:
    """Yield each task that no mistake costs."""
    path = subject.layout.mistakes(subject.slug)
    cost = {task for mistake in load(path, subject.assignment) for task in mistake.costs}
    for task in subject.assignment.tasks:
        if task.name not in cost:
            yield f"{path.name}: no mistake costs {task.name}, but one should."


def _wrong_verdict(mistake: Mistake, report: Report) -> Iterator[str]:
    cost = [task.name for task in report.tasks if task.score < task.max_score]
    if set(cost) != set(mistake.costs):
        yield f"costs {_listed(cost)}, but should cost {_listed(mistake.costs)}."
    failing = [check for check in checks(redact(report)) if check.outcome not in _SILENT]
    told = [check for check in failing if check.task in mistake.costs]
    if not any(mistake.says.lower() in _as_read(check).lower() for check in told):
        said = _as_read(told[0])[:_LONGEST] if told else "nothing"
        yield f'a student reads "{said}", but should read "{mistake.says}".'


def _as_read(check: CheckResult) -> str:
    return " ".join(f"{check.message} {check.hint} {check.description}".split())


def _listed(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(names) or "nothing"
