"""The launcher and what stays of it: imports torch once, then forks graders and workers.

Started by exec with a constant environment, and told nothing but whether to load what training
takes: a grader learns its job only after the fork that parts it from here. So a worker, forked from
here too, inherits no secret. Run as `python -m autograder.sandbox.zygote [--trains]` with standard
input as control.
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import signal
import socket
import sys
import tempfile
import traceback
from collections.abc import Callable
from typing import NamedTuple, NoReturn

import msgspec
import torch

from autograder.sandbox import birth, grader, linux, namespaces, worker
from autograder.sandbox.identity import worker_user
from autograder.sandbox.lockdown import NAMESPACES, reason_against_own_user
from autograder.sandbox.messages import Settled, WorkerSpec
from autograder.sandbox.warden import Warden
from autograder.sandbox.worker import refuse

_MAX_REQUEST = 64 * 1024
_SPEC = msgspec.json.Decoder(WorkerSpec)


def main() -> None:
    """Warm up, then serve until the command line hangs up."""
    control = socket.socket(fileno=os.dup(0))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    _warm()
    if sys.argv[1:]:
        _warm_optimizers()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.collect()
    gc.freeze()
    Zygote(control).serve()


def _warm() -> None:
    """Load what the first tensor operations load, in one thread: more would hang every child."""
    torch.set_num_threads(1)
    weight = torch.ones(2, 1, 3, 3, requires_grad=True)
    torch.nn.functional.conv2d(torch.ones(1, 1, 5, 5), weight).sum().backward()  # type: ignore[no-untyped-call]


def _warm_optimizers() -> None:
    """Load what a first optimizer imports: over a second, which else each training worker takes."""
    weight = torch.ones(1, requires_grad=True)
    weight.sum().backward()  # type: ignore[no-untyped-call]
    torch.optim.Adam([weight]).step()


class _Grader(NamedTuple):
    pid: int
    line: socket.socket


class Zygote:
    """Forks graders for the command line and workers for graders; waits for nothing else."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._graders: dict[int, _Grader] = {}
        self._warden = Warden()

    def serve(self) -> None:
        """Answer until the command line is gone."""
        while True:
            waiting = [self._control.fileno(), *self._graders, *self._warden.signs()]
            ready = set(select.select(waiting, [], [])[0])
            self._warden.tend(ready)
            for grader_end in ready & self._graders.keys():
                self._hear_grader(grader_end)
            if self._control.fileno() in ready and not self._hear_control():
                return

    def _hear_control(self) -> bool:
        data, descriptors, _, _ = socket.recv_fds(self._control, _MAX_REQUEST, 1)
        if not data:
            return False
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        pid = os.fork()
        if pid == 0:
            _end_with(lambda: grader.run(descriptors[0], theirs.fileno()))
        _close(descriptors)
        theirs.close()
        self._graders[ours.fileno()] = _Grader(pid, ours)
        return True

    def _hear_grader(self, grader_end: int) -> None:
        line = self._graders[grader_end].line
        data, descriptors, _, _ = socket.recv_fds(line, _MAX_REQUEST, 3)
        if data:
            self._fork_worker(_SPEC.decode(data), *descriptors)
            return
        gone = self._graders.pop(grader_end)
        gone.line.close()
        os.waitpid(gone.pid, 0)

    def _fork_worker(self, spec: WorkerSpec, channel: int, output: int, leash: int) -> None:
        scratch = _scratch(spec)
        ours, theirs = socket.socketpair()
        try:
            pid = birth.fork(namespaces.ALL if spec.tier == "full" else 0)
        except OSError as error:
            refuse(channel, f"{NAMESPACES}: {error.strerror}")
            _close([channel, output, leash])
            return
        if pid == 0:
            _end_with(lambda: worker.run(spec, channel, output, theirs.fileno()))
        theirs.close()
        _close([channel, output])
        self._warden.adopt(pid, leash, scratch)
        _settle(ours, pid, spec, scratch)


def _settle(newborn: socket.socket, pid: int, spec: WorkerSpec, scratch: str) -> None:
    """Give a new worker its user and its scratch folder; map its users from outside."""
    user, refusal = worker_user(pid), ""
    own = [] if user is None else [user]
    try:
        if spec.tier == "full":
            namespaces.write_identity_maps(pid, [os.geteuid(), *own], [os.getegid(), *own])
        elif user is not None and not reason_against_own_user(spec, user):
            os.chown(scratch, user, user)
    except OSError as error:
        refusal = f"{NAMESPACES}: {error.strerror}"
    with newborn, contextlib.suppress(OSError):
        newborn.send(msgspec.json.encode(Settled(user, scratch, refusal)))


def _scratch(spec: WorkerSpec) -> str:
    """Make the folder that a worker without a root of its own may write."""
    return "" if spec.tier == "full" else tempfile.mkdtemp(prefix="worker-")


def _close(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def _end_with(body: Callable[[], None]) -> NoReturn:
    """Run the life of a forked process and leave without a way back into this one."""
    status = 1
    try:
        linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
        body()
        status = 0
    except BaseException:  # noqa: BLE001 - told on stderr, which the command line reads
        traceback.print_exc()
    finally:
        os._exit(status)


if __name__ == "__main__":
    main()
