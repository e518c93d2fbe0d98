"""The command line's end: starts the launcher, hands it jobs, listens. Imports no torch."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from autograder.errors import ConfigError, GraderFault
from autograder.layout import PACKAGE_ROOT
from autograder.sandbox.job import EVENTS, Event, Faulted, Finished, Job, Refused

if TYPE_CHECKING:
    from io import BufferedRWPair

_SPARE_S = 120.0
_LOG_TAIL = 2000
_ZYGOTE = ("-s", "-P", "-W", "ignore", "-m", "autograder.sandbox.zygote")
_TRAINS = "--trains"
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/tmp",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",  # larger pages: fewer to copy at each fork
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
    "PYTORCH_NVML_BASED_CUDA_CHECK": "1",
}


class GraderDiedError(GraderFault):
    """The grader's process ended or fell silent; what it had told before still stands."""


class Launcher:
    """One import of torch, from which every grader and every worker is forked.

    With `trains` it has loaded optimizers too: over a second that no worker needs then.
    """

    def __init__(self, data_folder: Path | None = None, *, trains: bool = False) -> None:
        self._arguments = [_TRAINS] if trains else []
        self.data_folder = (data_folder or PACKAGE_ROOT / "datasets" / "local").resolve()
        self._lock = threading.Lock()
        self._start()

    def _start(self) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as we do
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, *_ZYGOTE, *self._arguments],
                stdin=theirs.fileno(),
                stdout=self._log.fileno(),
                stderr=self._log.fileno(),
                env={**_ENVIRONMENT, "AUTOGRADER_DATA": str(self.data_folder)},
                cwd="/",
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up: the launcher leaves, and with it every grader and every worker."""
        self._control.close()
        self._process.wait()
        self._log.close()

    def grade(self, job: Job) -> Iterator[Event]:
        """Have one submission graded; yield what the grader tells, as it tells it."""
        ours = self._new_grader()
        ours.settimeout(_patience_s(job))
        with ours, ours.makefile("rwb") as talk:
            talk.write(job.model_dump_json().encode() + b"\n")
            talk.flush()
            yield from self._events(talk)

    def _new_grader(self) -> socket.socket:
        """Have a grader forked and return our end of the line; several threads may ask."""
        ours, theirs = socket.socketpair()
        with self._lock, theirs:
            try:
                self._send(theirs)
            except OSError:  # the launcher was killed: the next one is as good
                self.close()
                self._start()
                self._send(theirs)
        return ours

    def _send(self, theirs: socket.socket) -> None:
        socket.send_fds(self._control, [b"grader"], [theirs.fileno()])

    def _events(self, talk: BufferedRWPair) -> Iterator[Event]:
        while True:
            event = self._event(talk)
            if isinstance(event, Faulted):
                raise GraderFault(event.reason)
            if isinstance(event, Refused):
                raise ConfigError(event.reason)
            yield event
            if isinstance(event, Finished):
                return

    def _event(self, talk: BufferedRWPair) -> Event:
        try:
            line = talk.readline()
        except TimeoutError as error:
            raise GraderDiedError("the grader fell silent") from error
        except OSError as error:
            raise GraderDiedError(f"the grader is gone ({error.strerror})") from error
        if not line:
            raise GraderDiedError(f"the grader ended before its last check{self._last_words()}")
        return EVENTS.validate_json(line)

    def _last_words(self) -> str:
        size = os.fstat(self._log.fileno()).st_size
        text = os.pread(self._log.fileno(), _LOG_TAIL, max(0, size - _LOG_TAIL))
        return f"; it said last:\n{text.decode(errors='replace')}" if text else ""


def _patience_s(job: Job) -> float:
    limits = job.assignment.limits
    slowest = max((task.time_limit_s or 0 for task in job.assignment.tasks), default=0)
    return max(slowest, limits.check_s) + limits.import_s + _SPARE_S
