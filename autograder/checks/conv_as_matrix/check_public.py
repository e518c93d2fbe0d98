"""Public checks of conv_as_matrix: small cases that can be followed with pencil and paper."""

from __future__ import annotations

import pytest
import torch

from autograder.kit import (
    assert_close,
    assert_dtype,
    assert_equal,
    assert_gradient,
    assert_shape,
    call,
    likely,
    task,
    untouched,
)

IMAGE = torch.tensor([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]])
KERNEL = torch.tensor([[1.0, 2], [3, 4]])
IMAGE_BY_KERNEL = torch.tensor([[37.0, 47], [67, 77]])
FLIPPED = "the kernel is flipped: cross-correlation does not mirror it"
ROWS = "one row per output, H' * W' of them, and one column per pixel, H * W"
MATRIX = torch.tensor(
    [
        [1.0, 2, 0, 3, 4, 0, 0, 0, 0],
        [0, 1, 2, 0, 3, 4, 0, 0, 0],
        [0, 0, 0, 1, 2, 0, 3, 4, 0],
        [0, 0, 0, 0, 1, 2, 0, 3, 4],
    ]
)


@task("output_size")
def check_output_size_of_known_cases(student):
    """the output size is right for known networks, and rounded down"""
    known = [  # LeNet, VGG, ResNet's stem, AlexNet; 6 by 3 leaves a column unused
        (28, 5, 1, 0, 24),
        (32, 3, 1, 1, 32),
        (224, 7, 2, 3, 112),
        (227, 11, 4, 0, 55),
        (6, 3, 2, 0, 2),
    ]
    for size, kernel, stride, padding, expected in known:
        the_call = call(
            "conv_output_size", size=size, kernel=kernel, stride=stride, padding=padding
        )
        got = student.conv_output_size(size, kernel, stride=stride, padding=padding)
        hint = _size_hint(got, size, kernel, stride, padding)
        assert_equal(got, expected, the_call, hint=hint)
    default = student.conv_output_size(28, 5)
    assert_equal(default, 24, call("conv_output_size", size=28, kernel=5))


@task("cross_correlation")
def check_cross_correlation_of_the_worked_example(student, device):
    """cross_correlate2d gives the worked example of the handout"""
    the_call = call("cross_correlate2d", x=IMAGE, kernel=KERNEL)
    got = untouched(student.cross_correlate2d)(IMAGE.to(device), KERNEL.to(device))
    wrong = {FLIPPED: torch.tensor([[23.0, 33], [53, 63]])}
    assert_shape(got, (2, 2), the_call, hint="the output is H' by W', smaller than the image")
    assert_close(got, IMAGE_BY_KERNEL.to(device), the_call, hint=likely(got, wrong))


@task("matrix")
def check_matrix_of_the_worked_example(student, device):
    """row W'·a + b of the matrix holds the kernel where output (a, b) sees the image, else 0"""
    the_call = call("conv_matrix", kernel=KERNEL, input_shape=(3, 3))
    got = untouched(student.conv_matrix)(KERNEL.to(device), (3, 3))
    window = MATRIX != 0
    by_position = torch.tensor([[1.0, 2, 1], [3, 4, 3], [1, 2, 1]]).flatten()
    wrong = {
        "it is transposed: outputs are rows, pixels are columns": MATRIX.T,
        FLIPPED: MATRIX.flip(0, 1),
        "the weight is chosen by its place in the window, not in the image": window * by_position,
    }
    assert_shape(got, (4, 9), the_call, hint=likely(got, wrong) or ROWS)
    assert_dtype(got, MATRIX.dtype, the_call)
    swapped = "the kernel stands inside the window and 0 outside, here it is the other way round"
    hint = likely(got, wrong) or likely(got != 0, {swapped: ~window})
    assert_close(got, MATRIX.to(device), the_call, hint=hint)


@task("matrix")
@pytest.mark.parametrize("stride", [1, 2])
def check_matrix_times_image_is_the_convolution(student, rng, device, stride):
    """the matrix times the flattened image is the flattened cross-correlation"""
    # Small whole numbers make every float32 product and sum exact.
    x = rng.integers(-4, 5, 5, 7).float()
    kernel = rng.integers(1, 5, 2, 3).float()
    the_call = call("conv_matrix", kernel=kernel, input_shape=(5, 7), stride=stride)
    expected = _correlate(x[None, None], kernel[None, None], stride).flatten()
    got = student.conv_matrix(kernel.to(device), (5, 7), stride=stride)
    assert_shape(got, (len(expected), 35), the_call, hint=ROWS)
    assert_dtype(got, kernel.dtype, the_call)
    product = got.detach().cpu().to(torch.float64) @ x.flatten().to(torch.float64)
    assert_close(product, expected, the_call, what="matrix @ x.flatten()")


@task("matrix")
def check_transposed_matrix_is_the_gradient(student, rng, device):
    """the transposed matrix maps a gradient at the output to the gradient at the image"""
    x, kernel = rng.normal(1, 1, 6, 7).double().requires_grad_(), rng.normal(3, 2).double()
    the_call = call("conv_matrix", kernel=kernel, input_shape=(6, 7), stride=2)
    got = student.conv_matrix(kernel.to(device), (6, 7), stride=2)
    assert_shape(got, (6, 42), the_call, hint=ROWS)
    assert_dtype(got, kernel.dtype, the_call)
    grad_output = rng.normal(1, 1, 2, 3).double()
    out = _correlate(x, kernel[None, None], stride=2)
    (expected,) = torch.autograd.grad(out, x, grad_output)
    product = got.detach().cpu().T @ grad_output.flatten()
    assert_close(product, expected.flatten(), the_call, what="matrix.T @ grad_output.flatten()")


@task("im2col")
def check_im2col_orders_rows_and_columns(student, device):
    """rows of im2col run over channel, kernel row, kernel column; columns over the positions"""
    x = torch.stack((IMAGE, 10 * IMAGE))[None]
    the_call = call("im2col", x=x, kernel_shape=(2, 2))
    channel = [[1.0, 2, 4, 5], [2, 3, 5, 6], [4, 5, 7, 8], [5, 6, 8, 9]]
    expected = torch.tensor([[*channel, *(10 * torch.tensor(channel)).tolist()]])
    got = untouched(student.im2col)(x.to(device), (2, 2))
    wrong = {
        "it is transposed: a window is a column, L runs along the last axis": expected.mT,
        "the channel comes first, then the place in the window": expected.reshape(1, 2, 4, 4)
        .transpose(1, 2)
        .reshape(1, 8, 4),
    }
    assert_shape(got, (1, 8, 4), the_call, hint=likely(got, wrong))
    assert_close(got, expected.to(device), the_call, hint=likely(got, wrong))


@task("col2im")
def check_col2im_of_ones_counts_the_windows(student, device):
    """col2im of ones counts the windows that see each pixel"""
    columns = torch.ones(1, 4, 4)
    the_call = call("col2im", columns=columns, output_shape=(3, 3), kernel_shape=(2, 2))
    got = untouched(student.col2im)(columns.to(device), (3, 3), (2, 2))
    expected = torch.tensor([[[[1.0, 2, 1], [2, 4, 2], [1, 2, 1]]]])
    wrong = {"overlapping windows add up; here one of them wins": torch.ones(1, 1, 3, 3)}
    assert_close(got, expected.to(device), the_call, hint=likely(got, wrong))


@task("conv2d")
def check_conv2d_of_the_worked_example(student, device):
    """conv2d sums over the input channels and adds one bias per output channel"""
    x = torch.stack((IMAGE, IMAGE.flip(0)))[None]
    weight = torch.stack((KERNEL, -KERNEL, KERNEL, KERNEL.T)).reshape(2, 2, 2, 2)
    bias = torch.tensor([1.0, -2])
    the_call = call("conv2d", x=x, weight=weight, bias=bias)
    got = untouched(student.conv2d)(x.to(device), weight.to(device), bias.to(device))
    without = torch.tensor([[[[-18.0, -18], [42, 42]], [[96, 116], [96, 116]]]])
    expected = without + bias[:, None, None]
    wrong = {
        "the bias is missing": without,
        "each output channel has its own bias": without + 1,
        "the bias belongs to the channel, not to the column": without + bias,
    }
    assert_close(got, expected.to(device), the_call, hint=likely(got, wrong))


@task("backward")
def check_grad_x_by_central_differences(student, rng, device):
    """grad_x agrees with central differences"""
    # The loss is linear in x, so any step is exact; a large one loses no digits.
    x, weight, grad_output = _small_layer(rng)
    the_call = call("conv2d_backward", grad_output=grad_output, x=x, weight=weight)
    function = untouched(student.conv2d_backward)
    got = function(grad_output.to(device), x.to(device), weight.to(device))
    grad_x, _, _ = _gradients(got, the_call)
    assert_gradient(
        grad_x,
        lambda moved: (_correlate(moved, weight) * grad_output).sum(),
        x,
        the_call,
        what="grad_x",
        step=0.5,
    )


@task("backward")
def check_grad_weight_by_central_differences(student, rng, device):
    """grad_weight agrees with central differences"""
    # The loss is linear in the weight, so any step is exact; a large one loses no digits.
    x, weight, grad_output = _small_layer(rng)
    the_call = call("conv2d_backward", grad_output=grad_output, x=x, weight=weight)
    got = student.conv2d_backward(grad_output.to(device), x.to(device), weight.to(device))
    _, grad_weight, _ = _gradients(got, the_call)
    assert_gradient(
        grad_weight,
        lambda moved: (_correlate(x, moved) * grad_output).sum(),
        weight,
        the_call,
        what="grad_weight",
        step=0.5,
    )


@task("backward")
def check_grad_bias_of_a_small_convolution(student, device):
    """grad_bias is the sum of grad_output over the batch and all positions"""
    grad_output = torch.arange(8.0).reshape(2, 2, 1, 2)
    x, weight = torch.ones(2, 1, 2, 3), torch.ones(2, 1, 2, 2)
    the_call = call("conv2d_backward", grad_output=grad_output, x=x, weight=weight)
    got = student.conv2d_backward(grad_output.to(device), x.to(device), weight.to(device))
    _, _, grad_bias = _gradients(got, the_call)
    wrong = {
        "the batch is summed too": grad_output.sum((2, 3)),
        "sum over the batch, not the mean": grad_output.sum((2, 3)).mean(0),
        "sum over the positions, not the mean": grad_output.mean((2, 3)).sum(0),
    }
    hint = likely(grad_bias, wrong)
    assert_shape(grad_bias, (2,), the_call, what="grad_bias", hint=hint)
    expected = torch.tensor([10.0, 18.0], device=device)
    assert_close(grad_bias, expected, the_call, what="grad_bias", hint=hint)


def _correlate(x, weight, stride=1):
    x, weight = x.to(torch.float64), weight.to(torch.float64)
    return torch.nn.functional.conv2d(x, weight, stride=stride)


def _small_layer(rng):
    shapes = (2, 2, 4, 3), (3, 2, 2, 2), (2, 3, 3, 2)
    return [rng.normal(*shape, dtype=torch.float64) for shape in shapes]


def _gradients(got, the_call):
    if not isinstance(got, tuple | list) or len(got) != 3:
        raise the_call.failed("the result should be the tuple (grad_x, grad_weight, grad_bias)")
    return got


def _size_hint(got, size, kernel, stride, padding):
    steps = size + 2 * padding - kernel
    wrong = {
        "the result is an int; // divides and rounds down": steps / stride + 1,
        "round down: a last step that does not fit is not taken": -(-steps // stride) + 1,
        "n steps reach n + 1 positions": steps // stride,
        "padding is added at both ends": (size + padding - kernel) // stride + 1,
        "a kernel has fewer positions than the image has pixels": size,
    }
    return likely(got, wrong)
