"""How calls and values read in a message."""

from __future__ import annotations

import math

import pytest
import torch

from autograder.kit import CheckFailed, call
from autograder.kit.shown import LIMIT, shown, told_apart
from autograder.kit.wording import number_pair


class Odd:
    def __repr__(self):
        raise RuntimeError


def test_a_call_shows_tensors_by_form_and_the_rest_by_value():
    x = torch.zeros(2, 3, 7, 5)
    described = call("conv2d", x=x, stride=2, kernel=(3, 2), mode="same", bias=None)
    assert described.says("it is so") == (
        "conv2d: it is so "
        "[x: float32 (2, 3, 7, 5), stride=2, kernel=(3, 2), mode='same', bias=None]"
    )


def test_a_call_without_inputs_has_no_brackets():
    assert call("f").says("it is so") == "f: it is so"


def test_an_input_may_be_called_name():
    assert call("f", name=1).says("it is so") == "f: it is so [name=1]"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (True, "True"),
        (0.1, "0.1"),
        (1 << 300, "an int of 301 bits"),
        ("a\x1b[31m\n\u202e", r"'a\x1b[31m\n\u202e'"),
        (b"\x00", r"b'\x00'"),
        ((1,), "(1,)"),
        ([1, [2, [3, [4]]]], "[1, [2, [3, […]]]]"),
        (list(range(10**6)), "[0, 1, 2, 3, 4, 5, 6, 7, …]"),
        ({"a": [1], 2: None}, "{'a': [1], 2: None}"),
        (Odd(), "an Odd"),
        ({Odd(): Odd()}, "{an Odd: an Odd}"),
        (type("\x1b[31m", (), {})(), r"a \x1b[31m"),
        (Odd, "the class Odd"),
        (math.sin, "sin"),
        (torch.float32, "float32"),
        (torch.device("cpu"), "cpu"),
        (torch.zeros(2), "a float32 tensor of shape (2,)"),
        (torch.zeros((), dtype=torch.uint8), "a uint8 tensor of shape ()"),
        (torch.zeros(2, device="meta"), "a float32 tensor of shape (2,) on meta"),
        (torch.eye(2).to_sparse(), "a sparse_coo float32 tensor of shape (2, 2)"),
    ],
)
def test_a_value_is_shown(value, text):
    assert shown(value) == text


@pytest.mark.parametrize("value", ["x" * 10**6, ["y" * 60] * 5, {"k" * 200: "v" * 200}])
def test_a_long_value_is_cut(value):
    assert len(shown(value)) == LIMIT
    assert shown(value).endswith("…")


def test_a_list_that_holds_itself_is_shown():
    value = []
    value.append(value)
    assert shown(value) == "[[[[…]]]]"


@pytest.mark.parametrize(
    ("got", "expected", "texts"),
    [
        (0.81, 0.27, ("0.8100", "0.2700")),
        (0.0, -0.42134, ("0", "-0.4213")),
        (1.00001, 1.00002, ("1.00001", "1.00002")),
        (1234.0, 1235.0, ("1234", "1235")),
        (12345, 12346, ("12345", "12346")),
        (math.nan, 1e-9, ("nan", "1.000e-09")),
        (-math.inf, math.inf, ("-inf", "inf")),
        (1 + 2j, 1 - 2j, ("1.000+2.000j", "1.000-2.000j")),
        (True, False, ("True", "False")),
        (0.1, 0.1 + 2**-56, ("0.10000000000000001", "0.10000000000000002")),
    ],
)
def test_two_numbers_never_read_the_same(got, expected, texts):
    assert number_pair(got, expected) == texts


def test_texts_that_differ_late_are_shown_from_there():
    assert told_apart("a" * 100 + "b", "a" * 100 + "c") == (
        "'b' from character 100 on",
        "'c' from character 100 on",
    )


def test_equal_words_are_told_apart_by_class():
    class Fake(int):
        pass

    Fake.__name__ = "int"
    assert told_apart([1], (1,)) == ("[1]", "(1,)")
    assert told_apart(Odd(), Odd()) == ("an Odd (an Odd)", "an Odd (an Odd)")


def test_a_failure_carries_message_hint_and_share():
    failure = CheckFailed("f: it is so", "look", 0.5)
    assert (failure.message, failure.hint, failure.share) == ("f: it is so", "look", 0.5)
    assert str(failure) == "f: it is so\nHint: look"
    assert str(CheckFailed("f: it is so")) == "f: it is so"
    assert CheckFailed("f").share == 0
