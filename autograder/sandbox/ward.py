"""Gives each check a worker of its own, locked as well as the job demands."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

from autograder.errors import GraderFault
from autograder.kit import StudentError
from autograder.model import Isolation, MissingLayer, Tier
from autograder.sandbox.job import Device, Event, Job, Trained
from autograder.sandbox.messages import Ready, WorkerSpec
from autograder.sandbox.nursery import Nursery
from autograder.sandbox.session import Session
from autograder.sandbox.verdict import LayerRefusedError, Verdict

_REMEDY = "`autograder doctor` lists every layer and what is missing"
_CPU_SPARE_S = 60


class Ward:
    """Finds the tier that holds here, then hands out workers with the submission loaded."""

    def __init__(
        self, zygote: socket.socket, job: Job, device: Device, tell: Callable[[Event], None]
    ) -> None:
        self._zygote, self._tell = zygote, tell
        self._job = job
        self._device = device
        self._nursery: Nursery | None = None
        self._never_loaded: Verdict | StudentError | None = None
        self._has_loaded = False
        self._lost_output = ""
        self._first: Session | None = None

    def open(self) -> Isolation:
        """Lock a first worker, by the best of the job's tiers; `GraderFault` if none holds."""
        refusals = []
        for tier in self._job.tiers:
            self._nursery = Nursery(self._zygote, self._spec(tier))
            session = self._new()
            try:
                ready = session.ready()
            except LayerRefusedError as error:
                refusals.append(f"{tier}: {error}")
                self.close()
                continue
            self._first = session
            return _isolation(tier, ready)
        raise GraderFault(f"no isolation that is allowed here ({'; '.join(refusals)}); {_REMEDY}")

    def admit(self, seed: int) -> Session:
        """Return a session with the submission imported, or raise what the import came to.

        A submission that has never once been imported is not tried again for every check.
        """
        if self._never_loaded:
            raise self._never_loaded.with_traceback(None)
        session = self._first or self._locked()
        self._first = None
        try:
            session.load(self._job.files, seed)
        except (Verdict, StudentError) as error:
            session.close()
            self._lost_output = session.output
            self._never_loaded = None if self._has_loaded else error
            raise
        self._has_loaded = True
        return session

    def take_lost_output(self) -> str:
        """Return, once, what a module printed before its import failed."""
        output, self._lost_output = self._lost_output, ""
        return output

    def close(self) -> None:
        """Let go of every worker that is not in use."""
        if self._nursery:
            self._nursery.close()
        if self._first:
            self._first.close()

    def _locked(self) -> Session:
        session = self._new()
        try:
            session.ready()
        except LayerRefusedError as error:
            raise GraderFault(f"a worker could not be locked away: {error}") from error
        return session

    def _new(self) -> Session:
        if self._nursery is None:
            raise GraderFault("a worker was asked for before a tier was found")
        return Session(self._nursery.take(), self._job.assignment, self._hear_steps)

    def _hear_steps(self, steps: int) -> None:
        self._tell(Trained(steps=steps))

    def _spec(self, tier: Tier) -> WorkerSpec:
        limits = self._job.assignment.limits
        return WorkerSpec(
            tier=tier.value,
            visible=(*self._job.visible, *(("/sys",) if self._device == "cuda" else ())),
            devices=_gpu_nodes() if self._device == "cuda" else (),
            memory_mb=limits.memory_mb,
            scratch_mb=limits.scratch_mb,
            threads=limits.threads,
            cpu_s=int(limits.check_s + limits.import_s) + _CPU_SPARE_S,
            device=self._device,
        )


def _isolation(tier: Tier, ready: Ready) -> Isolation:
    missing = tuple(MissingLayer(layer=layer, reason=reason) for layer, reason in ready.missing)
    return Isolation(tier=tier, layers=ready.layers, missing=missing)


def _gpu_nodes() -> tuple[str, ...]:
    return tuple(str(node) for node in sorted(Path("/dev").glob("nvidia*")) if not node.is_dir())
