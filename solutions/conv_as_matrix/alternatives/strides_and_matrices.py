"""Views instead of loops: `as_strided` windows, one matrix for both gradients, torch's conv2d."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

Pair = Sequence[int]


class Gradients(NamedTuple):
    """What `conv2d_backward` returns."""

    grad_x: Tensor
    grad_weight: Tensor
    grad_bias: Tensor


def conv_output_size(size: int, kernel: int, stride: int = 1, padding: int = 0) -> int:
    """Apply the formula."""
    if min(kernel, stride, padding + 1) < 1 or size + 2 * padding < kernel:
        raise ValueError(f"{size=} {kernel=} {stride=} {padding=}")
    return math.floor((size + 2 * padding - kernel) / stride + 1)


def _view(x: Tensor, kernel_shape: Pair, stride: int, padding: int) -> Tensor:
    """Return the windows (..., H', W', M, N) of a framed copy of x (..., H, W)."""
    *lead, H, W = x.shape
    M, N = kernel_shape
    shape = conv_output_size(H, M, stride, padding), conv_output_size(W, N, stride, padding)
    framed = x.new_zeros(*lead, H + 2 * padding, W + 2 * padding)
    framed[..., padding : padding + H, padding : padding + W] = x
    *steps, down, right = framed.stride()
    steps = (*steps, down * stride, right * stride, down, right)
    return framed.as_strided((*lead, *shape, M, N), steps)


def cross_correlate2d(x: Tensor, kernel: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
    """Contract the view of the windows with the kernel."""
    return torch.einsum("abmn,mn->ab", _view(x, kernel.shape, stride, padding), kernel)


def conv_matrix(kernel: Tensor, input_shape: Pair, stride: int = 1, padding: int = 0) -> Tensor:
    """Index the kernel by image position minus window position, masked to the window."""
    (M, N), (H, W) = kernel.shape, input_shape
    rows = conv_output_size(H, M, stride, padding)
    columns = conv_output_size(W, N, stride, padding)
    m = torch.arange(H) + padding - stride * torch.arange(rows)[:, None]
    n = torch.arange(W) + padding - stride * torch.arange(columns)[:, None]
    m, n = m[:, None, :, None], n[None, :, None, :]
    inside = ((m >= 0) & (m < M) & (n >= 0) & (n < N)).to(kernel.device)
    weights = kernel[m.clamp(0, M - 1), n.clamp(0, N - 1)]
    return torch.where(inside, weights, 0).reshape(rows * columns, H * W)


def im2col(x: Tensor, kernel_shape: Pair, stride: int = 1, padding: int = 0) -> Tensor:
    """Reorder the axes of the view."""
    windows = _view(x, kernel_shape, stride, padding)
    return torch.einsum("kcabmn->kcmnab", windows).flatten(4).flatten(1, 3)


def col2im(
    columns: Tensor, output_shape: Pair, kernel_shape: Pair, stride: int = 1, padding: int = 0
) -> Tensor:
    """Call torch's own, which is fair here: only three functions are by hand."""
    axes = zip(output_shape, kernel_shape, strict=True)
    steps = [conv_output_size(*axis, stride, padding) for axis in axes]
    if columns.shape[2] != math.prod(steps) or columns.shape[1] % math.prod(kernel_shape):
        raise ValueError(f"columns {tuple(columns.shape)} do not belong to {steps}")
    return functional.fold(columns, output_shape, kernel_shape, padding=padding, stride=stride)


def conv2d(
    x: Tensor, weight: Tensor, bias: Tensor | None = None, stride: int = 1, padding: int = 0
) -> Tensor:
    """Call torch's own, which is fair here: only three functions are by hand."""
    if x.shape[1] != weight.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, weight {weight.shape[1]}")
    for axis in (0, 1):
        conv_output_size(x.shape[2 + axis], weight.shape[2 + axis], stride, padding)
    return functional.conv2d(x, weight, bias, stride, padding)


def conv2d_backward(
    grad_output: Tensor, x: Tensor, weight: Tensor, stride: int = 1, padding: int = 0
) -> Gradients:
    """Transpose the matrix of every kernel for grad_x; contract the windows for the weight."""
    (K, C, H, W), (F, _, M, N) = x.shape, weight.shape
    windows = _view(x, (M, N), stride, padding)
    if grad_output.shape != (K, F, *windows.shape[2:4]):
        raise ValueError(f"grad_output {tuple(grad_output.shape)}")
    kernels = weight.reshape(F * C, M, N)
    matrices = torch.stack([conv_matrix(kernel, (H, W), stride, padding) for kernel in kernels])
    grad_x = torch.einsum("kfl,fclp->kcp", grad_output.flatten(2), matrices.unflatten(0, (F, C)))
    grad_weight = torch.einsum("kfab,kcabmn->fcmn", grad_output, windows)
    return Gradients(grad_x.reshape(x.shape), grad_weight, grad_output.sum(0).sum((1, 2)))
