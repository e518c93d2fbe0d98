"""Writes a file whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from autograder.errors import UsageError


def require_writable(path: Path) -> None:
    """Refuse a path that `write_whole` would refuse, before hours of work for it are lost."""
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with tempfile.TemporaryFile(dir=path.parent, prefix=f".{path.name}."):
            pass
    except OSError as error:
        raise unwritable(path, error) from error


def write_whole(path: Path, text: str) -> None:
    """Replace `path` by `text` in one step, so that a reader never meets half a file."""
    try:
        _replace(path, text)
    except OSError as error:
        raise unwritable(path, error) from error


def unwritable(path: Path, error: OSError) -> UsageError:
    """Return the sentence for a file that could not be written."""
    return UsageError(
        f"{path}: cannot be written ({error.strerror}), but should be a file in a writable folder."
    )


def _replace(path: Path, text: str) -> None:
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
