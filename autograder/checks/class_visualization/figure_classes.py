"""A picture of class_visualization: ten classes, without and with regularisation."""

from __future__ import annotations

import numpy as np
import torch

from autograder import models
from autograder.kit import assert_dtype, assert_shape, call

TITLE = "Images that the ten classes prefer"
SIDE, GAP = 28, 2
BARE = {"l2": 0.0, "blur_every": 0, "max_jitter": 0}
CAREFUL = {"tv": 0.3, "blur_every": 10}


def draw(student, figure):
    """Draw two mosaics of ten images, one class after the other."""
    figure.set_size_inches(4.8, 5.4)
    model = models.build("digits_cnn", training=False)
    panels = figure.subplots(2, 1)
    names = "score alone", "with l2, total variation, blur and jitter"
    for axes, name, options in zip(panels, names, (BARE, CAREFUL), strict=True):
        images = torch.stack([climbed(student, model, target, options) for target in range(10)])
        draw_mosaic(axes, images)
        with torch.no_grad():
            sure = model(images).softmax(1).diagonal().mean().item()
        rough = variation(images).mean().item()
        axes.set_title(
            f"{name}\nmean probability {sure:.2f}, total variation {rough:.0f}", fontsize=11
        )


def climbed(student, model, target, options):
    """Return the student's image of a class, once it is known to be one."""
    where = call("visualize_class", target=target, steps=60, **options)
    generator = torch.Generator().manual_seed(target)
    got = student.visualize_class(model, target, steps=60, generator=generator, **options)
    assert_shape(got, (1, SIDE, SIDE), where)
    assert_dtype(got, torch.float32, where)
    return got.detach().cpu().nan_to_num(0.0).clamp(0, 1)


def draw_mosaic(axes, images):
    """Draw ten images in two rows of five, each with its class."""
    step = SIDE + GAP
    canvas = np.ones((2 * step - GAP, 5 * step - GAP))
    for number, image in enumerate(images):
        top, left = step * (number // 5), step * (number % 5)
        canvas[top : top + SIDE, left : left + SIDE] = image[0].numpy()
        box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
        axes.text(left, top + 1, str(number), fontsize=10, va="top", weight="bold", bbox=box)
    axes.imshow(canvas, cmap="gray", vmin=0, vmax=1)
    axes.set_axis_off()


def variation(images):
    """Return the total variation of each image."""
    down, right = images.diff(dim=-2), images.diff(dim=-1)
    return down.square().sum((1, 2, 3)) + right.square().sum((1, 2, 3))
