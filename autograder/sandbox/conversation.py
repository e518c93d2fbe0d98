"""Requests and replies with one worker: every way in which a reply can go wrong has its verdict."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import msgspec

from autograder.errors import GraderFault
from autograder.kit import CheckFailed, StudentError
from autograder.model import Limits, Outcome
from autograder.sandbox import tensors, verdict, wire
from autograder.sandbox.frames import Channel, ClosedError, DeadlineError, FrameError, Received
from autograder.sandbox.messages import (
    UNSENDABLE,
    Answer,
    CalledBack,
    DictNode,
    Missing,
    Raised,
    Ready,
    Reply,
    Request,
    Stepped,
    TupleNode,
)
from autograder.sandbox.nursery import Process
from autograder.sandbox.output import Output
from autograder.sandbox.verdict import LayerRefusedError, Verdict
from autograder.sanitise import safe_name, sanitise

_MB = 1024 * 1024
_LOCK_S = 30.0
_MAX_TEXT = 2000
_REPLY = msgspec.msgpack.Decoder(Reply)
_MALFORMED = (
    *(FrameError, msgspec.MsgspecError, ValueError, TypeError),
    *(RecursionError, MemoryError, OverflowError, RuntimeError),
)


class Patience(NamedTuple):
    """How long a request may take, and the setting that says so."""

    seconds: float
    setting: str


class Answered(NamedTuple):
    """A value of the worker, what the call changed in place and which rules it broke."""

    value: Any
    changed: tuple[str, ...]
    broken: tuple[str, ...]


class Grading(wire.Objects, Protocol):
    """What the grader's side of a conversation does with objects and with calls back."""

    def call_back(
        self, number: int, arguments: tuple[object, ...], options: dict[str, object]
    ) -> tuple[Request, object]:
        """Call a function of the check; return how the answer travels, and the answer."""

    def stepped(self, steps: int) -> None:
        """Hear how many steps the student's optimizers have made."""


class Stopwatch:
    """Adds up the time spent in its body."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._since = 0.0

    def __enter__(self) -> None:
        self._since = time.monotonic()

    def __exit__(self, *_: object) -> None:
        self.seconds += time.monotonic() - self._since


class Conversation:
    """Asks one worker; the first fatal thing that happens stays."""

    def __init__(self, process: Process, limits: Limits, file: str) -> None:
        self._process = process
        self._file = file
        self._end: Verdict | None = None
        self._clock = Stopwatch()
        self._is_asking = False
        self.output = Output(process.output, limits.output_kb)
        self._channel = Channel(
            process.channel, max_payload=limits.reply_mb * _MB, allocate=tensors.allocate
        )
        self._channel.drain(process.output, self._drain)

    def ready(self) -> Ready:
        """Wait until the worker is locked; `LayerRefusedError` if it could not be."""
        self._channel.limit(_LOCK_S)
        try:
            ready = msgspec.msgpack.decode(self._channel.receive().header, type=Ready)
        except (ClosedError, DeadlineError) as error:
            raise LayerRefusedError("the worker ended before it was locked") from error
        if ready.failure:
            raise LayerRefusedError(ready.failure)
        return ready

    def ask(
        self,
        request: Request,
        where: str,
        patience: Patience,
        objects: Grading,
        arguments: tuple[object, ...] = (),
        options: Mapping[str, object] | None = None,
    ) -> Answered:
        """Send a request, wait for its reply; `Verdict` or `StudentError` when there is none."""
        if self._end:
            raise self._end
        if self._is_asking:
            raise GraderFault("a function of the check asked something of the submission")
        message = _encode(request, objects, arguments, dict(options or {}))
        self._is_asking = True
        try:
            with (
                self._clock
            ):  # to read a reply, or to wait for an end, is the submission's time too
                return self._exchange(request, message, where, patience, objects)
        finally:
            self._is_asking = False

    def _exchange(
        self,
        request: Request,
        message: tuple[bytes, list[Any]],
        where: str,
        patience: Patience,
        objects: Grading,
    ) -> Answered:
        self._channel.limit(patience.seconds)
        try:
            self._channel.send(*message)
            return self._reply(request, objects)
        except CheckFailed:  # said by a function of the check, while the worker waits for its value
            self._process.kill()
            self._end = verdict.cut_short(where)
            raise
        except DeadlineError as error:
            raise self.too_long(where, patience) from error
        except ClosedError as error:
            raise self._over(verdict.died(where, self._process.end())) from error
        except tensors.AwayError as error:
            raise verdict.away(where, str(error)) from error
        except _MALFORMED as error:
            raise self._over(verdict.malformed(where, str(error))) from error

    def _reply(self, request: Request, objects: Grading) -> Answered:
        """Receive until the answer has come; on the way, the worker may call back or tell steps."""
        while True:
            received = self._channel.receive()
            reply = _REPLY.decode(received.header)
            if isinstance(reply, CalledBack):
                self._channel.send(*_called(reply, received, objects))
            elif isinstance(reply, Stepped):
                objects.stepped(reply.steps)
            else:
                return self._value(request, reply, received, objects)

    @property
    def waited_s(self) -> float:
        """How long this worker has had the turn so far."""
        return self._clock.seconds

    @property
    def is_over(self) -> bool:
        """Whether nothing more can be asked."""
        return self._end is not None

    def too_long(self, where: str, patience: Patience) -> Verdict:
        """Kill the worker and return the verdict that says so."""
        self._process.kill()
        last_line = self.output.last_line()
        return self._over(verdict.too_long(where, patience.seconds, patience.setting, last_line))

    def close(self) -> None:
        """Take what was printed last and let the worker go."""
        self.output.read_all()
        self._process.close()

    def _value(
        self, request: Request, reply: Reply, received: Received, objects: Grading
    ) -> Answered:
        if isinstance(reply, Ready | CalledBack | Stepped) or reply.number != request.number:
            raise wire.WireError("a reply to another call")
        if isinstance(reply, Missing):
            raise verdict.missing_name(self._file, request.name, reply.names)
        if isinstance(reply, Raised):
            raise _student_error(reply, request)
        unpacker = wire.Unpacker(objects, received.payload)
        value = unpacker.unpack(reply.value)
        unpacker.finish()
        return _answered(value, reply)

    def _over(self, end: Verdict) -> Verdict:
        self._end = end
        return end

    def _drain(self) -> None:
        if not self.output.read():
            self._channel.forget(self._process.output)


def _encode(
    request: Request,
    objects: wire.Objects,
    arguments: tuple[object, ...],
    options: dict[str, object],
) -> tuple[bytes, list[Any]]:
    packer = wire.Packer(objects)
    items = [packer.pack(one) for one in arguments]
    pairs = [(packer.pack(name), packer.pack(one)) for name, one in options.items()]
    asked = msgspec.structs.replace(request, arguments=TupleNode(items), options=DictNode(pairs))
    return wire.ENCODER.encode(asked), packer.blobs


def _called(reply: CalledBack, received: Received, objects: Grading) -> tuple[bytes, list[Any]]:
    """Let the check's function answer; return the message that carries what it said."""
    unpacker = wire.Unpacker(objects, received.payload)
    arguments, options = unpacker.unpack(reply.arguments), unpacker.unpack(reply.options)
    unpacker.finish()
    request, value = objects.call_back(reply.function, arguments, options)
    try:
        return _encode(request, objects, (value,), {})
    except wire.WireError as error:
        raise GraderFault(f"a function of the check returned {error}") from error


def _answered(value: object, reply: Answer) -> Answered:
    changed = tuple(safe_name(one) for one in reply.changed)
    return Answered(value, changed, reply.broken)


def _student_error(reply: Raised, request: Request) -> Exception:
    if reply.type_name == UNSENDABLE:
        where = safe_name(request.name)
        return Verdict(Outcome.ERROR, f"{where}: returned {sanitise(reply.text, _MAX_TEXT)}")
    return StudentError(
        safe_name(reply.type_name),
        sanitise(reply.text, _MAX_TEXT),
        tuple(safe_name(base) for base in reply.bases),
        tuple((f.line, safe_name(f.function), sanitise(f.source, 300)) for f in reply.frames),
    )
