"""A file of data is used whole and as published, or not at all."""

from __future__ import annotations

import hashlib
from pathlib import Path

CHECKSUMS = "SHA256SUMS"


class DataError(ValueError):
    """Data that is not there, is damaged or has no such name; the text says what to do."""


def verified(path: Path, *, digest: str, algorithm: str, remedy: str) -> Path:
    """Return `path` if its bytes have this digest; `DataError` with the remedy if not."""
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, algorithm).hexdigest()
    except OSError as error:
        reason = "is missing" if isinstance(error, FileNotFoundError) else f"{error.strerror}"
        raise DataError(f"{path}: {reason}, but should be there. {remedy}") from None
    if found != digest:
        said = f"{algorithm} is {found[:12]}…, but should be {digest[:12]}…"
        raise DataError(f"{path}: is damaged or incomplete ({said}). {remedy}")
    return path


def listed_digest(path: Path) -> str:
    """Return the digest that the list beside a file, as `sha256sum` writes it, gives it."""
    listing = path.parent / CHECKSUMS
    try:
        lines = listing.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise DataError(f"{listing}: {error.strerror}, but should list checksums.") from None
    for line in lines:
        digest, _, name = line.partition("  ")
        if name == path.name:
            return digest
    raise DataError(f"{listing}: has no line for {path.name}, but should have one.")
