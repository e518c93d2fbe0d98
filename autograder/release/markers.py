"""The comments that begin and end a region: exact ones are paired, look-alikes refused."""

from __future__ import annotations

import difflib
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

from autograder.errors import ReleaseError
from autograder.release.reference import Reference, tokens

BEGIN = "# BEGIN SOLUTION"
END = "# END SOLUTION"

_LOOKALIKES = (
    ("BEGIN SOLUTION", BEGIN),
    ("START SOLUTION", BEGIN),
    ("SOLUTION BEGIN", BEGIN),
    ("END SOLUTION", END),
    ("STOP SOLUTION", END),
    ("SOLUTION END", END),
)
# Two letters wrong in twelve are still a misspelt marker; "the solution" is prose.
_ALIKE = 0.85
_LAYOUT = (tokenize.NL, tokenize.INDENT, tokenize.DEDENT)


@dataclass(frozen=True)
class Pair:
    """The lines of a BEGIN and of the END that belongs to it."""

    begin: int
    end: int


@dataclass(frozen=True)
class Marker:
    """A comment that is a marker, or resembles one: `meant` is the exact spelling."""

    line: int
    text: str
    meant: str
    after_code: bool
    in_statement: bool

    @property
    def exact(self) -> bool:
        """Return whether it is spelt as a marker must be."""
        return self.text == self.meant

    @property
    def words(self) -> str:
        """Return the comment without the usual `# ` before it."""
        return self.text.removeprefix("# ")


def markers(source: str) -> Iterator[Marker]:
    """Yield all comments that are or resemble markers, in order; strings are no comments."""
    within = False
    for token in tokens(source):
        if token.type == tokenize.COMMENT:
            meant = _meant(token.string)
            if meant:
                code_before = token.line[: token.start[1]].strip() != ""
                yield Marker(token.start[0], token.string, meant, code_before, within)
        elif token.type not in _LAYOUT:
            within = token.type != tokenize.NEWLINE


def pairs(reference: Reference) -> tuple[Pair, ...]:
    """Pair the markers; `ReleaseError` if one is stray, nested, misspelt or within a statement."""
    found: list[Pair] = []
    opened: Marker | None = None
    misspelt: list[Marker] = []
    for marker in markers(reference.text):
        if not marker.exact:
            misspelt.append(marker)
            continue
        _require_own_line(reference, marker)
        if (marker.meant == BEGIN) == (opened is not None):
            raise _unpaired(reference, marker, opened, misspelt)
        if opened is not None:
            found.append(Pair(opened.line, marker.line))
        opened = None if opened else marker
    if opened is not None:
        raise _unpaired(reference, opened, None, misspelt)
    if misspelt:
        raise _misspelt(reference, misspelt[0])
    return tuple(found)


def _meant(comment: str) -> str | None:
    words = " ".join(re.findall(r"[^\W_]+", comment.upper()))
    likeness = [(_likeness(comment, words, phrase), meant) for phrase, meant in _LOOKALIKES]
    ratio, meant = max(likeness)
    return meant if ratio >= _ALIKE else None


def _likeness(comment: str, words: str, phrase: str) -> float:
    # nbgrader takes a line for a marker wherever the words stand in it.
    if words.startswith(phrase) or phrase in comment:
        return 1.0
    return difflib.SequenceMatcher(None, words, phrase, autojunk=False).ratio()


def _require_own_line(reference: Reference, marker: Marker) -> None:
    if marker.after_code:
        reason = f"{marker.words} follows code, but should stand on a line of its own."
        raise reference.refuse(marker.line, reason)
    if marker.in_statement:
        reason = f"{marker.words} stands inside a statement, but a region covers whole statements."
        raise reference.refuse(marker.line, reason)


def _unpaired(
    reference: Reference, marker: Marker, opened: Marker | None, misspelt: list[Marker]
) -> ReleaseError:
    if opened is not None:
        what = f"{marker.words} stands in the region that line {opened.line} begins"
        missing, rest = END, "regions are not nested"
    else:
        missing, rest = (END, "") if marker.meant == BEGIN else (BEGIN, "")
        what = f"{marker.words} has no {missing.removeprefix('# ')}"
    suspects = [near for near in misspelt if near.meant == missing]
    if suspects:
        rest = f'line {suspects[-1].line} reads "{suspects[-1].words}"'
    return reference.refuse(marker.line, f"{what}; {rest}." if rest else f"{what}.")


def _misspelt(reference: Reference, marker: Marker) -> ReleaseError:
    reason = f'a comment reads "{marker.words}", but should be "{marker.meant}" or other words.'
    return reference.refuse(marker.line, reason)
