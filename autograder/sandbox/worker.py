"""The process of the student's code: locks itself away, says so, then answers calls."""

from __future__ import annotations

import io
import os
import signal
import socket
import sys
import tempfile
from typing import NoReturn

import msgspec

from autograder.sandbox import tensors, wire
from autograder.sandbox.answer import Worker
from autograder.sandbox.descriptors import keep_only
from autograder.sandbox.frames import Channel, ClosedError
from autograder.sandbox.lockdown import LayerError, Lockdown
from autograder.sandbox.messages import Ready, Settled, WorkerSpec

_MB = 1024 * 1024
_MAX_ARGUMENTS_MB = 4096
_MAX_SETTLED = 4096


def run(spec: WorkerSpec, channel: int, output: int, settling: int) -> NoReturn:
    """Live and die as a worker."""
    try:
        _run(spec, channel, output, settling)
    except ClosedError:
        os._exit(0)
    except BaseException:  # noqa: BLE001 - nothing may climb into the zygote's code
        os._exit(1)
    os._exit(0)


def refuse(channel: int, reason: str) -> None:
    """Tell the grader, in the place of a worker that could not be born, why there is none."""
    with socket.socket(fileno=os.dup(channel)) as connection:
        _talk(connection).send(wire.ENCODER.encode(Ready((), (), reason)))


def _run(spec: WorkerSpec, channel: int, output: int, settling: int) -> None:
    os.setsid()
    os.dup2(output, 1)
    os.dup2(output, 2)
    channel, settling = keep_only(channel, settling)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with socket.socket(fileno=channel) as connection:
        talk = _talk(connection)
        ready = _lock(spec, settling)
        talk.send(wire.ENCODER.encode(ready))
        if not ready.failure:
            _move_in()
            Worker(talk, spec.device).serve()


def _talk(connection: socket.socket) -> Channel:
    return Channel(connection, max_payload=_MAX_ARGUMENTS_MB * _MB, allocate=tensors.allocate)


def _lock(spec: WorkerSpec, settling: int) -> Ready:
    try:
        settled = _settled(settling)
        if settled.refusal:
            raise LayerError(settled.refusal)
        if settled.scratch:
            os.chdir(settled.scratch)
        return Lockdown(spec, settled.user).lock()
    except (LayerError, OSError) as error:
        return Ready((), (), str(error))


def _settled(settling: int) -> Settled:
    with socket.socket(fileno=settling) as told:
        return msgspec.json.decode(told.recv(_MAX_SETTLED), type=Settled)


def _move_in() -> None:
    """Make the scratch folder home, and print without a buffer that could be lost."""
    os.environ.update(HOME=os.getcwd(), TMPDIR=os.getcwd())
    tempfile.tempdir = os.getcwd()  # it may have been asked for before the fork, and kept
    sys.stdout, sys.stderr = _unbuffered(1), _unbuffered(2)


def _unbuffered(descriptor: int) -> io.TextIOWrapper:
    """Return a text stream that loses nothing, whatever becomes of the process."""
    raw = open(descriptor, "wb", buffering=0, closefd=False)  # noqa: SIM115 - as long as we live
    return io.TextIOWrapper(raw, encoding="utf-8", errors="replace", write_through=True)
