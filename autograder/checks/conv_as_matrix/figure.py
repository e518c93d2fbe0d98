"""The picture of conv_as_matrix: the matrix of a kernel, and what a kernel finds in an image."""

from __future__ import annotations

import numpy as np
import torch

from autograder.kit import assert_dtype, assert_shape, call

TITLE = "A kernel as a matrix, and as a filter"
KERNEL = torch.tensor([[1.0, 2, 1], [3, 5, 3], [1, 2, 1]])
SOBEL = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
SIZE = 64
LARGEST = 8.0  # what entries of KERNEL, and of a picture in [0, 1] filtered by SOBEL, stay below


def draw(student, figure):
    """Draw two matrices and two filtered images, all made by the student's own code."""
    figure.set_size_inches(11, 6.6)
    figure.set_layout_engine("constrained")
    upper, lower = figure.subfigures(2, 1, height_ratios=(1, 1.25))
    for axes, stride in zip(upper.subplots(1, 2, width_ratios=(4, 3)), (1, 2), strict=True):
        draw_matrix(axes, student, stride)
    draw_edges(lower, student)


def draw_matrix(axes, student, stride):
    """Draw the matrix of a 3x3 kernel on a 6x6 image."""
    rows = 16 if stride == 1 else 4
    where = call("conv_matrix", kernel=KERNEL, input_shape=(6, 6), stride=stride)
    matrix = pixels_of(student.conv_matrix(KERNEL, (6, 6), stride), (rows, 36), where)
    axes.imshow(np.ma.masked_equal(matrix, 0), cmap="viridis_r", vmin=0, vmax=5, aspect="equal")
    axes.set_facecolor("#f4f5f7")
    axes.set_xticks(np.arange(0, 36, 6) - 0.5, range(0, 36, 6))
    side = 4 if stride == 1 else 2
    axes.set_yticks(np.arange(0, rows, side) - 0.5, range(0, rows, side))
    axes.grid(color="white", linewidth=1.2)
    axes.tick_params(length=0)
    shape = f"{rows} x 36"
    axes.set(title=f"3x3 kernel on 6x6 pixels, stride {stride}: {shape}", xlabel="pixel")
    axes.set_ylabel("output")


def draw_edges(figure, student):
    """Draw an image and its edges, once for each direction."""
    image = picture()
    axes = figure.subplots(1, 3)
    axes[0].imshow(image.numpy(), cmap="gray", vmin=0, vmax=1)
    axes[0].set_title("image")
    names = ("left to right", "top to bottom")
    for panel, kernel, name in zip(axes[1:], (SOBEL, SOBEL.T), names, strict=True):
        where = call("cross_correlate2d", x=image, kernel=kernel, padding=1)
        edges = pixels_of(student.cross_correlate2d(image, kernel, padding=1), image.shape, where)
        shown = panel.imshow(edges, cmap="RdBu_r", vmin=-4, vmax=4)
        panel.set_title(f"change {name}")
    for panel in axes:
        panel.set_xticks([])
        panel.set_yticks([])
    figure.colorbar(shown, ax=axes, shrink=0.8)


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
