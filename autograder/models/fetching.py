"""Downloads the weights of a torchvision classifier and keeps them as plain tensors."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from urllib.error import URLError

from safetensors.torch import save_file

from autograder.data.integrity import DataError
from autograder.data.places import local_folder
from autograder.models import classifiers
from autograder.models.recipe import refuse_unknown


def fetch(name: str) -> Path:
    """Download torchvision's best weights of a classifier into the local data; return the file.

    torchvision checks the hash of what it downloads; the file appears whole or not at all.
    """
    import torchvision.models

    refuse_unknown([name], classifiers.names(), "fetch", "classifier")
    goal = local_folder() / f"{name}.safetensors"
    goal.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=goal.parent) as waiting:
        try:
            best = torchvision.models.get_model_weights(name).DEFAULT
            state = best.get_state_dict(model_dir=waiting, check_hash=True)
        except (URLError, OSError, RuntimeError) as error:
            raise DataError(f"the weights of {name} could not be fetched: {error}") from None
        part = Path(waiting, goal.name)
        save_file({key: tensor.contiguous() for key, tensor in state.items()}, part)
        part.chmod(0o644)  # safetensors lets nobody else read; a worker is somebody else
        os.replace(part, goal)
    return goal
