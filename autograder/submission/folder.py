"""Read the wanted files of a folder, one level deep, holding on to what was opened."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from autograder.model import Submission
from autograder.sanitise import safe_name
from autograder.submission.inventory import (
    MAX_ENTRIES,
    Inventory,
    Kind,
    is_ours,
    left_behind,
    pick,
)
from autograder.submission.reading import kind_of, open_folder, open_regular, read_capped
from autograder.submission.source import require_source


def collect_folder(path: Path, where: str, wanted: tuple[str, ...]) -> Submission:
    """Take the wanted files from the folder at `path` or from one folder in it."""
    with _opened(path) as top:
        inventory = _survey(top, where, wanted)
        places = pick(inventory, wanted)
        files = {name: _read(top, place, where) for name, place in places.items()}
    return Submission(source=where, files=files, left_behind=left_behind(inventory, places))


def _survey(top: int, where: str, wanted: tuple[str, ...]) -> Inventory:
    kinds, budget = _entries(top, wanted, MAX_ENTRIES)
    folders = [name for name, kind in kinds.items() if kind is Kind.FOLDER and is_ours(name)]
    for folder in folders:
        inside, budget = _look_into(top, folder, wanted, budget)
        kinds |= {f"{folder}/{name}": kind for name, kind in inside.items()}
    return Inventory(where, kinds, complete=budget > 0)


def _look_into(
    top: int, folder: str, wanted: tuple[str, ...], budget: int
) -> tuple[dict[str, Kind], int]:
    try:
        with _opened(folder, top) as inner:
            return _entries(inner, wanted, budget)
    except OSError:
        return {}, budget  # it cannot be read, so it stays in the list as a folder


def _entries(folder: int, wanted: tuple[str, ...], budget: int) -> tuple[dict[str, Kind], int]:
    """Return at most `budget` entries, the wanted ones in any case, and what is left of it."""
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in islice(entries, budget))
    # Asked for by name too: a wanted file counts however many others lie around it.
    kinds = {name: _kind(folder, name) for name in (*names, *wanted)}
    return {name: kind for name, kind in kinds.items() if kind}, budget - len(names)


def _kind(folder: int, name: str) -> Kind | None:
    try:
        return kind_of(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return None


def _read(top: int, place: str, where: str) -> bytes:
    folder, _, name = place.rpartition("/")
    shown = f"{where}/{safe_name(place)}"
    with _opened(folder or ".", top) as parent, open_regular(name, shown, parent) as stream:
        data = read_capped(stream, shown, os.fstat(stream.fileno()).st_size)
    require_source(shown, data)
    return data


@contextmanager
def _opened(path: Path | str, parent: int | None = None) -> Iterator[int]:
    descriptor = open_folder(path, parent)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
