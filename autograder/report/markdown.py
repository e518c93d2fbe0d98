"""The report in GitHub's Markdown, for the comment on a pull request."""

from __future__ import annotations

import re

from autograder.model import Report
from autograder.report import wording
from autograder.report.clean import cleaned, unheard

# GitHub refuses a comment of more than 65 536 characters; the rest is for what stands around.
_BUDGET = 55_000
_PLAIN = re.compile(r"[^\w ,.;?'()/%+=-]|_", re.ASCII)


def as_markdown(report: Report, hidden_remaining: int = 0) -> str:
    """Return the report as Markdown: tasks in a table, each message folded."""
    report = cleaned(report)
    score = wording.score_of(report.score, report.max_score)
    parts = [f"### {_inline(report.title)}: {score}", _table(report)]
    if hidden_remaining:
        parts.append(_inline(wording.remaining(hidden_remaining, report.max_score)))
    parts += _folded(report)
    parts += _left_behind(report)
    parts.append(f"<sub>{_inline(_circumstances(report))}</sub>")
    return "\n\n".join(parts) + "\n"


def _table(report: Report) -> str:
    rows = ["| Task | Checks passed | Points |", "| --- | ---: | ---: |"]
    for task in report.tasks:
        score = wording.score_of(task.score, task.max_score)
        rows.append(f"| {_inline(task.title)} | {wording.checks_cell(task)} | {score} |")
    return "\n".join(rows)


def _folded(report: Report) -> list[str]:
    parts: list[str] = []
    found = wording.findings(report)
    for number, finding in enumerate(found):
        part = _details(finding)
        if sum(map(len, parts)) + len(part) > _BUDGET:
            left = wording.count(len(found) - number, "further message")
            return [*parts, f"{left} left out for length; the JSON and HTML reports have them all."]
        parts.append(part)
    return parts


def _details(finding: wording.Finding) -> str:
    check = finding.check
    blocks = [check.message, check.hint and f"Hint: {check.hint}"]
    blocks += [check.output and f"Last output:\n{wording.last_lines(check.output)}"]
    blocks += [wording.same_as(finding.same) if finding.same else ""]
    head = f"<b>{check.outcome}</b> <code>{_inline(check.name)}</code>"
    return "\n\n".join(
        [
            f"<details><summary>{head} {_inline(check.description)}</summary>",
            *(_fence(block) for block in blocks if block),
            "</details>",
        ]
    )


def _fence(text: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{unheard(text)}\n{fence}"


def _left_behind(report: Report) -> list[str]:
    items = report.submission.left_behind
    lines = [f"- <code>{_inline(item.name)}</code>: {_inline(item.reason)}" for item in items]
    return ["Left behind:\n\n" + "\n".join(lines)] if lines else []


def _circumstances(report: Report) -> str:
    return (
        f"{wording.tally(report)}. Graded on {report.device} in "
        f"{wording.seconds(report.execution_time)}, isolation {report.isolation.tier}, "
        f"autograder {report.grader.version}"
    )


def _inline(text: str) -> str:
    """Write a line so that neither Markdown, HTML nor GitHub's mentions and links see syntax.

    A character reference never starts Markdown or HTML. Mentions, issue numbers and bare
    addresses are looked for after it is resolved: an empty space parts those.
    """
    parted = re.sub(r"(://|www\.)", lambda found: f"{found[0][0]}\u200b{found[0][1:]}", text)
    return _PLAIN.sub(_reference, parted)


def _reference(found: re.Match[str]) -> str:
    char = found.group()
    if char in "@#":
        return f"&#{ord(char)};\u200b"
    return char if ord(char) > 127 else f"&#{ord(char)};"
