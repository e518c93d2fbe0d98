"""Trains the small networks that ship with the project: `python datasets/train_networks.py [NAME]`.

Writes the weights as safetensors, with seed, epochs and measured accuracy in the file's header.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors.torch import save_file
from torch.nn.functional import affine_grid, cross_entropy, grid_sample

from autograder import data, models

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parent / "autograder" / "models" / "trained"
BATCH = 64
Augment = Callable[[torch.Tensor, torch.Generator], torch.Tensor]


class Recipe(NamedTuple):
    """How one network is trained."""

    name: str
    train_on: str
    measure_on: str
    augment: Augment
    seed: int
    epochs: int
    peak_rate: float


def moved(images: torch.Tensor, generator: torch.Generator, *, pixels: float = 2.0) -> torch.Tensor:
    """Return images rotated by up to 0.2 rad, scaled by up to 15 %, shifted by up to `pixels`."""
    count, size = len(images), images.shape[-1]

    def around_zero(most: float) -> torch.Tensor:
        return (2 * torch.rand(count, generator=generator) - 1) * most

    angle, scale = around_zero(0.2), 1 + around_zero(0.15)
    shift = torch.stack([around_zero(2 * pixels / size), around_zero(2 * pixels / size)], dim=1)
    turn = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], dim=1)
    matrices = torch.cat([(turn / scale[:, None]).view(-1, 2, 2), shift[:, :, None]], dim=2)
    grid = affine_grid(matrices, list(images.shape), align_corners=False)
    return grid_sample(images, grid, align_corners=False).clamp(0, 1)


def cluttered(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Return each digit in a corner of a canvas of fresh noise, the whole shifted a little."""
    canvases, _ = data.clutter(moved(images, generator, pixels=0.5), generator)
    rows, columns = torch.randint(-2, 3, (2,), generator=generator).tolist()
    return canvases.roll((rows, columns), dims=(2, 3))


RECIPES = (
    Recipe("digits_cnn", "digits", "digits", moved, seed=1, epochs=30, peak_rate=3e-3),
    Recipe("digits_judge", "digits", "digits", moved, seed=2, epochs=40, peak_rate=3e-3),
    Recipe(
        "small_digits_cnn",
        "small_digits",
        "small_digits",
        partial(moved, pixels=0.5),
        seed=3,
        epochs=30,
        peak_rate=3e-3,
    ),
    Recipe(
        "cluttered_cnn",
        "small_digits",
        "cluttered_digits",
        cluttered,
        seed=4,
        epochs=80,
        peak_rate=1e-2,
    ),
)


def trained(recipe: Recipe) -> torch.nn.Module:
    """Return a recipe's network: Adam under a one-cycle rate, fresh augmentation each epoch."""
    generator = torch.Generator().manual_seed(recipe.seed)
    model = models.build(recipe.name, seed=recipe.seed, weights=None)
    images, labels, _ = data.load(recipe.train_on, "train")
    steps = recipe.epochs * (len(labels) // BATCH)
    optimizer = torch.optim.Adam(model.parameters())
    rates = torch.optim.lr_scheduler.OneCycleLR(optimizer, recipe.peak_rate, total_steps=steps)
    for _ in range(recipe.epochs):
        order = torch.randperm(len(labels), generator=generator)
        seen = recipe.augment(images[order], generator)
        for index in range(len(labels) // BATCH):
            part = slice(index * BATCH, (index + 1) * BATCH)
            optimizer.zero_grad()
            cross_entropy(model(seen[part]), labels[order][part]).backward()
            optimizer.step()
            rates.step()
    return model.eval()


def accuracy(model: torch.nn.Module, name: str, split: data.Split) -> float:
    """Return the share of images of a split that the network gets right."""
    images, labels, _ = data.load(name, split)
    with torch.no_grad():
        return float((model(images).argmax(dim=1) == labels).float().mean())


def main() -> None:
    """Train, measure and save the networks named on the command line, or all."""
    torch.set_num_threads(1)
    for recipe in RECIPES:
        if recipe.name not in (sys.argv[1:] or [one.name for one in RECIPES]):
            continue
        model = trained(recipe)
        card = {
            "seed": str(recipe.seed),
            "epochs": str(recipe.epochs),
            "data": recipe.measure_on,
            "validation_accuracy": f"{accuracy(model, recipe.measure_on, 'validation'):.4f}",
            "test_accuracy": f"{accuracy(model, recipe.measure_on, 'test'):.4f}",
        }
        path = FOLDER / f"{recipe.name}.safetensors"
        save_file(dict(model.state_dict()), path, metadata=card)
        path.chmod(0o644)  # safetensors lets nobody else read; a worker is somebody else
        sys.stdout.write(f"{recipe.name}: {card}\n")
    _write_checksums()


def _write_checksums() -> None:
    files = sorted(FOLDER.glob("*.safetensors"))
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files]
    (FOLDER / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
