"""Where a network looks, one image and one square at a time.

Another style: plain loops, a small class that keeps the mode, a ReLU with a backward pass of its
own that stands in for each ReLU module while guided back-propagation runs.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class _Kept:
    """Puts a model into eval mode, and back."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model

    def __enter__(self) -> nn.Module:
        self.modes = {name: module.training for name, module in self.model.named_modules()}
        self.model.eval()
        return self.model

    def __exit__(self, *_: object) -> None:
        for name, module in self.model.named_modules():
            module.training = self.modes[name]


class _GuidedRelu(torch.autograd.Function):
    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, x: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x)
        return torch.relu(x)

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, grad: torch.Tensor) -> torch.Tensor:
        (x,) = ctx.saved_tensors
        return torch.where((x > 0) & (grad > 0), grad, torch.zeros_like(grad))


def _check(images: torch.Tensor, labels: torch.Tensor, classes: int) -> None:
    if len(images) != len(labels):
        raise ValueError(f"{len(images)} images, but {len(labels)} labels")
    for label in labels.tolist():
        if not 0 <= label < classes:
            raise ValueError(f"label {label} is not one of {classes} classes")


def _gradients(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    rows = []
    with _Kept(model), torch.enable_grad():
        _check(images, labels, model(images[:1]).shape[1])
        for image, label in zip(images, labels, strict=True):
            x = image.detach()[None].clone().requires_grad_(True)
            rows += torch.autograd.grad(model(x)[0, label], x)
    return torch.cat(rows)


def gradient_map(
    model: nn.Module, images: torch.Tensor, labels: torch.Tensor, reduce: str = "max"
) -> torch.Tensor:
    """Measure how strongly the label's score reacts to each pixel."""
    gradients = _gradients(model, images, labels)
    if reduce == "max":
        return gradients.abs().max(dim=1).values
    if reduce == "l2":
        return torch.linalg.vector_norm(gradients, dim=1)
    raise ValueError(f"unknown reduce: {reduce}")


def normalize_maps(maps: torch.Tensor) -> torch.Tensor:
    """Stretch each map to [0, 1]."""
    result = torch.zeros_like(maps)
    for i, one in enumerate(maps):
        low, high = one.min(), one.max()
        if high > low:
            result[i] = (one - low) / (high - low)
    return result


def smooth_grad(
    model: nn.Module,
    images: torch.Tensor,
    labels: torch.Tensor,
    *,
    samples: int = 25,
    noise_std: float = 0.15,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    """Average the gradient maps of noisy copies."""
    if samples < 1 or noise_std < 0:
        raise ValueError(f"samples is {samples} and noise_std {noise_std}")
    maps = []
    for _ in range(samples):
        noise = torch.empty_like(images).normal_(0, 1, generator=generator)
        maps.append(gradient_map(model, images + noise_std * noise, labels))
    return torch.stack(maps).mean(dim=0)


def guided_backprop(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Propagate positive gradients only."""
    relus = [module for module in model.modules() if isinstance(module, nn.ReLU)]
    for relu in relus:
        relu.forward = _GuidedRelu.apply
    try:
        return _gradients(model, images, labels)
    finally:
        for relu in relus:
            del relu.forward


def grad_cam(
    model: nn.Module, layer: str, images: torch.Tensor, labels: torch.Tensor
) -> torch.Tensor:
    """Weigh a layer's maps by their mean gradients."""
    try:
        module = model.get_submodule(layer)
    except AttributeError as error:
        raise ValueError(f"no layer {layer!r}") from error
    seen = {}

    def forward(_module: nn.Module, _inputs: object, output: torch.Tensor) -> torch.Tensor:
        seen["maps"] = output.detach().clone().requires_grad_(True)
        return seen["maps"] * 1

    cams = []
    handle = module.register_forward_hook(forward)
    try:
        with _Kept(model), torch.enable_grad():
            _check(images, labels, model(images[:1]).shape[1])
            for image, label in zip(images, labels, strict=True):
                (grad,) = torch.autograd.grad(model(image[None])[0, label], seen["maps"])
                alpha = grad[0].flatten(1).mean(dim=1)
                cams.append(functional.relu(torch.tensordot(alpha, seen["maps"].detach()[0], 1)))
    finally:
        handle.remove()
    cams = torch.stack(cams).unsqueeze(1)
    size = tuple(images.shape[-2:])
    cams = functional.interpolate(cams, size=size, mode="bilinear", align_corners=False)
    return normalize_maps(cams.squeeze(1))


def occlusion_maps(
    model: nn.Module,
    image: torch.Tensor,
    label: int | torch.Tensor,
    *,
    patch: int = 8,
    stride: int = 1,
    fill: float = 0.0,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Cover one square after the other."""
    image = image if image.dim() == 3 else image[0]
    _, height, width = image.shape
    if patch < 1 or patch > min(height, width) or stride < 1:
        raise ValueError(f"patch is {patch}, stride {stride}, and the image {height} x {width}")
    rows, columns = (height - patch) // stride + 1, (width - patch) // stride + 1
    prob = torch.empty(rows, columns, dtype=image.dtype, device=image.device)
    top_prob, top_label = torch.empty_like(prob), torch.empty_like(prob, dtype=torch.int64)
    with _Kept(model), torch.no_grad():
        _check([image], torch.as_tensor(label).reshape(1), model(image[None]).shape[1])
        for i in range(rows):
            for j in range(columns):
                covered = image.clone()
                covered[:, i * stride : i * stride + patch, j * stride : j * stride + patch] = fill
                p = model(covered[None])[0].softmax(0)
                prob[i, j], top_prob[i, j], top_label[i, j] = p[label], p.max(), p.argmax()
    return prob, top_prob, top_label
