"""Values that cross between grader and worker arrive as they were."""

from __future__ import annotations

import dataclasses
import math
from collections import OrderedDict, namedtuple

import msgspec
import numpy as np
import pytest
import torch

from autograder.sandbox import tensors, wire
from autograder.sandbox.answer import WorkerObjects
from autograder.sandbox.messages import ObjectNode, Value

CPU = torch.device("cpu")
DTYPES = sorted(tensors._DTYPES.values(), key=str)
Point = namedtuple("Point", "x y")


@dataclasses.dataclass
class Row:
    """A record with a tensor in it."""

    name: str
    weight: torch.Tensor


class GraderObjects:
    """The grader's side, without a session: an object of the worker stays a node."""

    keeps_layout = True
    home = CPU

    def pack(self, value):
        raise wire.WireError(f"a {type(value).__name__}")

    def unpack(self, node):
        return node


@pytest.fixture(params=["to the worker", "to the grader"])
def sides(request):
    """Sender and receiver, in either direction."""
    pair = (GraderObjects(), WorkerObjects(CPU))
    return pair if request.param == "to the worker" else pair[::-1]


def travel(value, sides):
    """Send a value through messages and bytes."""
    sender, receiver = sides
    packer = wire.Packer(sender)
    header = wire.ENCODER.encode(packer.pack(value))
    payload = memoryview(bytearray(b"".join(packer.blobs)))
    unpacker = wire.Unpacker(receiver, payload)
    result = unpacker.unpack(msgspec.msgpack.decode(header, type=Value))
    unpacker.finish()
    return result


def bits(tensor):
    """The bytes of the entries in order."""
    return tensor.detach().contiguous().reshape(-1).view(torch.uint8).tolist()


def assert_same(got, sent):
    assert (got.dtype, got.shape, got.requires_grad) == (sent.dtype, sent.shape, sent.requires_grad)
    assert bits(got) == bits(sent)


@pytest.mark.filterwarnings("ignore:ComplexHalf support is experimental")
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2), (1,), (5,), (2, 3, 4), (1,) * 8], ids=str)
def test_every_dtype_and_shape_travels(dtype, shape, sides):
    raw = torch.randint(0, 2, (*shape, dtype.itemsize), dtype=torch.uint8)
    sent = raw.view(dtype).reshape(shape)
    assert_same(travel(sent, sides), sent)


LAYOUTS = {
    "transposed": lambda x: x.T,
    "sliced": lambda x: x[1::2, ::3],
    "expanded": lambda x: x[:, :1].expand(6, 5),
    "expanded everywhere": lambda x: x[0, 0].expand(2, 3, 4),
    "channels last": lambda x: x.reshape(1, 6, 2, 4).to(memory_format=torch.channels_last),
    "permuted": lambda x: x.reshape(2, 3, 8).permute(2, 0, 1),
    "windows": lambda x: x.flatten()[:10].as_strided((4, 3), (3, 1)),
    "nothing of it": lambda x: x[:, :0].T,
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_values_of_every_layout_travel(layout, sides):
    sent = LAYOUTS[layout](torch.arange(48.0).reshape(6, 8))
    assert_same(travel(sent, sides), sent)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_worker_sees_the_layout_of_its_arguments(layout):
    sent = LAYOUTS[layout](torch.arange(48.0).reshape(6, 8))
    got = travel(sent, (GraderObjects(), WorkerObjects(CPU)))
    assert got.is_contiguous() == sent.is_contiguous()
    if sent.numel():
        assert got.stride() == sent.stride()


def test_overlapping_windows_arrive_as_values_of_their_own(sides):
    sent = torch.arange(6.0).unfold(0, 3, 1)
    got = travel(sent.contiguous(), sides)
    assert_same(got, sent)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_memory_between_the_entries_does_not_travel(layout):
    memory = torch.full((48,), 7.0)
    view = LAYOUTS[layout](memory.reshape(6, 8))
    memory.fill_(math.pi)
    view.fill_(0) if 0 not in view.stride() else memory.zero_()
    packer = wire.Packer(GraderObjects())
    packer.pack(view)
    assert set(b"".join(packer.blobs)) <= {0}
    assert sum(map(len, packer.blobs)) == view.numel() * 4 + -view.numel() * 4 % 16


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.0, 5e-324])
def test_special_numbers_travel_in_tensors_and_alone(value, sides):
    sent = torch.tensor([value, 1.0], dtype=torch.float64)
    assert_same(travel(sent, sides), sent)
    assert repr(travel(value, sides)) == repr(value)


@pytest.mark.parametrize(
    "sent",
    [
        torch.ones(3, requires_grad=True),
        torch.ones(3, dtype=torch.complex64, requires_grad=True),
        torch.nn.Parameter(torch.ones(2, 2)),
    ],
    ids=["real", "complex", "parameter"],
)
def test_a_tensor_that_requires_a_gradient_arrives_as_a_leaf_that_does(sent, sides):
    got = travel(sent, sides)
    assert_same(got, sent)
    assert got.is_leaf
    assert type(got) is torch.Tensor


def test_a_tensor_with_a_history_arrives_without_it(sides):
    got = travel(torch.ones(3, requires_grad=True) * 2, sides)
    assert got.requires_grad
    assert got.grad_fn is None


@pytest.mark.parametrize("lazily", [torch.Tensor.conj, lambda x: x.conj().imag])
def test_conjugates_and_negatives_arrive_resolved(lazily, sides):
    sent = lazily(torch.tensor([1 + 2j, 3 - 4j]))
    got = travel(sent, sides)
    assert torch.equal(got, sent)
    assert not got.is_conj()
    assert not got.is_neg()


PLAIN = [
    None,
    True,
    0,
    -(2**62),
    2**63 - 1,
    1.5,
    "",
    "täxt \0 \n ☃",
    [],
    (),
    {},
    [1, [2.0, ("x", None)]],
    ((), [()], {"a": {}}),
    {"a": 1, 2: "b", 1.5: None, None: [1], True: False},
    [[[[[[[[1]]]]]]]],
]


@pytest.mark.parametrize("value", PLAIN, ids=repr)
def test_plain_data_travels_with_its_types(value, sides):
    assert repr(travel(value, sides)) == repr(value)


@pytest.mark.parametrize("dtype", [*DTYPES, torch.float32], ids=str)
def test_dtypes_travel(dtype, sides):
    assert travel(dtype, sides) is dtype


@pytest.mark.parametrize("name", ["cpu", "meta"])
def test_devices_travel(name, sides):
    assert travel(torch.device(name), sides) == torch.device(name)


def test_a_generator_travels_by_its_seed(sides):
    sent = torch.Generator().manual_seed(11)
    expected = torch.rand(4, generator=torch.Generator().manual_seed(11))
    assert torch.equal(torch.rand(4, generator=travel(sent, sides)), expected)


def test_a_named_tuple_arrives_as_a_record(sides):
    got = travel(Point(1, [2]), sides)
    assert (type(got).__name__, got._asdict()) == ("Point", {"x": 1, "y": [2]})


def test_a_dataclass_arrives_as_a_record(sides):
    got = travel(Row("a", torch.ones(2)), sides)
    assert (type(got).__name__, got._fields, got.name) == ("Row", ("name", "weight"), "a")
    assert torch.equal(got.weight, torch.ones(2))


def test_tensors_inside_containers_keep_their_order(sides):
    sent = {"a": [torch.zeros(2), torch.ones(0)], "b": (torch.ones(3, dtype=torch.int8),)}
    got = travel(sent, sides)
    for mine, theirs in zip((*got["a"], *got["b"]), (*sent["a"], *sent["b"]), strict=True):
        assert_same(mine, theirs)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (np.float64(1.5), 1.5),
        (np.float32(0.5), 0.5),
        (np.int8(-3), -3),
        (np.uint64(7), 7),
        (np.bool_(True), True),
        (np.str_("x"), "x"),
    ],
    ids=repr,
)
def test_numpy_scalars_arrive_as_python_ones(number, expected, sides):
    got = travel(number, sides)
    assert (type(got), got) == (type(expected), expected)


class Many(int):
    """A number with a mind of its own."""

    def __eq__(self, other):
        return True

    __hash__ = int.__hash__


class Plain(torch.Tensor):
    """A tensor by another name."""


class Always(torch.Tensor):
    """A tensor that claims to be close to anything."""

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return True


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (Many(3), int),
        (type("Word", (str,), {})("x"), str),
        (type("Real", (float,), {})(1.0), float),
        (type("Items", (list,), {})([1]), list),
        (OrderedDict(a=1), dict),
        (torch.ones(2).as_subclass(Plain), torch.Tensor),
    ],
    ids=lambda value: type(value).__name__,
)
def test_subclasses_arrive_as_what_they_are_built_on(value, kind, sides):
    assert type(travel(value, sides)) is kind


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([[[[[[[[[[1]]]]]]]]]], "nested deeper than 8"),
        (2**63, "more than 64 bits"),
        (-(2**64), "more than 64 bits"),
    ],
    ids=["deep", "large", "negative"],
)
def test_a_value_that_cannot_travel_is_named(value, reason, sides):
    with pytest.raises(wire.WireError, match=reason):
        travel(value, sides)


def test_a_value_that_holds_itself_is_named(sides):
    value = []
    value.append(value)
    with pytest.raises(wire.WireError, match="nested deeper than 8"):
        travel(value, sides)


@pytest.mark.parametrize(
    "value",
    [
        object(),
        torch.eye(3).to_sparse(),
        torch.empty(2, device="meta"),
        torch.nn.Linear(1, 1),
        np.ones(3),
        {1, 2},
        b"bytes",
        1j,
        (item for item in ()),
        int,
        torch.ones(2).as_subclass(Always),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_data_stays_in_the_worker_under_a_number(value):
    got = travel(value, (WorkerObjects(CPU), GraderObjects()))
    assert got == ObjectNode(0, type(value).__name__, callable(value))


def test_a_stand_in_leads_back_to_its_object():
    worker, value = WorkerObjects(CPU), object()
    node = worker.pack(value)
    assert worker.unpack(node) is value


def test_lone_surrogates_in_text_are_replaced(sides):
    assert travel("a\udcffb", sides) == "a?b"
