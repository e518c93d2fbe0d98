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

# BEGIN SOLUTION
BATCH = 64
LEARNING_RATE = 2e-3


class _Mode:
    """Puts a model into train or eval mode; afterwards every module has its own mode again."""

    def __init__(self, model: nn.Module, *, training: bool) -> None:
        self._model, self._training = model, training

    def __enter__(self) -> None:
        self._before = {module: module.training for module in self._model.modules()}
        self._model.train(self._training)

    def __exit__(self, *_: object) -> None:
        for module, training in self._before.items():
            module.training = training


def _module(model: nn.Module, layer: str) -> nn.Module:
    modules = dict(model.named_modules())
    if layer not in modules:
        raise ValueError(f"layer is {layer!r}, but should be one of {', '.join(modules)}")
    return modules[layer]


# END SOLUTION


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
        # BEGIN SOLUTION
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.conv3 = nn.Conv2d(32, 64, 3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.fc = nn.Linear(64 * 7 * 7, num_classes)
        # END SOLUTION

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Score every class for every image.

        Args:
            images: float32 (N, 1, 28, 28) in [0, 1].

        Returns:
            float32 (N, num_classes), raw logits: no softmax, no log-softmax.
        """
        # BEGIN SOLUTION
        maps = self.pool(self.conv1(images).relu())
        maps = self.pool(self.conv2(maps).relu())
        maps = self.conv3(maps).relu()
        return self.fc(maps.flatten(1))
        # END SOLUTION


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
    # BEGIN SOLUTION
    trainable = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(trainable, lr=LEARNING_RATE)
    devices = [images.device] if images.is_cuda else []
    with torch.random.fork_rng(devices), torch.enable_grad(), _Mode(model, training=True):
        torch.manual_seed(seed)  # it decides dropout, too
        for _ in range(epochs):
            for batch in torch.randperm(len(images)).to(images.device).split(BATCH):
                optimizer.zero_grad()
                nn.functional.cross_entropy(model(images[batch]), labels[batch]).backward()
                optimizer.step()
    return model
    # END SOLUTION


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
    # BEGIN SOLUTION
    return _module(model, layer).weight.detach().clone()
    # END SOLUTION


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
    # BEGIN SOLUTION
    modules = {layer: _module(model, layer) for layer in layers}
    maps: dict[str, torch.Tensor] = {}
    hooks = [
        module.register_forward_hook(
            lambda _, __, output, layer=layer: maps.update({layer: output.detach().clone()})
        )
        for layer, module in modules.items()
    ]
    try:
        with torch.no_grad(), _Mode(model, training=False):
            model(images)
    finally:
        for hook in hooks:
            hook.remove()
    return {layer: maps[layer] for layer in modules}
    # END SOLUTION


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
    # BEGIN SOLUTION
    height, width = images.shape[-2:]
    rows = torch.arange(height, device=images.device).sub(dy).clamp(0, height - 1)
    columns = torch.arange(width, device=images.device).sub(dx).clamp(0, width - 1)
    return images[..., rows[:, None], columns]
    # END SOLUTION


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
    # BEGIN SOLUTION
    steps = range(-max_shift, max_shift + 1)
    with torch.no_grad(), _Mode(model, training=False):
        unshifted = model(images).argmax(1)
        rows = [
            [(model(shift(images, dx, dy)).argmax(1) == unshifted).double().mean() for dx in steps]
            for dy in steps
        ]
    return torch.stack([torch.stack(row) for row in rows]).to(images.dtype)
    # END SOLUTION
