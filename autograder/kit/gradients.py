"""The assertion on gradients: central differences of an oracle, entry by entry."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from autograder.kit.call import Call
from autograder.kit.closeness import widest_gap
from autograder.kit.shown import dtype_name
from autograder.kit.tensors import assert_shape, dense
from autograder.kit.wording import attribute

__tracebackhide__ = True  # bare pytest then points into the check

CUT = "the graph is cut, or nothing is accumulated"
NOT_A_NUMBER = "some entries are NaN: is there a 0 / 0, a log(0) or the root of 0?"
FLIPPED = "the sign is flipped"
TRANSPOSED = "it is transposed"


def assert_gradient(
    got: object,
    function: Callable[[torch.Tensor], torch.Tensor],
    at: torch.Tensor,
    call: Call,
    *,
    what: str,
    step: float = 1e-6,
    rtol: float = 1e-5,
    atol: float = 1e-7,
    hint: str = "",
) -> None:
    """Fail unless `got` is the gradient of `function` at `at`, by central differences.

    `function` is the check's own, never the student's: it maps a float64 tensor like `at` to a
    0-d tensor. An entry is near enough where |got - difference| <= atol + rtol |difference|.
    Where no hint is given, a flipped sign, a transposition, a factor or a cut graph is named.
    """
    if got is None:
        raise call.failed(f"{what} is None, but should be a tensor", CUT)
    _assert_form(got, at, call, what)
    tensor, expected = dense(got, call, what), central_difference(function, at, step)
    gap = widest_gap(tensor, expected, rtol, atol)
    if gap:
        is_, should = gap.values()
        means = f"(central difference, step {step:g}, float64)"
        sentence = f"{what}{gap.at} is {is_}, but should be {should} {means}"
        raise call.failed(sentence, hint or cause(tensor, expected))


def central_difference(
    function: Callable[[torch.Tensor], torch.Tensor], at: torch.Tensor, step: float
) -> torch.Tensor:
    """Return (f(at + step) - f(at - step)) / (2 step) for every entry of `at`, in float64."""
    point = at.detach().to(torch.float64).clone(memory_format=torch.contiguous_format)
    entries = point.view(-1)
    slopes = [_slope(function, point, entries[i], step) for i in range(entries.numel())]
    differences = torch.tensor(slopes, dtype=torch.float64).reshape(at.shape)
    if not bool(torch.isfinite(differences).all()):
        raise ValueError("the oracle has no finite central difference at this point")
    return differences


def cause(got: torch.Tensor, expected: torch.Tensor) -> str:
    """Return what may have gone wrong, told from the two gradients, or ""."""
    is_, should = got.detach().cpu().to(torch.float64), expected
    if bool(is_.isnan().any()):
        return NOT_A_NUMBER
    if not bool(is_.any()):
        return f"all entries are 0: {CUT}"
    if _near(is_, -should):
        return FLIPPED
    if should.dim() == 2 and should.shape[0] == should.shape[1] and _near(is_, should.T):
        return TRANSPOSED
    factor = float((is_ * should).sum() / (should * should).sum())
    if math.isfinite(factor) and _near(is_, factor * should):
        return f"every entry is {factor:.4g} times what it should be"
    return ""


def _slope(
    function: Callable[[torch.Tensor], torch.Tensor],
    point: torch.Tensor,
    entry: torch.Tensor,
    step: float,
) -> float:
    """Move one entry of `point`, of which `entry` is a view, and put it back."""
    value = entry.clone()
    values = []
    for moved in (value + step, value - step):
        entry.copy_(moved)
        values.append(float(function(point.clone())))
    entry.copy_(value)
    return (values[0] - values[1]) / (2 * step)


def _assert_form(got: object, at: torch.Tensor, call: Call, what: str) -> None:
    tensor = dense(got, call, what)
    transposed = at.dim() == 2 and tuple(tensor.shape) == tuple(at.shape[::-1])
    assert_shape(got, at.shape, call, what=what, hint=TRANSPOSED if transposed else "")
    if not tensor.is_floating_point():
        is_, should = dtype_name(tensor.dtype), dtype_name(at.dtype)
        raise call.failed(f"{attribute(what, 'dtype')} is {is_}, but should be {should}")


def _near(is_: torch.Tensor, should: torch.Tensor) -> bool:
    return bool(should.any()) and widest_gap(is_, should, 1e-3, 1e-6) is None
