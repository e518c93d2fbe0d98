"""What a worker may see of the file system: the Python installation and the embedded data."""

from __future__ import annotations

import os
import site
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

_PARTS_OF_A_PREFIX = ("bin", "lib", "lib64", "pyvenv.cfg")
_SYSTEM = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/share/zoneinfo",
    "/etc/ld.so.cache",
    "/etc/localtime",
)
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


def visible(shown: Iterable[Path], hidden: Iterable[Path]) -> tuple[str, ...]:
    """Return the paths a worker may read, shortest first.

    The Python installation, the system's libraries and `shown`; whatever of them holds a
    `hidden` folder is replaced by its other children, however deep.
    """
    roots = [*_python(), *map(Path, _SYSTEM), *shown]
    closed = [path.resolve() for path in hidden]
    found = {part for root in roots if root.exists() for part in _spellings(root)}
    open_parts = {str(part) for root in found for part in _without(root, closed)}
    return tuple(sorted(open_parts, key=lambda path: (path.count("/"), path)))


def _python() -> Iterator[Path]:
    for prefix in {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}:
        yield from (Path(prefix, part) for part in _PARTS_OF_A_PREFIX)
    yield from map(Path, site.getsitepackages())


def _spellings(path: Path) -> set[Path]:
    return {path, path.resolve()}


def _without(path: Path, hidden: list[Path]) -> Iterator[Path]:
    """Yield `path`, or its children where something hidden lies strictly below it."""
    inside = path.resolve()
    if not any(secret != inside and secret.is_relative_to(inside) for secret in hidden):
        yield path
        return
    for child in path.iterdir():
        if child.resolve() not in hidden:
            yield from _without(child, hidden)


def traversable_by_others(paths: Iterable[str]) -> bool:
    """Tell whether another user may reach every one of `paths`."""
    parents = {parent for path in paths for parent in Path(path).resolve().parents}
    return all(os.stat(parent).st_mode & 0o001 for parent in parents)
