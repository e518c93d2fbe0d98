"""What a student may read of a hidden check: its sentence, hint and outcome, no value of it."""

from __future__ import annotations

from autograder.model import CheckResult, Outcome, Report, Visibility


def redact(report: Report) -> Report:
    """Return the report with the messages of hidden checks said in our words, their output gone.

    Name, description and hint stay: the author of the check wrote them for students to read. So
    does a message that a public check shows as well, as when the module cannot be imported.
    """
    checks = [check for task in report.tasks for check in task.checks]
    known = {check.message for check in checks if check.visibility is Visibility.VISIBLE}
    tasks = tuple(
        task.model_copy(update={"checks": tuple(_redacted(check, known) for check in task.checks)})
        for task in report.tasks
    )
    return report.model_copy(update={"tasks": tasks})


def _redacted(check: CheckResult, known: set[str]) -> CheckResult:
    if check.visibility is Visibility.VISIBLE:
        return check
    if check.message and check.message in known:
        return check.model_copy(update={"output": ""})
    return check.model_copy(update={"message": _sentence(check), "output": ""})


def _sentence(check: CheckResult) -> str:
    match check.outcome:
        case Outcome.PASSED:
            return ""
        case Outcome.FAILED:
            sentence = check.description.rstrip(".")
            return f"hidden check: this does not hold for your code: {sentence}."
        case Outcome.ERROR:
            said = "your code raised an exception; try shapes and values of your own"
        case Outcome.UNWRITTEN:
            said = "what it calls is still the stub"
        case Outcome.TIMEOUT:
            said = "your code was stopped at its time limit"
        case Outcome.KILLED:
            said = "your code ended its process, or used memory or a system call beyond its limits"
        case Outcome.BLOCKED:
            said = "not run, because a check it needs did not pass"
    return f"hidden check: {said}."
