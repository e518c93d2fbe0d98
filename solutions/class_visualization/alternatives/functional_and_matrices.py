"""torch.func instead of autograd, matrices instead of convolutions, slices instead of rolls."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad


def total_variation(images: Tensor) -> Tensor:
    """Subtract slices, square, and sum over all but the batch."""
    down = images[:, :, 1:, :] - images[:, :, :-1, :]
    right = images[:, :, :, 1:] - images[:, :, :, :-1]
    return torch.stack([(d**2).flatten(1).sum(1) for d in (down, right)]).sum(0)


def _blur_matrix(size: int, sigma: float, like: Tensor) -> Tensor:
    """Return the matrix that blurs one axis; weights beyond an end are added to the last pixel."""
    reach = int(4 * sigma + 0.5)
    weights = torch.tensor([-(i**2) / (2 * sigma**2) for i in range(-reach, reach + 1)]).softmax(0)
    matrix = torch.zeros(size, size)
    for row in range(size):
        seen = torch.arange(row - reach, row + reach + 1).clamp(0, size - 1)
        matrix[row].index_add_(0, seen, weights)
    return matrix.to(like)


def gaussian_blur(images: Tensor, sigma: float) -> Tensor:
    """Multiply with one matrix from the left and one from the right."""
    if sigma < 0:
        raise ValueError(f"sigma = {sigma}")
    if sigma == 0:
        return images.clone()
    rows, columns = (_blur_matrix(size, sigma, images) for size in images.shape[-2:])
    return torch.einsum("ai,ncij,bj->ncab", rows, images, columns)


def jitter(images: Tensor, dx: int, dy: int) -> Tensor:
    """Take the last rows first, then the last columns."""
    height, width = images.shape[-2:]
    dy, dx = dy % height, dx % width
    turned = torch.cat((images[..., height - dy :, :], images[..., : height - dy, :]), dim=-2)
    return torch.cat((turned[..., width - dx :], turned[..., : width - dx]), dim=-1)


def _require(allowed: bool, what: str) -> None:
    if not allowed:
        raise ValueError(what)


def _reward(scores: Tensor, target: object) -> Tensor:
    """Return a score, or a mean of log-probabilities, of scores (K,)."""
    target = torch.as_tensor(target)
    _require(target.numel() > 0, f"target is empty: {target}")
    inside = (target >= 0) & (target < len(scores))
    _require(bool(inside.all()), f"target {target.tolist()} of {len(scores)} classes")
    if target.ndim == 0:
        return scores[int(target)]
    return (scores - scores.logsumexp(0))[target.long().to(scores.device)].mean()


def _frozen_copy(model: nn.Module) -> nn.Module:
    return copy.deepcopy(model).eval().requires_grad_(False)


def ascent_step(
    model: nn.Module, image: Tensor, target: object, *, lr: float, l2: float, tv: float
) -> Tensor:
    """Differentiate a pure function of the image, on a copy of the model."""
    _require(lr > 0 and l2 >= 0 and tv >= 0, f"lr = {lr}, l2 = {l2}, tv = {tv}")
    _require(image.ndim == 3 or (image.ndim == 4 and len(image) == 1), f"{image.shape}")
    judge = _frozen_copy(model)

    def value(x: Tensor) -> Tensor:
        scores = functional_call(judge, {}, (x,))[0]
        return _reward(scores, target) - l2 * (x * x).sum() - tv * total_variation(x)[0]

    pixels = image.detach().reshape(-1, *image.shape[-3:])
    with torch.enable_grad():
        slope = grad(value)(pixels)
    length = torch.linalg.vector_norm(slope)
    step = torch.where(length == 0, torch.zeros_like(slope), lr * slope / length)
    return (pixels + step).detach().reshape(image.shape)


def visualize_class(
    model: nn.Module,
    target: object,
    *,
    steps: int = 200,
    lr: float = 1.0,
    l2: float = 1e-3,
    tv: float = 0.0,
    blur_every: int = 10,
    sigma: float = 0.5,
    max_jitter: int = 2,
    init: Tensor | None = None,
    shape: tuple[int, ...] = (1, 28, 28),
    generator: torch.Generator | None = None,
) -> Tensor:
    """Draw all shifts first, then climb."""
    for name, value in {"steps": steps, "sigma": sigma, "max_jitter": max_jitter}.items():
        _require(value >= 0, f"{name} = {value}")
    _require(blur_every >= 0, f"blur_every = {blur_every}")
    shifts = torch.randint(-max_jitter, max_jitter + 1, (steps, 2), generator=generator).tolist()
    if init is None:
        init = (0.5 + 0.1 * torch.randn(*shape, generator=generator)).clamp(0, 1)
    x = init.detach().clone()
    for t, (dx, dy) in enumerate(shifts, start=1):
        x = ascent_step(model, jitter(x, dx, dy), target, lr=lr, l2=l2, tv=tv)
        x = jitter(x.clamp(0, 1), -dx, -dy)
        if blur_every > 0 and t % blur_every == 0:
            x = gaussian_blur(x.reshape(-1, *x.shape[-3:]), sigma).reshape(x.shape)
    return x
