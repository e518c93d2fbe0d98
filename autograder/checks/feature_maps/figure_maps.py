"""A figure of feature_maps: what three layers of a trained network answer to a 0 and to an 8."""

from __future__ import annotations

import numpy as np
import torch

from autograder import data, models
from autograder.kit import assert_dtype, assert_equal, assert_shape, call

TITLE = "Activation maps of a 0 and an 8"
SHAPES = {"conv1": (2, 16, 28, 28), "conv2": (2, 32, 14, 14), "conv3": (2, 32, 7, 7)}
SIDE = 3  # maps per row and per column
GAP = 1  # pixels between two maps


def draw(student, figure):
    """Draw both digits, and below each the maps of three layers that tell them apart best."""
    images = zero_and_eight()
    where = call("activation_maps", model="digits_cnn", images=images, layers=list(SHAPES))
    found = student.activation_maps(models.build("digits_cnn"), images, list(SHAPES))
    assert_equal(type(found).__name__, "dict", where, what="the type of the result")
    figure.set_size_inches(4.8, 9)
    axes = figure.subplots(4, 2)
    for column, image in enumerate(images):
        axes[0, column].imshow(image[0].numpy(), cmap="gray", vmin=0, vmax=1)
        axes[0, column].set_title(("a 0", "an 8")[column], fontsize=11)
    for row, layer in zip(axes[1:], SHAPES, strict=True):
        draw_layer(row, layer, maps_of(found, layer, where))
    for panel in axes.flat:
        panel.set(xticks=[], yticks=[])


def draw_layer(row, layer, maps):
    """Draw the nine maps of a layer that differ most between the digits, alike for both."""
    best = np.argsort(-np.abs(maps[0] - maps[1]).mean((1, 2)), kind="stable")[: SIDE**2]
    largest = max(float(np.abs(maps[:, best]).max()), 1e-6)
    for panel, of_digit in zip(row, maps[:, best], strict=True):
        panel.imshow(mosaic(of_digit), cmap="RdBu_r", vmin=-largest, vmax=largest)
        panel.set_facecolor("0.85")
    size = f"{maps.shape[2]} × {maps.shape[3]}"
    row[0].set_ylabel(f"{layer}, {size} each", fontsize=10)


def zero_and_eight():
    """Return the first 0 and the first 8 of the validation part: float32 (2, 1, 28, 28)."""
    images, labels, _ = data.load("digits", "validation")
    return torch.stack([images[labels == digit][0] for digit in (0, 8)])


def maps_of(found, layer, where):
    """Return what is drawn of a layer, once it is known to be its maps."""
    got = found.get(layer)
    assert_shape(got, SHAPES[layer], where, what=f'["{layer}"]')
    assert_dtype(got, torch.float32, where, what=f'["{layer}"]')
    return got.detach().nan_to_num(0.0, 0.0, 0.0).clamp(-1e3, 1e3).numpy()


def mosaic(pictures):
    """Return nine pictures as a square, with gaps that are drawn in no colour."""
    height, width = (side + GAP for side in pictures.shape[1:])
    canvas = np.full((SIDE * height - GAP, SIDE * width - GAP), np.nan)
    for number, picture in enumerate(pictures):
        top, left = number // SIDE * height, number % SIDE * width
        canvas[top : top + height - GAP, left : left + width - GAP] = picture
    return canvas
