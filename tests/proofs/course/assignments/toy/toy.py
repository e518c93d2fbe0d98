"""Measure rectangles."""

from __future__ import annotations

import torch

UNIT = "cm"


def area(width: float, height: float) -> float:
    """Return the area of a rectangle, width * height, in cm²."""
    # TODO: write this function
    raise NotImplementedError("toy.py: area is not written yet")


def scaled(sides: torch.Tensor, factor: float) -> torch.Tensor:
    """Return the sides of N rectangles, shape (N, 2), after scaling them by `factor`."""
    # TODO: write this function
    raise NotImplementedError("toy.py: scaled is not written yet")


def unit() -> str:
    """Return the unit of an area."""
    # TODO: write this function
    raise NotImplementedError("toy.py: unit is not written yet")
