"""Whatever a worker sends is an outcome of the submission, never an exception of ours."""

from __future__ import annotations

import math
import os
import socket
import struct
import threading
from contextlib import contextmanager, suppress

import msgspec
import pytest
import torch
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from autograder.kit import StudentError
from autograder.model import Assignment, Limits, Outcome, Task
from autograder.sandbox.nursery import Process
from autograder.sandbox.session import Session
from autograder.sandbox.verdict import Verdict

TOY = Assignment(
    slug="toy",
    title="Toy",
    files=("toy.py",),
    limits=Limits(call_s=5, reply_mb=1),
    tasks=(Task(name="a", title="a", points=1),),
)


def frame(message, payload=b""):
    """Bytes of a frame; `message` is encoded unless it is bytes already."""
    header = message if isinstance(message, bytes) else msgspec.msgpack.encode(message)
    return struct.pack(">IQ", len(header), len(payload)) + header + payload


def answer(value, payload=b"", **changes):
    """A frame that answers the first call."""
    message = {"type": "answer", "number": 1, "value": value, "changed": [], "broken": []}
    return frame(message | changes, payload)


def tensor(shape=(2,), dtype="float32", device="home", grad=False, stride=None):
    return ["TensorNode", dtype, list(shape), device, grad, stride]


@contextmanager
def session_that_hears(data):
    """A session whose worker has said `data` and is gone."""
    channel, worker = socket.socketpair()
    leash, warden = socket.socketpair()
    read, write = os.pipe()
    os.close(write)
    session = Session(Process(channel, read, leash), TOY, print)
    warden.close()
    speaking = threading.Thread(target=_say, args=(worker, data))
    speaking.start()
    try:
        yield session
    finally:
        session.close()
        speaking.join()


def _say(worker, data):
    with worker, suppress(BrokenPipeError, ConnectionResetError):
        worker.sendall(data)
        worker.shutdown(socket.SHUT_WR)
        worker.recv(1)


def reply_to(data):
    """What a call comes to that hears `data`."""
    with session_that_hears(data) as session:
        return session.call(0, "double", (1,), {}).value


def verdict_on(data):
    """The verdict on a call that hears `data`."""
    with session_that_hears(data) as session, pytest.raises(Verdict) as caught:
        session.call(0, "double", (1,), {})
    return caught.value


def test_a_right_reply_is_a_value():
    assert torch.equal(reply_to(answer(tensor(), bytes(16))), torch.zeros(2))


def nested(depth, kind="ListNode"):
    value = 1
    for _ in range(depth):
        value = [kind, [value]]
    return value


MALFORMED = {
    "nothing in the header": frame(b""),
    "no message": frame(b"\xff\xff\xff"),
    "half a message": frame(msgspec.msgpack.encode({"type": "answer"})[:-3]),
    "a message and more": frame(msgspec.msgpack.encode({"type": "answer"}) + b"\x00"),
    "a number": frame(5),
    "text that is no UTF-8": frame(b"\x81\xa4type\xa2\xff\xfe"),
    "an unknown message": frame({"type": "passed", "number": 1}),
    "an unknown field": answer(1, score=100),
    "a field of the wrong type": answer(1, number="1"),
    "a missing field": frame({"type": "answer", "number": 1}),
    "the announcement of a worker": frame({"type": "ready", "layers": [], "missing": []}),
    "a reply to an earlier call": answer(1, number=0),
    "a reply to a later call": answer(1, number=2),
    "a value of no kind": answer(["SecretNode", 1]),
    "a value without a kind": answer([]),
    "raw bytes as a value": answer(b"abc"),
    "an extension type": frame(b"\x81\xa5value\xc7\x01\x05\x00"),
    "too few bytes for a tensor": answer(tensor((9,)), bytes(16)),
    "no bytes for a tensor": answer(tensor()),
    "bytes of no tensor": answer(1, bytes(16)),
    "more bytes than the tensor has": answer(tensor(), bytes(32)),
    "bytes that are not padded": answer(tensor(), bytes(8)),
    "nine dimensions": answer(tensor((1,) * 9), bytes(16)),
    "a negative size": answer(tensor((-1, -2)), bytes(16)),
    "a size beyond all memory": answer(tensor((2**31 - 1,) * 8)),
    "a size of 64 bits": answer(tensor((2**63,))),
    "nothing, in huge sizes": answer(tensor((0, *(2**31 - 1,) * 7))),
    "a fractional size": answer(tensor((1.5,)), bytes(16)),
    "an unknown dtype": answer(tensor(dtype="float1024"), bytes(16)),
    "a quantised dtype": answer(tensor(dtype="qint8"), bytes(16)),
    "an attribute of torch as a dtype": answer(tensor(dtype="os.system"), bytes(16)),
    "whole numbers with a gradient": answer(tensor((4,), "int32", grad=True), bytes(16)),
    "a gradient of no truth value": answer(tensor(grad="yes"), bytes(16)),
    "a stride that was not asked for": answer(tensor((2, 2), stride=[1, 2]), bytes(16)),
    "a stride longer than the shape": answer(tensor((2,), stride=[1, 0]), bytes(16)),
    "a stride shorter than the shape": answer(tensor((2, 2), stride=[1]), bytes(16)),
    "a stride beyond all memory": answer(tensor((2, 2), stride=[2**31 - 1] * 2), bytes(16)),
    "entries that share memory": answer(tensor((2, 2), stride=[1, 1]), bytes(16)),
    "an unknown dtype by itself": answer(["DtypeNode", "object"]),
    "an unknown device": answer(["DeviceNode", "abacus:1"]),
    "a device with too large a number": answer(["DeviceNode", "cuda:99999999999999999999"]),
    "a device with odd characters": answer(["DeviceNode", "cpu\0"]),
    "a generator without a seed": answer(["GeneratorNode", "x"]),
    "a network by name": answer(["ModelNode", 0, "mlp", ["DictNode", []]]),
    "lists nested nine deep": answer(nested(9)),
    "tuples nested nine deep": answer(nested(9, "TupleNode")),
    "a dict with a list as a key": answer(["DictNode", [[["ListNode", []], 1]]]),
    "a dict with a tuple as a key": answer(["DictNode", [[["TupleNode", [1]], 1]]]),
    "a dict with a tensor as a key": answer(["DictNode", [[tensor(), 1]]], bytes(16)),
    "a dict entry without a value": answer(["DictNode", [[1]]]),
    "a record of 65 fields": answer(["RecordNode", "R", [[f"f{i}", i] for i in range(65)]]),
    "a record with a number as a field": answer(["RecordNode", "R", [[1, 1]]]),
    "a list of 100001 entries": answer(["ListNode", [0] * 100_001]),
    "a text of 64 kB and a letter": answer("x" * (64 * 1024 + 1)),
    "more names than there may be": frame({"type": "missing", "number": 1, "names": ["x"] * 513}),
    "more rules than there are": answer(1, broken=["x"] * 65),
    "a number of more than 64 bits": frame(b"\x81\xa5value\xcf" + b"\xff" * 8),
}


@pytest.mark.parametrize("what", MALFORMED)
def test_a_malformed_reply_is_an_error_of_the_submission(what):
    verdict = verdict_on(MALFORMED[what])
    assert verdict.outcome is Outcome.ERROR
    assert verdict.message.startswith("double: returned ")
    assert verdict.message.endswith(", which cannot be read")


@pytest.mark.parametrize("depth", [1000, 100_000])
@pytest.mark.parametrize("opening", [b"\x91", b"\x92\xa8ListNode\x91", b"\x81\x01"])
def test_a_reply_nested_beyond_all_stacks_is_an_error_of_the_submission(depth, opening):
    head = b"\x83\xa4type\xa6answer\xa6number\x01\xa5value"
    assert verdict_on(frame(head + opening * min(depth, 90_000) + b"\xc0")).outcome is Outcome.ERROR


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["class", "def"], ("_0", "_1")),
        (["a", "a"], ("a",)),
        (["_fields", "__class__"], ("_0", "_1")),
        (["", "1x", "a b"], ("_0", "_1", "_2")),
        (["x\n):import os", "y"], ("_0", "y")),
        (["fi", "\N{LATIN SMALL LIGATURE FI}"], ("fi", "_1")),
        (["\N{MATHEMATICAL BOLD SMALL I}f", "ok"], ("_0", "ok")),
        (["\N{FULLWIDTH LATIN CAPITAL LETTER N}one"], ("_0",)),
    ],
    ids=repr,
)
def test_odd_names_of_fields_are_numbered(names, expected):
    got = reply_to(answer(["RecordNode", "R", [[name, 1] for name in names]]))
    assert got._fields == expected


@pytest.mark.parametrize("name", ["", "class", "a b", "x" * 60_000, "\N{SNOWMAN}", "__import__"])
def test_odd_names_of_records_do_no_harm(name):
    assert reply_to(answer(["RecordNode", name, [["x", 1]]])).x == 1


@pytest.mark.parametrize("value", [0, 1, 2**63 - 1, -(2**63), True, None, math.inf])
def test_any_number_is_a_value(value):
    assert reply_to(answer(value)) == value


def test_a_tensor_from_elsewhere_costs_the_check_and_names_the_place():
    verdict = verdict_on(answer(tensor(device="cuda:0"), bytes(16)))
    assert verdict.outcome is Outcome.FAILED
    assert verdict.message == "double: returned a tensor on cuda:0, but should stay with its inputs"


def test_a_worker_that_hangs_up_has_ended_its_process():
    verdict = verdict_on(b"")
    assert verdict.outcome is Outcome.KILLED
    assert verdict.message == "double: your code ended its own process, but should return"


def test_a_session_stays_over_after_a_malformed_reply():
    with session_that_hears(answer([]) + answer(1, number=2)) as session:
        with pytest.raises(Verdict):
            session.call(0, "double", (1,), {})
        assert session.is_over
        with pytest.raises(Verdict, match="cannot be read"):
            session.call(0, "double", (1,), {})


@pytest.mark.parametrize(
    "reply",
    [
        {"type": "missing", "number": 1, "names": ["a\x1b[31m", "x" * 60_000, "", "doubel"]},
        {
            "type": "raised",
            "number": 1,
            "type_name": "\x1b[2J</script>",
            "text": "x" * 60_000,
            "bases": ["CheckFailed", "Verdict"],
            "frames": [{"line": -5, "function": "\0", "source": "\u202e"}],
        },
    ],
    ids=["missing", "raised"],
)
def test_text_of_a_reply_arrives_fit_to_be_shown(reply):
    with (
        session_that_hears(frame(reply)) as session,
        pytest.raises((Verdict, StudentError)) as caught,
    ):
        session.call(0, "double", (1,), {})
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 3000


PLAIN = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text()
KINDS = st.sampled_from(
    (
        *("TensorNode", "ListNode", "TupleNode", "DictNode", "RecordNode", "DtypeNode"),
        *("DeviceNode", "GeneratorNode", "ModelNode", "ObjectNode"),
    )
)
WORDS = st.sampled_from(["float32", "int8", "cpu", "home", "cuda", "meta", "mlp", "x", "\ufb01"])
SIZES = st.sampled_from([0, 1, 2, 3, -1, 2**31 - 1, 2**40])
VALUES = st.recursive(
    PLAIN | WORDS | SIZES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(KINDS, inner).map(list)
        | st.tuples(KINDS, inner, inner).map(list)
        | st.tuples(KINDS, WORDS, st.lists(SIZES, max_size=3), WORDS, inner, inner).map(list)
    ),
    max_leaves=8,
)
FEW = settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)


def come_to_an_outcome(data):
    with session_that_hears(data) as session, suppress(Verdict, StudentError):
        assert session.call(0, "double", (1,), {}).broken == ()


@FEW
@given(st.binary(max_size=200))
@example(struct.pack(">IQ", 10, 2**60))
@example(struct.pack(">IQ", 2**32 - 1, 0))
def test_any_bytes_come_to_an_outcome(data):
    come_to_an_outcome(data)


@FEW
@given(st.binary(max_size=200), st.binary(max_size=40))
def test_any_frame_comes_to_an_outcome(header, payload):
    come_to_an_outcome(frame(header, payload))


@FEW
@given(VALUES, st.sampled_from([0, 8, 16, 32]))
def test_any_answer_comes_to_an_outcome(value, size):
    come_to_an_outcome(answer(value, bytes(size)))
