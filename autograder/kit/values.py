"""Assertions on plain data: exact, and aware of types."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

import torch

from autograder.kit.call import Call
from autograder.kit.remote import is_handle
from autograder.kit.shown import escaped, is_a, shown, told_apart
from autograder.kit.wording import counted, place

__tracebackhide__ = True  # bare pytest then points into the check

MANY = 100


def assert_equal(
    got: object, expected: object, call: Call, *, what: str = "the result", hint: str = ""
) -> None:
    """Fail unless `got` is `expected`: plain data, exactly, 5.0 is not 5 and True is not 1.

    A list and a tuple with equal entries are equal; the message names the first entry that differs.
    """
    sentence = difference(got, expected, what)
    if sentence:
        raise call.failed(sentence, hint)


def assert_record_fields(
    got: object, names: Iterable[str], call: Call, *, what: str = "the result", hint: str = ""
) -> None:
    """Fail unless `got` is a record, or any object, with (at least) the fields `names`."""
    missing = [name for name in names if not _has_field(got, name)]
    if missing:
        fields = f"{'field' if len(missing) == 1 else 'fields'} {', '.join(missing)}"
        raise call.failed(f"{what} is {shown(got)}, but should have the {fields}", hint)


def difference(got: object, expected: object, what: str, path: str = "") -> str | None:
    """Return the sentence on the first entry of `got` that is not as in `expected`, or None.

    `expected` is plain data; a tensor in it is a `TypeError`.
    """
    if isinstance(expected, dict):
        return _dict_difference(got, expected, what, path)
    if isinstance(expected, list | tuple):
        return _sequence_difference(got, expected, what, path)
    if isinstance(expected, torch.Tensor):
        raise TypeError("plain data is expected here; tensors are compared by assert_close")
    if type(got) is type(expected) and got == expected:
        return None
    is_, should = told_apart(got, expected)
    return f"{place(what, path)} is {is_}, but should be {should}"


def _sequence_difference(
    got: object, expected: Sequence[object], what: str, path: str
) -> str | None:
    if not (is_a(got, list) or is_a(got, tuple)):
        should = f"a sequence of {counted(len(expected), 'entry', 'entries')}"
        return f"{place(what, path)} is {shown(got)}, but should be {should}"
    entries = list(got)
    if len(entries) != len(expected):
        is_ = counted(len(entries), "entry", "entries")
        return f"{place(what, path)} has {is_}, but should have {len(expected)}"
    return _first(
        difference(entry, expected[i], what, f"{path}[{i}]") for i, entry in enumerate(entries)
    )


def _dict_difference(
    got: object, expected: dict[object, object], what: str, path: str
) -> str | None:
    if not is_a(got, dict):
        should = f"a dict with {_listed(list(expected))}"
        return f"{place(what, path)} is {shown(got)}, but should be {should}"
    sentence = _keys_difference(list(dict.keys(got)), list(expected))
    if sentence:
        return f"{place(what, path)} {sentence}"
    return _first(
        difference(got[key], value, what, path + _subscript(key)) for key, value in expected.items()
    )


def _keys_difference(keys: list[object], expected: list[object]) -> str | None:
    missing = [key for key in expected if key not in keys]
    extra = [key for key in keys if key not in expected]
    if missing:
        similar = get_close_matches(
            str(missing[0]), [k for k in extra[:MANY] if type(k) is str], n=1
        )
        is_ = f"has the key {shown(similar[0])}" if similar else f"has {_listed(keys)}"
        return f"{is_}, but should have {shown(missing[0])}{'' if similar else ' too'}"
    if extra:
        return f"has the key {shown(extra[0])}, but should have only {_listed(expected)}"
    return None


def _listed(keys: list[object]) -> str:
    if not keys:
        return "no keys"
    return f"{'the key' if len(keys) == 1 else 'the keys'} {shown(tuple(keys)).strip('(,)')}"


def _subscript(key: object) -> str:
    return f'["{escaped(key)}"]' if type(key) is str else f"[{shown(key)}]"


def _first(sentences: Iterable[str | None]) -> str | None:
    return next((sentence for sentence in sentences if sentence), None)


def _has_field(value: object, name: str) -> bool:
    if is_handle(value):  # it answers from the worker, and what goes wrong there is a verdict
        return hasattr(value, name)
    try:
        return hasattr(value, name)
    except Exception:  # noqa: BLE001 - a property of the student's may raise anything
        return False
