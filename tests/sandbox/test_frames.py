"""Frames: lengths checked before memory is taken, deadlines kept, pipes drained meanwhile."""

from __future__ import annotations

import os
import socket
import struct
import threading

import pytest

from autograder.sandbox.frames import Channel, ClosedError, DeadlineError, FrameError
from autograder.sandbox.messages import MAX_HEADER_BYTES

LIMIT = 1000


class Memory:
    """Hands out memory and remembers how much was asked for."""

    def __init__(self):
        self.asked = []

    def allocate(self, size):
        self.asked.append(size)
        return memoryview(bytearray(size))


@pytest.fixture
def memory():
    return Memory()


@pytest.fixture
def ends(memory):
    """A channel, and the plain socket at its other end."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield Channel(ours, max_payload=LIMIT, allocate=memory.allocate), theirs


def prefix(header, payload):
    return struct.pack(">IQ", header, payload)


@pytest.mark.parametrize("size", [0, 1, 999, LIMIT])
def test_a_frame_arrives_as_it_was_sent(size, memory):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        sender, receiver = (
            Channel(end, max_payload=LIMIT, allocate=memory.allocate) for end in (ours, theirs)
        )
        sender.send(b"header", [b"x" * size])
        received = receiver.receive()
    assert (received.header, bytes(received.payload)) == (b"header", b"x" * size)
    assert memory.asked == [size]


@pytest.mark.parametrize(
    ("sizes", "what"),
    [
        ((MAX_HEADER_BYTES + 1, 0), "a header of"),
        ((2**32 - 1, 0), "a header of"),
        ((1, LIMIT + 1), "bytes of tensors"),
        ((1, 2**64 - 1), "bytes of tensors"),
    ],
)
def test_an_oversize_frame_is_refused_before_memory_is_taken(sizes, what, ends, memory):
    channel, peer = ends
    peer.sendall(prefix(*sizes))
    with pytest.raises(FrameError, match=what):
        channel.receive()
    assert memory.asked == []


@pytest.mark.parametrize(
    "data", [b"", b"\0", prefix(4, 0), prefix(4, 0) + b"abc", prefix(0, 9) + b"short"]
)
def test_a_frame_that_breaks_off_is_the_end_of_the_other_side(data, ends):
    channel, peer = ends
    peer.sendall(data)
    peer.close()
    with pytest.raises(ClosedError):
        channel.receive()


def test_sending_to_nobody_is_the_end_of_the_other_side(ends):
    channel, peer = ends
    peer.close()
    with pytest.raises(ClosedError):
        channel.send(b"header", [bytes(LIMIT)])


def test_a_reset_connection_is_the_end_of_the_other_side(ends):
    channel, peer = ends
    channel.send(b"never read")
    peer.close()
    with pytest.raises(ClosedError):
        channel.receive()


@pytest.mark.parametrize("data", [b"", prefix(4, 0) + b"abc"])
def test_a_deadline_ends_the_waiting(data, ends):
    channel, peer = ends
    peer.sendall(data)
    channel.limit(0.01)
    with pytest.raises(DeadlineError):
        channel.receive()


def test_a_deadline_ends_a_send_that_nobody_reads(ends):
    channel, _ = ends
    channel.limit(0.01)
    with pytest.raises(DeadlineError):
        channel.send(b"header", [bytes(64 * 1024 * 1024)])


def test_a_deadline_holds_while_a_pipe_never_falls_silent(ends):
    channel, _ = ends
    with open("/dev/zero", "rb") as endless:
        channel.drain(endless.fileno(), lambda: None)
        channel.limit(0.01)
        with pytest.raises(DeadlineError):
            channel.receive()


def test_a_channel_without_a_deadline_waits(ends):
    channel, peer = ends
    channel.limit(0.0)
    channel.limit(None)
    threading.Timer(0.01, peer.sendall, [prefix(2, 0) + b"ok"]).start()
    assert channel.receive().header == b"ok"


def test_what_the_other_side_prints_is_drained_while_much_is_sent(ends):
    channel, peer = ends
    read, write = os.pipe()
    os.set_blocking(read, False)
    printed = bytearray()
    channel.drain(read, lambda: printed.extend(os.read(read, 65536)))

    def print_then_listen():
        os.write(write, b"x" * 1_000_000)
        with peer.makefile("rb") as stream:
            stream.read(12 + 6 + 32_000_000)
        peer.sendall(prefix(4, 0) + b"done")

    listener = threading.Thread(target=print_then_listen)
    listener.start()
    channel.limit(60)
    channel.send(b"header", [bytes(32_000_000)])
    assert channel.receive().header == b"done"
    listener.join()
    os.close(read)
    os.close(write)
    assert len(printed) == 1_000_000


def test_a_pipe_that_ended_is_forgotten_while_waiting(ends):
    channel, peer = ends
    read, write = os.pipe()
    channel.drain(read, lambda: channel.forget(read))
    os.close(write)
    threading.Timer(0.01, peer.sendall, [prefix(2, 0) + b"ok"]).start()
    assert channel.receive().header == b"ok"
    os.close(read)
