"""The JSON form of a report and the schema that is published for it."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from autograder.errors import UsageError
from autograder.model import Report
from autograder.report.clean import cleaned


def as_json(report: Report) -> str:
    """Return the report as JSON, field by field, `schema` first."""
    return quiet(cleaned(report).model_dump_json(by_alias=True, indent=2)) + "\n"


def parse(text: str) -> Report:
    """Read back what `as_json` wrote; `UsageError` names the first place that differs."""
    try:
        return Report.model_validate_json(text)
    except ValidationError as error:
        raise UsageError(_sentence(error)) from None


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of the report."""
    body = Report.model_json_schema(by_alias=True, mode="serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "autograder/report/1",
        **body,
    }


def quiet(json_text: str) -> str:
    """Write `##` in JSON so that a CI runner's log finds no command in it; it reads the same."""
    return json_text.replace("##", "#\\u0023")


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return "report: the text is not JSON, but should be what `--format json` writes."
    place = ".".join(str(part) for part in first["loc"]) or "the whole"
    return f"report: {place} is not what the schema asks for: {first['msg']}."
