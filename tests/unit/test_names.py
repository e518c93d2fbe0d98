"""A misspelt name finds the one that was meant, and only that."""

from __future__ import annotations

import pytest

from autograder.names import alternatives, nearest


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("im2cl", "im2col"),
        ("IM2COL", "im2col"),
        ("conv_matrx", "conv_matrix"),
        ("softmax", None),
        ("", None),
    ],
)
def test_the_nearest_name(word, meant):
    assert nearest(word, ["im2col", "conv_matrix"]) == meant


def test_the_candidate_keeps_its_spelling():
    assert nearest("generator", ["Generator", "Discriminator"]) == "Generator"


def test_names_of_a_hostile_length_cost_nothing():
    assert nearest("a" * 10**7, ["a" * 10**7]) is None
    assert nearest("conv", ["c" * 10**7, "conv2d"]) == "conv2d"


def test_endless_candidates_come_to_an_end():
    assert nearest("conv", iter(lambda: "conv2d", None)) == "conv2d"


def test_the_way_out_is_the_nearest_or_all():
    assert alternatives("al", ["all", "share"]) == 'but should be "all"'
    assert alternatives("zzz", ["all", "share"]) == "but should be one of all, share"
