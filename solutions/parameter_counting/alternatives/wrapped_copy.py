"""Closed forms throughout; the table from a copy of the model whose leaves report themselves."""

from __future__ import annotations

import copy
import math
from collections import namedtuple

import torch
from torch import nn

LayerRow = namedtuple("LayerRow", "macs parameters output_shape kind name")


def _check(condition: bool, *values: object) -> None:
    if not condition:
        raise ValueError(f"cannot count with {values}")


def conv2d_parameters(
    in_channels: int,
    out_channels: int,
    kernel_size: int | tuple[int, int],
    bias: bool = True,
    groups: int = 1,
) -> int:
    """Count group by group: each is a small convolution of its own."""
    m, n = kernel_size if isinstance(kernel_size, (tuple, list)) else (kernel_size, kernel_size)
    _check(min(in_channels, out_channels, m, n, groups) > 0, in_channels, out_channels, m, n)
    _check(in_channels % groups == 0 == out_channels % groups, in_channels, out_channels, groups)
    one_group = (in_channels // groups) * (out_channels // groups) * m * n
    return groups * one_group + (out_channels if bias else 0)


def linear_parameters(in_features: int, out_features: int, bias: bool = True) -> int:
    """Count a dense layer as a 1x1 convolution."""
    return conv2d_parameters(in_features, out_features, 1, bias)


def lstm_parameters(
    input_size: int, hidden_size: int, num_layers: int = 1, bidirectional: bool = False
) -> int:
    """Count the first layer and the equal ones above it."""
    _check(num_layers > 0, num_layers)
    directions = 1 + bidirectional

    def layer(features: int) -> int:
        gates = 4 * hidden_size
        return directions * (
            linear_parameters(features, gates) + linear_parameters(hidden_size, gates)
        )

    return layer(input_size) + (num_layers - 1) * layer(directions * hidden_size)


def multihead_attention_parameters(d_model: int, bias: bool = True) -> int:
    """Count queries, keys and values stacked into one matrix, and the output projection."""
    return linear_parameters(d_model, 3 * d_model, bias) + linear_parameters(d_model, d_model, bias)


def _pooled(height: int, width: int, kernel_height: int, kernel_width: int) -> int:
    _check(kernel_height > 0 and kernel_width > 0, kernel_height, kernel_width)
    corners = [
        (row, column)
        for row in range(0, height - kernel_height, 2)
        for column in range(0, width - kernel_width, 2)
    ]
    _check(len(corners) > 0, height, width, kernel_height, kernel_width)
    return len(corners)


def cnn_parameters(
    height: int, width: int, kernel_height: int, kernel_width: int, classes: int = 3
) -> int:
    """Count M N weights and the output layer."""
    _check(classes > 0, classes)
    return kernel_height * kernel_width + classes * _pooled(
        height, width, kernel_height, kernel_width
    )


def fnn_parameters(
    height: int, width: int, kernel_height: int, kernel_width: int, classes: int = 3
) -> int:
    """Count (H W + classes) P."""
    _check(classes > 0, classes)
    return (height * width + classes) * _pooled(height, width, kernel_height, kernel_width)


def vgg16_parameters(num_classes: int = 1000) -> dict[str, int | list[int]]:
    """Count from the published list of layers, pools written as M."""
    _check(num_classes > 0, num_classes)
    counts, channels = [], 3
    listed = "64 64 M 128 128 M 256 256 256 M 512 512 512 M 512 512 512 M"
    for width in (int(entry) for entry in listed.split() if entry != "M"):
        counts.append(width * (9 * channels + 1))
        channels = width
    features = sum(counts)
    inputs = 512 * 7 * 7
    for width in (4096, 4096, num_classes):
        counts.append(width * (inputs + 1))
        inputs = width
    total = sum(counts)
    sums = {"features": features, "classifier": total - features, "total": total}
    return {**sums, "by_layer": tuple(counts)}


def count_parameters(model: nn.Module, trainable_only: bool = False) -> int:
    """Count by hand through the tree of modules, each tensor once."""
    seen: dict[int, int] = {}
    waiting = [model]
    while waiting:
        module = waiting.pop()
        waiting.extend(module.children())
        for tensor in module._parameters.values():
            if tensor is not None and (tensor.requires_grad or not trainable_only):
                seen[id(tensor)] = math.prod(tensor.shape)
    return sum(seen.values())


def _multiplications(leaf: nn.Module, x: torch.Tensor, output: torch.Tensor) -> int:
    if isinstance(leaf, nn.Linear):
        return math.prod(output.shape[:-1]) * leaf.in_features * leaf.out_features
    if not isinstance(leaf, nn.modules.conv._ConvNd):
        return 0
    pairs = leaf.in_channels * leaf.out_channels // leaf.groups
    positions = x.shape if leaf.transposed else output.shape
    return positions[0] * math.prod(positions[2:]) * pairs * math.prod(leaf.kernel_size)


def layer_table(model: nn.Module, input_shape: tuple[int, ...]) -> list[LayerRow]:
    """Replace the forward of every leaf of a copy."""
    double = copy.deepcopy(model).eval()
    rows: list[LayerRow] = []
    for name, leaf in double.named_modules():
        if not leaf._modules:
            leaf.forward = _reporting(leaf, name, rows)
    x = torch.empty(input_shape).fill_(0.5).to(next(double.parameters()))
    with torch.inference_mode():
        double(x)
    return rows


def _reporting(leaf: nn.Module, name: str, rows: list[LayerRow]) -> object:
    plain_forward = leaf.forward

    def forward(x: torch.Tensor) -> object:
        output = plain_forward(x)
        tensor = output if isinstance(output, torch.Tensor) else output[0]
        fresh = name not in [row.name for row in rows]
        parameters = count_parameters(leaf) if fresh else 0
        macs = _multiplications(leaf, x, tensor)
        rows.append(LayerRow(macs, parameters, list(tensor.shape), type(leaf).__name__, name))
        return output

    return forward
