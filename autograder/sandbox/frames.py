"""Length-prefixed frames on a stream socket: a typed header, then raw bytes.

Layout: header length (4 bytes), payload length (8 bytes), both big-endian; the header in
msgpack; the payload. The receiver checks both lengths against its limits before it allocates.
"""

from __future__ import annotations

import selectors
import socket
import struct
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from autograder.sandbox.messages import MAX_HEADER_BYTES

_PREFIX = struct.Struct(">IQ")
_SOCKET_BUFFER_BYTES = 4 * 1024 * 1024
_JOINED_BYTES = 64 * 1024
Buffer = bytes | bytearray | memoryview


class FrameError(Exception):
    """The other side sent something that is no frame."""


class ClosedError(Exception):
    """The other side is gone."""


class DeadlineError(Exception):
    """The other side did not answer in time."""


class Received(NamedTuple):
    """One frame: header bytes, and the payload as the allocator made it."""

    header: bytes
    payload: memoryview


class Channel:
    """One end of a socket pair; waits no longer than its deadline and keeps pipes drained."""

    def __init__(
        self,
        connection: socket.socket,
        *,
        max_payload: int,
        allocate: Callable[[int], memoryview],
    ) -> None:
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            connection.setsockopt(socket.SOL_SOCKET, option, _SOCKET_BUFFER_BYTES)
        connection.setblocking(False)
        self._connection = connection
        self._max_payload = max_payload
        self._allocate = allocate
        self._drains: dict[int, Callable[[], None]] = {}
        self._deadline: float | None = None

    def drain(self, descriptor: int, read: Callable[[], None]) -> None:
        """Call `read` whenever `descriptor` has data while this channel waits."""
        self._drains[descriptor] = read

    def limit(self, seconds: float | None) -> None:
        """Start the clock: sends and receives together may take this long."""
        self._deadline = None if seconds is None else time.monotonic() + seconds

    def send(self, header: bytes, blobs: Sequence[Buffer] = ()) -> None:
        """Send one frame."""
        size = sum(len(blob) for blob in blobs)
        prefix = _PREFIX.pack(len(header), size) + header
        if size <= _JOINED_BYTES:
            self._send(memoryview(prefix + b"".join(blobs)))
            return
        self._send(memoryview(prefix))
        for blob in blobs:
            self._send(memoryview(blob))

    def receive(self) -> Received:
        """Receive one frame, its lengths checked before anything is allocated."""
        prefix = bytearray(_PREFIX.size)
        self._fill(memoryview(prefix))
        header_size, payload_size = _PREFIX.unpack(prefix)
        if header_size > MAX_HEADER_BYTES:
            raise FrameError(f"a header of {header_size} bytes (allowed {MAX_HEADER_BYTES})")
        if payload_size > self._max_payload:
            raise FrameError(f"{payload_size} bytes of tensors (allowed {self._max_payload})")
        header = bytearray(header_size)
        self._fill(memoryview(header))
        payload = self._allocate(payload_size)
        self._fill(payload)
        return Received(bytes(header), payload)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _send(self, data: memoryview) -> None:
        while data:
            try:
                data = data[self._connection.send(data) :]
            except BlockingIOError:
                self._wait(selectors.EVENT_WRITE)
            except OSError as error:
                raise ClosedError from error

    def _fill(self, target: memoryview) -> None:
        while target:
            try:
                count = self._connection.recv_into(target)
            except BlockingIOError:
                self._wait(selectors.EVENT_READ)
                continue
            except OSError as error:
                raise ClosedError from error
            if count == 0:
                raise ClosedError
            target = target[count:]

    def _wait(self, event: int) -> None:
        """Sleep until the socket is ready, draining what else has data meanwhile."""
        with selectors.PollSelector() as selector:
            selector.register(self._connection, event)
            for descriptor in self._drains:
                selector.register(descriptor, selectors.EVENT_READ)
            while True:
                ready = selector.select(self._remaining())
                if not ready:
                    raise DeadlineError
                if self._drain(ready, selector):
                    return

    def _drain(
        self,
        ready: list[tuple[selectors.SelectorKey, int]],
        selector: selectors.BaseSelector,
    ) -> bool:
        is_ready = False
        for key, _ in ready:
            if key.fileobj is self._connection:
                is_ready = True
            elif isinstance(key.fileobj, int):
                self._drains[key.fileobj]()
                if key.fileobj not in self._drains:
                    selector.unregister(key.fileobj)
        return is_ready

    def _remaining(self) -> float | None:
        if self._deadline is None:
            return None
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise DeadlineError
        return left

    def forget(self, descriptor: int) -> None:
        """Stop draining `descriptor`."""
        self._drains.pop(descriptor, None)
