"""Make every text of a report safe to carry; each writer then escapes for its own format."""

from __future__ import annotations

import re
from typing import Any

from autograder.model import Report
from autograder.sanitise import sanitise

_BASE64_PNG = re.compile(r"iVBORw0KGgo[A-Za-z0-9+/]*={0,2}")
_FIGURE_CHARS = 4_000_000
_COMMAND_AT_LINE_START = re.compile(r"^([^\S\n]*):(?=:)", re.MULTILINE)
_COMMAND_ANYWHERE = re.compile(r"#(?=#(?:\[|vso\[))")


def cleaned(report: Report) -> Report:
    """Return the report with every text sanitised and only figures that are PNGs in base64."""
    data = _walk("", report.model_dump())
    data["figures"] = [figure for figure in data["figures"] if _is_png(figure["png_base64"])]
    return Report.model_validate(data)


def unheard(text: str) -> str:
    """Part the marks by which a CI runner reads a line of its log as a command to itself."""
    return _COMMAND_ANYWHERE.sub("# ", _COMMAND_AT_LINE_START.sub(r"\1: ", text))


def _walk(field: str, value: Any) -> Any:  # noqa: ANN401 -- the dump of a model nests at will
    if isinstance(value, dict):
        return {key: _walk(key, item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_walk(field, item) for item in value]
    return _text(field, value) if isinstance(value, str) else value


def _text(field: str, text: str) -> str:
    match field:
        case "png_base64":
            return text
        case "output":
            return sanitise(text, 64_000)
        case "message":
            return sanitise(text, 4_000)
        case "hint":
            return sanitise(text, 1_000)
        case _:
            return " ".join(sanitise(text, 300).split())


def _is_png(text: str) -> bool:
    return len(text) <= _FIGURE_CHARS and _BASE64_PNG.fullmatch(text) is not None
