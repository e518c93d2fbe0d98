"""Watches workers from the zygote: kills each when told, says how it ended.

The grader holds the other end of a worker's leash. A byte on it, or its end, kills the worker; so
nothing survives the grader.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
from typing import NamedTuple

import msgspec

from autograder.sandbox.messages import Ended


class _Charge(NamedTuple):
    leash: socket.socket
    process: int
    scratch: str


class Warden:
    """The living workers of one zygote."""

    def __init__(self) -> None:
        self._charges: dict[int, _Charge] = {}

    def adopt(self, pid: int, leash: int, scratch: str) -> None:
        """Watch over a worker that was just forked."""
        self._charges[pid] = _Charge(socket.socket(fileno=leash), os.pidfd_open(pid), scratch)

    def signs(self) -> list[int]:
        """Return the descriptors that wake the zygote for a worker's sake."""
        living = self._charges.values()
        return [number for one in living for number in (one.leash.fileno(), one.process)]

    def tend(self, ready: set[int]) -> None:
        """Kill the workers whose leash was pulled, bury the dead."""
        for pid, charge in list(self._charges.items()):
            if charge.leash.fileno() in ready and charge.process not in ready:
                signal.pidfd_send_signal(charge.process, signal.SIGKILL)
                os.waitid(os.P_PIDFD, charge.process, os.WEXITED | os.WNOWAIT)
                self._bury(pid, charge)
            elif charge.process in ready:
                self._bury(pid, charge)

    def _bury(self, pid: int, charge: _Charge) -> None:
        del self._charges[pid]
        _, status = os.waitpid(pid, 0)
        with contextlib.suppress(OSError):
            charge.leash.send(msgspec.json.encode(_ended(status)))
        charge.leash.close()
        os.close(charge.process)
        if charge.scratch:
            shutil.rmtree(charge.scratch, ignore_errors=True)


def _ended(status: int) -> Ended:
    if os.WIFSIGNALED(status):
        return Ended(signal=os.WTERMSIG(status))
    return Ended(status=os.waitstatus_to_exitcode(status))
