"""Digits placed on a larger noisy canvas, with the boxes where they are."""

from __future__ import annotations

from itertools import product

import torch

from autograder.data.dataset import Dataset, Split
from autograder.data.digits import small_digits

CANVAS, SIZE, NOISE = 36, 14, 0.3
_EDGE = 2
_CORNERS = 4
_SEEDS: dict[Split, int] = {"train": 1, "validation": 2, "test": 3}


def cluttered_digits(split: Split) -> Dataset:
    """Return each digit once, in a corner of a canvas that is always the same."""
    images, labels, _ = small_digits(split)
    canvases, boxes = clutter(images, torch.Generator().manual_seed(_SEEDS[split]))
    return Dataset(canvases, labels, boxes)


def clutter(
    images: torch.Tensor,
    generator: torch.Generator,
    *,
    canvas: int = CANVAS,
    size: int = SIZE,
    noise: float = NOISE,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Put each digit into a random corner of a canvas of uniform noise.

    Args:
        images: float32 (N, 1, h, w) in [0, 1]; resized bilinearly to `size` x `size`.
        generator: decides noise and corners.
        canvas: height and width of the canvas in pixels.
        size: height and width of the digit in pixels.
        noise: the noise is uniform in [0, noise]; a pixel is the brighter of noise and digit.

    Returns:
        float32 (N, 1, canvas, canvas) and the boxes, int64 (N, 4).
    """
    corners = torch.randint(_CORNERS, (len(images),), generator=generator)
    boxes = _corner_boxes(canvas, size)[corners]
    return _placed(_noise(len(images), canvas, noise, generator), images, boxes), boxes


def clutter_pairs(
    first: torch.Tensor,
    second: torch.Tensor,
    generator: torch.Generator,
    *,
    canvas: int = CANVAS,
    size: int = SIZE,
    noise: float = NOISE,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Put two digits into two different corners of one canvas; see `clutter`.

    Returns:
        float32 (N, 1, canvas, canvas), and for the first and the second digits the boxes.
    """
    order = torch.rand(len(first), _CORNERS, generator=generator).argsort(dim=1)
    boxes = _corner_boxes(canvas, size)[order[:, :2]]
    background = _noise(len(first), canvas, noise, generator)
    both = _placed(_placed(background, first, boxes[:, 0]), second, boxes[:, 1])
    return both, boxes[:, 0], boxes[:, 1]


def _noise(count: int, canvas: int, noise: float, generator: torch.Generator) -> torch.Tensor:
    return noise * torch.rand(count, 1, canvas, canvas, generator=generator)


def _corner_boxes(canvas: int, size: int) -> torch.Tensor:
    starts = (_EDGE, canvas - size - _EDGE)
    if starts[1] < starts[0] + size:
        room = 2 * (size + _EDGE)
        raise ValueError(f"canvas: {canvas}, but should be at least {room} for digits of {size}")
    return torch.tensor([(t, left, t + size, left + size) for t, left in product(starts, starts)])


def _placed(canvases: torch.Tensor, digits: torch.Tensor, boxes: torch.Tensor) -> torch.Tensor:
    size = int(boxes[0, 2] - boxes[0, 0])
    resized = torch.nn.functional.interpolate(
        digits, size=(size, size), mode="bilinear", align_corners=False
    )
    result = canvases.clone()
    for canvas, digit, (top, left, bottom, right) in zip(
        result, resized, boxes.tolist(), strict=True
    ):
        window = canvas[:, top:bottom, left:right]
        torch.maximum(window, digit, out=window)
    return result
