"""Resource limits of one worker: what the kernel itself refuses."""

from __future__ import annotations

import resource
from pathlib import Path

_MB = 1024 * 1024
_OPEN_FILES = 256


def apply(*, memory_mb: int, file_mb: int, cpu_s: int, on_gpu: bool) -> None:
    """Bound memory, file size, open files and CPU time; no core dumps.

    Memory is address space beyond what the process has mapped already (a torch process maps
    3 GB before it does anything). A CUDA driver reserves more than any sensible limit, so on
    a GPU address space stays free.
    """
    _set(resource.RLIMIT_CORE, 0)
    _set(resource.RLIMIT_FSIZE, file_mb * _MB)
    _set(resource.RLIMIT_NOFILE, _OPEN_FILES)
    _set(resource.RLIMIT_CPU, cpu_s)
    if not on_gpu:
        _set(resource.RLIMIT_AS, _mapped_bytes() + memory_mb * _MB)


def bound_threads(count: int) -> None:
    """Bound the threads of this process's user."""
    _set(resource.RLIMIT_NPROC, count)


def _set(kind: int, value: int) -> None:
    resource.setrlimit(kind, (value, value))


def _mapped_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()
