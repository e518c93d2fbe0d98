"""Explains and attacks a network on photographs, with the references of saliency and fgsm.

    python datasets/explain_photographs.py [--weights FILE] [--network NAME] [--to FILE]

The photographs come with scikit-image (cat, coffee) and scikit-learn (temple, flower); the weights
are a file among the local data (`autograder fetch squeezenet1_0`).
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import skimage.data
import sklearn.datasets
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from autograder import data, models

ROOT = Path(__file__).resolve().parents[1]
SIDE = 227
EPSILON = 2 / 255
COLUMNS = ("photograph", "gradient", "SmoothGrad", "Grad-CAM", "after FGSM", "change × 50")


class Explained(NamedTuple):
    """What the references made of one photograph."""

    name: str
    panels: tuple[torch.Tensor, ...]
    before: str
    after: str


def photographs() -> dict[str, torch.Tensor]:
    """Return RGB images float32 (1, 3, 227, 227) in [0, 1], cut square from the middle."""
    temple, flower = sklearn.datasets.load_sample_images().images
    found = {
        "cat": skimage.data.chelsea(),
        "coffee": skimage.data.coffee(),
        "temple": temple,
        "flower": flower,
    }
    return {name: _square(torch.tensor(image)) for name, image in found.items()}


def _square(image: torch.Tensor) -> torch.Tensor:
    height, width, _ = image.shape
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    middle = image[top : top + side, left : left + side].permute(2, 0, 1)[None] / 255
    return torch.nn.functional.interpolate(
        middle, size=(SIDE, SIDE), mode="bilinear", antialias=True
    ).clamp(0, 1)


def explain(model: torch.nn.Module, layer: str, classes: list[str]) -> Iterator[Explained]:
    """Yield the panels of each photograph, for the class that the network sees in it."""
    saliency, fgsm = (_reference(slug) for slug in ("saliency", "fgsm"))
    generator = torch.Generator().manual_seed(0)
    for name, image in photographs().items():
        label = model(image).argmax(dim=1)
        adversarial = fgsm.fgsm(model, image, label, EPSILON)
        smooth = saliency.smooth_grad(model, image, label, samples=25, generator=generator)
        panels = (
            image,
            saliency.normalize_maps(saliency.gradient_map(model, image, label)),
            saliency.normalize_maps(smooth),
            saliency.grad_cam(model, layer, image, label),
            adversarial,
            (0.5 + 50 * (adversarial - image)).clamp(0, 1),
        )
        yield Explained(
            name,
            panels,
            before=_named(model, image, classes),
            after=_named(model, adversarial, classes),
        )


def _reference(slug: str) -> Any:  # noqa: ANN401 - a module found by its path
    folder = str(ROOT / "solutions" / slug)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return importlib.import_module(slug)


def _named(model: torch.nn.Module, image: torch.Tensor, classes: list[str]) -> str:
    with torch.no_grad():
        probability, label = model(image).softmax(dim=1)[0].max(dim=0)
    return f"{classes[int(label)]} {float(probability):.2f}"


def draw(rows: list[Explained], path: Path) -> None:
    """Write a figure with a row for each photograph."""
    figure = Figure(figsize=(2 * len(COLUMNS), 2.25 * len(rows)), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(len(rows), len(COLUMNS), squeeze=False)
    for axes_row, row in zip(grid, rows, strict=True):
        for axes, panel, title in zip(axes_row, row.panels, COLUMNS, strict=True):
            is_map = panel.dim() == 3
            shown = panel[0] if is_map else panel[0].permute(1, 2, 0)
            axes.imshow(shown.numpy(), cmap="magma" if is_map else None)
            axes.set(xticks=[], yticks=[])
            axes.set_title(title, fontsize=10)
        axes_row[0].set_xlabel(row.before, fontsize=10)
        axes_row[4].set_xlabel(row.after, fontsize=10)
    figure.savefig(path, dpi=80, pil_kwargs={"quality": 80})


def main() -> None:
    """Explain, attack, draw, and say what was seen."""
    asked = _arguments()
    torch.set_num_threads(1)
    try:
        model = models.build(asked.network, weights=asked.weights, normalize=True, training=False)
    except data.DataError as error:
        sys.exit(str(error))
    rows = list(explain(model, f"network.{asked.layer}", _classes(asked.network)))
    draw(rows, asked.to)
    for row in rows:
        sys.stdout.write(f"{row.name}: {row.before}; after FGSM {row.after}\n")


def _classes(network: str) -> list[str]:
    import torchvision.models

    names: list[str] = torchvision.models.get_model_weights(network).DEFAULT.meta["categories"]
    return names


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", default="squeezenet1_0", help="a classifier of torchvision")
    parser.add_argument("--weights", default="squeezenet1_0.safetensors", help="a local file")
    parser.add_argument("--layer", default="features.12", help="where Grad-CAM looks")
    parser.add_argument("--to", type=Path, default=ROOT / "docs" / "photographs.jpg")
    return parser.parse_args()


if __name__ == "__main__":
    main()
