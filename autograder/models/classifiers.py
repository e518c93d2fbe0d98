"""torchvision's classifiers by name: squeezenet1_0, resnet18 and all the others."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import nn

# What torchvision's classifiers were trained with, by channel (its documentation of the weights).
_MEAN = (0.485, 0.456, 0.406)
_STD = (0.229, 0.224, 0.225)


class Normalize(nn.Module):
    """Images in [0, 1], (N, 3, H, W), to what the classifiers were trained on."""

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(_MEAN).view(3, 1, 1))
        self.register_buffer("std", torch.tensor(_STD).view(3, 1, 1))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return (images - mean) / std, channel by channel."""
        return (images - self.mean) / self.std


def names() -> list[str]:
    """Return the names of torchvision's classifiers."""
    import torchvision.models

    found: list[str] = torchvision.models.list_models(module=torchvision.models)
    return found


def classifier(name: str, *, num_classes: int = 1000, normalize: bool = False) -> nn.Module:
    """Build one of torchvision's classifiers: (N, 3, H, W) -> (N, num_classes) logits.

    With `normalize` it takes images in [0, 1]; it is then called `network` in the result.
    """
    import torchvision.models

    network: nn.Module = torchvision.models.get_model(name, weights=None, num_classes=num_classes)
    if not normalize:
        return network
    return nn.Sequential(OrderedDict(normalize=Normalize(), network=network))
