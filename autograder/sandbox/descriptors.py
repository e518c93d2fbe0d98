"""Which open files a forked process keeps: the ones it is given, and no other."""

from __future__ import annotations

import fcntl
import os

_HIGH = 200
_FIRST = 3


def keep_only(*descriptors: int) -> tuple[int, ...]:
    """Renumber `descriptors` to 3, 4, … and close every other one from 3 upwards."""
    lifted = [fcntl.fcntl(one, fcntl.F_DUPFD_CLOEXEC, _HIGH) for one in descriptors]
    kept = tuple(range(_FIRST, _FIRST + len(lifted)))
    for source, target in zip(lifted, kept, strict=True):
        os.dup2(source, target, inheritable=False)
    os.closerange(_FIRST + len(kept), os.sysconf("SC_OPEN_MAX"))
    return kept
