"""Hidden checks of toy."""

from __future__ import annotations

import torch

from autograder.kit import assert_close, assert_equal, call, needs, raises, task, untouched


@task("area")
def check_area_of_a_unit(student):
    """a unit square has the area 1"""
    assert_equal(student.area(1, 1), 1.0, call("area", width=1, height=1))


@task("area")
@needs("check_area_of_small_rectangles")
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


@task("scaling")
def check_scaled_second_side(student):
    """both sides are scaled"""
    sides = torch.tensor([[5.0, 7.0]])
    assert_close(student.scaled(sides, 2.0), 2 * sides, call("scaled", sides=sides, factor=2.0))
