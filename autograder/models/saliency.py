"""Networks to explain: weights that one can follow by hand, and an activation called twice."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import nn

Matrix = Sequence[Sequence[float]]


def dense_scores(matrices: Sequence[Matrix]) -> nn.Module:
    """Build linear layers of given matrices without biases, a ReLU between: (N, C, H, W) -> (N, K).

    Modules: flatten, fc1, relu1, fc2, ...; the pixels of an image are flattened row by row.
    """
    layers: OrderedDict[str, nn.Module] = OrderedDict(flatten=nn.Flatten())
    for number, rows in enumerate(matrices, 1):
        if number > 1:
            layers[f"relu{number - 1}"] = nn.ReLU()
        layers[f"fc{number}"] = _linear(rows)
    return nn.Sequential(layers)


def _linear(rows: Matrix) -> nn.Linear:
    layer = nn.Linear(len(rows[0]), len(rows), bias=False)
    layer.weight = nn.Parameter(torch.tensor(rows, dtype=torch.float32, device=layer.weight.device))
    return layer


class _ReluReused(nn.Module):
    def __init__(self, in_channels: int, channels: int, classes: int, inplace: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3)
        self.relu = nn.ReLU(inplace)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(channels, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        maps = self.relu(self.conv2(self.relu(self.conv1(x))))
        scores: torch.Tensor = self.fc(self.pool(maps).flatten(1))
        return scores


def relu_reused(
    in_channels: int = 3, channels: int = 4, classes: int = 5, inplace: bool = False
) -> nn.Module:
    """Build a network that calls one ReLU module twice: (N, C, H, W) -> (N, classes)."""
    return _ReluReused(in_channels, channels, classes, inplace)
