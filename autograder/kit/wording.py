"""The parts of a sentence: places, counts, and two numbers that never read the same."""

from __future__ import annotations

import math

MOST_DIGITS = 17


def counted(number: int, one: str, many: str) -> str:
    """Return "1 entry", "2 entries"."""
    return f"{number} {one if number == 1 else many}"


def place(what: str, path: str) -> str:
    """Return how a sentence names the entry `path` of `what`: `grads["W"]`, `[0] of the map`."""
    name = what.removeprefix("the ")
    if not path:
        return what
    return f"{path} of {what}" if " " in name else f"{name}{path}"


def attribute(what: str, name: str) -> str:
    """Return how a sentence names the attribute `name` of `what`: `result.shape`."""
    short = what.removeprefix("the ")
    return f"the {name} of {what}" if " " in short else f"{short}.{name}"


def number_pair(got: complex, expected: complex) -> tuple[str, str]:
    """Return both numbers with four digits, or as many as it takes to tell them apart."""
    for digits in range(4, MOST_DIGITS):
        texts = _number(got, digits), _number(expected, digits)
        if texts[0] != texts[1]:
            return texts
    return _number(got, MOST_DIGITS), _number(expected, MOST_DIGITS)


def _number(value: complex | float, digits: int) -> str:
    if isinstance(value, int):
        return str(value)
    if isinstance(value, complex):
        sign = "-" if math.copysign(1, value.imag) < 0 else "+"
        return f"{_number(value.real, digits)}{sign}{_number(abs(value.imag), digits)}j"
    if value == 0:
        return "0"
    if not math.isfinite(value):
        return f"{value:g}"
    return f"{value:#.{digits}g}".rstrip(".")
