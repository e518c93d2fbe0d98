"""Asks the zygote for workers, one ahead of need, so that a check rarely waits for a fork."""

from __future__ import annotations

import os
import select
import socket
from typing import NamedTuple

import msgspec

from autograder.errors import GraderFault
from autograder.sandbox.messages import Ended, WorkerSpec

_END_S = 5.0


class Process(NamedTuple):
    """A worker as the grader holds it: calls, printed text, and the leash that kills it."""

    channel: socket.socket
    output: int
    leash: socket.socket

    def kill(self) -> None:
        """Have the warden kill the worker."""
        self.leash.shutdown(socket.SHUT_WR)

    def end(self) -> Ended:
        """Wait for the worker's end and return how it came."""
        ready, _, _ = select.select([self.leash], [], [], _END_S)
        data = self.leash.recv(4096) if ready else b""
        return msgspec.json.decode(data, type=Ended) if data else Ended()

    def close(self) -> None:
        """Let go of everything; a worker still alive dies of it."""
        self.channel.close()
        self.leash.close()
        os.close(self.output)


class Nursery:
    """Workers of one kind, each used once."""

    def __init__(self, zygote: socket.socket, spec: WorkerSpec) -> None:
        self._zygote = zygote
        self._request = msgspec.json.encode(spec)
        self._spare: Process | None = None

    def take(self) -> Process:
        """Return a worker that has seen nothing yet, and have the next one forked meanwhile."""
        taken = self._spare or self._spawn()
        self._spare = self._spawn()
        return taken

    def close(self) -> None:
        """Give back the worker that nobody needed."""
        if self._spare:
            self._spare.close()

    def _spawn(self) -> Process:
        channel, their_channel = socket.socketpair()
        leash, their_leash = socket.socketpair()
        output, their_output = os.pipe()
        os.set_blocking(output, False)
        theirs = [their_channel.fileno(), their_output, their_leash.fileno()]
        try:
            socket.send_fds(self._zygote, [self._request], theirs)
        except OSError as error:
            raise GraderFault("the process that forks workers is gone") from error
        finally:
            their_channel.close()
            their_leash.close()
            os.close(their_output)
        return Process(channel, output, leash)
