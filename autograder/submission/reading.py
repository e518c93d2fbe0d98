"""Open and read one file without following links, waiting on pipes or taking in too much."""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path
from typing import IO

from autograder.errors import SubmissionError
from autograder.submission.inventory import Kind

# Handwritten modules are some ten kB. Ten times the largest anyone would write still parses in a
# second, and a class of five hundred still fits into memory.
MAX_FILE_BYTES = 1_000_000

# A pipe in the place of a file would make a plain open() wait for ever; a terminal would become
# ours. O_NOFOLLOW holds for the last part of a path.
_SAFELY = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_KINDS = {stat.S_IFREG: Kind.FILE, stat.S_IFDIR: Kind.FOLDER, stat.S_IFLNK: Kind.LINK}


def kind_of(mode: int) -> Kind:
    """Return what `st_mode` says a path is."""
    return _KINDS.get(stat.S_IFMT(mode), Kind.SPECIAL)


def open_folder(path: Path | str, parent: int | None = None) -> int:
    """Open a folder, relative to the descriptor `parent` if given; `OSError` if it is none."""
    return os.open(path, _SAFELY | os.O_DIRECTORY, dir_fd=parent)


def open_regular(path: Path | str, where: str, parent: int | None = None) -> io.BufferedReader:
    """Open a regular file, relative to the descriptor `parent` if given."""
    try:
        descriptor = os.open(path, _SAFELY, dir_fd=parent)
    except OSError as error:
        raise SubmissionError(
            f"{where}: cannot be opened ({error.strerror}), but should be a readable file."
        ) from error
    # What was looked at a moment ago may have been replaced since; the descriptor cannot be.
    kind = kind_of(os.fstat(descriptor).st_mode)
    if kind is not Kind.FILE:
        os.close(descriptor)
        raise SubmissionError(f"{where}: is {kind}, but should be a file itself.")
    return open(descriptor, "rb")


def read_capped(stream: IO[bytes], where: str, declared: int) -> bytes:
    """Return all of `stream`; `SubmissionError` if it is, or says it is, over the size limit."""
    if declared > MAX_FILE_BYTES:
        raise _too_large(where, f"{declared:,} bytes")
    data = stream.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise _too_large(where, "still growing")
    return data


def _too_large(where: str, size: str) -> SubmissionError:
    return SubmissionError(
        f"{where}: is {size}, but should be at most {MAX_FILE_BYTES:,} bytes. "
        "Hint: hand in the module without data, outputs or weights."
    )
