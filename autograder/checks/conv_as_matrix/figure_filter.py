"""A figure of conv_as_matrix: what a kernel finds in an image."""

from __future__ import annotations

import numpy as np
import torch

from autograder.kit import assert_dtype, assert_shape, call

TITLE = "A kernel as a filter"
SOBEL = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
SIZE = 64
LARGEST = 8.0  # what a picture in [0, 1] filtered by SOBEL stays below


def draw(student, figure):
    """Draw an image and its edges, once for each direction."""
    figure.set_figheight(2.4)
    image = picture()
    axes = figure.subplots(1, 3)
    axes[0].imshow(image.numpy(), cmap="gray", vmin=0, vmax=1)
    axes[0].set_title("image", fontsize=10)
    names = ("left to right", "top to bottom")
    for panel, kernel, name in zip(axes[1:], (SOBEL, SOBEL.T), names, strict=True):
        where = call("cross_correlate2d", x=image, kernel=kernel, padding=1)
        edges = pixels_of(student.cross_correlate2d(image, kernel, padding=1), image.shape, where)
        shown = panel.imshow(edges, cmap="RdBu_r", vmin=-4, vmax=4)
        panel.set_title(name, fontsize=10)
    for panel in axes:
        panel.set_xticks([])
        panel.set_yticks([])
    bar = figure.colorbar(shown, ax=axes, orientation="horizontal", shrink=0.6)
    bar.set_label("change of brightness")


def picture():
    """Return a bright disc and a slanted bar on a ramp: float32 (SIZE, SIZE) in [0, 1]."""
    rows, columns = np.mgrid[0:SIZE, 0:SIZE]
    image = 0.25 * columns / SIZE
    image[(rows - 24) ** 2 + (columns - 22) ** 2 < 14**2] = 0.9
    image[(rows - 24) ** 2 + (columns - 22) ** 2 < 6**2] = 0.4
    image[(np.abs(rows + columns - 88) < 7) & (np.abs(rows - columns) < 24)] = 0.75
    return torch.from_numpy(image.astype(np.float32))


def pixels_of(got, shape, where):
    """Return the values to be drawn, once they are known to be a picture."""
    assert_shape(got, shape, where)
    assert_dtype(got, torch.float32, where)
    finite = got.detach().cpu().nan_to_num(0.0, LARGEST, -LARGEST)
    return finite.clamp(-LARGEST, LARGEST).numpy()
