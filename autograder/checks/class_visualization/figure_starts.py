"""A picture of class_visualization: from an image to another class, and two classes at once."""

from __future__ import annotations

import torch

from autograder import data, models
from autograder.kit import assert_dtype, assert_shape, call

TITLE = "From an image to another class, and two classes at once"
STEPS = (5, 15, 40)
PAIRS = ((1, 7), (4, 9), (0, 1), (7, 8))
GREY = torch.full((1, 28, 28), 0.5)


def draw(student, figure):
    """Draw a start and what becomes of it, and below four pairs of classes, from grey."""
    figure.set_size_inches(4.8, 4.3)
    model = models.build("digits_cnn", training=False)
    upper, lower = figure.subplots(2, 4)
    draw_start(upper, student, model)
    for axes, pair in zip(lower, PAIRS, strict=True):
        options = {"steps": 100, "lr": 0.1, "tv": 0.1, "blur_every": 0, "init": GREY}
        image = climbed(student, model, list(pair), options)
        show(axes, image, f"{pair[0]} and {pair[1]}", model, pair, stretched=True)


def draw_start(panels, student, model):
    """Draw an image, and the same after more and more steps towards another class."""
    images, labels, _ = data.load("digits", "validation")
    start, label = images[0], int(labels[0])
    target = (label + 3) % 10
    show(panels[0], start, f"start, a {label}", model, (label, target))
    for axes, steps in zip(panels[1:], STEPS, strict=True):
        options = {"steps": steps, "lr": 0.3, "init": start}
        image = climbed(student, model, target, options)
        show(axes, image, f"{steps} steps", model, (label, target))


def climbed(student, model, target, options):
    """Return the student's image, once it is known to be one."""
    where = call("visualize_class", target=target, **options)
    generator = torch.Generator().manual_seed(1)
    got = student.visualize_class(model, target, generator=generator, **options)
    assert_shape(got, (1, 28, 28), where)
    assert_dtype(got, torch.float32, where)
    return got.detach().cpu().nan_to_num(0.0).clamp(0, 1)


def show(axes, image, title, model, classes, stretched=False):
    """Draw an image with the probabilities that the network gives to two classes.

    Two classes are balanced near grey, where only a stretched contrast shows anything.
    """
    with torch.no_grad():
        chances = model(image[None]).softmax(1)[0]
    axes.imshow(image[0].numpy(), cmap="gray", **({} if stretched else {"vmin": 0, "vmax": 1}))
    axes.set_title(title, fontsize=10)
    lines = [f"P({number}) = {chances[number]:.2f}" for number in classes]
    axes.set_xlabel("\n".join(lines), fontsize=10)
    axes.set_xticks([])
    axes.set_yticks([])
