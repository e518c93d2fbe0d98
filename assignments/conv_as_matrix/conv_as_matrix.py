"""Write a convolution as a matrix, and as one matrix product; then differentiate it by hand.

"Convolution" means what deep learning means by it: cross-correlation, without mirroring the kernel.
Notation: an image is H rows by W columns, a kernel M by N; H' and W' are rows and columns of the
output; B is the batch, C the channels of the input, O those of the output, and L = H' * W' the
number of output positions. Everything counts from 0. `stride` and `padding` are ints that hold for
both axes, and padding adds zeros on all four sides. Tensors are float32 or float64, all arguments
of a call alike; results have their dtype and are on their device. Arguments are left as they were.

"By hand" means without `conv*`, `unfold` or `fold` of `torch.nn` and without autograd; indexing,
padding, `as_strided`, `Tensor.unfold`, `einsum` and matrix products are fine.
"""

from __future__ import annotations

import torch


def conv_output_size(size: int, kernel: int, stride: int = 1, padding: int = 0) -> int:
    """Count the positions of a kernel along one axis of an image.

    floor((size + 2 * padding - kernel) / stride) + 1

    Args:
        size: length of the image along the axis, H or W.
        kernel: length of the kernel along the axis, M or N; at least 1.
        stride: step from one position to the next; at least 1.
        padding: zeros added at either end of the axis; at least 0.

    Returns:
        int, the length of the output along the axis, H' or W'.

    Raises:
        ValueError: kernel < 1, stride < 1, padding < 0, or kernel > size + 2 * padding.

    Source: Dumoulin, Visin, A guide to convolution arithmetic for deep learning, 2016,
        arXiv:1603.07285, relationship 6.
    """
    # TODO: write this function
    raise NotImplementedError("conv_as_matrix.py: conv_output_size is not written yet")


def cross_correlate2d(
    x: torch.Tensor, kernel: torch.Tensor, stride: int = 1, padding: int = 0
) -> torch.Tensor:
    """Slide a kernel over an image and sum the products, by hand.

    With p the image framed by `padding` zeros,
    z[a, b] = sum over m < M and n < N of kernel[m, n] * p[stride * a + m, stride * b + n].

    Args:
        x: float32 (H, W), the image.
        kernel: float32 (M, N), the kernel.
        stride: step between windows, down and to the right.
        padding: zeros added on each of the four sides.

    Returns:
        float32 (H', W').

    Raises:
        ValueError: stride < 1, padding < 0, or the kernel does not fit into the padded image.

    Source: Goodfellow, Bengio, Courville, Deep Learning, 2016, section 9.1, eq. 9.6.

    Hint: loop over the M * N entries of the kernel, not over the image. Each entry meets a regular
        grid of the padded image, which is one slice with a step.
    """
    # TODO: write this function
    raise NotImplementedError("conv_as_matrix.py: cross_correlate2d is not written yet")


def conv_matrix(
    kernel: torch.Tensor, input_shape: tuple[int, int], stride: int = 1, padding: int = 0
) -> torch.Tensor:
    """Build the matrix that convolves an image written as one long vector.

    conv_matrix(kernel, (H, W)) @ x.flatten() == cross_correlate2d(x, kernel).flatten()

    Row W' * a + b belongs to the output (a, b), column W * i + j to the pixel (i, j). The entry is
    kernel[i + padding - stride * a, j + padding - stride * b] where both indices lie inside the
    kernel, and 0 everywhere else.

    Args:
        kernel: float32 (M, N), the kernel.
        input_shape: (H, W) of the image, without padding.
        stride: step between windows, down and to the right.
        padding: zeros added on each of the four sides.

    Returns:
        float32 (H' * W', H * W), a dense matrix.

    Raises:
        ValueError: stride < 1, padding < 0, or the kernel does not fit into the padded image.

    Source: Goodfellow, Bengio, Courville, 2016, section 9.1 (a doubly block circulant matrix,
        without the rows that wrap around); Dumoulin, Visin, 2016, section 4.1.

    Hint: a row, folded back to the shape of the image, is an empty image with the kernel pasted in.
        What is pasted over the edge is cut off.
    """
    # TODO: write this function
    raise NotImplementedError("conv_as_matrix.py: conv_matrix is not written yet")


def im2col(
    x: torch.Tensor, kernel_shape: tuple[int, int], stride: int = 1, padding: int = 0
) -> torch.Tensor:
    """Write every window of the images as a column, by hand.

    Column l = W' * a + b is the window of output (a, b), row by row, channel after channel: with p
    the images framed by `padding` zeros, row (M * c + m) * N + n of it is
    p[..., c, stride * a + m, stride * b + n].

    Args:
        x: float32 (B, C, H, W), the images.
        kernel_shape: (M, N) of the kernel.
        stride: step between windows, down and to the right.
        padding: zeros added on each of the four sides.

    Returns:
        float32 (B, C * M * N, L), L = H' * W'.

    Raises:
        ValueError: stride < 1, padding < 0, or the kernel does not fit into the padded images.

    Source: Chellapilla, Puri, Simard, High Performance Convolutional Neural Networks for Document
        Processing, 2006 (unrolling the convolution).

    Hint: six axes (B, C, M, N, H', W') in this order, then one reshape.
    """
    # TODO: write this function
    raise NotImplementedError("conv_as_matrix.py: im2col is not written yet")


def col2im(
    columns: torch.Tensor,
    output_shape: tuple[int, int],
    kernel_shape: tuple[int, int],
    stride: int = 1,
    padding: int = 0,
) -> torch.Tensor:
    """Add every column back to the window it came from: the adjoint of `im2col`.

    <im2col(x), columns> = <x, col2im(columns)> for all x and columns, where <,> is the sum of the
    products of all entries. So a pixel receives the sum of all entries that `im2col` copies it to,
    and what falls on the padding is dropped. This is not the inverse of `im2col`.

    Args:
        columns: float32 (B, C * M * N, L), in the order of `im2col`.
        output_shape: (H, W) of the images, without padding.
        kernel_shape: (M, N) of the kernel.
        stride: step between windows, down and to the right.
        padding: zeros that `im2col` added on each of the four sides.

    Returns:
        float32 (B, C, H, W).

    Raises:
        ValueError: columns has no multiple of M * N rows, or L is not H' * W'; or as `im2col`.

    Source: Dumoulin, Visin, 2016, section 4.2 (the transposed convolution).

    Hint: overlapping windows must add up. An assignment through an index, or into a view, keeps
        only one of several values; the M * N slices of the padded image do not overlap themselves.
    """
    # TODO: write this function
    raise NotImplementedError("conv_as_matrix.py: col2im is not written yet")


def conv2d(
    x: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    stride: int = 1,
    padding: int = 0,
) -> torch.Tensor:
    """Convolve a batch of images with a bank of kernels: one matrix product on `im2col`.

    With p the images framed by `padding` zeros, out[k, o, a, b] = bias[o] + sum over c, m, n of
    weight[o, c, m, n] * p[k, c, stride * a + m, stride * b + n]. It need not be differentiable.

    Args:
        x: float32 (B, C, H, W), the images.
        weight: float32 (O, C, M, N), one kernel for each pair of channels.
        bias: float32 (O,), added to every position of its channel; None adds nothing.
        stride: step between windows, down and to the right.
        padding: zeros added on each of the four sides.

    Returns:
        float32 (B, O, H', W').

    Raises:
        ValueError: x and weight disagree about C, or as `im2col`.

    Source: Chellapilla, Puri, Simard, 2006; Goodfellow, Bengio, Courville, 2016, eq. 9.7, 9.8.
    """
    # TODO: write this function
    raise NotImplementedError("conv_as_matrix.py: conv2d is not written yet")


def conv2d_backward(
    grad_output: torch.Tensor,
    x: torch.Tensor,
    weight: torch.Tensor,
    stride: int = 1,
    padding: int = 0,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Differentiate `conv2d` by hand: the gradients of a loss, given its gradient at the output.

    Let G[k] be grad_output[k] as an (O, L) matrix, X[k] the columns of image k and K the weight as
    an (O, C * M * N) matrix. Then out[k] = K X[k] + bias, hence
    grad_weight = sum over k of G[k] X[k]^T,
    grad_x[k] = col2im(K^T G[k]),
    grad_bias[o] = sum over k, a, b of grad_output[k, o, a, b].

    Args:
        grad_output: float32 (B, O, H', W'), the gradient of the loss at the output.
        x: float32 (B, C, H, W), the images given to `conv2d`.
        weight: float32 (O, C, M, N), the weight given to `conv2d`.
        stride: stride given to `conv2d`.
        padding: padding given to `conv2d`.

    Returns:
        tuple (grad_x, grad_weight, grad_bias): float32 (B, C, H, W), float32 (O, C, M, N) and
        float32 (O,).

    Raises:
        ValueError: grad_output has not the shape of conv2d's result.

    Source: Goodfellow, Bengio, Courville, 2016, section 9.5, eq. 9.11 and 9.13.
    """
    # TODO: write this function
    raise NotImplementedError("conv_as_matrix.py: conv2d_backward is not written yet")
