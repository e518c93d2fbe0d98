"""Pairs of sequences from a file of a course's own: a source, a tab and a target in each line."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from autograder.data.integrity import DataError
from autograder.data.transduction import FIRST, Pair

MAX_BYTES = 16 * 1024 * 1024
MAX_PAIRS = 200_000
MAX_LENGTH = 500
MAX_SYMBOLS = 20_000
_COLUMNS = 2
_SIDES = ("source", "target")


class Corpus(NamedTuple):
    """Pairs of sequences, and what their numbers stand for.

    Fields:
        pairs: (source, target), lists of numbers from 3 up.
        source_symbols: number 3 + i of a source stands for entry i.
        target_symbols: the same for targets.
    """

    pairs: list[Pair]
    source_symbols: tuple[str, ...]
    target_symbols: tuple[str, ...]


def read_pairs(path: Path | str, *, by_words: bool = False, like: Corpus | None = None) -> Corpus:
    """Read pairs from UTF-8 text with one pair per line, source and target parted by a tab.

    Texts are normalised (NFC), and symbols numbered in their order; empty lines are skipped.

    Args:
        path: at most 16 MiB, with at most 200 000 pairs of at most 500 symbols on each side.
        by_words: symbols are words between blanks, instead of characters.
        like: numbers are those of this corpus; for the test part of a language pair, say.

    Raises:
        DataError: no such file, not such a text, too much of it, or a symbol that `like` lacks.
    """
    file = Path(path)
    texts = [_columns(line, f"{file}:{number}") for number, line in _lines(file)]
    if not texts:
        raise DataError(f"{file}: has no pairs, but should have a pair in each line.")
    if len(texts) > MAX_PAIRS:
        raise DataError(f"{file}: has {len(texts)} pairs, but should have {MAX_PAIRS} at most.")
    sources, targets = ([_split(text[side], by_words) for text in texts] for side in (0, 1))
    known = like[1:] if like else (_symbols(sources), _symbols(targets))
    numbered = [
        _numbered(rows, symbols, f"{file}: the {side}")
        for rows, symbols, side in zip((sources, targets), known, _SIDES, strict=True)
    ]
    return Corpus(list(zip(*numbered, strict=True)), *known)


def _lines(file: Path) -> Iterable[tuple[int, str]]:
    try:
        with file.open("rb") as opened:
            raw = opened.read(MAX_BYTES + 1)
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise DataError(f"{file}: {error.strerror}, but should be a file of pairs.") from None
    except UnicodeDecodeError as error:
        place = f"byte {error.start} is no UTF-8"
        raise DataError(f"{file}: {place}, but all of it should be.") from None
    if len(raw) > MAX_BYTES:
        raise DataError(f"{file}: is larger than {MAX_BYTES} bytes, but should not be.")
    # Not splitlines: a text may hold the other separators that it knows.
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").split("\n")
    return [(number, line) for number, line in enumerate(lines, 1) if line.strip()]


def _columns(line: str, where: str) -> list[str]:
    columns = [column.strip() for column in line.split("\t")]
    if len(columns) != _COLUMNS:
        count = f"{len(columns)} {'column' if len(columns) == 1 else 'columns'}"
        raise DataError(f"{where}: has {count}, but should have a source, a tab and a target.")
    for side, column in zip(_SIDES, columns, strict=True):
        if not column:
            raise DataError(f"{where}: the {side} is empty, but should have a symbol at least.")
        if len(column) > MAX_LENGTH:
            length = f"has {len(column)} characters, but should have {MAX_LENGTH} at most"
            raise DataError(f"{where}: the {side} {length}.")
    return columns


def _split(text: str, by_words: bool) -> list[str]:
    return text.split() if by_words else list(text)


def _symbols(rows: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(sorted({symbol for row in rows for symbol in row}))


def _numbered(rows: Sequence[Sequence[str]], symbols: Sequence[str], where: str) -> list[list[int]]:
    if len(symbols) > MAX_SYMBOLS:
        count = f"{len(symbols)} different symbols"
        raise DataError(f"{where} has {count}, but should have {MAX_SYMBOLS} at most.")
    numbers = {symbol: number for number, symbol in enumerate(symbols, FIRST)}
    strange = next((symbol for row in rows for symbol in row if symbol not in numbers), None)
    if strange is not None:
        raise DataError(f"{where} has {strange!a}, but should have symbols of the other corpus.")
    return [[numbers[symbol] for symbol in row] for row in rows]
