"""Assertions on tensors: the right passes, the wrong fails with the exact sentence."""

from __future__ import annotations

import math

import pytest
import torch

from autograder.kit import (
    CheckFailed,
    assert_close,
    assert_dtype,
    assert_shape,
    assert_tensor,
    call,
)

X = call("conv2d", x=torch.zeros(1, 1, 5, 8))


def failure_of(function, *args, **kwargs):
    with pytest.raises(CheckFailed) as caught:
        function(*args, **kwargs)
    return caught.value


def test_right_tensors_pass():
    x = torch.rand(2, 3)
    assert_tensor(x, X)
    assert_shape(x, [2, 3], X)
    assert_dtype(x, torch.float32, X)
    assert_close(x + 1e-7, x, X)
    assert_close(torch.nn.Parameter(x).T, x.T, X)
    assert_close(torch.zeros(0, 3), torch.zeros(0, 3), X)
    assert_close(torch.tensor(math.inf), torch.tensor(math.inf), X)
    assert_close(torch.tensor([True]), torch.tensor([True]), X)
    assert_close(torch.tensor([1j]).conj(), torch.tensor([-1j]), X)
    assert_close(torch.ones(2).to(torch.float8_e5m2), torch.ones(2).to(torch.float8_e5m2), X)


def test_the_worst_entry_is_named():
    expected = torch.zeros(1, 1, 5, 8)
    got = expected.clone()
    expected[0, 0, 2, 4] = 0.27
    got[0, 0, 2, 4], got[0, 0, 0, 0] = 0.81, 0.1
    failure = failure_of(assert_close, got, expected, X, rtol=0, hint="look")
    assert failure.message == (
        "conv2d: 2 of 40 entries differ; worst [0, 0, 2, 4] is 0.8100, but should be 0.2700 "
        "(allowed 1e-05) [x: float32 (1, 1, 5, 8)]"
    )
    assert failure.hint == "look"


def test_a_part_of_the_result_is_named():
    failure = failure_of(assert_close, torch.ones(2), torch.zeros(2), call("f"), what="grad_x")
    assert failure.message == (
        "f: 2 of 2 entries of grad_x differ; worst [0] is 1.000, but should be 0 (allowed 1e-05)"
    )


@pytest.mark.parametrize(
    ("got", "expected", "sentence"),
    [
        (torch.tensor(3), torch.tensor(4), "f: the result is 3, but should be 4"),
        (
            torch.tensor(2**53),
            torch.tensor(2**53 + 1),
            "f: the result is 9007199254740992, but should be 9007199254740993",
        ),
        (torch.tensor(True), torch.tensor(False), "f: the result is True, but should be False"),
        (
            torch.tensor(math.nan),
            torch.tensor(math.nan),
            "f: the result is nan, but should be nan",
        ),
        (torch.tensor(1.0), torch.tensor(math.inf), "f: the result is 1.000, but should be inf"),
        (
            torch.tensor(math.inf),
            torch.tensor(1.0),
            "f: the result is inf, but should be 1.000 (allowed 0.00011)",
        ),
        (
            torch.tensor([0.0, math.nan]),
            torch.tensor([5.0, 1.0]),
            "f: 2 of 2 entries differ; worst [1] is nan, but should be 1.000 (allowed 0.00011)",
        ),
        (
            torch.tensor(1.001, dtype=torch.float64),
            torch.tensor(1.0, dtype=torch.float64),
            "f: the result is 1.001, but should be 1.000 (allowed 1e-07)",
        ),
        (
            torch.tensor(1j),
            torch.tensor(-1j),
            "f: the result is 0+1.000j, but should be 0-1.000j (allowed 0.00011)",
        ),
    ],
)
def test_a_wrong_value_fails(got, expected, sentence):
    assert failure_of(assert_close, got, expected, call("f")).message == sentence


@pytest.mark.parametrize(
    ("got", "sentence"),
    [
        (None, "f: the result is None, but should be a tensor"),
        ([1.0, 2.0], "f: the result is [1.0, 2.0], but should be a tensor"),
        (
            torch.eye(2).to_sparse(),
            "f: the result is a sparse_coo float32 tensor of shape (2, 2), "
            "but should be a dense tensor",
        ),
        (
            torch.zeros(2, device="meta"),
            "f: the result is a float32 tensor of shape (2,) on meta, but should be a dense tensor",
        ),
        (torch.zeros(3), "f: result.shape is (3,), but should be (2,)"),
        (torch.zeros(2).double(), "f: result.dtype is float64, but should be float32"),
    ],
)
def test_another_form_fails_without_the_hint_on_values(got, sentence):
    failure = failure_of(assert_close, got, torch.zeros(2), call("f"), hint="look")
    assert failure.message == sentence
    assert failure.hint == ""


def test_another_device_fails():
    failure = failure_of(assert_close, torch.zeros(2), torch.zeros(2, device="meta"), call("f"))
    assert failure.message == "f: result.device is cpu, but should be meta"


def test_a_shape_is_named_after_its_part():
    described = call("Generator", z=torch.zeros(8, 64))
    failure = failure_of(
        assert_shape, torch.zeros(8, 256), (8, 1, 16, 16), described, what="output", hint="look"
    )
    assert failure.message == (
        "Generator: output.shape is (8, 256), but should be (8, 1, 16, 16) [z: float32 (8, 64)]"
    )
    assert failure.hint == "look"


def test_a_part_of_several_words_keeps_its_words():
    failure = failure_of(assert_dtype, torch.zeros(1), torch.int64, call("f"), what="the first map")
    assert failure.message == "f: the dtype of the first map is float32, but should be int64"


def test_numbers_are_close_as_well():
    assert_close(0.5 + 1e-9, 0.5, X)
    assert_close(1, 1.0, X)
    assert_close(1j, 1j, X)
    assert failure_of(assert_close, 0.5, 0.25, call("f"), atol=0.1, rtol=0).message == (
        "f: the result is 0.5000, but should be 0.2500 (allowed 0.1)"
    )


@pytest.mark.parametrize("got", [None, "0.5", True, torch.tensor(0.5), 10**400, 1j])
def test_what_is_no_number_is_not_close_to_one(got):
    message = failure_of(assert_close, got, 0.25, call("f")).message
    assert message.endswith("but should be 0.25")


def test_a_wider_tolerance_holds_for_integers_too():
    assert_close(torch.tensor([5]), torch.tensor([6]), X, atol=1)
