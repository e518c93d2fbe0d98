"""What a locked worker finds when it looks around and reaches out."""

import ctypes
import errno
import os
import resource
import socket
import subprocess
import sys
import threading
import time

_libc = ctypes.CDLL(None, use_errno=True)
_HEADER_3 = 0x2008_0522
_FAMILIES = ("AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK", "AF_PACKET", "AF_VSOCK", "AF_ALG")


def call(number, *arguments):
    """The name of the error that a system call ends with, or what it returned."""
    result = _libc.syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments))
    return errno.errorcode[ctypes.get_errno()] if result < 0 else result


def calls(numbers):
    return {name: call(number, 0, 0, 0, 0, 0, 0) for name, number in numbers.items()}


def some_calls(numbers):
    """Calls that are judged by their arguments: at others, then at this process itself."""
    own = os.getpid()
    return {
        "kill": [call(numbers["kill"], pid, 0) for pid in (own + 1, os.getppid() or 2, -1, 0)],
        "kill itself": call(numbers["kill"], own, 0),
        "tgkill": call(numbers["tgkill"], own + 1, own + 1, 0),
        "rt_sigqueueinfo": call(numbers["rt_sigqueueinfo"], own + 1, 0, 0),
        "rt_tgsigqueueinfo": call(numbers["rt_tgsigqueueinfo"], own + 1, own + 1, 0, 0),
        "prlimit64": call(numbers["prlimit64"], own + 1, 7, 0, 0),
        "prlimit64 itself": call(numbers["prlimit64"], 0, 7, 0, 0),
        "sched_setaffinity": call(numbers["sched_setaffinity"], own + 1, 0, 0),
        "sched_setscheduler": call(numbers["sched_setscheduler"], own + 1, 0, 0),
        "sched_setparam": call(numbers["sched_setparam"], own + 1, 0, 0),
        "sched_setattr": call(numbers["sched_setattr"], own + 1, 0, 0),
        "setpriority": call(numbers["setpriority"], 0, own + 1, 19),
        "ioprio_set": call(numbers["ioprio_set"], 1, own + 1, 0),
        "clone": call(numbers["clone"], 17, 0, 0, 0, 0),
        "clone3": call(numbers["clone3"], 0, 0),
        "tiocsti": call(numbers["ioctl"], 0, 0x5412, 0),
        "tioclinux": call(numbers["ioctl"], 0, 0x541C, 0),
    }


def sockets():
    """What opening a socket of each family ends with."""
    return {name: _error(socket.socket, getattr(socket, name)) for name in _FAMILIES}


def processes():
    """What starting a process in each way ends with."""
    return {
        "fork": _error(os.fork),
        "exec": _error(os.execv, sys.executable, ["python"]),
        "spawn": _error(os.posix_spawn, sys.executable, ["python"], {}),
        "subprocess": _error(subprocess.run, [sys.executable, "-V"]),
        "system": os.system("true"),
    }


def opened(paths):
    """Which of the paths could be opened, to read or as a folder."""
    return [path for path in paths if _error(_open, path) == ""]


def written(folders):
    """In which of the folders a file could be made."""
    return [path for path in folders if _error(_make, path) == ""]


def listed(path):
    """The names in a folder, or the error."""
    try:
        return sorted(os.listdir(path))
    except OSError as error:
        return errno.errorcode[error.errno]


def scratch():
    """The scratch folder, and what came back from a file in it."""
    with open("note", "w+") as file:
        file.write("kept")
        file.seek(0)
        return [os.getcwd(), file.read(), os.environ["TMPDIR"]]


def interfaces():
    with open("/proc/net/dev") as file:
        return [line.split(":")[0].strip() for line in file if ":" in line]


def identity():
    """Who this process is and what it may do."""
    data = (ctypes.c_uint32 * 6)()
    _libc.capget((ctypes.c_uint32 * 2)(_HEADER_3, 0), data)
    return {
        "pid": os.getpid(),
        "ids": [*os.getresuid(), *os.getresgid()],
        "groups": os.getgroups(),
        "capabilities": list(data),
        "bounding": [one for one in range(64) if _libc.prctl(23, one, 0, 0, 0) == 1],
        "no_new_privileges": _libc.prctl(39, 0, 0, 0, 0),
        "seccomp": _libc.prctl(21, 0, 0, 0, 0),
        "session_leader": os.getsid(0) == os.getpid(),
        "threads": threading.active_count(),
    }


def limits():
    names = ("CORE", "FSIZE", "NOFILE", "CPU", "AS", "NPROC")
    return {name: resource.getrlimit(getattr(resource, f"RLIMIT_{name}")) for name in names}


def descriptors():
    return [number for number in range(1024) if _error(os.fstat, number) == ""]


def standard_input():
    return sys.stdin.read() + os.read(0, 10).decode()


def environment():
    return dict(os.environ)


def arguments():
    return sys.argv


def threads(count):
    """How many of `count` threads could be started."""
    stop = threading.Event()
    waiting = [threading.Thread(target=stop.wait) for _ in range(count)]
    started = [thread for thread in waiting if _error(thread.start) == ""]
    stop.set()
    for thread in started:
        thread.join()
    return len(started)


def fill(megabytes):
    """How many megabytes of files the scratch folder took."""
    for count in range(megabytes):
        if _error(_write_megabyte, f"file{count}"):
            return count
    return megabytes


def large_file(megabytes):
    """What one file of that size ends with."""
    return _error(_write_large, megabytes)


def clock_is_here():
    return time.time() > 0


def _write_large(megabytes):
    with open("large", "wb") as file:
        file.truncate(megabytes * 1024 * 1024)


def _write_megabyte(name):
    with open(name, "wb") as file:
        file.write(bytes(1024 * 1024))


def _open(path):
    os.close(os.open(path, os.O_RDONLY))


def _make(folder):
    with open(os.path.join(folder, "made"), "x"):
        pass


def _error(function, *arguments):
    """The name of the error of a call; nothing where it went well."""
    try:
        function(*arguments)
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))
    except (RuntimeError, subprocess.SubprocessError) as error:
        return str(error)
    return ""
