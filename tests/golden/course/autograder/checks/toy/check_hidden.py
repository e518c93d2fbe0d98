"""Hidden checks of toy."""

from __future__ import annotations

import torch

from autograder.kit import assert_close, assert_equal, call, needs, raises, task, untouched


@task("area")
@needs("check_area")
def check_area_of_a_large_rectangle(student):
    """a large rectangle has its area"""
    assert_equal(student.area(7, 11.5), 80.5, call("area", width=7, height=11.5))


@task("area")
@needs("check_area")
def check_area_of_a_negative_side(student):
    """a negative side is refused"""
    with raises(ValueError, call("area", width=-1, height=2)):
        student.area(-1, 2)


@task("scaling")
def check_scaled_leaves_its_argument(student):
    """the sides given stay as they are"""
    sides = torch.tensor([[1.0, 3.0]])
    got = untouched(student.scaled)(sides, 3.0)
    assert_close(got, 3 * sides, call("scaled", sides=sides, factor=3.0))
