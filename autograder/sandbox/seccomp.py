"""The system-call filter: a deny list as a BPF program, written by hand and installed by prctl.

It refuses whatever makes a process, opens a socket, reaches another process or touches a part
of the kernel that tensor code never needs. Numbers: kernel sources, `syscall_64.tbl` (x86_64)
and `asm-generic/unistd.h` (aarch64). Program layout: kernel documentation `seccomp_filter`.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterable
from typing import NamedTuple

from autograder.sandbox import linux

_LOAD, _EQUAL, _GREATER_EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO, _KILL = 0x7FFF_0000, 0x0005_0000, 0x8000_0000
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16
_X32 = 0x4000_0000
_CLONE_THREAD = 0x0001_0000
_MODE_FILTER = 2
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
# HUP, QUIT, ILL, ABRT, BUS, FPE, KILL, SEGV, TERM: pid 1 would ignore them, so the filter ends it
_SELF_ENDING = (1, 3, 4, 6, 7, 8, 9, 11, 15)


class Architecture(NamedTuple):
    """What the filter must know of one processor: its audit code and its call numbers."""

    code: int
    numbers: dict[str, int]


def _table(text: str) -> dict[str, int]:
    pairs = (entry.split("=") for entry in text.split())
    return {name: int(number) for name, number in pairs}


_X86_64 = _table("""
    ioctl=16 shmget=29 shmat=30 shmctl=31 socket=41 clone=56 fork=57 vfork=58 execve=59 kill=62
    semget=64 semop=65 semctl=66 shmdt=67 msgget=68 msgsnd=69 msgrcv=70 msgctl=71 ptrace=101
    syslog=103 personality=135 setpriority=141 sched_setparam=142 sched_setscheduler=144
    pivot_root=155 chroot=161 acct=163 settimeofday=164 mount=165 umount2=166 swapon=167
    swapoff=168 reboot=169 sethostname=170 setdomainname=171 iopl=172 ioperm=173
    init_module=175 delete_module=176 quotactl=179 tkill=200 sched_setaffinity=203
    clock_settime=227 tgkill=234 mq_open=240 mq_unlink=241 kexec_load=246 add_key=248
    request_key=249 keyctl=250 ioprio_set=251 unshare=272 vmsplice=278 rt_sigqueueinfo=129
    rt_tgsigqueueinfo=297 perf_event_open=298 fanotify_init=300 fanotify_mark=301 prlimit64=302
    name_to_handle_at=303 open_by_handle_at=304 clock_adjtime=305 adjtimex=159 setns=308
    process_vm_readv=310 process_vm_writev=311 kcmp=312 finit_module=313 sched_setattr=314
    kexec_file_load=320 bpf=321 execveat=322 userfaultfd=323 pidfd_send_signal=424
    io_uring_setup=425 io_uring_enter=426 io_uring_register=427 open_tree=428 move_mount=429
    fsopen=430 fsconfig=431 fsmount=432 fspick=433 pidfd_open=434 clone3=435 pidfd_getfd=438
    process_madvise=440 mount_setattr=442 quotactl_fd=443 process_mrelease=448
""")
_AARCH64 = _table("""
    ioctl=29 shmget=194 shmat=196 shmctl=195 socket=198 clone=220 execve=221 kill=129
    semget=190 semop=193 semctl=191 shmdt=197 msgget=186 msgsnd=189 msgrcv=188 msgctl=187
    ptrace=117 syslog=116 personality=92 setpriority=140 sched_setparam=118
    sched_setscheduler=119 pivot_root=41 chroot=51 acct=89 settimeofday=170 mount=40 umount2=39
    swapon=224 swapoff=225 reboot=142 sethostname=161 setdomainname=162 init_module=105
    delete_module=106 quotactl=60 tkill=130 sched_setaffinity=122 clock_settime=112 tgkill=131
    mq_open=180 mq_unlink=181 kexec_load=104 add_key=217 request_key=218 keyctl=219
    ioprio_set=30 unshare=97 vmsplice=75 rt_sigqueueinfo=138 rt_tgsigqueueinfo=240
    perf_event_open=241 fanotify_init=262 fanotify_mark=263 prlimit64=261 name_to_handle_at=264
    open_by_handle_at=265 clock_adjtime=266 adjtimex=171 setns=268 process_vm_readv=270
    process_vm_writev=271 kcmp=272 finit_module=273 sched_setattr=274 kexec_file_load=294
    bpf=280 execveat=281 userfaultfd=282 pidfd_send_signal=424 io_uring_setup=425
    io_uring_enter=426 io_uring_register=427 open_tree=428 move_mount=429 fsopen=430
    fsconfig=431 fsmount=432 fspick=433 pidfd_open=434 clone3=435 pidfd_getfd=438
    process_madvise=440 mount_setattr=442 quotactl_fd=443 process_mrelease=448
""")
_ARCHITECTURES = {
    "x86_64": Architecture(0xC000_003E, _X86_64),
    "aarch64": Architecture(0xC000_00B7, _AARCH64),
}
_ONLY_FOR_SELF = {  # call -> which argument names the process; 0 means the caller
    "prlimit64": 0,
    "sched_setaffinity": 0,
    "sched_setparam": 0,
    "sched_setscheduler": 0,
    "sched_setattr": 0,
    "setpriority": 1,
    "ioprio_set": 1,
}
_SIGNALS = {"kill": 1, "tgkill": 2, "rt_sigqueueinfo": 1, "rt_tgsigqueueinfo": 2}
_SPECIAL = {"clone", "clone3", "socket", "ioctl", *_ONLY_FOR_SELF, *_SIGNALS}


def supported() -> bool:
    """Tell whether this processor has a table here."""
    return platform.machine() in _ARCHITECTURES


def denied_calls() -> tuple[str, ...]:
    """Return the names of the calls that are refused whatever their arguments."""
    return tuple(name for name in _architecture().numbers if name not in _SPECIAL)


def install() -> None:
    """Filter this process for ever; needs no-new-privileges set before."""
    program = b"".join(_program(_architecture(), os.getpid()))
    buffer = ctypes.create_string_buffer(program)
    header = ctypes.create_string_buffer(
        struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(buffer))
    )
    linux.prctl(linux.PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(header))


def _architecture() -> Architecture:
    return _ARCHITECTURES[platform.machine()]


def _program(architecture: Architecture, pid: int) -> Iterable[bytes]:
    yield from _require_architecture(architecture.code)
    numbers = architecture.numbers
    for name in denied_calls():
        yield from _when(numbers[name], [_return(_ERRNO | errno.EPERM)])
    yield from _when(numbers["clone3"], [_return(_ERRNO | errno.ENOSYS)])
    yield from _when(numbers["socket"], [_return(_ERRNO | errno.EAFNOSUPPORT)])
    yield from _when(numbers["clone"], _only_threads())
    yield from _when(numbers["ioctl"], _no_terminal_injection())
    for name, argument in _ONLY_FOR_SELF.items():
        yield from _when(numbers[name], _only_if_argument(argument, 0))
    for name, argument in _SIGNALS.items():
        yield from _when(numbers[name], _signals_to_self(pid, argument))
    yield _return(_ALLOW)


def _require_architecture(code: int) -> Iterable[bytes]:
    yield _load(_ARCHITECTURE_AT)
    yield _jump(_EQUAL, code, 1, 0)
    yield _return(_KILL)
    yield _load(_NUMBER_AT)
    yield _jump(_GREATER_EQUAL, _X32, 0, 1)
    yield _return(_KILL)


def _when(number: int, body: list[bytes]) -> Iterable[bytes]:
    yield _jump(_EQUAL, number, 0, len(body))
    yield from body


def _only_threads() -> list[bytes]:
    return [
        _load_argument(0),
        _jump(_ANY_BIT, _CLONE_THREAD, 1, 0),
        _return(_ERRNO | errno.EPERM),
        _return(_ALLOW),
    ]


def _no_terminal_injection() -> list[bytes]:
    return [
        _load_argument(1),
        _jump(_EQUAL, _TIOCSTI, 1, 0),
        _jump(_EQUAL, _TIOCLINUX, 0, 1),
        _return(_ERRNO | errno.EPERM),
        _return(_ALLOW),
    ]


def _only_if_argument(argument: int, value: int) -> list[bytes]:
    return [
        _load_argument(argument),
        _jump(_EQUAL, value, 1, 0),
        _return(_ERRNO | errno.EPERM),
        _return(_ALLOW),
    ]


def _signals_to_self(pid: int, signal_argument: int) -> list[bytes]:
    """Allow signals to this process alone; the ones that would end it do end it."""
    left = range(len(_SELF_ENDING), 0, -1)
    ending = [_jump(_EQUAL, one, n, 0) for one, n in zip(_SELF_ENDING, left, strict=True)]
    return [
        _load_argument(0),
        _jump(_EQUAL, pid, 1, 0),
        _return(_ERRNO | errno.EPERM),
        _load_argument(signal_argument),
        *ending,
        _return(_ALLOW),
        _return(_KILL),
    ]


def _load(offset: int) -> bytes:
    return struct.pack("HBBI", _LOAD, 0, 0, offset)


def _load_argument(index: int) -> bytes:
    return _load(_ARGUMENTS_AT + 8 * index)


def _jump(code: int, value: int, if_true: int, if_false: int) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)


def _return(value: int) -> bytes:
    return struct.pack("HBBI", _RETURN, 0, 0, value)
