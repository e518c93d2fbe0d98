"""Locks the worker away, layer by layer, in the only order in which they hold.

own user → own root → limits → no capabilities → no new privileges → Landlock → filter. A layer
that a tier needs and that cannot be had ends the worker before it imports anything.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from autograder.sandbox import landlock, limits, linux, namespaces, seccomp, view
from autograder.sandbox.messages import Ready, WorkerSpec

NAMESPACES = "namespaces"
OWN_ROOT = "own-root"
OWN_USER = "own-user"
OWN_PROC = "own-proc"
LIMITS = "limits"
THREAD_LIMIT = "thread-limit"
NO_PRIVILEGES = "no-new-privileges"
LANDLOCK = "landlock"
FILTER = "syscall-filter"
CLEAN_BIRTH = "clean-birth"


class LayerError(Exception):
    """A layer that the tier needs cannot be had; the text says why and what to do."""


def reason_against_own_user(spec: WorkerSpec, user: int | None) -> str:
    """Say why the worker must stay the user it is, if it must."""
    if user is None:
        return "only root can give the worker a user of its own"
    if spec.tier != "full" and not view.traversable_by_others(spec.visible):
        return "Python lies in a folder that other users may not enter"
    return ""


class Lockdown:
    """Applies the layers of one tier to this process and remembers which hold."""

    def __init__(self, spec: WorkerSpec, user: int | None) -> None:
        self._spec = spec
        self._user = user
        self._held = [CLEAN_BIRTH]
        self._missing: list[tuple[str, str]] = []

    def lock(self) -> Ready:
        """Apply every layer of the tier; `LayerError` when one that it needs is refused."""
        self._limit()
        if self._spec.tier == "full":
            self._held.append(NAMESPACES)
            self._require(OWN_ROOT, self._own_root)
        linux.bar_capabilities()
        self._own_user()
        self._bound_threads()
        linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
        linux.drop_capabilities()
        self._require(NO_PRIVILEGES, lambda: linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1))
        if self._spec.tier != "none":
            self._landlock()
            self._filter()
        return Ready(tuple(self._held), tuple(self._missing))

    def _require(self, layer: str, apply: Callable[[], object]) -> None:
        try:
            apply()
        except OSError as error:
            raise LayerError(f"{layer}: {error.strerror or error}") from error
        self._held.append(layer)

    def _miss(self, layer: str, reason: str) -> None:
        self._missing.append((layer, reason))

    def _limit(self) -> None:
        spec = self._spec
        limits.apply(
            memory_mb=spec.memory_mb,
            file_mb=spec.scratch_mb,
            cpu_s=spec.cpu_s,
            on_gpu=spec.device == "cuda",
        )
        self._held.append(LIMITS)

    def _own_root(self) -> None:
        spec = self._spec
        if namespaces.enter_own_root(spec.visible, spec.devices, spec.scratch_mb):
            self._held.append(OWN_PROC)
        else:
            self._miss(OWN_PROC, "an outer /proc is masked here; the worker goes without")

    def _own_user(self) -> None:
        reason = reason_against_own_user(self._spec, self._user)
        if reason or self._user is None:
            self._miss(OWN_USER, reason)
            return
        os.setgroups([])
        os.setresgid(self._user, self._user, self._user)
        os.setresuid(self._user, self._user, self._user)
        linux.prctl(linux.PR_SET_DUMPABLE, 1)
        self._held.append(OWN_USER)

    def _bound_threads(self) -> None:
        """Bound threads where they are counted for this worker alone."""
        if not {OWN_USER, NAMESPACES} & set(self._held):
            self._miss(THREAD_LIMIT, "threads are counted per user, and it has none of its own")
            return
        limits.bound_threads(self._spec.threads)
        self._held.append(THREAD_LIMIT)

    def _landlock(self) -> None:
        if not landlock.abi():
            self._miss(LANDLOCK, "this kernel has none (it came with Linux 5.13)")
            self._need_one_of(OWN_ROOT, OWN_USER)
            return
        readable = self._spec.visible if self._spec.tier != "full" else ("/",)
        writable = [os.getcwd(), "/dev/null", *self._spec.devices]
        if self._spec.tier == "full":
            writable.append("/dev/shm")
        self._require(LANDLOCK, lambda: landlock.restrict((*readable, *view.DEVICES), writable))

    def _need_one_of(self, *layers: str) -> None:
        if not set(layers) & set(self._held):
            raise LayerError(f"{LANDLOCK}: needed where there is no {' and no '.join(layers)}")

    def _filter(self) -> None:
        if not seccomp.supported():
            raise LayerError(f"{FILTER}: no table for this processor ({os.uname().machine})")
        self._require(FILTER, seccomp.install)
