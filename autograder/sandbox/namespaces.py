"""A root of its own for the worker: private mounts, processes, network and names."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from autograder.sandbox import linux, view

ALL = (
    linux.CLONE_NEWUSER
    | linux.CLONE_NEWNS
    | linux.CLONE_NEWPID
    | linux.CLONE_NEWNET
    | linux.CLONE_NEWIPC
    | linux.CLONE_NEWUTS
)
SCRATCH = "/.scratch"  # not /tmp: Python itself may lie there
_OLD = "/.old"
_ROOT_OPTIONS = "size=4m,nr_inodes=8192,mode=755"


def write_identity_maps(pid: int, uids: Iterable[int], gids: Iterable[int]) -> None:
    """Give the new user namespace of `pid` the listed ids, each mapped to itself.

    Called by the parent, which alone may map more than one id (and only as root).
    """
    folder = Path("/proc", str(pid))
    if os.geteuid() != 0:
        (folder / "setgroups").write_text("deny")
    (folder / "uid_map").write_text(_identity(uids))
    (folder / "gid_map").write_text(_identity(gids))


def _identity(ids: Iterable[int]) -> str:
    return "".join(f"{one} {one} 1\n" for one in sorted(set(ids)))


def enter_own_root(visible: Iterable[str], devices: Iterable[str], scratch_mb: int) -> bool:
    """Replace the root by one that holds `visible` read-only and an empty scratch folder.

    Returns whether a private /proc could be mounted (not where an outer one is masked).
    """
    sources = {path: _source(path) for path in visible}
    linux.mount("none", "/", None, linux.MS_REC | linux.MS_PRIVATE)
    linux.mount("tmpfs", "/tmp", "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, _ROOT_OPTIONS)
    os.mkdir("/tmp" + _OLD)
    os.chdir("/tmp")
    linux.pivot_root("/tmp", "/tmp" + _OLD)
    os.chdir("/")
    for path, source in sources.items():
        _show(path, source)
    _make_devices(devices)
    has_proc = _mount_proc()
    _make_scratch(scratch_mb)
    linux.detach(_OLD)
    os.rmdir(_OLD)
    linux.make_read_only("/", recursive=False)
    os.chdir(SCRATCH)
    return has_proc


class _Source(NamedTuple):
    """Where a path of the old root leads: a link's text, or the real place to bind."""

    link: str | None
    place: str


def _source(path: str) -> _Source:
    link = os.readlink(path) if os.path.islink(path) else None
    return _Source(link, os.path.realpath(path))


def _show(path: str, source: _Source) -> None:
    """Bind one path of the old root at the same place, read-only; a link stays a link."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.lexists(path):
        return
    if source.link is not None:
        os.symlink(source.link, path)
        return
    _bind(_OLD + source.place, path)
    linux.make_read_only(path, recursive=True)


def _bind(source: str, target: str) -> None:
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        Path(target).touch()
    linux.mount(source, target, None, linux.MS_BIND | linux.MS_REC)


def _make_devices(devices: Iterable[str]) -> None:
    os.makedirs("/dev/shm")
    for device in (*view.DEVICES, *devices):
        os.makedirs(os.path.dirname(device), exist_ok=True)
        _bind(_OLD + device, device)
    os.symlink("/proc/self/fd", "/dev/fd")


def _mount_proc() -> bool:
    os.mkdir("/proc")
    flags = linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC
    with contextlib.suppress(PermissionError):
        linux.mount("proc", "/proc", "proc", flags)
        return True
    return False


def _make_scratch(scratch_mb: int) -> None:
    os.makedirs("/etc", exist_ok=True)
    Path("/etc/passwd").write_text(f"worker:x:{os.getuid()}:{os.getgid()}::{SCRATCH}:/bin/false\n")
    os.makedirs(SCRATCH)
    if not os.path.lexists("/tmp"):
        os.symlink(SCRATCH, "/tmp")
    flags = linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC
    for folder in (SCRATCH, "/dev/shm"):
        options = f"size={scratch_mb}m,nr_inodes=4096,mode=1777"
        linux.mount("tmpfs", folder, "tmpfs", flags, options)
