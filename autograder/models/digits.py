"""The small networks that are trained on the embedded digits."""

from __future__ import annotations

from collections import OrderedDict

from torch import nn


def digits_cnn() -> nn.Module:
    """Build the network to attack and explain: (N, 1, 28, 28) -> (N, 10) logits."""
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(1, 16, 3, padding=1),
            relu1=nn.ReLU(),
            pool1=nn.MaxPool2d(2),
            conv2=nn.Conv2d(16, 32, 3, padding=1),
            relu2=nn.ReLU(),
            pool2=nn.MaxPool2d(2),
            conv3=nn.Conv2d(32, 32, 3, padding=1),
            relu3=nn.ReLU(),
            flatten=nn.Flatten(),
            fc1=nn.Linear(32 * 7 * 7, 64),
            relu4=nn.ReLU(),
            fc2=nn.Linear(64, 10),
        )
    )


def digits_judge() -> nn.Module:
    """Build the network that judges: other widths, kernels and depth; the same inputs."""
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(1, 12, 5, padding=2),
            relu1=nn.ReLU(),
            pool1=nn.MaxPool2d(2),
            conv2=nn.Conv2d(12, 24, 5, padding=2),
            relu2=nn.ReLU(),
            pool2=nn.MaxPool2d(2),
            conv3=nn.Conv2d(24, 48, 3, padding=1),
            relu3=nn.ReLU(),
            pool3=nn.MaxPool2d(2),
            flatten=nn.Flatten(),
            fc1=nn.Linear(48 * 3 * 3, 48),
            relu4=nn.ReLU(),
            fc2=nn.Linear(48, 10),
        )
    )


def small_digits_cnn() -> nn.Module:
    """Build the network for digits at their native size: (N, 1, 8, 8) -> (N, 10) logits."""
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(1, 16, 3, padding=1),
            relu1=nn.ReLU(),
            conv2=nn.Conv2d(16, 32, 3, padding=1),
            relu2=nn.ReLU(),
            pool2=nn.MaxPool2d(2),
            flatten=nn.Flatten(),
            fc=nn.Linear(32 * 4 * 4, 10),
        )
    )


def cluttered_cnn() -> nn.Module:
    """Build the network that finds a digit in clutter: (N, 1, H, W) -> (N, 10) logits.

    Global average pooling before one linear layer, so that its class activation map is exact.
    """
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(1, 16, 3, padding=1),
            bn1=nn.BatchNorm2d(16),
            relu1=nn.ReLU(),
            pool1=nn.MaxPool2d(2),
            conv2=nn.Conv2d(16, 32, 3, padding=1),
            bn2=nn.BatchNorm2d(32),
            relu2=nn.ReLU(),
            pool2=nn.MaxPool2d(2),
            conv3=nn.Conv2d(32, 48, 3, padding=1),
            bn3=nn.BatchNorm2d(48),
            relu3=nn.ReLU(),
            pool=nn.AdaptiveAvgPool2d(1),
            flatten=nn.Flatten(),
            fc=nn.Linear(48, 10),
        )
    )
