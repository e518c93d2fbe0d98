"""The forms of a report: terminal, JSON, Markdown, HTML and Gradescope."""

from __future__ import annotations

import io
from enum import StrEnum

from rich.console import Console

from autograder.model import Report
from autograder.report.gradescope import as_gradescope
from autograder.report.html import as_html
from autograder.report.markdown import as_markdown
from autograder.report.record import as_json, json_schema, parse
from autograder.report.redact import redact
from autograder.report.terminal import show

__all__ = [
    "Format",
    "as_gradescope",
    "as_html",
    "as_json",
    "as_markdown",
    "as_text",
    "json_schema",
    "parse",
    "redact",
    "render",
    "show",
]


class Format(StrEnum):
    """How a report is written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    GRADESCOPE = "gradescope"
    HTML = "html"


def as_text(report: Report, hidden_remaining: int = 0) -> str:
    """Return what `show` prints where there is no terminal."""
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=False, no_color=True, width=100)
    show(report, console, hidden_remaining)
    return stream.getvalue()


def render(report: Report, form: Format, hidden_remaining: int = 0) -> str:
    """Return the report in a form; JSON and Gradescope's have no place for hidden checks left."""
    match form:
        case Format.TEXT:
            return as_text(report, hidden_remaining)
        case Format.JSON:
            return as_json(report)
        case Format.MARKDOWN:
            return as_markdown(report, hidden_remaining)
        case Format.GRADESCOPE:
            return as_gradescope(report)
        case Format.HTML:
            return as_html(report, hidden_remaining)
