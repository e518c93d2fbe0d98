"""Areas by adding up rows; scaling in place on a copy."""

from __future__ import annotations

UNIT = "cm"


def area(width, height):
    if min(width, height) < 0:
        raise ValueError("a side is negative")
    return sum(float(height) for _ in range(int(width))) + (width - int(width)) * height


def scaled(sides, factor):
    return sides.clone().mul_(factor)


def unit():
    return "cm²"
