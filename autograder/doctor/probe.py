"""The doctor's own submission: tries what a worker must not be able to do, tells what worked."""

from __future__ import annotations

import ctypes
import os
import resource
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial

import torch

_UNSHARE_NUMBERS = {"x86_64": 272, "aarch64": 97}
_NEW_USER_NAMESPACE = 0x1000_0000


def processes() -> list[str]:
    """Return the ways in which a process could be started."""
    return _worked(fork=_fork, spawn=lambda: subprocess.run([sys.executable, "-V"], check=True))


def sockets() -> list[str]:
    """Return the kinds of socket that could be opened."""
    return _worked(
        tcp=lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
        udp=lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        ipv6=lambda: socket.socket(socket.AF_INET6, socket.SOCK_STREAM),
        unix=lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
    )


def privileges() -> list[str]:
    """Return the ways in which more rights could be had."""
    return _worked(root=lambda: os.setuid(0) if os.getuid() else _refuse(), namespace=_unshare)


def strangers(pid: int) -> list[str]:
    """Return what could be done to a process that is not this one."""
    return _worked(
        signal=lambda: os.kill(pid, 0),
        limits=lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, (64, 64)),
        memory=lambda: open(f"/proc/{pid}/mem", "rb").close(),
        environment=lambda: open(f"/proc/{pid}/environ", "rb").close(),
    )


def readable(paths: list[str]) -> list[str]:
    """Return which of these files and folders could be opened."""
    return _worked(
        **{path: lambda path=path: os.close(os.open(path, os.O_RDONLY)) for path in paths}
    )


def writable(folders: list[str]) -> list[str]:
    """Return in which of these folders a file could be made."""
    return _worked(**{folder: partial(_make_file, folder) for folder in folders})


def scratch() -> str:
    """Return what came back from a file in the scratch folder."""
    with open(os.path.join(os.environ["TMPDIR"], "note"), "w+") as file:
        file.write("kept")
        file.seek(0)
        return file.read()


def allocates(megabytes: int) -> bool:
    """Tell whether this much memory could be had."""
    try:
        torch.ones(megabytes * 1024 * 1024, dtype=torch.uint8)
    except (RuntimeError, MemoryError):
        return False
    return True


def threads(count: int) -> int:
    """Return how many of `count` threads could be started."""
    stop = threading.Event()
    waiting: list[threading.Thread] = []
    try:
        while len(waiting) < count:
            thread = threading.Thread(target=stop.wait, daemon=True)
            thread.start()
            waiting.append(thread)
    except RuntimeError:
        pass
    stop.set()
    return len(waiting)


def descriptors() -> list[int]:
    """Return the numbers of the open files of this process."""
    return [number for number in range(256) if _is_open(number)]


def _worked(**attempts: Callable[[], object]) -> list[str]:
    return [name for name, attempt in attempts.items() if _succeeds(attempt)]


def _succeeds(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except (OSError, subprocess.SubprocessError, ValueError):
        return False
    return True


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _refuse() -> None:
    raise PermissionError


def _unshare() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(_UNSHARE_NUMBERS[os.uname().machine], _NEW_USER_NAMESPACE) != 0:
        raise OSError(ctypes.get_errno(), "unshare")


def _open(path: str) -> None:
    os.close(os.open(path, os.O_RDONLY))


def _make_file(folder: str) -> None:
    with open(os.path.join(folder, ".probe"), "x"):
        os.unlink(os.path.join(folder, ".probe"))


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
