# Reads environment, command line, memory and open files of every other process.
# control: finds something where nothing is locked

import os


def _strangers():
    numbers = {os.getppid(), os.getppid() - 1, *range(2, 200)}
    try:
        numbers |= {int(name) for name in os.listdir("/proc") if name.isdigit()}
    except OSError:
        pass
    return sorted(numbers - {os.getpid(), 0})


def _readable():
    for number in _strangers():
        for name in ("environ", "cmdline", "mem", "maps", "fd"):
            path = f"/proc/{number}/{name}"
            try:
                os.close(os.open(path, os.O_RDONLY))
                yield path
            except OSError:
                continue


def one():
    return next(_readable(), 1)


def double(x):
    return x
