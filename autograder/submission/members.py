"""The members of a zip by normalised path; a name or kind that no honest zip has is refused."""

from __future__ import annotations

import re
import stat
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from zipfile import ZipInfo

from autograder.errors import SubmissionError
from autograder.sanitise import safe_name
from autograder.submission.inventory import Kind, is_ours

# Encrypted: plainly, strongly, and with the list of members hidden.
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_DRIVE = re.compile(r"[A-Za-z]:")
# Zips made on Windows carry no mode at all.
_PLAIN_KINDS = (0, stat.S_IFREG, stat.S_IFDIR)
_LONGEST_NAME = 1000


@dataclass(frozen=True)
class Members:
    """The members of a zip by their path from its top; hidden folders count as one entry."""

    infos: dict[str, ZipInfo]
    kinds: dict[str, Kind]


def read_members(where: str, infos: Iterable[ZipInfo]) -> Members:
    """Return the members by path; `SubmissionError` naming the first that no honest zip has."""
    files: dict[str, ZipInfo] = {}
    owners: dict[str, ZipInfo] = {}
    for info in infos:
        path = _checked_path(where, info)
        key = unicodedata.normalize("NFKC", path).casefold()
        if key in owners:
            raise _refused(where, info, "is there twice, letter case aside")
        owners[key] = info
        if not _is_folder(info):
            files[path] = info
    _refuse_files_as_folders(where, owners)
    return Members(files, dict(map(_entry, files)))


def _checked_path(where: str, info: ZipInfo) -> str:
    # The name may differ from the original: cut at a NUL, or replaced by an extra field.
    for name in (info.orig_filename, info.filename):
        if fault := _fault_of_name(name):
            raise _refused(where, info, fault)
    if fault := _fault_of_kind(info):
        raise _refused(where, info, fault)
    return "/".join(_parts(info.filename))


def _fault_of_name(name: str) -> str | None:
    faults = {
        "has a NUL in its name": "\0" in name,
        "has a backslash in its name": "\\" in name,
        "has an absolute path": name.startswith("/"),
        "has a drive letter in its path": _DRIVE.match(name) is not None,
        "leads out of the archive": ".." in name.split("/"),
        f"has a name over {_LONGEST_NAME} characters": len(name) > _LONGEST_NAME,
        "has no name": not _parts(name) and not name.endswith("/"),
    }
    return next((fault for fault, found in faults.items() if found), None)


def _fault_of_kind(info: ZipInfo) -> str | None:
    if info.flag_bits & _ENCRYPTED:
        return "is encrypted"
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return f"is {Kind.LINK}"
    return None if kind in _PLAIN_KINDS else f"is {Kind.SPECIAL}"


def _parts(name: str) -> list[str]:
    return [part for part in name.split("/") if part not in ("", ".")]


def _is_folder(info: ZipInfo) -> bool:
    return info.is_dir() or stat.S_ISDIR(info.external_attr >> 16)


def _refuse_files_as_folders(where: str, owners: dict[str, ZipInfo]) -> None:
    for key in _folders(owners):
        if key in owners and not _is_folder(owners[key]):
            raise _refused(where, owners[key], "is a file and a folder at once")


def _folders(paths: Collection[str]) -> set[str]:
    folders: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
    return folders


def _entry(path: str) -> tuple[str, Kind]:
    top, slash, _ = path.partition("/")
    return (path, Kind.FILE) if not slash or is_ours(top) else (top, Kind.FOLDER)


def _refused(where: str, info: ZipInfo, fault: str) -> SubmissionError:
    return SubmissionError(
        f"{where}: its member {safe_name(info.orig_filename)} {fault}, but a submission should "
        "hold plain files and folders only. Nothing was read. "
        "Hint: make the zip anew from the folder with your module."
    )
