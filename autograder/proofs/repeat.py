"""Two gradings of the reference give the same report but for the times."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from autograder.config.document import Place, shown
from autograder.proofs.subject import Subject

_TIMES = frozenset({"started", "execution_time"})
_LONGEST = 60


def complaints(subject: Subject) -> Iterator[str]:
    """Yield each field of the report that differs between two gradings of the same work."""
    first, second = (report.model_dump(mode="json") for report in subject.reference_reports)
    for place, one, other in _differences((), first, second):
        once, again = repr(one)[:_LONGEST], repr(other)[:_LONGEST]
        yield f"{shown(place)}: is {once} once and {again} again, but should be the same."


def _differences(place: Place, one: Any, other: Any) -> Iterator[tuple[Place, object, object]]:  # noqa: ANN401 - JSON
    if isinstance(one, dict) and isinstance(other, dict):
        for key in (key for key in one if key not in _TIMES):
            yield from _differences((*place, key), one[key], other[key])
    elif isinstance(one, list) and isinstance(other, list):
        for index, (left, right) in enumerate(zip_longest(one, other)):
            yield from _differences((*place, index), left, right)
    elif one != other:
        yield place, one, other
