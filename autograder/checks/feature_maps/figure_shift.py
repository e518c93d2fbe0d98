"""A figure of feature_maps: how far a digit may move before a network changes its mind."""

from __future__ import annotations

from autograder import data, models
from autograder.kit import assert_dtype, assert_shape, call

TITLE = "Which share of the digits keeps its class when it moves"
REACH = 3
IMAGES, EPOCHS, SEED = 500, 8, 0
JUDGED = 100
DARK = 0.55  # above it, a number is written in black


def draw(student, figure):
    """Draw the grid of the student's network, and that of one that has seen moved digits."""
    images, labels, _ = data.load("digits", "train")
    network = student.DigitCNN()
    network = student.train(network, images[:IMAGES], labels[:IMAGES], epochs=EPOCHS, seed=SEED)
    judged = data.load("digits", "validation").images[:JUDGED]
    networks = {
        "your network, after a short training": network,
        "a network trained on moved digits, too": models.build("digits_cnn"),
    }
    figure.set_size_inches(4.8, 7.6)
    for axes, (title, model) in zip(figure.subplots(2, 1), networks.items(), strict=True):
        shown = draw_grid(axes, grid_of(student, model, judged))
        axes.set_title(title, fontsize=11)
    bar = figure.colorbar(shown, ax=figure.axes, shrink=0.5)
    bar.set_label("share that keeps its class, in %", fontsize=10)


def draw_grid(axes, percent):
    """Draw the grid with its numbers; return the picture for the colour bar."""
    steps = range(-REACH, REACH + 1)
    shown = axes.imshow(percent, cmap="viridis", vmin=0, vmax=100)
    axes.set_xticks(range(len(steps)), steps)
    axes.set_yticks(range(len(steps)), steps)
    axes.set_xlabel("pixels to the right", fontsize=10)
    axes.set_ylabel("pixels down", fontsize=10)
    for row, line in enumerate(percent):
        for column, value in enumerate(line):
            color = "black" if value > 100 * DARK else "white"
            text = {"ha": "center", "va": "center", "fontsize": 10, "color": color}
            axes.text(column, row, f"{value:.0f}", **text)
    return shown


def grid_of(student, model, images):
    """Return the grid in percent, once it is known to be one."""
    where = call("shift_agreement", images=images, max_shift=REACH)
    got = student.shift_agreement(model, images, REACH)
    assert_shape(got, (2 * REACH + 1, 2 * REACH + 1), where)
    assert_dtype(got, images.dtype, where)
    return (100 * got.detach().nan_to_num(0.0, 0.0, 0.0).clamp(0, 1)).numpy()
