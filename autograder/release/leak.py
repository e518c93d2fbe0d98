"""Find lines of answers where students could read them."""

from __future__ import annotations

import ast
import builtins
import keyword
import re
import tokenize
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.layout import Layout
from autograder.release.reference import code_tokens, read_text, split
from autograder.release.regions import Function, Region, find, is_docstring

_SHORTEST = 12
_FEWEST_WORDS = 3
_EVERYDAY = frozenset(keyword.kwlist) | frozenset(dir(builtins))


@dataclass(frozen=True)
class Leak:
    """A line of the answer to `slug` that stands in `file`."""

    file: str
    line: int
    slug: str
    code: str

    @property
    def reason(self) -> str:
        """Say what is wrong with the line, without its place."""
        return f'holds a line of the solution of {self.slug}, but should not: "{self.code}".'

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


def distinctive_lines(source: str, path: Path | str) -> frozenset[str]:
    """Return the lines of code that stand in regions of a reference and nowhere else in it.

    They are normalised: words and signs apart by one space, without comments. Lines that any
    program may hold, short or of everyday words, are left out.
    """
    regions = find(source, path)
    given = _Text("".join(_outside(source, regions)))
    return frozenset(line for line in _code_lines(source, regions) if not given.line_of(line))


def leaks(layout: Layout, slug: str) -> tuple[Leak, ...]:
    """Return where lines of the answer to `slug` stand in the files that students receive."""
    folder = layout.assignment(slug).parent
    files = {
        layout.shown(path): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    return search(layout, slug, files)


def search(layout: Layout, slug: str, files: Mapping[str, bytes]) -> tuple[Leak, ...]:
    """Return where lines of the answer to `slug` stand in `files`, a name to its content."""
    reference = layout.reference(slug)
    name = layout.shown(reference)
    answer = sorted(distinctive_lines(read_text(reference, name), name))
    return tuple(leak for file in files for leak in _leaks_in(file, files[file], slug, answer))


def _leaks_in(file: str, content: bytes, slug: str, answer: list[str]) -> Iterator[Leak]:
    text = _Text(content.decode("utf-8", errors="replace"))
    found = ((text.line_of(code), code) for code in answer)
    yield from (Leak(file, line, slug, code) for line, code in sorted(found) if line)


@dataclass(frozen=True)
class _Token:
    line: int
    text: str
    is_word: bool


class _Text:
    """A text as one run of words and signs, so that line breaks and layout hide nothing."""

    def __init__(self, text: str) -> None:
        self._starts: list[int] = []
        self._numbers: list[int] = []
        parts, length = [""], 1
        for number, line in enumerate(text.split("\n"), 1):
            words = _normalised(line)
            if words:
                self._starts.append(length)
                self._numbers.append(number)
                parts.append(words)
                length += len(words) + 1
        self._run = " ".join([*parts, ""])

    def line_of(self, code: str) -> int:
        """Return the line on which normalised code first stands, 0 if it does not."""
        index = self._run.find(f" {code} ") + 1
        return self._numbers[bisect_right(self._starts, index) - 1] if index else 0


def _normalised(line: str) -> str:
    # A notebook is JSON: there a line of code ends in a written-out \n and escapes its quotes.
    plain = line.replace("\\n", " ").replace("\\", "").replace("'", '"')
    return " ".join(re.findall(r"\w+|[^\w\s]", plain))


def _outside(source: str, regions: tuple[Region, ...]) -> Iterator[str]:
    for number, line in enumerate(split(source), 1):
        if not any(region.covers(number) for region in regions):
            yield line


def _code_lines(source: str, regions: tuple[Region, ...]) -> Iterator[str]:
    """Yield the code of the regions line by line, where its words tell it from other programs."""
    common = _common_lines(source)
    rows: dict[int, list[_Token]] = defaultdict(list)
    for token in _tokens(source):
        if token.line not in common and any(region.covers(token.line) for region in regions):
            rows[token.line].append(token)
    for row in rows.values():
        if _tells(row):
            yield _normalised(" ".join(token.text for token in row))


def _tokens(source: str) -> Iterator[_Token]:
    depth = 0
    for token in code_tokens(source):
        # Python 3.12 began to take f-strings apart; their words count on no version.
        kind = tokenize.tok_name[token.type]
        depth += (kind == "FSTRING_START") - (kind == "FSTRING_END")
        is_word = token.type in (tokenize.NAME, tokenize.NUMBER) and depth == 0
        yield _Token(token.start[0], token.string, is_word)


def _common_lines(source: str) -> frozenset[int]:
    """Return the lines of docstrings, imports and wrapped parameters, alike in many programs."""
    lines: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, Function):
            arguments = (part for part in ast.walk(node.args) if isinstance(part, ast.arg))
            lines |= {part.lineno for part in arguments} - {node.lineno}
        elif isinstance(node, ast.Import | ast.ImportFrom) or is_docstring(node):
            lines.add(node.lineno)
    return frozenset(lines)


def _tells(row: list[_Token]) -> bool:
    words = {token.text for token in row if token.is_word}
    length = sum(len(token.text) for token in row)
    return length >= _SHORTEST and len(words - _EVERYDAY) >= _FEWEST_WORDS
