"""Which user a worker runs as: one that nobody else is, where that can be arranged."""

from __future__ import annotations

import os
from pathlib import Path

_FIRST = 1_000_000
_SPAN = 4_194_304  # process numbers end here, so two live workers never share a user


def worker_user(pid: int) -> int | None:
    """Return the user (and group) number of the worker of warden `pid`; None unless root."""
    if os.geteuid() != 0:
        return None
    mapped = _mapped_users()
    if mapped >= _FIRST + _SPAN:
        return _FIRST + pid % _SPAN
    half = mapped // 2
    return half + pid % half if half > 1000 else None


def _mapped_users() -> int:
    """Return how many user numbers exist here: all of them, or what a container was given."""
    first, _, count = Path("/proc/self/uid_map").read_text().split()[:3]
    return int(first) + int(count)
