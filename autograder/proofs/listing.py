"""Reads a YAML list of records strictly: every fault with its line and place."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar, get_args

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from autograder.config.document import Document, Place, read
from autograder.model import Noun
from autograder.names import alternatives

Record = TypeVar("Record", bound=Noun)
Fault = tuple[Place, str]

_LONGEST = 60
_EXPECTED: Mapping[str, str] = {
    "string_type": "text (in quotes)",
    "string_too_short": "text",
    "too_short": "a list with at least one entry",
    "tuple_type": "a list",
    "model_type": "a mapping",
    "float_type": "a number",
    "finite_number": "a finite number",
    "greater_than_equal": "at least 0",
}


def load(
    path: Path,
    record: type[Record],
    faults: Callable[[tuple[Record, ...]], Iterable[Fault]],
) -> tuple[Record, ...]:
    """Return the records of a file, or raise all of its faults as one `ConfigError`.

    `faults` names what the types alone do not tell, by place: `(2, "costs")`.
    """
    document = read(path)
    records = _validated(document, record)
    for place, sentence in faults(records):
        document.blame(place, sentence)
    if document.faults:
        raise document.error()
    return records


def once(names: Iterable[str]) -> Iterable[Fault]:
    """Yield a fault for each name that an earlier record has."""
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            yield (index, "name"), f'is "{name}" again, but each name should stand once.'
        seen.add(name)


def _validated(document: Document, record: type[Record]) -> tuple[Record, ...]:
    records: TypeAdapter[tuple[Record, ...]] = TypeAdapter(tuple[record, ...])  # type: ignore[valid-type]
    try:
        # Strict JSON takes no text for a number, but still a list for a tuple.
        return records.validate_json(json.dumps(document.data), strict=True)
    except ValidationError as error:
        for details in filter(_says_more, error.errors(include_url=False)):
            document.blame(_place(document, details["loc"]), _sentence(details, record))
        raise document.error() from error


def _says_more(error: ErrorDetails) -> bool:
    """Whether it is more than that a list is short of entries which have faults of their own."""
    return error["type"] != "too_short" or not error["input"]


def _place(document: Document, loc: Place) -> Place:
    """Return the part of pydantic's location that stands in the file: no missing key."""
    return loc if loc in document.lines else loc[:-1]


def _sentence(error: ErrorDetails, record: type[Noun]) -> str:
    match error["type"]:
        case "missing":
            return f"{error['loc'][-1]} is missing, but should be given."
        case "extra_forbidden":
            return f"is no known key, {_nearest_key(error['loc'], record)}."
    return f"is {_shown(error['input'])}, but should be {_EXPECTED[error['type']]}."


def _nearest_key(loc: Place, record: type[Noun]) -> str:
    for part in loc[1:-1]:
        if isinstance(part, str):
            record = get_args(record.model_fields[part].annotation)[0]
    return alternatives(str(loc[-1]), record.model_fields)


def _shown(value: object) -> str:
    if value is None or value in ("", [], {}):
        return "empty"
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    return json.dumps(value[:_LONGEST] if isinstance(value, str) else value)
