"""A figure of fgsm: digits, what one step made of them, and the difference between the two."""

from __future__ import annotations

import torch

from autograder import data, models
from autograder.kit import assert_dtype, assert_shape, call

TITLE = "Digits before and after one step of 0.15"
EPSILON = 0.15
COLUMNS = 4
ROWS = ("clean", "adversarial", "difference x 10")


def draw(student, figure):
    """Draw clean and adversarial digits with the classes that the network sees in them."""
    figure.set_figheight(4.2)
    model = models.build("digits_cnn", training=False)
    clean = data.load("digits", "validation").images[:COLUMNS]
    where = call("fgsm", images=clean, epsilon=EPSILON)
    adversarial = pixels_of(
        student.fgsm(model, clean, seen_in(clean, model), EPSILON), clean, where
    )
    axes = figure.subplots(len(ROWS), COLUMNS)
    draw_digits(axes[0], clean, seen_in(clean, model))
    draw_digits(axes[1], adversarial, seen_in(adversarial, model))
    for panel, change in zip(axes[2], 10 * (adversarial - clean), strict=True):
        shown = panel.imshow(change[0], cmap="RdBu_r", vmin=-10 * EPSILON, vmax=10 * EPSILON)
    for row, name in zip(axes, ROWS, strict=True):
        row[0].set_ylabel(name)
    for panel in axes.flat:
        panel.set_xticks([])
        panel.set_yticks([])
    bar = figure.colorbar(shown, ax=axes[2], orientation="horizontal", shrink=0.6, aspect=30)
    bar.set_label("ten times the change of a pixel")


def draw_digits(row, images, classes):
    """Draw images side by side, under the class that the network sees in each."""
    for panel, image, seen in zip(row, images, classes.tolist(), strict=True):
        panel.imshow(image[0], cmap="gray", vmin=0, vmax=1)
        panel.set_title(f"seen as {seen}", fontsize=10)


def seen_in(images, model):
    """Return the class that the network predicts for each image."""
    with torch.no_grad():
        return model(images).argmax(1)


def pixels_of(got, images, where):
    """Return the values to be drawn, once they are known to be images like the clean ones."""
    assert_shape(got, images.shape, where)
    assert_dtype(got, images.dtype, where)
    return got.cpu().nan_to_num(0.0).clamp(0, 1)
