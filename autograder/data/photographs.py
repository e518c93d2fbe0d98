"""A folder of images, one folder per class, read with torchvision."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from autograder.data.dataset import SPLITS, Dataset, Split
from autograder.data.integrity import DataError
from autograder.data.places import local_folder

if TYPE_CHECKING:
    from PIL.Image import Image

SIZE = 28


def is_image_folder(name: str) -> bool:
    """Tell whether there is a folder of this name among the local data."""
    return Path(name).name == name and (local_folder() / name).is_dir()


def image_folder(
    name: str, split: Split, *, size: tuple[int, int] = (SIZE, SIZE), channels: int = 1
) -> Dataset:
    """Return the images of `<local folder>/<name>/<split>/<class>/`, labels in order of class.

    Args:
        name: the folder.
        split: the folder in it.
        size: height and width that every image is resized to, bilinearly with antialiasing.
        channels: 1 for grey, 3 for RGB.
    """
    from torchvision.datasets import ImageFolder
    from torchvision.transforms.v2 import functional

    def prepared(image: Image) -> torch.Tensor:
        pixels = functional.pil_to_tensor(image.convert("L" if channels == 1 else "RGB"))
        resized = functional.resize(pixels, list(size), antialias=True)
        return torch.as_tensor(functional.to_dtype(resized, scale=True))

    folder = _split_folder(name, split)
    try:
        found = ImageFolder(str(folder), transform=prepared)
        images, labels = zip(*found, strict=True)
    except (OSError, ValueError) as error:
        raise DataError(f"{folder}: {error}") from None
    return Dataset(torch.stack(images), torch.tensor(labels))


def require(name: str) -> None:
    """Raise `DataError` unless every split has its folder."""
    for split in SPLITS:
        _split_folder(name, split)


def _split_folder(name: str, split: Split) -> Path:
    folder = local_folder() / name / split
    if not folder.is_dir():
        wanted = ", ".join(f"{one}/<class>/" for one in SPLITS)
        raise DataError(f"{folder}: is missing, but {name} should have {wanted} with images.")
    return folder
