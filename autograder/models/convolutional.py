"""Convolutional networks of the literature and of the course."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import nn

_VGG16_BLOCKS = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))


def kmnist_cnn(dropout: float = 0.3) -> nn.Module:
    """Build the 420 906-parameter network for Kuzushiji-MNIST: (N, 1, 28, 28) -> (N, 10)."""
    features = nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(1, 8, 5, padding=2),
            relu1=nn.ReLU(),
            pool1=nn.MaxPool2d(2),
            conv2=nn.Conv2d(8, 16, 3),
            relu2=nn.ReLU(),
            pool2=nn.MaxPool2d(2),
        )
    )
    classifier = nn.Sequential(
        OrderedDict(
            fc1=nn.Linear(576, 600),
            relu1=nn.ReLU(),
            dropout=nn.Dropout(dropout),
            fc2=nn.Linear(600, 120),
            relu2=nn.ReLU(),
            fc3=nn.Linear(120, 10),
            log_probabilities=nn.LogSoftmax(dim=1),
        )
    )
    parts = OrderedDict(features=features, flatten=nn.Flatten(), classifier=classifier)
    return nn.Sequential(parts)


def vgg16(num_classes: int = 1000) -> nn.Module:
    """Build VGG16 (Simonyan and Zisserman 2015, table 1, D): (N, 3, 224, 224) -> (N, classes)."""
    classifier = nn.Sequential(
        *_dense(512 * 7 * 7, 4096), *_dense(4096, 4096), nn.Linear(4096, num_classes)
    )
    parts = OrderedDict(features=_vgg16_features(), flatten=nn.Flatten(), classifier=classifier)
    return nn.Sequential(parts)


def _vgg16_features() -> nn.Sequential:
    layers: list[nn.Module] = []
    channels = 3
    for depth, width in _VGG16_BLOCKS:
        for _ in range(depth):
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
            channels = width
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers)


def _dense(inputs: int, outputs: int) -> list[nn.Module]:
    return [nn.Linear(inputs, outputs), nn.ReLU(), nn.Dropout(0.5)]


class _Block(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(channels, 1, 1))
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        scaled: torch.Tensor = x + self.scale * self.body(x)
        return scaled


def residual_cnn(in_channels: int = 3, channels: int = 4, blocks: int = 2) -> nn.Module:
    """Build nested residual blocks, each with a parameter outside of its leaves."""
    stem = nn.Conv2d(in_channels, channels, 3, padding=1)
    body = nn.Sequential(*(_Block(channels) for _ in range(blocks)))
    return nn.Sequential(OrderedDict(stem=stem, blocks=body))
