"""Every function as its formula reads: loops over outputs, gathers by index, float64 inside."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

Pair = Sequence[int]


def conv_output_size(size: int, kernel: int, stride: int = 1, padding: int = 0) -> int:
    """Count the positions by trying them."""
    if kernel < 1 or stride < 1 or padding < 0:
        raise ValueError(f"kernel {kernel}, stride {stride}, padding {padding}")
    positions = range(-padding, size + padding - kernel + 1, stride)
    if not positions:
        raise ValueError(f"a kernel of {kernel} leaves nothing of {size}")
    return len(positions)


def _sizes(input_shape: Pair, kernel_shape: Pair, stride: int, padding: int) -> list[int]:
    axes = zip(input_shape, kernel_shape, strict=True)
    return [conv_output_size(size, kernel, stride, padding) for size, kernel in axes]


def _pixels(
    input_shape: Pair, kernel_shape: Pair, stride: int, padding: int
) -> Iterator[tuple[int, ...]]:
    """Yield (output row, output column, kernel row, kernel column, pixel row, pixel column)."""
    rows, columns = _sizes(input_shape, kernel_shape, stride, padding)
    (H, W), (M, N) = input_shape, kernel_shape
    for a, b, m, n in itertools.product(range(rows), range(columns), range(M), range(N)):
        i, j = stride * a + m - padding, stride * b + n - padding
        if 0 <= i < H and 0 <= j < W:
            yield a, b, m, n, i, j


def cross_correlate2d(x: Tensor, kernel: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
    """Add product after product, in float64."""
    total = torch.zeros(_sizes(x.shape, kernel.shape, stride, padding), dtype=torch.float64)
    for a, b, m, n, i, j in _pixels(x.shape, kernel.shape, stride, padding):
        total[a, b] += float(x[i, j]) * float(kernel[m, n])
    return total.to(x)


def conv_matrix(kernel: Tensor, input_shape: Pair, stride: int = 1, padding: int = 0) -> Tensor:
    """Put weight after weight where its pixel is."""
    (_, W), (rows, columns) = input_shape, _sizes(input_shape, kernel.shape, stride, padding)
    matrix = torch.zeros(rows * columns, input_shape[0] * W).to(kernel)
    for a, b, m, n, i, j in _pixels(input_shape, kernel.shape, stride, padding):
        matrix[a * columns + b, i * W + j] = kernel[m, n]
    return matrix


def _gather(input_shape: Pair, kernel_shape: Pair, stride: int, padding: int) -> Tensor:
    """Return for every window entry its pixel in the flattened image, and one past it for none."""
    (H, W), (rows, columns) = input_shape, _sizes(input_shape, kernel_shape, stride, padding)
    index = torch.full((*kernel_shape, rows, columns), H * W)
    for a, b, m, n, i, j in _pixels(input_shape, kernel_shape, stride, padding):
        index[m, n, a, b] = i * W + j
    return index.reshape(-1)


def im2col(x: Tensor, kernel_shape: Pair, stride: int = 1, padding: int = 0) -> Tensor:
    """Gather all window entries at once from the image and one extra zero."""
    B, C, H, W = x.shape
    index = _gather((H, W), kernel_shape, stride, padding).to(x.device)
    with_zero = torch.cat([x.reshape(B, C, H * W), x.new_zeros(B, C, 1)], dim=2)
    area = kernel_shape[0] * kernel_shape[1]
    return with_zero[:, :, index].reshape(B, C * area, index.numel() // area)


def col2im(
    columns: Tensor, output_shape: Pair, kernel_shape: Pair, stride: int = 1, padding: int = 0
) -> Tensor:
    """Scatter all entries at once, those of the padding into one extra pixel."""
    (H, W), area = output_shape, kernel_shape[0] * kernel_shape[1]
    index = _gather(output_shape, kernel_shape, stride, padding).to(columns.device)
    B, length, L = columns.shape
    if length % area or L * area != index.numel():
        raise ValueError(f"columns of shape {tuple(columns.shape)}")
    entries = columns.reshape(B, length // area, area * L)
    pixels = columns.new_zeros(B, length // area, H * W + 1)
    pixels.index_add_(2, index, entries)
    return pixels[:, :, :-1].reshape(B, length // area, H, W)


def conv2d(
    x: Tensor, weight: Tensor, bias: Tensor | None = None, stride: int = 1, padding: int = 0
) -> Tensor:
    """Convolve channel by channel with `cross_correlate2d`."""
    if x.shape[1] != weight.shape[1]:
        raise ValueError(f"{x.shape[1]} channels of x, {weight.shape[1]} of weight")
    images = []
    for image, kernels in itertools.product(x, weight):
        pairs = zip(image, kernels, strict=True)
        images.append(sum(cross_correlate2d(c, k, stride, padding) for c, k in pairs))
    out = torch.stack(images).reshape(len(x), len(weight), *images[0].shape)
    return out if bias is None else out + bias.reshape(1, -1, 1, 1)


def conv2d_backward(
    grad_output: Tensor, x: Tensor, weight: Tensor, stride: int = 1, padding: int = 0
) -> list[Tensor]:
    """Walk over all pairs of output and pixel."""
    shapes = x.shape[2:], weight.shape[2:], stride, padding
    shape = [len(x), len(weight), *_sizes(*shapes)]
    if list(grad_output.shape) != shape:
        raise ValueError(f"grad_output of shape {tuple(grad_output.shape)}, not {shape}")
    grad_x, grad_weight = torch.zeros_like(x), torch.zeros_like(weight)
    for a, b, m, n, i, j in _pixels(*shapes):
        grad_x[:, :, i, j] += grad_output[:, :, a, b] @ weight[:, :, m, n]
        grad_weight[:, :, m, n] += grad_output[:, :, a, b].T @ x[:, :, i, j]
    return [grad_x, grad_weight, grad_output.sum(dim=(0, 2, 3))]
