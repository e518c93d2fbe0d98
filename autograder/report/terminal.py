"""The report in a terminal, and as plain text where there is none."""

from __future__ import annotations

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from autograder.model import CheckResult, Outcome, Report
from autograder.report import wording
from autograder.report.clean import cleaned, unheard


def show(report: Report, console: Console, hidden_remaining: int = 0) -> None:
    """Print the report: tasks, what did not pass and why, the score, how it was graded.

    `hidden_remaining` counts the hidden checks that a run of public checks left out.
    """
    report = cleaned(report)
    _say(console, Text(f"{report.title} ({report.assignment})", style="bold"))
    console.print()
    console.print(_tasks(report))
    for finding in wording.findings(report):
        console.print()
        _show_finding(console, finding)
    console.print()
    _show_score(console, report, hidden_remaining)
    _show_circumstances(console, report)


def _tasks(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim")
    table.add_column("Task", no_wrap=True)
    table.add_column("Checks passed", justify="right")
    table.add_column("Points", justify="right")
    for task in report.tasks:
        score = wording.score_of(task.score, task.max_score)
        full = task.score >= task.max_score
        cell = Text(score, style="green" if full else "default")
        table.add_row(Text(unheard(task.title)), wording.checks_cell(task), cell)
    return table


def _show_finding(console: Console, finding: wording.Finding) -> None:
    check = finding.check
    head = Text.assemble((check.outcome.value, _style(check)), " ", (check.name, "bold"))
    _say(console, head.append(f": {check.description}"))
    if check.message:
        _say(console, Text(check.message), indent=4)
    if check.hint:
        _say(console, Text(f"Hint: {check.hint}", style="cyan"), indent=4)
    if check.output.strip():
        _say(console, Text("Last output:", style="dim"), indent=4)
        _say(console, Text(wording.last_lines(check.output), style="dim"), indent=6)
    if finding.same:
        _say(console, Text(wording.same_as(finding.same), style="dim"), indent=4)


def _style(check: CheckResult) -> str:
    match check.outcome:
        case Outcome.PASSED:
            return "bold green"
        case Outcome.FAILED | Outcome.ERROR:
            return "bold red"
        case Outcome.TIMEOUT | Outcome.KILLED:
            return "bold magenta"
        case Outcome.UNWRITTEN | Outcome.BLOCKED:
            return "bold yellow"


def _show_score(console: Console, report: Report, hidden_remaining: int) -> None:
    score = wording.score_of(report.score, report.max_score)
    line = Text.assemble((f"Score {score}", "bold"), f"  ({wording.tally(report)})")
    _say(console, line)
    if hidden_remaining:
        _say(console, Text(wording.remaining(hidden_remaining, report.max_score), style="yellow"))


def _show_circumstances(console: Console, report: Report) -> None:
    isolation = report.isolation
    _say(
        console,
        Text(
            f"Graded on {report.device} in {wording.seconds(report.execution_time)}, "
            f"isolation {isolation.tier} ({wording.count(len(isolation.layers), 'layer')} on)",
            style="dim",
        ),
    )
    for missing in isolation.missing:
        _say(console, Text(f"Layer off: {missing.layer} ({missing.reason})", style="dim"))
    for item in report.submission.left_behind:
        _say(console, Text(f"Left behind: {item.name} ({item.reason})", style="yellow"))


def _say(console: Console, text: Text, indent: int = 0) -> None:
    text.plain = unheard(text.plain)
    if console.is_terminal:
        console.print(Padding(text, (0, 0, 0, indent), expand=False))
    else:  # a pipe has no width: lines stay whole, so that they can be searched
        text.plain = "\n".join(" " * indent + line for line in text.plain.split("\n"))
        console.print(text, soft_wrap=True)
