"""A reference as text, lines and syntax tree, and the one way to refuse it."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import ReleaseError

_NO_CODE = (
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
)


@dataclass(frozen=True)
class Reference:
    """The source of a reference; lines keep their endings and count from 1 in every message."""

    path: Path | str
    text: str
    lines: tuple[str, ...]
    tree: ast.Module

    def refuse(self, line: int, reason: str) -> ReleaseError:
        """Return the error that says why this reference makes no stub."""
        return ReleaseError(self.path, line, reason)

    def indent(self, line: int) -> str:
        """Return the white space that line `line` begins with."""
        text = self.lines[line - 1]
        return text[: len(text) - len(text.lstrip())]


def parse(source: str, path: Path | str) -> Reference:
    """Parse a reference; `ReleaseError` where Python does not accept it."""
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        reason = f"the reference does not parse: {error.msg}."
        raise ReleaseError(path, error.lineno or 1, reason) from error
    return Reference(path, source, split(source), tree)


def split(source: str) -> tuple[str, ...]:
    """Cut into lines where Python does (`str.splitlines` also cuts at form feeds and others)."""
    return tuple(io.StringIO(source, newline=""))


def tokens(source: str) -> Iterator[tokenize.TokenInfo]:
    """Yield the tokens of a source that parses, comments among them."""
    return tokenize.generate_tokens(io.StringIO(source, newline="").readline)


def code_tokens(source: str) -> Iterator[tokenize.TokenInfo]:
    """Yield the tokens that are neither comment nor layout."""
    return (token for token in tokens(source) if token.type not in _NO_CODE)


def read_text(path: Path, name: str) -> str:
    """Read a text that a release needs, line endings as they are; `name` stands in messages."""
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError as error:
        raise ReleaseError(name, 1, "there is no such file, but a release needs it.") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ReleaseError(name, line, "the text is not UTF-8, but should be.") from error
