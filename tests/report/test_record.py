"""The JSON form and its published schema."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from autograder.errors import UsageError
from autograder.report import as_json, json_schema, parse, redact

SCHEMA = Path(__file__).parents[2] / "docs" / "schema" / "report.schema.json"


def test_published_schema_is_the_one_of_the_model():
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == json_schema()


def test_schema_is_draft_2020_12_and_names_no_host():
    jsonschema.Draft202012Validator.check_schema(json_schema())
    assert json_schema()["$id"] == "autograder/report/1"


def test_reports_hold_to_the_schema(report, full_marks, with_text):
    validator = jsonschema.Draft202012Validator(json_schema())
    for one in (report, redact(report), full_marks, with_text("\x1b[31m<b>")):
        validator.validate(json.loads(as_json(one)))


def test_schema_refuses_an_unknown_field(report):
    record = {**json.loads(as_json(report)), "bonus": 5}
    assert not jsonschema.Draft202012Validator(json_schema()).is_valid(record)


def test_json_begins_with_the_schema_and_reads_back(report):
    text = as_json(report)
    assert next(iter(json.loads(text).items())) == ("schema", "autograder/report/1")
    assert parse(text) == report


def test_figure_that_is_no_png_is_dropped(report, with_text):
    figures = parse(as_json(with_text("iVBORw0KGgo' onerror='x"))).figures
    assert figures == report.figures


def test_parse_names_the_place_that_differs(report):
    record = json.loads(as_json(report))
    record["tasks"][1]["score"] = "many"
    with pytest.raises(UsageError, match=r"^report: tasks\.1\.score is not what the schema asks"):
        parse(json.dumps(record))


def test_parse_names_the_whole_when_it_is_no_object():
    with pytest.raises(UsageError, match=r"^report: the whole is not what the schema asks for"):
        parse("[]")


def test_parse_says_what_text_it_reads():
    with pytest.raises(
        UsageError, match="the text is not JSON, but should be what `--format json`"
    ):
        parse("score: 3")
