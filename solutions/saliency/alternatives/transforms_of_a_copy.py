"""Where a network looks, with torch.func: gradients by `grad` and `vmap`, occlusion by masks.

Another style: everything is asked of a frozen deep copy in eval mode, so that nothing of the
caller's model is ever switched or hooked.
"""

from __future__ import annotations

import copy
from typing import NamedTuple

import torch
from torch import nn
from torch.func import grad, vmap
from torch.nn import functional


class Occlusion(NamedTuple):
    """What the network makes of an image under each square."""

    prob: torch.Tensor
    top_prob: torch.Tensor
    top_label: torch.Tensor


class _Guided(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.requires_grad:
            x = torch.relu(x)
            x.register_hook(lambda g: torch.clamp_min(g, 0))
            return x
        return torch.relu(x)


def _copied(model: nn.Module) -> nn.Module:
    twin = copy.deepcopy(model).eval().requires_grad_(False)
    for module in twin.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = False
    return twin


def _validated(labels: torch.Tensor, count: int, classes: int) -> torch.Tensor:
    if labels.dim() != 1 or labels.shape[0] != count:
        raise ValueError(f"labels have shape {tuple(labels.shape)}, for {count} images")
    if bool((labels < 0).any()) or bool((labels >= classes).any()):
        raise ValueError(f"labels {labels.tolist()} are not all below {classes}")
    return labels


def _classes(twin: nn.Module, images: torch.Tensor) -> int:
    with torch.no_grad():
        return twin(images[:1]).shape[-1]


def gradient_map(
    model: nn.Module, images: torch.Tensor, labels: torch.Tensor, reduce: str = "max"
) -> torch.Tensor:
    """Measure how strongly the label's score reacts to each pixel."""
    try:
        norm = {"max": lambda g: g.abs().amax(-3), "l2": lambda g: g.norm(dim=-3)}[reduce]
    except KeyError:
        raise ValueError(f"reduce={reduce!r}") from None
    twin = _copied(model)
    _validated(labels, len(images), _classes(twin, images))

    def score(image: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
        return twin(image[None])[0].gather(0, label[None])[0]

    with torch.enable_grad():
        return norm(vmap(grad(score))(images.detach(), labels)).detach()


def normalize_maps(maps: torch.Tensor) -> torch.Tensor:
    """Stretch each map to [0, 1]."""
    flat = maps.reshape(len(maps), -1)
    low, high = flat.aminmax(dim=1, keepdim=True)
    spread = high - low
    return torch.where(spread == 0, 0.0, (flat - low) / spread).reshape(maps.shape).to(maps.dtype)


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
    if samples < 1:
        raise ValueError(f"samples={samples}")
    if noise_std < 0:
        raise ValueError(f"noise_std={noise_std}")
    shape = (samples, *images.shape)
    noise = torch.randn(shape, generator=generator, dtype=images.dtype, device=images.device)
    noisy = (images + noise_std * noise).flatten(0, 1)
    if len(labels) != len(images):
        raise ValueError(f"{len(labels)} labels for {len(images)} images")
    maps = gradient_map(model, noisy, labels.repeat(samples))
    return maps.unflatten(0, (samples, -1)).mean(0)


def _swap_relus(module: nn.Module) -> None:
    for name, child in module.named_children():
        if isinstance(child, nn.ReLU):
            setattr(module, name, _Guided())
        else:
            _swap_relus(child)


def guided_backprop(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Propagate positive gradients only."""
    twin = _copied(model)
    _validated(labels, len(images), _classes(twin, images))
    _swap_relus(twin)
    x = images.detach().clone().requires_grad_()
    with torch.enable_grad():
        twin(x)[torch.arange(len(x), device=x.device), labels].sum().backward()
    return x.grad


def grad_cam(
    model: nn.Module, layer: str, images: torch.Tensor, labels: torch.Tensor
) -> torch.Tensor:
    """Weigh a layer's maps by their mean gradients."""
    twin = _copied(model)
    named = dict(twin.named_modules())
    if layer not in named:
        raise ValueError(f"layer={layer!r}")
    _validated(labels, len(images), _classes(twin, images))
    caught = []
    named[layer].register_forward_hook(lambda m, i, out: caught.append(out) or out.retain_grad())
    with torch.enable_grad():
        twin(images.detach().clone().requires_grad_()).gather(1, labels[:, None]).sum().backward()
    maps = caught[0]
    cam = torch.einsum("nk,nkhw->nhw", maps.grad.mean((-2, -1)), maps.detach()).clamp(min=0)
    height, width = images.shape[-2:]
    enlarged = functional.interpolate(cam[:, None], (height, width), mode="bilinear")
    return normalize_maps(enlarged.flatten(0, 1))


def occlusion_maps(
    model: nn.Module,
    image: torch.Tensor,
    label: int | torch.Tensor,
    *,
    patch: int = 8,
    stride: int = 1,
    fill: float = 0.0,
) -> Occlusion:
    """Cover one square after the other."""
    height, width = image.shape[-2:]
    if not 1 <= patch <= min(height, width):
        raise ValueError(f"patch={patch}")
    if stride < 1:
        raise ValueError(f"stride={stride}")
    index = torch.arange(height * width, device=image.device).reshape(1, 1, height, width)
    windows = functional.unfold(index.double(), patch, stride=stride)[0].long().T
    masks = torch.zeros(len(windows), height * width, dtype=torch.bool, device=image.device)
    masks.scatter_(1, windows, value=True)
    twin = _copied(model)
    covered = image.reshape(1, -1, height, width).masked_fill(
        masks.reshape(-1, 1, height, width), fill
    )
    _validated(torch.as_tensor(label).reshape(1), 1, _classes(twin, covered))
    with torch.no_grad():
        p = functional.softmax(twin(covered), dim=1)
    rows, columns = (height - patch) // stride + 1, (width - patch) // stride + 1
    top = p.max(dim=1)
    return Occlusion(*(m.reshape(rows, columns) for m in (p[:, int(label)], *top)))
