"""Assertions on plain data, and the search for a known wrong answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import pytest
import torch

from autograder.kit import CheckFailed, assert_equal, assert_record_fields, call, likely


class Row(NamedTuple):
    name: str
    macs: int


@dataclass
class Point:
    x: int


def message_of(got, expected, **options):
    with pytest.raises(CheckFailed) as caught:
        assert_equal(got, expected, call("f"), **options)
    return caught.value.message


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (5, 5),
        (None, None),
        ([1, (2, 3)], (1, [2, 3])),
        (Row("a", 1), ("a", 1)),
        ({"a": [1.5], "b": {}}, {"b": {}, "a": [1.5]}),
        (torch.Size([1, 2]), (1, 2)),
        (torch.float32, torch.float32),
    ],
)
def test_equal_values_pass(got, expected):
    assert_equal(got, expected, call("f"))


@pytest.mark.parametrize(
    ("got", "expected", "sentence"),
    [
        (6, 5, "f: the result is 6, but should be 5"),
        (5.0, 5, "f: the result is 5.0, but should be 5"),
        (True, 1, "f: the result is True, but should be 1"),
        ("5", 5, "f: the result is '5', but should be 5"),
        (float("nan"), 5, "f: the result is nan, but should be 5"),
        (
            torch.tensor(5),
            5,
            "f: the result is an int64 tensor of shape (), but should be 5",
        ),
        (5, [5], "f: the result is 5, but should be a sequence of 1 entry"),
        ([1], [1, 2], "f: the result has 1 entry, but should have 2"),
        ([1, 2, 3], [1, 2], "f: the result has 3 entries, but should have 2"),
        ([1, [2, 4]], [1, [2, 3]], "f: result[1][1] is 4, but should be 3"),
        (
            {"by_layer": [1, 2]},
            {"by_layer": [1, 3]},
            'f: result["by_layer"][1] is 2, but should be 3',
        ),
        ("ab", ["a", "b"], "f: the result is 'ab', but should be a sequence of 2 entries"),
        (
            5,
            {"a": 1, "b": 2},
            "f: the result is 5, but should be a dict with the keys 'a', 'b'",
        ),
        ({}, {"a": 1}, "f: the result has no keys, but should have 'a' too"),
        (
            {"q": 1},
            {"features": 1, "total": 2},
            "f: the result has the key 'q', but should have 'features' too",
        ),
        (
            {"feature": 1},
            {"features": 1},
            "f: the result has the key 'feature', but should have 'features'",
        ),
        (
            {"a": 1, 3: 1},
            {"a": 1},
            "f: the result has the key 3, but should have only the key 'a'",
        ),
    ],
)
def test_a_difference_is_named(got, expected, sentence):
    assert message_of(got, expected) == sentence


def test_a_difference_is_named_after_its_part():
    assert message_of([1], [2], what="rows") == "f: rows[0] is 1, but should be 2"
    assert message_of([1], [2], what="the model's state") == (
        "f: [0] of the model's state is 1, but should be 2"
    )


def test_the_hint_is_passed_on():
    with pytest.raises(CheckFailed) as caught:
        assert_equal(1, 2, call("f", n=3), hint="look")
    assert caught.value.message == "f: the result is 1, but should be 2 [n=3]"
    assert caught.value.hint == "look"


def test_a_tensor_is_no_plain_data_to_expect():
    with pytest.raises(TypeError, match="compared by assert_close"):
        assert_equal(1, torch.tensor(1), call("f"))


def test_records_have_their_fields():
    assert_record_fields(Row("a", 1), ["name", "macs"], call("f"))
    assert_record_fields(Point(1), ["x"], call("f"))


@pytest.mark.parametrize(
    ("got", "names", "sentence"),
    [
        (Row("a", 1), ["name", "kind"], "f: row is ('a', 1), but should have the field kind"),
        (None, ["name", "kind"], "f: row is None, but should have the fields name, kind"),
        (
            {"name": 1},
            ["name"],
            "f: row is {'name': 1}, but should have the field name",
        ),
    ],
)
def test_a_missing_field_is_named(got, names, sentence):
    with pytest.raises(CheckFailed) as caught:
        assert_record_fields(got, names, call("f"), what="row")
    assert caught.value.message == sentence


def test_a_known_mistake_is_recognised():
    x = torch.rand(2, 3)
    sentences = {"it is transposed": x.T, "it is doubled": lambda: 2 * x, "it is 7": 7}
    assert likely(x.T, sentences) == "it is transposed"
    assert likely(2 * x.double(), sentences) == "it is doubled"
    assert likely(7, sentences) == "it is 7"
    assert likely([1, (2,)], {"swapped": (1, [2])}) == "swapped"


def test_an_unknown_mistake_has_no_sentence():
    x = torch.rand(2, 3)
    sentences = {"it is transposed": x.T, "it raises": lambda: 1 / 0, "it is 7": 7}
    assert likely(x, sentences) == ""
    assert likely(7.0, sentences) == ""
    assert likely(None, sentences) == ""
