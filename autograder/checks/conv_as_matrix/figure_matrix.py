"""A figure of conv_as_matrix: the matrix of a kernel, for two strides."""

from __future__ import annotations

import numpy as np
import torch

from autograder.kit import assert_dtype, assert_shape, call

TITLE = "A kernel as a matrix"
KERNEL = torch.tensor([[1.0, 2, 1], [3, 5, 3], [1, 2, 1]])
LARGEST = 8.0  # what the entries of KERNEL stay below


def draw(student, figure):
    """Draw two matrices, both made by the student's own code."""
    for axes, stride in zip(figure.subplots(2, 1, height_ratios=(4, 1)), (1, 2), strict=True):
        draw_matrix(axes, student, stride)


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
    axes.set_title(f"3x3 kernel on 6x6 pixels, stride {stride}: {shape}", fontsize=10)
    axes.set(xlabel="pixel", ylabel="output")


def pixels_of(got, shape, where):
    """Return the values to be drawn, once they are known to be a picture."""
    assert_shape(got, shape, where)
    assert_dtype(got, torch.float32, where)
    finite = got.detach().cpu().nan_to_num(0.0, LARGEST, -LARGEST)
    return finite.clamp(-LARGEST, LARGEST).numpy()
