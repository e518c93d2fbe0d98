"""The worker's side of the conversation: one request in, one reply out.

Runs in the process of the student's code; nothing it says earns points by itself.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import msgspec
import numpy.random
import torch

from autograder import models
from autograder.kit import operations
from autograder.kit.guarding import guarded
from autograder.sandbox import wire
from autograder.sandbox.frames import Channel
from autograder.sandbox.loader import Sources
from autograder.sandbox.messages import (
    UNSENDABLE,
    Answer,
    CalledBack,
    DictNode,
    FunctionNode,
    Missing,
    ModelNode,
    ObjectNode,
    Raised,
    Reply,
    Request,
    Stepped,
    TupleNode,
)
from autograder.sandbox.steps import StepCounter
from autograder.sandbox.tensors import TensorError
from autograder.sandbox.watch import watching

_MAX_NAMES = 512
_MAX_TEXT = 2000
_MAX_CHANGED = 64
_RAISED = (AttributeError, IndexError, KeyError, RuntimeError, TypeError, ValueError)
_REQUEST = msgspec.msgpack.Decoder(Request)


class WorkerObjects:
    """What lives in the worker: the student's objects by number, built networks by key."""

    keeps_layout = False

    def __init__(self, home: torch.device, call_back: Callable[..., object]) -> None:
        self.home = home
        self._call_back = call_back
        self._kept: list[object] = []
        self._models: dict[int, torch.nn.Module] = {}

    def pack(self, value: object) -> ObjectNode:
        """Keep an object here and give the grader its number."""
        self._kept.append(value)
        return ObjectNode(len(self._kept) - 1, type(value).__name__, callable(value))

    def unpack(self, node: ModelNode | ObjectNode | FunctionNode) -> object:
        """Find a kept object, stand in for a function, or build a network (once per key)."""
        if isinstance(node, FunctionNode):
            return CheckFunction(node, self._call_back)
        if isinstance(node, ObjectNode):
            return self._kept[node.number]
        if node.key not in self._models:
            options = wire.Unpacker(self, memoryview(b"")).unpack(node.options)
            self._models[node.key] = self._at_home(models.build(node.name, **options))
        return self._models[node.key]

    def _at_home(self, model: torch.nn.Module) -> torch.nn.Module:
        is_outline = any(tensor.is_meta for tensor in model.parameters())
        return model if is_outline else model.to(self.home)

    def kept(self, number: int) -> object:
        """Return the object with this number."""
        return self._kept[number]


class CheckFunction:
    """A function of the check: a call goes to the grader, and its answer comes back."""

    def __init__(self, node: FunctionNode, call_back: Callable[..., object]) -> None:
        self._number, self._call_back = node.number, call_back
        self.__name__ = node.name

    def __call__(self, *arguments: object, **options: object) -> object:
        """Call it."""
        return self._call_back(self._number, arguments, options)


class Worker:
    """Answers requests about one submission."""

    def __init__(self, channel: Channel, device: str) -> None:
        self._channel = channel
        self._objects = WorkerObjects(torch.device(device), self._call_back)
        self._steps = StepCounter(self._tell_steps)
        self._number = -1
        self._sources = Sources({})
        self._module: ModuleType | None = None

    def serve(self) -> None:
        """Answer until the grader hangs up."""
        while True:
            received = self._channel.receive()
            request = _REQUEST.decode(received.header)
            self._number = request.number
            packer = wire.Packer(self._objects)
            reply = self._reply(request, received.payload, packer)
            self._channel.send(wire.ENCODER.encode(reply), packer.blobs)

    def _reply(self, request: Request, payload: memoryview, packer: wire.Packer) -> Reply:
        try:
            return self._answer(request, payload, packer)
        except (wire.WireError, TensorError) as error:
            packer.blobs.clear()
            return Raised(request.number, UNSENDABLE, str(error), (), ())
        except BaseException as error:  # noqa: BLE001 - whatever the student's code throws
            packer.blobs.clear()
            return self._raised(request, error)

    def _answer(self, request: Request, payload: memoryview, packer: wire.Packer) -> Reply:
        unpacker = wire.Unpacker(self._objects, payload)
        arguments = unpacker.unpack(request.arguments)
        options = unpacker.unpack(request.options)
        match request.action:
            case "load":
                return self._load(request, *arguments)
            case "get":
                return self._get(request, packer)
            case "seed":
                return self._seed(request, *arguments)
            case "apply":
                value = getattr(operations, request.name)(*arguments, **options)
                return Answer(request.number, packer.pack(value))
            case "call":
                return self._call(request, arguments, options, packer)
            case "return" | "raise":
                raise wire.WireError("an answer without a question")

    def _call_back(
        self, function: int, arguments: tuple[object, ...], options: dict[str, object]
    ) -> object:
        packer = wire.Packer(self._objects)
        items = TupleNode([packer.pack(one) for one in arguments])
        pairs = DictNode([(name, packer.pack(one)) for name, one in options.items()])
        asked = CalledBack(self._number, function, items, pairs)
        self._channel.send(wire.ENCODER.encode(asked), packer.blobs)
        received = self._channel.receive()
        answer = _REQUEST.decode(received.header)
        (value,) = wire.Unpacker(self._objects, received.payload).unpack(answer.arguments)
        if answer.action == "raise":
            raise _exception(answer.name, str(value))
        return value

    def _tell_steps(self, steps: int) -> None:
        self._channel.send(wire.ENCODER.encode(Stepped(self._number, steps)), [])

    def _load(self, request: Request, files: dict[str, torch.Tensor], name: str) -> Reply:
        self._sources = Sources({file: _text(data) for file, data in files.items()})
        self._module = self._sources.load(name)
        return Answer(request.number, None)

    def _seed(self, request: Request, seed: int) -> Reply:
        random.seed(seed)
        numpy.random.seed(seed % 2**32)
        torch.manual_seed(seed)
        return Answer(request.number, None)

    def _get(self, request: Request, packer: wire.Packer) -> Reply:
        owner = self._target(request)
        if not hasattr(owner, request.name):
            names = [name for name in dir(owner) if not name.startswith("_")]
            return Missing(request.number, tuple(names[:_MAX_NAMES]))
        return Answer(request.number, packer.pack(getattr(owner, request.name)))

    def _target(self, request: Request) -> object:
        return self._module if request.target < 0 else self._objects.kept(request.target)

    def _call(
        self,
        request: Request,
        arguments: Sequence[object],
        options: dict[str, object],
        packer: wire.Packer,
    ) -> Reply:
        function: Any = self._target(request)
        changed: list[str] = []
        with (
            torch.set_grad_enabled(request.with_grad),
            watching(request.rules) as watch,
            self._steps,
        ):
            if request.guarded:
                value, changed = guarded(function, *arguments, **options)
            else:
                value = function(*arguments, **options)
        broken = watch.broken if watch else ()
        return Answer(request.number, packer.pack(value), tuple(changed[:_MAX_CHANGED]), broken)

    def _raised(self, request: Request, error: BaseException) -> Raised:
        frames = self._sources.frames(error.__traceback__)
        if isinstance(error, SyntaxError):
            frames = frames or self._sources.syntax_frame(error)
        return Raised(
            number=request.number,
            type_name=type(error).__name__[:_MAX_TEXT],
            text=_text_of(error),
            bases=tuple(base.__name__[:_MAX_TEXT] for base in type(error).__mro__[:64]),
            frames=frames,
        )


def _exception(name: str, text: str) -> Exception:
    kinds = {kind.__name__: kind for kind in _RAISED}
    return kinds[name](text) if name in kinds else RuntimeError(f"{name}: {text}")


def _text(data: torch.Tensor) -> str:
    return data.cpu().numpy().tobytes().decode()


def _text_of(error: BaseException) -> str:
    try:
        text = error.msg if isinstance(error, SyntaxError) else str(error)
        return text[:_MAX_TEXT].encode("utf-8", "replace").decode()
    except Exception:  # noqa: BLE001 - an exception may have a __str__ of the student's
        return ""
