"""An optimiser that climbs an image, shifted sums for the blur, everything in plain loops."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Self

import numpy as np
import torch
from torch import nn

Target = int | Sequence[int] | torch.Tensor


def total_variation(images: torch.Tensor) -> torch.Tensor:
    """Roll, and drop the pair that wraps around."""
    total = images.new_zeros(len(images))
    for axis in (-1, -2):
        steps = torch.roll(images, -1, axis) - images
        steps = steps.narrow(axis, 0, images.shape[axis] - 1)
        total = total + steps.pow(2).sum(dim=[1, 2, 3])
    return total


def gaussian_blur(images: torch.Tensor, sigma: float) -> torch.Tensor:
    """Add up shifted copies; an index that is clamped repeats the edge."""
    if sigma < 0:
        raise ValueError(f"sigma must not be negative: {sigma}")
    reach = int(4 * sigma + 0.5)
    weights = [
        math.exp(-(i**2) / (2 * sigma**2)) if sigma else 1.0 for i in range(-reach, reach + 1)
    ]
    blurred = images
    for axis in (2, 3):
        total, last = torch.zeros_like(images), images.shape[axis] - 1
        for i, weight in zip(range(-reach, reach + 1), weights, strict=True):
            seen = (torch.arange(last + 1, device=images.device) + i).clamp(0, last)
            total = total + weight / sum(weights) * blurred.index_select(axis, seen)
        blurred = total
    return blurred


def jitter(images: torch.Tensor, dx: int, dy: int) -> torch.Tensor:
    """Roll each axis by itself."""
    return torch.roll(torch.roll(images, dx, dims=3), dy, dims=2)


class EvalMode:
    """The model in eval mode, its parameters frozen, for the length of a block."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model

    def __enter__(self) -> Self:
        self.modes = {name: module.training for name, module in self.model.named_modules()}
        self.needs = [parameter.requires_grad for parameter in self.model.parameters()]
        self.model.eval()
        for parameter in self.model.parameters():
            parameter.requires_grad_(False)
        return self

    def __exit__(self, *_: object) -> None:
        for name, module in self.model.named_modules():
            module.training = self.modes[name]
        for parameter, need in zip(self.model.parameters(), self.needs, strict=True):
            parameter.requires_grad_(need)


def objective(scores: torch.Tensor, target: Target) -> torch.Tensor:
    """Return the score of a class, or the mean of log-probabilities."""
    single = isinstance(target, (int, np.integer)) or (
        torch.is_tensor(target) and target.dim() == 0
    )
    classes = [int(target)] if single else [int(one) for one in target]
    if not classes or min(classes) < 0 or max(classes) >= scores.shape[1]:
        raise ValueError(f"there is no class {target} of {scores.shape[1]}")
    if single:
        return scores[0][classes[0]]
    return -nn.functional.cross_entropy(
        scores.expand(len(classes), -1), scores.new_tensor(classes).long()
    )


def ascent_step(
    model: nn.Module, image: torch.Tensor, target: Target, *, lr: float, l2: float, tv: float
) -> torch.Tensor:
    """Let SGD take the step, with a gradient that is normalised before."""
    if lr <= 0 or l2 < 0 or tv < 0:
        raise ValueError(f"lr={lr}, l2={l2}, tv={tv}")
    if image.dim() not in (3, 4) or (image.dim() == 4 and image.shape[0] != 1):
        raise ValueError(f"one image, please, not {tuple(image.shape)}")
    x = nn.Parameter(image.detach().clone().reshape(1, *image.shape[-3:]))
    optimizer = torch.optim.SGD([x], lr=lr, maximize=True)
    with torch.enable_grad(), EvalMode(model):
        value = objective(model(x), target) - l2 * (x**2).sum() - tv * total_variation(x).sum()
        value.backward()
    norm = torch.sqrt((x.grad**2).sum())
    x.grad.div_(norm + 1e-12)
    optimizer.step()
    return x.detach().reshape(image.shape)


def visualize_class(
    model: nn.Module,
    target: Target,
    *,
    steps: int = 200,
    lr: float = 1.0,
    l2: float = 1e-3,
    tv: float = 0.0,
    blur_every: int = 10,
    sigma: float = 0.5,
    max_jitter: int = 2,
    init: torch.Tensor | None = None,
    shape: Sequence[int] = (1, 28, 28),
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    """Seed Python's random numbers from the generator; they draw the shifts."""
    for name in ("steps", "l2", "tv", "blur_every", "sigma", "max_jitter"):
        if locals()[name] < 0:
            raise ValueError(f"{name} must not be negative: {locals()[name]}")
    draw = random.Random(int(torch.randint(2**31, (), generator=generator)))
    if init is None:
        noise = torch.normal(torch.full(tuple(shape), 0.5), 0.1, generator=generator)
        init = torch.minimum(torch.maximum(noise, torch.tensor(0.0)), torch.tensor(1.0))
    image = init.detach().clone().reshape(1, *init.shape[-3:]) if init.dim() == 3 else init.clone()
    t = 0
    while t < steps:
        t += 1
        dx, dy = draw.randint(-max_jitter, max_jitter), draw.randint(-max_jitter, max_jitter)
        image = ascent_step(model, jitter(image, dx, dy), target, lr=lr, l2=l2, tv=tv)
        image = torch.clamp(jitter(image, -dx, -dy), 0.0, 1.0)
        if blur_every != 0 and t % blur_every == 0:
            image = gaussian_blur(image, sigma)
    return image.detach().reshape(init.shape)
