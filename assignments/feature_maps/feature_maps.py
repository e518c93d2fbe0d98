"""Train a convolutional network on digits, look inside it, and measure what a shift does to it.

Notation: images are float32 (N, C, H, W) in [0, 1], labels int64 (N,); k is the largest shift.
A `layer` is a dotted name as in `model.named_modules()`. Tensors come back on the device of the
input. Whoever lends you a model gets it back as it was: parameters, their `.grad` and
`requires_grad`, buffers, hooks and the train or eval mode of every module. Only `train` changes
parameters and buffers: that is its job.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn


class DigitCNN(nn.Module):
    """A network of three convolutions and a dense layer, for handwritten digits.

    Attributes:
        conv1: `nn.Conv2d`, 16 filters of 3 x 3 on 1 channel, stride 1, with bias.
        conv2: `nn.Conv2d`, 32 filters of 3 x 3 on 16 channels, stride 1, with bias.
        conv3: `nn.Conv2d`, 64 filters of 3 x 3 on 32 channels, stride 1, with bias.
        fc: the dense layer at the end, with `num_classes` outputs.

    What stands between them is up to you: activations, padding, pooling.

    Source: LeCun, Bottou, Bengio, Haffner, Gradient-based learning applied to document recognition,
        Proceedings of the IEEE 86, 1998, section II.
    """

    def __init__(self, num_classes: int = 10) -> None:
        """Build the layers; their weights are drawn from torch's global generator."""
        super().__init__()
        # TODO: write this part
        raise NotImplementedError("feature_maps.py: DigitCNN.__init__ is not written yet")

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Score every class for every image.

        Args:
            images: float32 (N, 1, 28, 28) in [0, 1].

        Returns:
            float32 (N, num_classes), raw logits: no softmax, no log-softmax.
        """
        # TODO: write this function
        raise NotImplementedError("feature_maps.py: DigitCNN.forward is not written yet")


def train(
    model: nn.Module, images: torch.Tensor, labels: torch.Tensor, *, epochs: int, seed: int
) -> nn.Module:
    """Train a model in place, by mini-batches in a new random order in each epoch.

    Minimises the mean over the images of -log softmax(model(x))[label]. An epoch uses every image
    once; 0 epochs train nothing. Optimiser, batch size and learning rate are up to you.

    Args:
        model: any module from images to logits (N, K); trained in train mode, whatever its mode.
        images: float32 (N, C, H, W), in any order, perhaps sorted by class.
        labels: int64 (N,), 0 ... K - 1.
        epochs: passes over the images, at least 0.
        seed: decides everything random: the same model, images and seed give the same weights.

    Returns:
        nn.Module: `model` itself, its modes and `requires_grad` as they were.

    Source: Goodfellow, Bengio, Courville, Deep Learning, 2016, section 8.1.3 (why shuffle).

    Hint: what `nn.functional.cross_entropy` takes are logits.
    """
    # TODO: write this function
    raise NotImplementedError("feature_maps.py: train is not written yet")


def filters(model: nn.Module, layer: str) -> torch.Tensor:
    """Return a copy of the weight of a convolution, without its graph.

    Args:
        model: any module.
        layer: name of a convolution in it.

    Returns:
        (O, C, M, N) in the dtype of the weight: filter o has one M x N picture per input channel.

    Raises:
        ValueError: no module is called `layer`.

    Source: Zeiler, Fergus, Visualizing and Understanding Convolutional Networks, 2014,
        arXiv:1311.2901, section 4.1.
    """
    # TODO: write this function
    raise NotImplementedError("feature_maps.py: filters is not written yet")


def activation_maps(
    model: nn.Module, images: torch.Tensor, layers: Iterable[str]
) -> dict[str, torch.Tensor]:
    """Record what layers inside a model return for these images, in eval mode.

    A map is what the module itself returned: conv1 before the activation that follows, even if that
    activation then writes over it.

    Args:
        model: any module that takes the images.
        images: float32 (N, C, H, W).
        layers: names of modules whose output is a tensor.

    Returns:
        dict[str, torch.Tensor]: by layer, in the order of `layers`, its output (N, K, h, w),
        detached. No hook of yours stays on the model.

    Raises:
        ValueError: a module of this name does not exist.

    Source: Yosinski, Clune, Nguyen, Fuchs, Lipson, Understanding Neural Networks Through Deep
        Visualization, 2015, arXiv:1506.06579, section 2.

    Hint: `register_forward_hook` returns a handle; its `remove` belongs into a `finally`.
    """
    # TODO: write this function
    raise NotImplementedError("feature_maps.py: activation_maps is not written yet")


def shift(images: torch.Tensor, dx: int, dy: int) -> torch.Tensor:
    """Move images by whole pixels; what is left empty continues the pixels at the edge.

    out[..., r, c] = images[..., clamp(r - dy), clamp(c - dx)], each index clamped to the image.

    Args:
        images: (C, H, W) or (N, C, H, W) of any dtype.
        dx: pixels to the right; negative ones to the left. Any integer, beyond W as well.
        dy: pixels down; negative ones up. Any integer, beyond H as well.

    Returns:
        (C, H, W) or (N, C, H, W), in shape, dtype and on the device of `images`; always a copy,
        also for dx = dy = 0.
    """
    # TODO: write this function
    raise NotImplementedError("feature_maps.py: shift is not written yet")


def shift_agreement(model: nn.Module, images: torch.Tensor, max_shift: int) -> torch.Tensor:
    """Measure which share of the images keeps its predicted class when all are shifted.

    grid[k + dy, k + dx] = share of images x with
    argmax model(shift(x, dx, dy)) = argmax model(x), for -k <= dx, dy <= k and k = max_shift,
    the model in eval mode.

    Args:
        model: any module from images to logits (N, K).
        images: float32 (N, C, H, W).
        max_shift: the largest shift k, at least 0.

    Returns:
        float32 (2k + 1, 2k + 1); 1 in the middle.

    Source: Zeiler, Fergus, 2014, section 4 and figure 5 (feature invariance).
    """
    # TODO: write this function
    raise NotImplementedError("feature_maps.py: shift_agreement is not written yet")
