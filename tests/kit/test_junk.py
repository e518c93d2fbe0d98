"""Whatever a submission returns, an assertion fails the check and never the grader."""

from __future__ import annotations

import functools
import math
from contextlib import nullcontext
from typing import NamedTuple

import pytest
import torch

from autograder.kit import (
    CheckFailed,
    assert_close,
    assert_dtype,
    assert_equal,
    assert_gradient,
    assert_record_fields,
    assert_shape,
    assert_tensor,
    buffers,
    call,
    likely,
    load,
    parameters,
    state_of,
    vjp,
)
from autograder.kit.closeness import is_dense

LONGEST_MESSAGE = 400


class Hostile:
    """Raises at whatever one may ask of it."""

    def __getattribute__(self, name):
        raise RuntimeError(name)

    def __repr__(self):
        raise RuntimeError

    def __eq__(self, other):
        raise RuntimeError

    def __iter__(self):
        raise RuntimeError

    def __bool__(self):
        raise RuntimeError

    __hash__ = None
    _fields = ("a",)


class Handle:
    def apply_(self, operation, *args):
        raise AssertionError

    def __getattr__(self, name):
        if name == "no_such_field":
            raise AttributeError(name)
        return self


class Pair(NamedTuple):
    first: object
    second: object


class Text(str):
    def __repr__(self):
        raise RuntimeError

    def __eq__(self, other):
        raise RuntimeError

    __hash__ = str.__hash__


CYCLE: list[object] = []
CYCLE.append(CYCLE)

JUNK = {
    "none": None,
    "bool": True,
    "huge int": 10**5000,
    "nan": math.nan,
    "inf": math.inf,
    "complex": 1j,
    "text": "\x1b[31m\ud800\u202e" * 1000,
    "odd text": Text("a"),
    "bytes": b"\x00" * 1000,
    "huge list": list(range(100_000)),
    "cycle": CYCLE,
    "dict": {1: 2, None: [3], "a": {}},
    "hostile values": {"a": Hostile(), "b": [Hostile()]},
    "hostile": Hostile(),
    "handle": Handle(),
    "pair": Pair(1, Hostile()),
    "class": int,
    "function": len,
    "set": {1, 2},
    "generator": iter([1]),
    "tensor 0-d": torch.tensor(1.5),
    "tensor empty": torch.zeros(0, 3),
    "tensor bool": torch.tensor([True, False]),
    "tensor int": torch.tensor([1, 2]),
    "tensor uint16": torch.tensor([1, 2], dtype=torch.uint16),
    "tensor uint64": torch.tensor([1, 2], dtype=torch.uint64),
    "tensor complex": torch.tensor([1j, 2]).conj(),
    "tensor half": torch.tensor([1, 2], dtype=torch.float16),
    "tensor float8": torch.tensor([1.0, 2.0]).to(torch.float8_e4m3fn),
    "tensor float8 scale": torch.tensor([1.0, 2.0]).to(torch.float8_e8m0fnu),
    "tensor float4": torch.zeros(2, dtype=torch.uint8).view(torch.float4_e2m1fn_x2),
    "tensor sparse": torch.eye(2).to_sparse(),
    "tensor meta": torch.zeros(2, device="meta"),
    "tensor nan": torch.tensor([math.nan, math.inf]),
    "tensor nan wide": torch.tensor([math.nan, -math.inf], dtype=torch.float64),
    "tensor grad": torch.tensor([5.0, 6.0], requires_grad=True),
    "tensor expanded": torch.tensor([7.0]).expand(2),
    "parameter": torch.nn.Parameter(torch.tensor([5.0, 6.0])),
    "module": torch.nn.Linear(1, 1),
}

MODELS = ("module", "handle")
FUNCTIONS = (*MODELS, "class", "function")

F = call("f")
AT = torch.tensor([1.0, 2.0], dtype=torch.float64)
ASSERTS = {
    "close": functools.partial(assert_close, expected=torch.tensor([1.0, 2.0])),
    "close wide": functools.partial(assert_close, expected=AT),
    "close int": functools.partial(assert_close, expected=torch.tensor([3, 4])),
    "close int wide": functools.partial(
        assert_close, expected=torch.tensor([3, 4], dtype=torch.uint64)
    ),
    "close bool": functools.partial(assert_close, expected=torch.tensor([False, True])),
    "close complex": functools.partial(assert_close, expected=torch.tensor([1j, 3])),
    "close number": functools.partial(assert_close, expected=0.5),
    "close complex number": functools.partial(assert_close, expected=2j),
    "equal int": functools.partial(assert_equal, expected=5),
    "equal text": functools.partial(assert_equal, expected="\x1b[31m" * 2000),
    "equal list": functools.partial(assert_equal, expected=[1, [2], "x"]),
    "equal pair": functools.partial(assert_equal, expected=(1, 2)),
    "equal dict": functools.partial(assert_equal, expected={"a": 1, "b": [2]}),
    "shape": functools.partial(assert_shape, shape=(7, 7)),
    "dtype": functools.partial(assert_dtype, dtype=torch.int8),
    "fields": functools.partial(assert_record_fields, names=["no_such_field"]),
    "gradient": functools.partial(
        assert_gradient, function=lambda x: (x**3).sum(), at=AT, what="grad"
    ),
}


@pytest.mark.parametrize("check", ASSERTS)
@pytest.mark.parametrize("junk", JUNK)
def test_junk_fails_the_check(junk, check):
    with pytest.raises(CheckFailed) as caught:
        ASSERTS[check](JUNK[junk], call=F)
    message = caught.value.message
    assert message.startswith("f: ")
    assert message.isprintable()
    assert len(message) <= LONGEST_MESSAGE
    is_, should = message.split(", but should ")
    assert is_ != should


@pytest.mark.parametrize("junk", JUNK)
def test_junk_is_a_tensor_or_fails_the_check(junk):
    refused = pytest.raises(CheckFailed, match=r"^f: .*tensor$")
    with nullcontext() if is_dense(JUNK[junk]) else refused:
        assert_tensor(JUNK[junk], F)


@pytest.mark.parametrize("junk", [n for n in JUNK if n not in MODELS])
@pytest.mark.parametrize("ask", [parameters, buffers, state_of, lambda m: load(m, {})])
def test_junk_is_no_model(junk, ask):
    with pytest.raises(CheckFailed, match=r": is no torch\.nn\.Module, but should be one$"):
        ask(JUNK[junk])


@pytest.mark.parametrize("junk", [n for n in JUNK if n not in FUNCTIONS])
def test_junk_is_no_function(junk):
    with pytest.raises(CheckFailed, match=r": is no function, but should be one$"):
        vjp(JUNK[junk], [AT], AT)


@pytest.mark.parametrize("junk", JUNK)
def test_junk_is_no_known_mistake(junk):
    wrong = {"a": torch.tensor([9.0, 9.0]), "b": 9, "c": [9, 9], "d": {"a": 9}, "e": lambda: AT + 9}
    assert likely(JUNK[junk], wrong) == ""
