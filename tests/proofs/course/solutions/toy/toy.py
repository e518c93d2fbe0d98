"""Measure rectangles."""

from __future__ import annotations

import torch

UNIT = "cm"


def area(width: float, height: float) -> float:
    """Return the area of a rectangle, width * height, in cm²."""
    # BEGIN SOLUTION
    if width < 0 or height < 0:
        raise ValueError(f"the sides are {width} and {height}, but should be at least 0")
    return float(width * height)
    # END SOLUTION


def scaled(sides: torch.Tensor, factor: float) -> torch.Tensor:
    """Return the sides of N rectangles, shape (N, 2), after scaling them by `factor`."""
    # BEGIN SOLUTION
    stretched = sides * factor
    return stretched.to(sides.dtype)
    # END SOLUTION


def unit() -> str:
    """Return the unit of an area."""
    # BEGIN SOLUTION
    return f"{UNIT}²"
    # END SOLUTION
