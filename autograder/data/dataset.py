"""Images with their labels: what every data set is made of."""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")


class Dataset(NamedTuple):
    """One split of a data set.

    Fields:
        images: float32 (N, C, H, W) in [0, 1].
        labels: int64 (N,).
        boxes: int64 (N, 4), where the object is: top, left, bottom, right in pixels, the last two
            exclusive; None where a data set has no boxes.
    """

    images: torch.Tensor
    labels: torch.Tensor
    boxes: torch.Tensor | None = None
