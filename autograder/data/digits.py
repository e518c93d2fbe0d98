"""The handwritten digits that come with the project, at 8 x 8 and enlarged to 28 x 28.

Source: Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, UCI (1998), CC BY 4.0, in
the version that scikit-learn ships. `datasets/make_digits.py` wrote the files.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file

from autograder.data.dataset import Dataset, Split
from autograder.data.integrity import listed_digest, verified
from autograder.data.places import EMBEDDED, HELD_OUT

_BRIGHTEST = 16
_ENLARGED, _MARGIN = 20, 4
_REMEDY = "It comes with the project: take it from there again."
_HELD_OUT_REMEDY = "Only the grader holds the test part; choose the train or validation part."


def small_digits(split: Split) -> Dataset:
    """Return the digits at their native size: images (N, 1, 8, 8) with 17 levels of grey."""
    tensors = load_file(file_of(split))
    images = tensors[f"{split}_images"].to(torch.float32) / _BRIGHTEST
    return Dataset(images.unsqueeze(1), tensors[f"{split}_labels"].to(torch.int64))


def digits(split: Split) -> Dataset:
    """Return the digits enlarged: bicubic to 20 x 20, then a margin of 4: (N, 1, 28, 28)."""
    images, labels, _ = small_digits(split)
    enlarged = torch.nn.functional.interpolate(
        images, size=(_ENLARGED, _ENLARGED), mode="bicubic", align_corners=False
    )
    return Dataset(torch.nn.functional.pad(enlarged.clamp(0, 1), [_MARGIN] * 4), labels)


def file_of(split: Split) -> Path:
    """Return the verified file of a split; the test part lies where no worker can read."""
    held_out = split == "test"
    path = (HELD_OUT if held_out else EMBEDDED) / "digits.safetensors"
    remedy = _HELD_OUT_REMEDY if held_out and not path.exists() else _REMEDY
    digest = listed_digest(path) if path.exists() else ""
    return verified(path, digest=digest, algorithm="sha256", remedy=remedy)
