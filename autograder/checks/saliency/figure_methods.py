"""A picture of saliency: four methods side by side on the same images."""

from __future__ import annotations

import torch

from autograder import data, models
from autograder.kit import assert_dtype, assert_shape, call

TITLE = "Four answers to where a network looks"
SIZE = 36
CHOSEN = (9, 24, 31, 50)
ROWS = ("image", "gradient", "SmoothGrad", "guided", "Grad-CAM")


def draw(student, figure):
    """Draw a column for each digit in clutter: the image, and four maps of its label."""
    digits = data.load("cluttered_digits", "validation")
    images, labels = digits.images[list(CHOSEN)], digits.labels[list(CHOSEN)]
    rows = images[:, 0], *maps_of(student, images, labels)
    figure.set_size_inches(5, 6.2)
    panels = figure.subplots(len(ROWS), len(CHOSEN))
    for line, row, name in zip(panels, rows, ROWS, strict=True):
        line[0].set_ylabel(name, fontsize=11)
        for panel, shown in zip(line, row, strict=True):
            draw_panel(panel, shown, name)
    for panel, label in zip(panels[0], labels.tolist(), strict=True):
        panel.set_title(f"label {label}", fontsize=11)


def maps_of(student, images, labels):
    """Return the student's four maps of the images, each (N, SIZE, SIZE)."""
    model = models.build("cluttered_cnn")
    calls = {
        "gradient_map": (model, images, labels),
        "smooth_grad": (model, images, labels),
        "guided_backprop": (model, images, labels),
        "grad_cam": (model, "relu3", images, labels),
    }
    shapes = {"guided_backprop": (len(images), 1, SIZE, SIZE)}
    maps = []
    for name, arguments in calls.items():
        got = getattr(student, name)(*arguments)
        where = call(name, images=images, labels=labels)
        assert_shape(got, shapes.get(name, (len(images), SIZE, SIZE)), where)
        assert_dtype(got, torch.float32, where)
        maps.append(got.detach().cpu().nan_to_num(0, 0, 0).reshape(-1, SIZE, SIZE))
    return maps


def draw_panel(panel, shown, name):
    """Draw one map: grey for the image, red and blue for a map with a sign."""
    largest = max(float(shown.abs().max()), 1e-30)
    if name == "image":
        panel.imshow(shown, cmap="gray", vmin=0, vmax=1)
    elif name == "guided":
        panel.imshow(shown, cmap="RdBu_r", vmin=-largest, vmax=largest)
    else:
        panel.imshow(shown, cmap="inferno", vmin=0, vmax=largest)
    panel.set_xticks([])
    panel.set_yticks([])
