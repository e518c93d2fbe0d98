"""No hooks: layers get another `forward` for one call; all shifts in one batch by one index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import nn


class DigitCNN(nn.Module):
    """Lazy layers in a loop, average pooling, leaky activations."""

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        for number, width in enumerate((16, 32, 64), 1):
            setattr(self, f"conv{number}", nn.LazyConv2d(width, kernel_size=3, padding="same"))
        self.fc = nn.LazyLinear(num_classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Score the classes."""
        for convolution in (self.conv1, self.conv2, self.conv3):
            images = nn.functional.leaky_relu(convolution(images), 0.1)
            images = nn.functional.max_pool2d(images, 2)
        return self.fc(images.flatten(start_dim=1))


@contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    training = [module for module in model.modules() if module.training]
    try:
        with torch.inference_mode():
            yield model.eval()
    finally:
        for module in training:
            module.training = True


def train(
    model: nn.Module, images: torch.Tensor, labels: torch.Tensor, *, epochs: int, seed: int
) -> nn.Module:
    """Take AdamW steps with a falling learning rate."""
    was_training = model.training
    shuffle = torch.Generator().manual_seed(seed)
    model.eval()(images[:2])  # lazy layers become real ones
    model.train()
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=3e-3)
    for epoch in range(epochs):
        optimizer.param_groups[0]["lr"] = 3e-3 * (1 - epoch / epochs)
        order = torch.randperm(len(labels), generator=shuffle).to(labels.device)
        for start in range(0, len(order), 50):
            batch = order[start : start + 50]
            scores = model(images[batch])
            right = scores.gather(1, labels[batch, None]).squeeze(1)
            loss = (scores.logsumexp(1) - right).mean()
            model.zero_grad(set_to_none=False)
            loss.backward()
            optimizer.step()
    return model.train(was_training)


def filters(model: nn.Module, layer: str) -> torch.Tensor:
    """Walk down the dotted name."""
    for name, module in model.named_modules():
        if name == layer:
            return torch.tensor(module.weight.tolist()).to(module.weight)
    raise ValueError(layer)


def activation_maps(
    model: nn.Module, images: torch.Tensor, layers: Iterable[str]
) -> dict[str, torch.Tensor]:
    """Let each layer write its output down."""
    layers = list(layers)
    modules = dict(model.named_modules())
    missing = [layer for layer in layers if layer not in modules]
    if missing:
        raise ValueError(f"no layers called {missing}")
    seen: dict[str, torch.Tensor] = {}
    for layer in layers:
        _spy(modules[layer], layer, seen)
    try:
        with _evaluating(model):
            model(images)
    finally:
        for layer in layers:
            del modules[layer].forward
    return {layer: seen[layer] for layer in layers}


def _spy(module: nn.Module, layer: str, seen: dict[str, torch.Tensor]) -> None:
    forward = module.forward

    def spying(*inputs: torch.Tensor) -> torch.Tensor:
        output = forward(*inputs)
        seen[layer] = output.clone()
        return output

    module.forward = spying


def shift(images: torch.Tensor, dx: int, dy: int) -> torch.Tensor:
    """Select rows, then columns, by tables of indices."""
    for axis, step in ((-2, dy), (-1, dx)):
        size = images.shape[axis]
        table = [sorted((0, place - step, size - 1))[1] for place in range(size)]
        images = images.index_select(axis, torch.tensor(table, device=images.device))
    return images


def shift_agreement(model: nn.Module, images: torch.Tensor, max_shift: int) -> torch.Tensor:
    """Put all shifts of all images into one batch."""
    steps = range(-max_shift, max_shift + 1)
    moved = torch.stack([shift(images, dx, dy) for dy in steps for dx in steps])
    with _evaluating(model):
        before = model(images).max(1).indices
        after = model(moved.flatten(0, 1)).max(1).indices.unflatten(0, moved.shape[:2])
        shares = (after == before).double().mean(1)
    return shares.reshape(len(steps), len(steps)).float().clone()
