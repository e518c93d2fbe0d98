"""The door: whatever a path holds becomes a `Submission` or one sentence that says why not."""

from __future__ import annotations

import os
from pathlib import Path

from autograder.errors import SubmissionError
from autograder.model import Assignment, Submission
from autograder.sanitise import safe_name
from autograder.submission.archive import collect_archive
from autograder.submission.folder import collect_folder
from autograder.submission.inventory import Kind
from autograder.submission.reading import kind_of, open_regular, read_capped
from autograder.submission.source import require_source

_WHERE_CHARS = 300
_UNREADABLE = (OSError, ValueError, MemoryError, RecursionError)


def collect(path: Path, assignment: Assignment) -> Submission:
    """Read the files that the assignment wants from a folder, a `.py` file or a zip.

    Nothing is unpacked, no link is followed and nothing but the wanted files is read; the rest is
    listed as left behind. A single `.py` file counts as the module whatever its name. Anything
    that keeps a wanted file from being read as UTF-8 source is a `SubmissionError`.
    """
    where = safe_name(str(path), _WHERE_CHARS)
    try:
        return _collect(path, where, assignment.files)
    except FileNotFoundError as error:
        raise SubmissionError(
            f"{where}: is not there, but should be a folder, a .py file or a zip."
        ) from error
    except _UNREADABLE as error:
        raise SubmissionError(
            f"{where}: cannot be read ({_reason(error)}), but should be a readable "
            "folder, .py file or zip."
        ) from error


def _collect(path: Path, where: str, wanted: tuple[str, ...]) -> Submission:
    kind = kind_of(os.lstat(path).st_mode)
    if kind is Kind.FOLDER:
        return collect_folder(path, where, wanted)
    if kind is not Kind.FILE:
        raise SubmissionError(f"{where}: is {kind}, but should be a folder, a .py file or a zip.")
    if path.suffix.lower() == ".py":
        return _collect_module(path, where, wanted)
    return collect_archive(path, where, wanted)


def _collect_module(path: Path, where: str, wanted: tuple[str, ...]) -> Submission:
    if len(wanted) != 1:
        raise SubmissionError(
            f"{where}: is a single file, but should be a folder or a zip with {', '.join(wanted)}."
        )
    with open_regular(path, where) as stream:
        data = read_capped(stream, where, os.fstat(stream.fileno()).st_size)
    require_source(where, data)
    return Submission(source=where, files={wanted[0]: data})


def _reason(error: BaseException) -> str:
    text = error.strerror if isinstance(error, OSError) else str(error)
    return safe_name(text or type(error).__name__)
