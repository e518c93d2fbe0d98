"""Public checks of toy."""

from __future__ import annotations

import torch

from autograder.kit import assert_close, assert_equal, call, task


@task("area")
def check_area(student):
    """the area is width times height"""
    assert_equal(student.area(3, 5), 15.0, call("area", width=3, height=5))


@task("scaling")
def check_scaled(student):
    """the sides are multiplied by the factor"""
    sides = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    got = student.scaled(sides, 2.0)
    assert_close(got, 2 * sides, call("scaled", sides=sides, factor=2.0))


@task("counting")
def check_counted(student):
    """the new rectangles are added to the old"""
    assert_equal(student.counted(3, 4), 7, call("counted", start=3, more=4))
