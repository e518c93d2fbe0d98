"""MNIST from a local folder, in torchvision's layout; its four files are told by their checksums.

Source: LeCun and Cortes, the MNIST database of handwritten digits, CC BY-SA 3.0.
"""

from __future__ import annotations

import gzip
import os
import tempfile
from pathlib import Path

import torch

from autograder.data.dataset import Dataset, Split
from autograder.data.integrity import DataError, verified
from autograder.data.places import local_folder

RAW = Path("MNIST", "raw")
_TRAIN = ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz")
_TEST = ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz")
_WHITE = 255
_WITH_TRAIN: dict[Split, slice] = {"train": slice(0, 55_000), "validation": slice(55_000, 60_000)}
_TEST_ONLY: dict[Split, slice] = {
    "train": slice(0, 8_000),
    "validation": slice(8_000, 9_000),
    "test": slice(9_000, 10_000),
}


def mnist(split: Split) -> Dataset:
    """Return MNIST, images (N, 1, 28, 28).

    The published training images, the last 5 000 of them for validation, and the published test
    images; where only the latter are there, these are split 8 000 / 1 000 / 1 000.
    """
    images, labels = (_read(path) for path in _files(split))
    part = (_WITH_TRAIN if _has_train() else _TEST_ONLY).get(split, slice(None))
    return Dataset(images[part].unsqueeze(1).to(torch.float32) / _WHITE, labels[part].long())


def require() -> None:
    """Raise `DataError` unless every split can be read."""
    for split in ("train", "test"):
        _files(split)


def download() -> Path:
    """Fetch what is missing with torchvision; a file arrives whole or not at all."""
    from torchvision.datasets import MNIST

    goal = local_folder() / RAW
    goal.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=goal) as waiting:
        try:
            MNIST(waiting, download=True)
        except (RuntimeError, OSError) as error:
            raise DataError(f"MNIST could not be fetched: {error}") from None
        for name in (*_TRAIN, *_TEST):
            os.replace(Path(waiting, RAW, name), goal / name)
    return goal


def _has_train() -> bool:
    return any((local_folder() / RAW / name).exists() for name in _TRAIN)


def _files(split: Split) -> list[Path]:
    from torchvision.datasets import MNIST

    digests = dict(MNIST.resources)
    folder = local_folder() / RAW
    names = _TRAIN if _has_train() and split != "test" else _TEST
    remedy = f"Fetch it with `autograder fetch mnist`, or put the published {{}} into {folder}."
    return [
        verified(folder / name, digest=digests[name], algorithm="md5", remedy=remedy.format(name))
        for name in names
    ]


def _read(path: Path) -> torch.Tensor:
    from torchvision.datasets.mnist import read_sn3_pascalvincent_tensor

    with tempfile.TemporaryDirectory() as folder:
        unpacked = Path(folder, path.stem)
        unpacked.write_bytes(gzip.decompress(path.read_bytes()))
        return torch.as_tensor(read_sn3_pascalvincent_tensor(str(unpacked)))
