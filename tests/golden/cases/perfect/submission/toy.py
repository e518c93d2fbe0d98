"""Measure and count rectangles."""

from __future__ import annotations

import torch


def area(width: float, height: float) -> float:
    """Return the area of a rectangle, width * height."""
    if width < 0 or height < 0:
        raise ValueError(f"the sides are {width} and {height}, but should be at least 0")
    return float(width * height)


def scaled(sides: torch.Tensor, factor: float) -> torch.Tensor:
    """Return the sides of N rectangles, shape (N, 2), times `factor`."""
    return sides * factor


def counted(start: int, more: int) -> int:
    """Return the number of rectangles when `more` of them join `start`."""
    return start + more
