"""Plain `backward` on a copy of the network, one image at a time; the original if nothing fools."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn


class Fooled(NamedTuple):
    """What `fooling_image` returns."""

    image: Tensor
    steps: int


def _judge(model: nn.Module) -> nn.Module:
    """Return a copy to experiment with: in eval mode, with gradients of its own."""
    return copy.deepcopy(model).eval().requires_grad_(False)


@torch.enable_grad()
def _slope(judge: nn.Module, image: Tensor, label: int, *, of_score: bool = False) -> Tensor:
    pixels = image.detach().clone().requires_grad_()
    scores = judge(pixels.unsqueeze(0)).squeeze(0)
    value = scores[label] if of_score else -torch.log_softmax(scores, 0)[label]
    value.backward()
    return pixels.grad


def fgsm(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    epsilon: float,
    *,
    targeted: bool = False,
    clip: tuple[float, float] = (0.0, 1.0),
) -> Tensor:
    """Take one step, image by image."""
    judge = _judge(model)
    result = images.detach().clone()
    for image, label in zip(result, labels.tolist(), strict=True):
        slope = _slope(judge, image, label).sign()
        image += (-epsilon if targeted else epsilon) * slope
    return torch.clamp(result, min=clip[0], max=clip[1])


def pgd(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    epsilon: float,
    step_size: float,
    steps: int,
    *,
    targeted: bool = False,
    random_start: bool = False,
    clip: tuple[float, float] = (0.0, 1.0),
    generator: torch.Generator | None = None,
) -> Tensor:
    """Repeat `fgsm` with a small step, and return to the ball after each."""
    images = images.detach()
    current = images.clone()
    if random_start:
        corners = torch.randint(0, 2, images.shape, generator=generator, device=images.device)
        current = current + epsilon * (2 * corners.to(images.dtype) - 1)
        current = current.clamp(clip[0], clip[1])
    anywhere = (-float("inf"), float("inf"))
    for _ in range(steps):
        current = fgsm(model, current, labels, step_size, targeted=targeted, clip=anywhere)
        current = torch.maximum(torch.minimum(current, images + epsilon), images - epsilon)
        current = torch.maximum(current, torch.tensor(clip[0]).to(images))
        current = torch.minimum(current, torch.tensor(clip[1]).to(images))
    return current


def fooling_image(
    model: nn.Module, image: Tensor, target: int | Tensor, *, lr: float = 0.5, max_steps: int = 100
) -> Fooled:
    """Climb until the target is seen."""
    judge, target = _judge(model), int(target)
    batched = image.dim() == 4
    current = (image[0] if batched else image).detach().clone()
    steps = 0
    while judge(current[None]).argmax(1).item() != target:
        if steps == max_steps:
            break
        slope = _slope(judge, current, target, of_score=True)
        current += lr * slope / torch.sqrt((slope**2).sum())
        steps += 1
    return Fooled(current[None] if batched else current, steps)


def accuracy_under_attack(
    model: nn.Module, images: Tensor, labels: Tensor, epsilons: Sequence[float]
) -> Tensor:
    """Count the right ones."""
    judge = _judge(model)
    found = torch.zeros(len(epsilons)).to(images)
    for place, epsilon in enumerate(epsilons):
        attacked = fgsm(judge, images, labels, epsilon)
        found[place] = (judge(attacked).argmax(1) == labels).sum() / len(labels)
    return found


def noise_control(
    images: Tensor, adversarial: Tensor, generator: torch.Generator | None = None
) -> Tensor:
    """Take the signs of normal numbers."""
    images = images.detach()
    noise = torch.randn(images.shape, generator=generator, device=images.device).sign()
    largest = torch.stack([change.abs().max() for change in adversarial.detach() - images])
    return images + noise.to(images.dtype) * largest.view(-1, 1, 1, 1)


def one_pixel_attack(
    model: nn.Module,
    image: Tensor,
    label: int | Tensor,
    *,
    max_iterations: int = 30,
    population: int = 40,
    seed: int = 0,
) -> tuple[Tensor, tuple[int, int], bool]:
    """Evolve with NumPy; where no candidate fools, the image comes back as it was."""
    judge, label, random = _judge(model), int(label), np.random.default_rng(seed)
    clean = image.detach().reshape(-1, *image.shape[-2:])
    size = np.array([*clean.shape[1:], *[1] * len(clean)])

    def painted(candidate: np.ndarray) -> tuple[Tensor, tuple[int, ...]]:
        picture = clean.clone()
        row, column = (int(place) for place in candidate[:2])
        picture[:, row, column] = torch.from_numpy(candidate[2:]).to(clean)
        return picture, (row, column)

    def costs(candidates: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            pictures = torch.stack([painted(candidate)[0] for candidate in candidates])
            scores = judge(pictures).double()
        return scores.softmax(1)[:, label].cpu().numpy()

    candidates = random.random((population, len(size))) * size
    found = costs(candidates)
    for _ in range(max_iterations):
        picks = np.array([random.choice(population, 3, replace=False) for _ in candidates])
        first, second, third = (candidates[picks[:, one]] for one in range(3))
        trials = first + 0.5 * (second - third)
        outside = (trials < 0) | (trials >= size)
        trials[outside] = (random.random(trials.shape) * size)[outside]
        theirs = costs(trials)
        better = theirs < found
        candidates[better], found[better] = trials[better], theirs[better]
    picture, place = painted(candidates[found.argmin()])
    fooled = judge(picture[None]).argmax(1).item() != label
    return (picture.reshape(image.shape) if fooled else image.clone()), place, fooled
