"""Weights of a network: what ships with the project, or a file among the local data."""

from __future__ import annotations

import pickle
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from autograder.data.integrity import DataError, listed_digest, verified
from autograder.data.places import local_folder

SHIPPED = "shipped"
TRAINED = frozenset({"cluttered_cnn", "digits_cnn", "digits_judge", "small_digits_cnn"})
FOLDER = Path(__file__).resolve().parent / "trained"
_LONGEST = 200
_REMEDY = "It comes with the project: take it from there again."


def weights_file(name: str, weights: str | None) -> Path | None:
    """Return the file that holds the weights of the network called `name`, or None for none.

    `weights` is "shipped" (None where none are), the name of a file among the local data, or None.
    """
    if weights == SHIPPED:
        return FOLDER / f"{name}.safetensors" if name in TRAINED else None
    return None if weights is None else local_folder() / weights


def fill(model: nn.Module, path: Path) -> None:
    """Copy the weights of a file into a network that has exactly these."""
    tensors = _read(path)
    try:
        getattr(model, "network", model).load_state_dict(tensors)
    except RuntimeError as error:
        first = " ".join(str(error).split())[:_LONGEST]
        raise DataError(f"{path}: its weights are another network's: {first}") from None


def _read(path: Path) -> dict[str, torch.Tensor]:
    if path.parent == FOLDER:
        digest = listed_digest(path)
        verified(path, digest=digest, algorithm="sha256", remedy=_REMEDY)
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        return _unpickled(path)
    except FileNotFoundError:
        remedy = f"Fetch it with `autograder fetch {path.stem}`, or put it there."
        raise DataError(f"{path}: is missing, but should hold weights. {remedy}") from None
    except (OSError, SafetensorError, pickle.UnpicklingError, RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())[:_LONGEST]
        raise DataError(f"{path}: is damaged or holds no weights ({reason}).") from None


def _unpickled(path: Path) -> dict[str, torch.Tensor]:
    found = torch.load(path, map_location="cpu", weights_only=True)
    if isinstance(found, dict) and all(isinstance(one, torch.Tensor) for one in found.values()):
        return found
    raise ValueError(f"a {type(found).__name__} of something else than tensors")
