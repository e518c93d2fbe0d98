"""Public checks of toy."""

from __future__ import annotations

import torch

from autograder.kit import assert_close, assert_equal, call, likely, task


@task("area")
def check_area_of_small_rectangles(student):
    """the area is width times height"""
    got = student.area(3, 5)
    hint = likely(
        got,
        {
            "this is the perimeter, 2 (width + height)": 16.0,
            "the width twice makes a square": 9.0,
            "half of it is a triangle": 7.5,
        },
    )
    assert_equal(got, 15.0, call("area", width=3, height=5), hint=hint)


@task("scaling")
def check_scaled_by_two(student):
    """the sides are multiplied by the factor"""
    sides = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    got = student.scaled(sides, 2.0)
    assert_close(got, 2 * sides, call("scaled", sides=sides, factor=2.0))


@task("unit")
def check_unit(student):
    """an area has the unit of a length, squared"""
    assert_equal(student.unit(), "cm²", call("unit"))
