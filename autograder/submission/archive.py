"""Read the wanted files of a zip in memory; an archive that tries anything is refused whole."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autograder.errors import SubmissionError
from autograder.model import Submission
from autograder.sanitise import safe_name
from autograder.submission.inventory import MAX_ENTRIES, Inventory, left_behind, pick
from autograder.submission.members import read_members
from autograder.submission.reading import open_regular, read_capped
from autograder.submission.source import require_source

# The list of members is read as one piece, of a length that the archive itself names: a long one
# would cost a hundred times its size in memory before its entries could be counted.
_MAX_LIST_BYTES = 4_000_000
# Only for these does zipfile bound what one read unpacks; a block of bzip2 or lzma is unbounded.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    ArithmeticError,
    LookupError,
    RuntimeError,
    MemoryError,
)
_LOCAL_HEADER = b"PK\x03\x04"
_HINT = "Hint: make it anew from the folder with your module."


def collect_archive(path: Path, where: str, wanted: tuple[str, ...]) -> Submission:
    """Take the wanted files from the zip at `path`; nothing else of it is unpacked."""
    with _Frugal(open_regular(path, where).detach()) as stream, _broken_is_refused(where):
        if not zipfile.is_zipfile(stream):
            raise SubmissionError(_no_zip(stream, where))
        with zipfile.ZipFile(stream) as archive:
            return _collected(archive, where, wanted)


class _Frugal(io.BufferedReader):
    """A file of which one read returns no more than any honest archive needs."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Read `size` bytes or to the end; `BadZipFile` if that is more than the limit."""
        whole = size is None or size < 0
        data = super().read(_MAX_LIST_BYTES + 1 if whole else min(size or 0, _MAX_LIST_BYTES + 1))
        if len(data) > _MAX_LIST_BYTES:
            raise zipfile.BadZipFile("its list of members is too long")
        return data


@contextmanager
def _broken_is_refused(where: str) -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        reason = safe_name(str(error) or type(error).__name__)
        raise SubmissionError(
            f"{where}: is a damaged zip ({reason}), but should be whole. {_HINT}"
        ) from error


def _no_zip(stream: _Frugal, where: str) -> str:
    stream.seek(0)
    if stream.read(len(_LOCAL_HEADER)) == _LOCAL_HEADER:
        return f"{where}: is a zip without its end, but should be whole. Hint: upload it again."
    return f"{where}: is something else, but should be a folder, a .py file or a zip."


def _collected(archive: zipfile.ZipFile, where: str, wanted: tuple[str, ...]) -> Submission:
    infos = archive.infolist()
    if len(infos) > MAX_ENTRIES:
        raise SubmissionError(
            f"{where}: has {len(infos):,} members, but should have at most {MAX_ENTRIES:,}. {_HINT}"
        )
    members = read_members(where, infos)
    inventory = Inventory(where, members.kinds)
    places = pick(inventory, wanted)
    files = {
        name: _read(archive, members.infos[place], f"{where}/{safe_name(place)}")
        for name, place in places.items()
    }
    return Submission(source=where, files=files, left_behind=left_behind(inventory, places))


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, where: str) -> bytes:
    if info.compress_type not in _METHODS:
        raise SubmissionError(
            f"{where}: is packed by method {info.compress_type}, but should be stored or deflated. "
            "Hint: make the zip with the system's own tool."
        )
    with archive.open(info) as member:
        data = read_capped(member, where, max(info.file_size, info.compress_size))
    if len(data) != info.file_size:
        raise SubmissionError(
            f"{where}: unpacks to {len(data):,} bytes, but should to {info.file_size:,}. {_HINT}"
        )
    require_source(where, data)
    return data
