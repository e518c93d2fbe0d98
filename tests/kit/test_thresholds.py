"""A number reaches a threshold, a step of it, or neither."""

from __future__ import annotations

import math

import pytest

from autograder.kit import CheckFailed, assert_reaches, call

TRAIN = call("train", epochs=3)
STEPS = [(0.8, 0.5), (0.9, 1.0)]


@pytest.mark.parametrize(("got", "threshold"), [(0.9, 0.9), (1, 0.9), (0.95, STEPS), (0.9, STEPS)])
def test_what_reaches_it_passes(got, threshold):
    assert assert_reaches(got, threshold, TRAIN) is None


@pytest.mark.parametrize(
    ("got", "threshold", "share"),
    [(0.89, 0.9, 0.0), (0.79, STEPS, 0.0), (0.8, STEPS, 0.5), (0.89, STEPS, 0.5)],
)
def test_what_falls_short_earns_the_step_it_reached(got, threshold, share):
    with pytest.raises(CheckFailed) as caught:
        assert_reaches(got, threshold, TRAIN, what="the accuracy", hint="train longer")
    sentence = f"train: the accuracy is {got}, but should be at least 0.9 [epochs=3]"
    assert (caught.value.message, caught.value.hint) == (sentence, "train longer")
    assert caught.value.share == share


@pytest.mark.parametrize("junk", [None, True, "1", [1.0], math.nan, math.inf])
def test_what_is_no_number_fails(junk):
    with pytest.raises(CheckFailed) as caught:
        assert_reaches(junk, 0.5, TRAIN)
    assert "should be a finite number" in caught.value.message
    assert caught.value.share == 0
