"""Forks a process straight into new namespaces: one copy of a torch-sized process, not two.

`unshare` moves only the children of its caller into a new process namespace, so it takes a second
fork; the `clone` system call does both at once. What the C library's own fork would tell itself
is told by hand: Python's fork hooks, and the address at which the library keeps the thread's
number (`PR_GET_TID_ADDRESS`), which the kernel then updates in the child.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal

from autograder.sandbox import linux

_CLONE = {"x86_64": 56, "aarch64": 220}
_CLONE_CHILD_CLEARTID = 0x0020_0000
_CLONE_CHILD_SETTID = 0x0100_0000


def fork(namespaces: int) -> int:
    """Fork, with the child in new `namespaces`; like `os.fork`, 0 in the child."""
    if not namespaces:
        return os.fork()
    ctypes.pythonapi.PyOS_BeforeFork()
    pid = _clone(namespaces)
    if pid == 0:
        ctypes.pythonapi.PyOS_AfterFork_Child()
        return 0
    code = ctypes.get_errno()
    ctypes.pythonapi.PyOS_AfterFork_Parent()
    if pid < 0:
        raise OSError(code, os.strerror(code))
    return pid


def _clone(namespaces: int) -> int:
    address = _thread_number_address()
    flags = namespaces | signal.SIGCHLD | _CLONE_CHILD_SETTID | _CLONE_CHILD_CLEARTID
    last = (address, None) if platform.machine() == "x86_64" else (None, address)
    number = _CLONE[platform.machine()]
    pid: int = linux.holding_lock.syscall(
        ctypes.c_long(number), ctypes.c_ulong(flags), None, None, *last
    )
    return pid


def _thread_number_address() -> ctypes.c_void_p:
    address = ctypes.c_void_p()
    linux.prctl(linux.PR_GET_TID_ADDRESS, ctypes.addressof(address))
    return address
