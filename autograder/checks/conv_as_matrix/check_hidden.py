"""Hidden checks of conv_as_matrix: other shapes, strides and paddings, against torch's own.

Oracles run in float64 on the CPU. Inputs in float32 are small whole numbers, for which products
and sums are exact in any order and on any device, so the kit's 1e-4 has nothing to forgive. Those
in float64 are normal: sums of at most 200 products are off by 1e-13, and 1e-9 is allowed.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest
import torch
from torch.nn import functional

from autograder.kit import (
    assert_close,
    assert_dtype,
    assert_equal,
    assert_shape,
    call,
    likely,
    task,
    untouched,
)

FLIPPED = "the kernel is flipped: cross-correlation does not mirror it"
BOTH_SIDES = "padding goes on all four sides, not on one of each axis"
TRANSPOSED = "it is transposed: the docstring says what is a row and what a column"
EVERY_WINDOW = "every window adds to its pixels; what falls on the padding is dropped"


class Layout(NamedTuple):
    """Sizes of a convolution of one batch."""

    image: tuple[int, int]
    kernel: tuple[int, int]
    stride: int
    padding: int
    batch: int = 1
    channels: int = 1
    dtype: torch.dtype = torch.float64

    @property
    def steps(self):
        """Stride and padding, as every function takes them."""
        return {"stride": self.stride, "padding": self.padding}


# Odd and even, tall and wide; strides that leave pixels unused; padding wider than the kernel.
LAYOUTS = (
    Layout((7, 5), (3, 2), 1, 0, 1, 3),
    Layout((7, 9), (2, 3), 2, 1, 3, 2, torch.float32),
    Layout((6, 8), (3, 3), 3, 2, 2, 1),
    Layout((9, 4), (4, 1), 2, 3, 2, 3),
)
every_layout = pytest.mark.parametrize("layout", LAYOUTS)


@task("output_size")
def check_output_size_counts_the_positions(student, rng):
    """the output size is the number of positions that lie inside the padded axis"""
    for _ in range(24):
        kernel, stride, padding = rng.integer(1, 6), rng.integer(1, 5), rng.integer(0, 4)
        size = kernel + rng.integer(0, 20)
        inputs = {"size": size, "kernel": kernel, "stride": stride, "padding": padding}
        got = student.conv_output_size(**inputs)
        positions = len(range(0, size + 2 * padding - kernel + 1, stride))
        assert_equal(got, positions, call("conv_output_size", **inputs))


@task("cross_correlation")
@every_layout
def check_cross_correlation_of_other_shapes(student, rng, device, layout):
    """cross_correlate2d is right for any shape, stride and padding, in float32 and float64"""
    x, kernel = _draw(rng, layout, *layout.image), _draw(rng, layout, *layout.kernel)
    the_call = call("cross_correlate2d", x=x, kernel=kernel, **layout.steps)
    got = untouched(student.cross_correlate2d)(x.to(device), kernel.to(device), **layout.steps)
    images, weight = x[None, None], kernel[None, None]
    wrong = {
        FLIPPED: lambda: _correlate(images, weight.flip(2, 3), layout)[0, 0],
        BOTH_SIDES: lambda: _correlate(*_one_sided(images, layout, weight))[0, 0],
    }
    expected = _correlate(images, weight, layout)[0, 0]
    _compare(got, expected.to(device, x.dtype), the_call, wrong)


@task("matrix")
@every_layout
def check_matrix_of_other_shapes(student, rng, device, layout):
    """every entry of the matrix is right for any shape, stride and padding"""
    kernel = _draw(rng, layout, *layout.kernel)
    the_call = call("conv_matrix", kernel=kernel, input_shape=layout.image, **layout.steps)
    got = untouched(student.conv_matrix)(kernel.to(device), layout.image, **layout.steps)
    expected = _matrix(kernel, layout)
    wrong = {FLIPPED: lambda: _matrix(kernel.flip(0, 1), layout), TRANSPOSED: expected.T}
    _compare(got, expected.to(device, kernel.dtype), the_call, wrong)


@task("matrix")
@pytest.mark.parametrize(("stride", "rows"), [(1, 15), (2, 6)])
def check_matrix_has_one_kernel_per_row(student, device, stride, rows):
    """each row of the matrix has exactly M·N non-zeros: the entries of the kernel, once each"""
    kernel = torch.arange(1.0, 7.0).reshape(2, 3)
    the_call = call("conv_matrix", kernel=kernel, input_shape=(6, 5), stride=stride)
    got = student.conv_matrix(kernel.to(device), (6, 5), stride)
    assert_shape(got, (rows, 30), the_call, hint="one row per output, one column per pixel")
    assert_dtype(got, kernel.dtype, the_call)
    counts, largest = (got != 0).sum(1).cpu(), got.sort(1).values[:, -6:].cpu()
    assert_close(counts, torch.full((rows,), 6), the_call, what="the count of non-zeros by row")
    entries = kernel.flatten().expand(rows, 6)
    assert_close(largest, entries, the_call, what="the sorted non-zeros by row")


@task("im2col")
@every_layout
def check_im2col_of_other_shapes(student, rng, device, layout):
    """im2col copies every window, in order, for any shape, stride and padding"""
    x, _ = _draw_layer(rng, layout)
    the_call = call("im2col", x=x, kernel_shape=layout.kernel, **layout.steps)
    got = untouched(student.im2col)(x.to(device), layout.kernel, **layout.steps)
    expected = _windows(x, layout)
    wrong = {TRANSPOSED: expected.mT, BOTH_SIDES: lambda: _windows(*_one_sided(x, layout))}
    _compare(got, expected.to(device), the_call, wrong)


@task("col2im")
@every_layout
def check_col2im_is_the_adjoint_of_im2col(student, rng, device, layout):
    """<im2col(x), columns> is <x, col2im(columns)>, for any shape, stride and padding"""
    x, _ = _draw_layer(rng, layout)
    windows = _windows(x, layout)
    columns = _draw(rng, layout, *windows.shape)
    shapes = {"output_shape": layout.image, "kernel_shape": layout.kernel}
    the_call = call("col2im", columns=columns, **shapes, **layout.steps)
    got = untouched(student.col2im)(columns.to(device), **shapes, **layout.steps)
    assert_shape(got, x.shape, the_call, hint="cut the padding off again")
    assert_dtype(got, x.dtype, the_call)
    product, expected = (x * got.detach().cpu()).sum(), (windows * columns).sum()
    assert_close(product, expected, the_call, what="<x, col2im(columns)>", hint=EVERY_WINDOW)
    images = functional.fold(columns, layout.image, layout.kernel, **layout.steps)
    assert_close(got, images.to(device), the_call, hint=EVERY_WINDOW)


@task("conv2d")
@every_layout
def check_conv2d_of_other_shapes(student, rng, device, layout):
    """conv2d agrees with torch for any shape, stride and padding, with and without bias"""
    x, weight = _draw_layer(rng, layout)
    bias = _draw(rng, layout, 4, 1)[:, 0] if layout.padding else None
    the_call = call("conv2d", x=x, weight=weight, bias=bias, **layout.steps)
    on_device = [part if part is None else part.to(device) for part in (x, weight, bias)]
    got = untouched(student.conv2d)(*on_device, **layout.steps)
    added = 0 if bias is None else bias[:, None, None].double()
    wrong = {
        FLIPPED: lambda: _correlate(x, weight.flip(2, 3), layout) + added,
        BOTH_SIDES: lambda: _correlate(*_one_sided(x, layout, weight)) + added,
    }
    expected = _correlate(x, weight, layout) + added
    _compare(got, expected.to(device, x.dtype), the_call, wrong)


@task("backward")
@pytest.mark.parametrize("layout", LAYOUTS[1:3])
@pytest.mark.parametrize("which", ["grad_x", "grad_weight", "grad_bias"])
def check_gradients_of_other_shapes(student, rng, device, layout, which):
    """all three gradients are right for any shape, stride and padding, summed over the batch"""
    x, weight = _draw_layer(rng, layout)
    grad_output = _draw(rng, layout, *_correlate(x, weight, layout).shape)
    inputs = {"grad_output": grad_output, "x": x, "weight": weight}
    the_call = call("conv2d_backward", **inputs, **layout.steps)
    on_device = {name: value.to(device) for name, value in inputs.items()}
    got = untouched(student.conv2d_backward)(**on_device, **layout.steps)
    expected = _gradients(x, weight, grad_output, layout)
    if not isinstance(got, tuple | list) or len(got) != 3:
        raise the_call.failed(f"the result is no triple, but should be ({', '.join(expected)})")
    entry, should = got[list(expected).index(which)], expected[which]
    wrong = {
        "the batch is summed too": grad_output.sum((2, 3)),
        "sum over the batch, not the mean": should / layout.batch,
    }
    _compare(entry, should.to(device, x.dtype), the_call, wrong, what=which)


def _draw(rng, layout, *shape):
    """Return a non-contiguous tensor of `shape`; in float32 it holds small whole numbers."""
    turned = (*shape[:-2], shape[-1], shape[-2])
    if layout.dtype is torch.float32:
        return rng.integers(-4, 5, *turned).float().mT
    return rng.normal(*turned, dtype=layout.dtype).mT


def _draw_layer(rng, layout):
    x = _draw(rng, layout, layout.batch, layout.channels, *layout.image)
    return x, _draw(rng, layout, 4, layout.channels, *layout.kernel)


def _correlate(x, weight, layout):
    return functional.conv2d(x.double(), weight.double(), **layout.steps)


def _windows(x, layout):
    return functional.unfold(x, layout.kernel, **layout.steps)


def _one_sided(x, layout, *weight):
    """Return the arguments of the same convolution with all padding above and to the left."""
    before = 2 * layout.padding
    return functional.pad(x, (before, 0, before, 0)), *weight, layout._replace(padding=0)


def _matrix(kernel, layout):
    """Return the matrix whose columns are the convolutions of all images with a single 1."""
    pixels = layout.image[0] * layout.image[1]
    units = torch.eye(pixels, dtype=torch.float64).reshape(pixels, 1, *layout.image)
    return _correlate(units, kernel[None, None], layout).flatten(1).T


def _gradients(x, weight, grad_output, layout):
    """Return the gradients of <conv2d(x, weight) + bias, grad_output>, by torch, in float64."""
    x, weight = (leaf.detach().double().requires_grad_() for leaf in (x, weight))
    out = _correlate(x, weight, layout)
    grad_x, grad_weight = torch.autograd.grad(out, (x, weight), grad_output.double())
    return {"grad_x": grad_x, "grad_weight": grad_weight, "grad_bias": grad_output.sum((0, 2, 3))}


def _compare(got, expected, the_call, wrong, what="the result"):
    hint = likely(got, wrong)
    assert_shape(got, expected.shape, the_call, what=what, hint=hint)
    assert_close(got, expected, the_call, what=what, hint=hint)
