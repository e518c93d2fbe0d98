"""What launcher, grader and worker say to each other: small typed messages, never code.

Everything here is decoded with msgspec: an unknown field, a wrong type or a surplus byte is an
error before anything of ours has run.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec

MAX_HEADER_BYTES = 1024 * 1024
_MAX_TEXT = 64 * 1024
_MAX_ITEMS = 100_000
_MAX_DIMENSIONS = 8
_MAX_SIZE = 2**31 - 1

UNSENDABLE = "UnsendableResult"
HOME = "home"  # the device of this side: the CPU in a grader, what it was told in a worker

Text = Annotated[str, msgspec.Meta(max_length=_MAX_TEXT)]
Integer = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
Size = Annotated[int, msgspec.Meta(ge=0, le=_MAX_SIZE)]
Shape = Annotated[tuple[Size, ...], msgspec.Meta(max_length=_MAX_DIMENSIONS)]


class _Node(
    msgspec.Struct,
    tag=True,
    tag_field="is",
    array_like=True,
    forbid_unknown_fields=True,
    frozen=True,
):
    """A value that is more than a number or a text."""


class TensorNode(_Node, frozen=True):
    """A dense tensor whose bytes follow the header; `stride` only on the way to the worker."""

    dtype: Text
    shape: Shape
    device: Text
    requires_grad: bool
    stride: Shape | None = None


class ListNode(_Node, frozen=True):
    """A list."""

    items: Annotated[list[Value], msgspec.Meta(max_length=_MAX_ITEMS)]


class TupleNode(_Node, frozen=True):
    """A tuple."""

    items: Annotated[list[Value], msgspec.Meta(max_length=_MAX_ITEMS)]


class DictNode(_Node, frozen=True):
    """A dict, as pairs."""

    items: Annotated[list[tuple[Value, Value]], msgspec.Meta(max_length=_MAX_ITEMS)]


class RecordNode(_Node, frozen=True):
    """A named tuple or dataclass: the name of its type, and its fields in order."""

    type_name: Text
    items: Annotated[list[tuple[Text, Value]], msgspec.Meta(max_length=_MAX_ITEMS)]


class DtypeNode(_Node, frozen=True):
    """A torch dtype by name."""

    name: Text


class DeviceNode(_Node, frozen=True):
    """A torch device by name."""

    name: Text


class GeneratorNode(_Node, frozen=True):
    """A fresh random generator with this seed."""

    seed: int


class ModelNode(_Node, frozen=True):
    """A network that both sides build by name; the same key means the same object."""

    key: int
    name: Text
    options: DictNode


class ObjectNode(_Node, frozen=True):
    """An object that stays in the worker, under a number."""

    number: int
    type_name: Text
    is_callable: bool


class FunctionNode(_Node, frozen=True):
    """A function of the check, under a number: the worker may call it; only the grader sends it."""

    number: int
    name: Text


Value: TypeAlias = (
    bool
    | Integer
    | float
    | Text
    | TensorNode
    | ListNode
    | TupleNode
    | DictNode
    | RecordNode
    | DtypeNode
    | DeviceNode
    | GeneratorNode
    | ModelNode
    | ObjectNode
    | FunctionNode
    | None
)


class Request(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The grader asks the worker for one thing.

    `load` a module from its sources; `get` a name of the module or of an object; `call` an
    object; `apply` an operation of the kit to values; `seed` every random generator. `return` and
    `raise` answer a call back: the value, or the name of an exception and its text. A call records
    gradients where the check does.
    """

    number: int
    action: Literal["load", "get", "call", "apply", "seed", "return", "raise"]
    target: int = -1
    name: Text = ""
    arguments: TupleNode = TupleNode([])
    options: DictNode = DictNode([])
    rules: tuple[str, ...] = ()
    guarded: bool = False
    with_grad: bool = True


class Ready(msgspec.Struct, tag="ready", forbid_unknown_fields=True, frozen=True):
    """The worker is locked, before it has seen any submission; or a layer refused to hold."""

    layers: tuple[Text, ...]
    missing: tuple[tuple[Text, Text], ...]
    failure: Text = ""


class Answer(msgspec.Struct, tag="answer", forbid_unknown_fields=True, frozen=True):
    """The value, what the call changed in place, and which rules it was seen to break."""

    number: int
    value: Value
    changed: Annotated[tuple[Text, ...], msgspec.Meta(max_length=64)] = ()
    broken: Annotated[tuple[Text, ...], msgspec.Meta(max_length=64)] = ()


class Frame(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One line of the student's own file in a traceback."""

    line: int
    function: Text
    source: Text


class Raised(msgspec.Struct, tag="raised", forbid_unknown_fields=True, frozen=True):
    """The student's code raised: type, message, the names of its bases, its own lines."""

    number: int
    type_name: Text
    text: Text
    bases: Annotated[tuple[Text, ...], msgspec.Meta(max_length=64)]
    frames: Annotated[tuple[Frame, ...], msgspec.Meta(max_length=32)]


class Missing(msgspec.Struct, tag="missing", forbid_unknown_fields=True, frozen=True):
    """There is no such name; these are there."""

    number: int
    names: Annotated[tuple[Text, ...], msgspec.Meta(max_length=512)]


class CalledBack(msgspec.Struct, tag="called_back", forbid_unknown_fields=True, frozen=True):
    """The student's code calls a function of the check; the answer to the request comes later."""

    number: int
    function: int
    arguments: TupleNode
    options: DictNode


class Stepped(msgspec.Struct, tag="stepped", forbid_unknown_fields=True, frozen=True):
    """The student's code trains: so many steps so far; the answer to the request comes later."""

    number: int
    steps: Annotated[int, msgspec.Meta(ge=0, le=2**40)]


Reply: TypeAlias = Ready | Answer | Raised | Missing | CalledBack | Stepped


class WorkerSpec(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """How a worker is to be locked away; holds nothing that a worker may not know."""

    tier: Literal["full", "reduced", "none"]
    visible: tuple[str, ...]
    devices: tuple[str, ...]
    memory_mb: int
    scratch_mb: int
    threads: int
    cpu_s: int
    device: Literal["cpu", "cuda"]


class Settled(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What the zygote tells a worker it has just forked."""

    user: int | None
    scratch: str
    refusal: str


class Ended(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """How a worker ended, told by the warden: an exit status or a signal."""

    status: int | None = None
    signal: int | None = None
