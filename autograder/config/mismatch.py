"""Says in a sentence what pydantic found: the place, what is there, what should be."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from autograder.config.document import Document, Place, shown
from autograder.config.grading_file import NUMBER_FORM, SPELLINGS, GradingFile, known_keys
from autograder.names import alternatives

_LONGEST_SHOWN = 60
_EXPECTED: Mapping[str, str] = {
    "float_type": "a number",
    "int_type": "a whole number",
    "finite_number": "a finite number",
    "string_type": "text (in quotes)",
    "string_too_short": "text",
    "too_short": "at least one entry",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "tuple_type": "a list",
}


def validated(document: Document) -> GradingFile:
    """Return the data as a typed record, or raise all of its faults as one `ConfigError`."""
    try:
        # Strict JSON takes no text for a number, but still a list for a tuple.
        written = GradingFile.model_validate_json(json.dumps(document.data), strict=True)
    except ValidationError as error:
        for details in error.errors(include_url=False):
            _blame(document, details)
        raise document.error() from error
    if document.faults:
        raise document.error()
    return written


def _blame(document: Document, error: ErrorDetails) -> None:
    place = _place(document, error["loc"])
    match error["type"]:
        case "missing":
            document.blame(place, f"{error['loc'][-1]} is missing, but should be given.")
        case "extra_forbidden":
            known = alternatives(str(place[-1]), known_keys(place[:-1]))
            _blame_key(document, place, known)
        case "points" | "rising" | "distinct":
            document.blame(place, f"{error['msg']}.")
        case "too_short" if error["input"]:
            # The entries that are there have faults of their own, and those are told.
            return
        case "string_pattern_mismatch" if error["loc"][-1] == "[key]":
            _blame_key(document, place, f"but should be {SPELLINGS[error['ctx']['pattern']]}")
        case _:
            _blame_value(document, place, error)


def _place(document: Document, loc: Place) -> Place:
    """Return the part of pydantic's location that stands in the file: no tag, no missing key."""
    place: Place = ()
    for part in loc:
        if (*place, part) in document.lines:
            place = (*place, part)
    return place


def _blame_key(document: Document, place: Place, expectation: str) -> None:
    sentence = f"the key is {_shown_value(place[-1])}, {expectation}."
    document.blame(place[:-1], sentence, document.lines[place])


def _blame_value(document: Document, place: Place, error: ErrorDetails) -> None:
    around, subject = _split(place)
    is_what = f"{shown(subject) or 'the file'} is {_shown_value(error['input'])}"
    document.blame(around, f"{is_what}, {_expectation(error)}.", document.lines[place])


def _split(place: Place) -> tuple[Place, Place]:
    """Part a place in what is around and what is meant: a key, with its indices behind it."""
    start = max((at for at, part in enumerate(place) if isinstance(part, str)), default=0)
    return place[:start], place[start:]


def _expectation(error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    match error["type"]:
        case "enum":
            return alternatives(str(error["input"]), context["expected"].split("'")[1::2])
        case "string_pattern_mismatch":
            return f"but should be {SPELLINGS[context['pattern']]}"
        case "greater_than" | "greater_than_equal" | "less_than_equal":
            bound, value = next(iter(context.items()))
            words = {"gt": "more than", "ge": "at least", "le": "at most"}
            return f"but should be {words[bound]} {value:g}"
    steps = " or a list of steps" if NUMBER_FORM in error["loc"] else ""
    return f"but should be {_EXPECTED[error['type']]}{steps}"


def _shown_value(value: object) -> str:
    if value is None or value in ("", [], {}):
        return "empty"
    if isinstance(value, str):
        return json.dumps(value[:_LONGEST_SHOWN])
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else json.dumps(value)
