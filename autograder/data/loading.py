"""From the name of a data set to its images."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from autograder.data import mnist, photographs
from autograder.data.clutter import cluttered_digits
from autograder.data.dataset import SPLITS, Dataset, Split
from autograder.data.digits import digits, file_of, small_digits
from autograder.data.integrity import DataError
from autograder.data.places import local_folder

DEFAULT = "digits"
NAMED: Mapping[str, Callable[[Split], Dataset]] = MappingProxyType(
    {
        "cluttered_digits": cluttered_digits,
        "digits": digits,
        "mnist": mnist.mnist,
        "small_digits": small_digits,
    }
)


def load(name: str, split: Split) -> Dataset:
    """Return one split of a data set.

    Args:
        name: "digits", "small_digits", "cluttered_digits", "mnist", or a folder of images among
            the local data (grey, 28 x 28; `image_folder` for other sizes).
        split: "train", "validation" or "test"; the embedded test part is the grader's alone.

    Returns:
        A `Dataset`: images float32 (N, C, H, W) in [0, 1], labels int64 (N,), boxes or None.

    Raises:
        DataError: no such name or split, or a file that is missing or damaged.
    """
    if split not in SPLITS:
        raise DataError(f'there is no split "{split}", but there are {", ".join(SPLITS)}.')
    if name in NAMED:
        return NAMED[name](split)
    _refuse_unknown(name)
    return photographs.image_folder(name, split)


def require(name: str) -> None:
    """Raise `DataError` unless every split of the data set can be read here."""
    if name == "mnist":
        mnist.require()
    elif name in NAMED:
        for split in SPLITS:
            file_of(split)
    else:
        _refuse_unknown(name)
        photographs.require(name)


def fetch(name: str) -> Path:
    """Download a data set into the local data folder; return where it lies."""
    if name == "mnist":
        return mnist.download()
    raise DataError(f'"{name}" cannot be fetched as data; mnist can.')


def _refuse_unknown(name: str) -> None:
    if photographs.is_image_folder(name):
        return
    near = difflib.get_close_matches(name, NAMED, n=1)
    hint = f'Did you mean "{near[0]}"?' if near else f"Known: {', '.join(NAMED)}."
    folder = local_folder()
    raise DataError(
        f'there is no data set "{name}", and no folder of this name in {folder}. {hint}'
    )
