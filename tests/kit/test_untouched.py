"""The assertion that arguments are left as they were."""

from __future__ import annotations

import functools
import math

import pytest
import torch

from autograder.kit import CheckFailed, untouched


def im2col(x, kernel=None, *rest, **options):
    if options.get("spoil"):
        x.add_(1)
    return x


def message_of(function, *args, **kwargs):
    with pytest.raises(CheckFailed) as caught:
        untouched(function)(*args, **kwargs)
    return caught.value.message


@pytest.mark.parametrize(
    "x",
    [
        torch.rand(3, 4).T,
        torch.tensor([math.nan, -0.0]),
        torch.tensor(True),
        torch.zeros(0, 3),
        torch.rand(2, dtype=torch.complex64).conj(),
        torch.rand(2).to(torch.float8_e5m2),
        torch.rand(2, requires_grad=True),
    ],
)
def test_a_call_that_changes_nothing_returns_its_result(x):
    assert untouched(im2col)(x, [x, {"w": x}], x, more=x) is x


def test_a_changed_argument_is_named():
    sentence = "im2col: changed its argument x in place, but should leave it as it was"
    assert message_of(im2col, torch.ones(2), spoil=True) == sentence
    assert message_of(im2col, x=torch.ones(2), spoil=True) == sentence


def test_several_changed_arguments_are_named():
    x = torch.ones(2)
    assert message_of(im2col, x, {"W": (x,)}, spoil=True) == (
        'im2col: changed its arguments x and kernel["W"][0] in place, '
        "but should leave them as they were"
    )


def test_the_sign_of_zero_is_a_change():
    def f(x):
        x.neg_()

    assert message_of(f, torch.zeros(1)).startswith("f: changed its argument x")


def test_an_entry_that_is_replaced_or_resized_is_a_change():
    def replace(p):
        p["W"] = torch.zeros(3)

    def drop(p):
        p.clear()

    assert message_of(replace, {"W": torch.zeros(2)}).startswith(
        'replace: changed its argument p["W"]'
    )
    assert message_of(drop, {"W": torch.zeros(2)}).startswith('drop: changed its argument p["W"]')


def test_without_a_signature_the_position_is_named():
    add = functools.partial(torch.Tensor.add_)
    add.__name__ = "add"
    message = message_of(add, torch.ones(2), torch.ones(2))
    assert message == "add: changed its argument 1 in place, but should leave it as it was"


class Remote:
    __name__ = "fgsm"

    def __init__(self, changed):
        self.changed = changed

    def apply_(self, operation, *args):
        raise AssertionError

    def guarded_(self, *args, **kwargs):
        return args[0], self.changed


def test_a_function_in_a_worker_says_itself_what_it_changed():
    assert untouched(Remote([]))(5) == 5
    assert message_of(Remote(["images", "p\x1b"]), 5) == (
        r"fgsm: changed its arguments images and p\x1b in place, but should leave them as they were"
    )


def test_a_model_in_a_worker_is_refused():
    class Handle:
        def apply_(self, operation, *args):
            raise AssertionError

    with pytest.raises(TypeError, match="a function of the submission, not a model"):
        untouched(Handle())


@pytest.mark.parametrize(
    ("spoil", "part"),
    [
        (lambda model: model.train(), "training"),
        (lambda model: model[0].register_forward_hook(print), "hooks"),
        (lambda model: model[0].requires_grad_(False), "requires_grad"),
        (lambda model: model[0].weight.data.add_(1), "values"),
        (lambda model: setattr(model[0].bias, "grad", torch.ones(2)), "grad"),
    ],
)
def test_a_model_is_left_as_it_was_found(spoil, part):
    model = torch.nn.Sequential(torch.nn.Linear(3, 2)).eval()

    def count(model):
        spoil(model)
        return 1

    with pytest.raises(CheckFailed) as caught:
        untouched(count)(model)
    assert f"changed its argument model.{part} in place" in caught.value.message
    assert untouched(lambda model: 1)(model) == 1
