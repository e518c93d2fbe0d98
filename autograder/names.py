"""How a name is spelt, and which known name a misspelt one was meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from itertools import islice

NAME_PATTERN = r"^[a-z][a-z0-9_]*$"

# Names may come from a submission: the comparison is quadratic in both.
_LONGEST = 100
_MOST = 1000


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that looks most like `word`, letter case aside, if any does."""
    if len(word) > _LONGEST:
        return None
    known: dict[str, str] = {}
    for name in islice(candidates, _MOST):
        if len(name) <= _LONGEST:
            known.setdefault(name.lower(), name)
    found = difflib.get_close_matches(word.lower(), known, n=1)
    return known[found[0]] if found else None


def alternatives(word: str, candidates: Iterable[str]) -> str:
    """Return `but should be "..."` with the nearest name, or with all of them if none is near."""
    names = tuple(candidates)
    close = nearest(word, names)
    if close is not None:
        return f'but should be "{close}"'
    return f"but should be one of {', '.join(names)}"
