"""torch.func for the gradients, offsets instead of images, and evolution with crossover."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.func import grad, vmap
from torch.nn import functional


def _run(model: nn.Module, function: Callable[..., Tensor], *tensors: Tensor) -> Tensor:
    training = model.training
    model.eval()
    try:
        return function(*tensors)
    finally:
        model.train(training)


def _slopes(model: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    def loss(image: Tensor, label: Tensor) -> Tensor:
        scores = model(image[None])[0]
        return scores.logsumexp(0) - scores.gather(0, label[None])[0]

    return _run(model, vmap(grad(loss)), images.detach(), labels).detach()


def fgsm(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    epsilon: float,
    *,
    targeted: bool = False,
    clip: tuple[float, float] = (0.0, 1.0),
) -> Tensor:
    """Take one step."""
    offset = epsilon * _slopes(model, images, labels).sign()
    moved = images.detach() - offset if targeted else images.detach() + offset
    return moved.clip(min=clip[0], max=clip[1])


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
    """Move an offset instead of the image."""
    offset = torch.zeros_like(images)
    if random_start:  # not clipped: the first projection will do that
        offset.uniform_(-epsilon, epsilon, generator=generator)
    for _ in range(steps):
        slopes = _slopes(model, images + offset, labels)
        offset = offset + (-1) ** targeted * step_size * slopes.sign()
        offset = offset.clamp(-epsilon, epsilon)
        offset = (images + offset).clamp(*clip) - images
    return (images + offset).detach()


def fooling_image(
    model: nn.Module, image: Tensor, target: int | Tensor, *, lr: float = 0.5, max_steps: int = 100
) -> tuple[Tensor, int]:
    """Climb, looking at the scores before each step."""
    flat = image.detach().reshape(image.shape[-3:])
    target = int(target)
    for taken in range(max_steps + 1):
        scores = _run(model, model, flat[None])[0]
        if taken == max_steps or scores.argmax().item() == target:
            return flat.reshape(image.shape).detach(), taken
        slope = _run(model, grad(lambda pixels: model(pixels[None])[0, target]), flat)
        step = lr * functional.normalize(slope.flatten(), dim=0)
        flat = (flat + step.reshape(flat.shape)).detach()
    raise ValueError(f"max_steps is {max_steps}, but should be at least 0")


def accuracy_under_attack(
    model: nn.Module, images: Tensor, labels: Tensor, epsilons: Sequence[float]
) -> Tensor:
    """Attack all epsilons as one batch."""
    slopes = _slopes(model, images, labels).sign()
    sizes = torch.as_tensor(epsilons, dtype=images.dtype, device=images.device)
    attacked = (images + sizes.reshape(-1, 1, 1, 1, 1) * slopes).clamp(0, 1)
    with torch.no_grad():
        scores = _run(model, model, attacked.flatten(0, 1))
    seen = scores.argmax(-1).unflatten(0, attacked.shape[:2])
    return (seen == labels).to(images.dtype).mean(1)


def noise_control(
    images: Tensor, adversarial: Tensor, generator: torch.Generator | None = None
) -> Tensor:
    """Draw uniform numbers and look on which side of a half they are."""
    drawn = torch.rand(images.shape, generator=generator, device=images.device) < 0.5
    radius = torch.linalg.vector_norm((adversarial - images).flatten(1), float("inf"), dim=1)
    radius = radius[:, None, None, None].expand_as(images)
    return (images + torch.where(drawn, radius, -radius)).detach()


def one_pixel_attack(
    model: nn.Module,
    image: Tensor,
    label: int | Tensor,
    *,
    max_iterations: int = 30,
    population: int = 40,
    seed: int = 0,
) -> tuple[Tensor, tuple[int, int], bool]:
    """Evolve in pixel units, with binomial crossover, by the probability of the label."""
    source = torch.Generator().manual_seed(seed)
    clean = image.detach().reshape(image.shape[-3:])
    C, H, W = clean.shape
    highest = torch.tensor([H - 1e-3, W - 1e-3, *[1.0] * C])

    def paint(genes: Tensor) -> Tensor:
        pictures = clean.expand(len(genes), C, H, W).clone()
        for picture, gene in zip(pictures, genes, strict=True):
            picture[:, int(gene[0]), int(gene[1])] = gene[2:].to(clean)
        return pictures

    def belief(genes: Tensor) -> Tensor:
        with torch.no_grad():
            scores = _run(model, model, paint(genes))
        return scores.log_softmax(1)[:, int(label)].cpu()

    genes = torch.rand(population, 2 + C, generator=source) * highest
    costs = belief(genes)
    for _ in range(max_iterations):
        one, two, three = (
            genes[torch.randint(population, (population,), generator=source)] for _ in range(3)
        )
        mutants = (one + 0.5 * (two - three)).abs().minimum(highest)
        keep = torch.rand(genes.shape, generator=source) < 0.1
        trials = torch.where(keep, genes, mutants)
        values = belief(trials)
        won = values < costs
        genes[won], costs[won] = trials[won], values[won]
    best = genes[costs.argmin()]
    attacked = paint(best[None])[0]
    with torch.no_grad():
        fooled = _run(model, model, attacked[None]).argmax().item() != int(label)
    return attacked.reshape(image.shape), (int(best[0]), int(best[1])), fooled
