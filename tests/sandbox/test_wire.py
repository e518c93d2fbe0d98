"""Values that cross between grader and worker arrive as they were."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict, namedtuple

import numpy as np
import pytest
import torch

from autograder.sandbox import tensors, wire
from autograder.sandbox.messages import ObjectNode

CPU = torch.device("cpu")
DTYPES = sorted(tensors._DTYPES.values(), key=str)
Point = namedtuple("Point", "x y")


@dataclasses.dataclass
class Row:
    """A record with a tensor in it."""

    name: str
    weight: torch.Tensor


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
def test_plain_data_travels_with_its_types(value, sides, travel):
    assert repr(travel(value, sides)) == repr(value)


@pytest.mark.parametrize("dtype", [*DTYPES, torch.float32], ids=str)
def test_dtypes_travel(dtype, sides, travel):
    assert travel(dtype, sides) is dtype


@pytest.mark.parametrize("name", ["cpu", "meta"])
def test_devices_travel(name, sides, travel):
    assert travel(torch.device(name), sides) == torch.device(name)


def test_a_generator_travels_by_its_seed(sides, travel):
    sent = torch.Generator().manual_seed(11)
    expected = torch.rand(4, generator=torch.Generator().manual_seed(11))
    assert torch.equal(torch.rand(4, generator=travel(sent, sides)), expected)


def test_a_named_tuple_arrives_as_a_record(sides, travel):
    got = travel(Point(1, [2]), sides)
    assert (type(got).__name__, got._asdict()) == ("Point", {"x": 1, "y": [2]})


def test_a_dataclass_arrives_as_a_record(sides, travel):
    got = travel(Row("a", torch.ones(2)), sides)
    assert (type(got).__name__, got._fields, got.name) == ("Row", ("name", "weight"), "a")
    assert torch.equal(got.weight, torch.ones(2))


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
def test_numpy_scalars_arrive_as_python_ones(number, expected, sides, travel):
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
def test_subclasses_arrive_as_what_they_are_built_on(value, kind, sides, travel):
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
def test_a_value_that_cannot_travel_is_named(value, reason, sides, travel):
    with pytest.raises(wire.WireError, match=reason):
        travel(value, sides)


def test_a_value_that_holds_itself_is_named(sides, travel):
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
def test_what_is_no_data_stays_in_the_worker_under_a_number(
    value, travel, worker_side, grader_side
):
    got = travel(value, (worker_side, grader_side))
    assert got == ObjectNode(0, type(value).__name__, callable(value))


def test_a_stand_in_leads_back_to_its_object(worker_side):
    value = object()
    assert worker_side.unpack(worker_side.pack(value)) is value


def test_lone_surrogates_in_text_are_replaced(sides, travel):
    assert travel("a\udcffb", sides) == "a?b"
