"""What a worker prints: drained while the grader waits, kept up to a cap, never a verdict."""

from __future__ import annotations

import os

from autograder.sanitise import sanitise

_CHUNK = 64 * 1024
_TAIL, _LINE = 1024, 200


class Output:
    """The capped text of one worker."""

    def __init__(self, descriptor: int, cap_kb: int) -> None:
        self._descriptor = descriptor
        self._cap = cap_kb * 1024
        self._kept = bytearray()
        self._tail = b""
        self._seen = 0

    def read(self) -> bool:
        """Take what is there; return False once the worker can print no more."""
        try:
            data = os.read(self._descriptor, _CHUNK)
        except BlockingIOError:
            return True
        self._seen += len(data)
        self._kept += data[: self._cap - len(self._kept)]
        self._tail = (self._tail + data)[-_TAIL:]
        return bool(data)

    def read_all(self) -> None:
        """Take all that is there now, no more than the cap and a chunk."""
        seen = -1
        while seen < self._seen <= self._cap:
            seen = self._seen
            self.read()

    def text(self) -> str:
        """Return what was printed, fit to be shown, and how much of it was dropped."""
        shown = sanitise(self._kept.decode("utf-8", "replace"), self._cap)
        dropped = self._seen - len(self._kept)
        return f"{shown}\n… {dropped} more bytes were printed and dropped" if dropped else shown

    def last_line(self) -> str:
        """Return the last line that holds anything."""
        text = sanitise(self._tail.decode("utf-8", "replace"), _TAIL)
        lines = [line for line in text.splitlines() if line.strip()]
        return lines[-1].strip()[:_LINE] if lines else ""
