"""A figure of feature_maps: the filters of the student's network, trained for a short while."""

from __future__ import annotations

import numpy as np
import torch

from autograder import data
from autograder.kit import assert_dtype, assert_shape, call

TITLE = "Filters of your network, after a short training"
SHAPES = {"conv1": (16, 1, 3, 3), "conv2": (32, 16, 3, 3), "conv3": (64, 32, 3, 3)}
IMAGES, EPOCHS, SEED = 500, 8, 0
PER_ROW = 8
GAP = 1  # pixels between two filters


def draw(student, figure):
    """Draw all filters of the first layer, and one picture of each filter of the others."""
    images, labels, _ = data.load("digits", "train")
    network = student.DigitCNN()
    network = student.train(network, images[:IMAGES], labels[:IMAGES], epochs=EPOCHS, seed=SEED)
    figure.set_size_inches(4.8, 6.4)
    rows = [shape[0] // PER_ROW for shape in SHAPES.values()]
    for axes, layer in zip(figure.subplots(3, 1, height_ratios=rows), SHAPES, strict=True):
        weights = filters_of(student, network, layer)
        largest = max(float(np.abs(weights).max()), 1e-6)
        axes.set_facecolor("0.85")
        shown = axes.imshow(mosaic(weights), cmap="RdBu_r", vmin=-largest, vmax=largest)
        axes.set(xticks=[], yticks=[])
        count, channels = SHAPES[layer][:2]
        part = "" if channels == 1 else f", first of {channels} channels"
        axes.set_title(f"{layer}: {count} filters{part}", fontsize=10)
    bar = figure.colorbar(shown, ax=figure.axes, shrink=0.5, ticks=[-largest, 0, largest])
    bar.ax.set_yticklabels(["negative", "0", "positive"], fontsize=10)


def filters_of(student, network, layer):
    """Return what is drawn of a layer, once it is known to be its weight."""
    where = call("filters", model="DigitCNN()", layer=layer)
    got = student.filters(network, layer)
    assert_shape(got, SHAPES[layer], where)
    assert_dtype(got, torch.float32, where)
    return got[:, 0].detach().float().nan_to_num(0.0, 0.0, 0.0).clamp(-1e3, 1e3).numpy()


def mosaic(pictures):
    """Return the pictures in rows of `PER_ROW`, with gaps that are drawn in no colour."""
    height, width = (side + GAP for side in pictures.shape[1:])
    canvas = np.full((len(pictures) // PER_ROW * height + GAP, PER_ROW * width + GAP), np.nan)
    for number, picture in enumerate(pictures):
        top, left = number // PER_ROW * height + GAP, number % PER_ROW * width + GAP
        canvas[top : top + height - GAP, left : left + width - GAP] = picture
    return canvas
