"""The assertion on gradients, its sentence and the hints it finds by itself."""

from __future__ import annotations

import pytest
import torch

from autograder.kit import CheckFailed, assert_gradient, call
from autograder.kit.gradients import central_difference

W = torch.tensor([[1.0, 2.0, -1.0], [0.5, -3.0, 4.0], [2.0, 1.0, 1.0]], dtype=torch.float64)
CUBES = 3 * W**2
SCALE = torch.arange(1.0, 10, dtype=torch.float64).reshape(3, 3)


def cubes(w):
    return (w**3).sum()


def scaled(w):
    return (w * SCALE).sum()


def failure_of(got, function, at=W, **options):
    with pytest.raises(CheckFailed) as caught:
        assert_gradient(got, function, at, call("rnn_backward"), what='grads["W"]', **options)
    return caught.value


def test_the_right_gradient_passes():
    assert_gradient(CUBES, cubes, W, call("f"), what="grad")
    assert_gradient(CUBES.float(), cubes, W.float(), call("f"), what="grad")
    assert_gradient(torch.tensor(6.0), lambda x: x**2, torch.tensor(3.0), call("f"), what="grad")
    assert_gradient(torch.zeros(0), lambda x: x.sum(), torch.zeros(0), call("f"), what="grad")


def test_non_contiguous_inputs_keep_their_order():
    assert torch.allclose(central_difference(scaled, W.T, 1e-6), SCALE)


def test_the_point_is_left_as_it_was():
    at = W.clone()
    central_difference(cubes, at, 1e-6)
    assert torch.equal(at, W)


def test_the_worst_entry_is_named():
    got = SCALE.clone()
    got[0, 1] = 0
    failure = failure_of(got, scaled)
    assert failure.message == (
        'rnn_backward: grads["W"][0, 1] is 0, but should be 2.000 '
        "(central difference, step 1e-06, float64)"
    )
    assert failure.hint == ""


def test_a_scalar_has_no_index():
    failure = failure_of(torch.tensor(1.0), lambda x: x**2, torch.tensor(3.0), hint="look")
    assert failure.message == (
        'rnn_backward: grads["W"] is 1.000, but should be 6.000 '
        "(central difference, step 1e-06, float64)"
    )
    assert failure.hint == "look"


@pytest.mark.parametrize(
    ("got", "hint"),
    [
        (-SCALE, "the sign is flipped"),
        (SCALE.T, "it is transposed"),
        (0.25 * SCALE, "every entry is 0.25 times what it should be"),
        (-3 * SCALE, "every entry is -3 times what it should be"),
        (0 * SCALE, "all entries are 0: the graph is cut, or nothing is accumulated"),
        (SCALE / 0, ""),
        (0 * SCALE / 0, "some entries are NaN: is there a 0 / 0, a log(0) or the root of 0?"),
    ],
)
def test_a_cause_is_found(got, hint):
    assert failure_of(got, scaled).hint == hint


def test_a_gradient_of_zero_has_no_cause():
    assert failure_of(SCALE, lambda w: 0 * w.sum()).hint == ""


@pytest.mark.parametrize(
    ("got", "message", "hint"),
    [
        (
            None,
            'grads["W"] is None, but should be a tensor',
            "the graph is cut, or nothing is accumulated",
        ),
        (5, 'grads["W"] is 5, but should be a tensor', ""),
        (torch.zeros(3), 'grads["W"].shape is (3,), but should be (2, 3)', ""),
        (torch.zeros(3, 2), 'grads["W"].shape is (3, 2), but should be (2, 3)', "it is transposed"),
        (torch.zeros(2, 3).long(), 'grads["W"].dtype is int64, but should be float64', ""),
    ],
)
def test_another_form_fails(got, message, hint):
    failure = failure_of(got, cubes, W[:2], hint="look")
    assert failure.message == f"rnn_backward: {message}"
    assert failure.hint == hint


def test_an_oracle_without_a_slope_is_our_fault():
    with pytest.raises(ValueError, match="no finite central difference"):
        assert_gradient(W, lambda w: torch.log(-w.abs()).sum(), W, call("f"), what="grad")
