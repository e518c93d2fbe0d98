"""Show where a network looks: gradients, class activation and occlusion.

Notation: N images of C channels, H rows by W columns; a model maps them to scores (N, K), one for
each of K classes, before any softmax. Images are float32 or float64, results have their dtype and
are on their device. A label is the class whose score is explained: int64 (N,) for N images, an int
or a 0-d tensor for one.

A model is run in eval mode, whatever mode it is given in, and left as it was found: the mode of
every module, parameters, their `.grad`, buffers, hooks. All functions also work under
`torch.no_grad()` and with parameters that need no gradient, and their results carry no graph.
Arguments are left as they were.
"""

from __future__ import annotations

# BEGIN SOLUTION
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import product

# END SOLUTION
import torch
from torch import nn

# BEGIN SOLUTION
BATCH = 256  # occluded images in one forward pass


@contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


def _label_scores(scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    if labels.shape != scores.shape[:1]:
        raise ValueError(f"there are {labels.numel()} labels, but {len(scores)} images")
    classes = scores.shape[1]
    outside = (labels < 0) | (labels >= classes)
    if outside.any():
        raise ValueError(f"a label is {labels[outside][0].item()}, but should be below {classes}")
    return scores.gather(1, labels[:, None]).squeeze(1)


def _gradient(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return the gradient of each label's score at its own image, (N, C, H, W)."""
    with _evaluating(model), torch.enable_grad():
        pixels = images.detach().clone().requires_grad_()
        # An image's score depends on that image alone, so one backward pass serves the batch.
        total = _label_scores(model(pixels), labels).sum()
        return torch.autograd.grad(total, pixels)[0]


# END SOLUTION


def gradient_map(
    model: nn.Module, images: torch.Tensor, labels: torch.Tensor, reduce: str = "max"
) -> torch.Tensor:
    """Measure how strongly the score of the label reacts to each pixel.

    With g[n] the gradient of the score labels[n] of image n with respect to that image,
    "max" gives max over c of |g[n, c, i, j]|,
    "l2" gives the square root of the sum over c of g[n, c, i, j] ** 2.

    Args:
        model: (N, C, H, W) -> (N, K) scores.
        images: float32 (N, C, H, W).
        labels: int64 (N,), each in 0 ... K - 1.
        reduce: "max" or "l2".

    Returns:
        float32 (N, H, W), not normalised.

    Raises:
        ValueError: reduce is neither "max" nor "l2", a label is outside 0 ... K - 1, or images and
            labels differ in length.

    Source: Simonyan, Vedaldi, Zisserman, Deep Inside Convolutional Networks, 2014,
        arXiv:1312.6034, section 3.1.

    Hint: one backward pass serves the whole batch. `torch.autograd.grad` writes no `.grad`.
    """
    # BEGIN SOLUTION
    if reduce not in ("max", "l2"):
        raise ValueError(f'reduce is {reduce!r}, but should be "max" or "l2"')
    gradient = _gradient(model, images, labels)
    if reduce == "max":
        return gradient.abs().amax(dim=1)
    return gradient.square().sum(dim=1).sqrt()
    # END SOLUTION


def normalize_maps(maps: torch.Tensor) -> torch.Tensor:
    """Stretch each map to [0, 1], by itself.

    (m - min m) / (max m - min m), where minimum and maximum run over all axes of maps but the
    first, and exactly so: nothing is added to the denominator. A constant map becomes zeros.

    Args:
        maps: float32 (N, ...), finite; usually (N, H, W).

    Returns:
        float32 (N, ...), the same shape: 0 at the minimum and 1 at the maximum of every map that is
        not constant.

    Source: arithmetic.

    Hint: `amin` and `amax` take several axes, and `keepdim`.
    """
    # BEGIN SOLUTION
    axes = tuple(range(1, maps.dim()))
    lowest = maps.amin(axes, keepdim=True)
    spread = maps.amax(axes, keepdim=True) - lowest
    return (maps - lowest) / torch.where(spread > 0, spread, 1)
    # END SOLUTION


def smooth_grad(
    model: nn.Module,
    images: torch.Tensor,
    labels: torch.Tensor,
    *,
    samples: int = 25,
    noise_std: float = 0.15,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    """Average the gradient maps of many noisy copies of the images.

    The mean over `samples` draws of gradient_map(model, images + noise_std * e, labels, "max"),
    with e from N(0, 1), one number per entry of images, fresh for every draw. The noisy images are
    not clipped, noise_std is not scaled by the range of the image, the result is not normalised.

    Args:
        model: (N, C, H, W) -> (N, K) scores.
        images: float32 (N, C, H, W).
        labels: int64 (N,), each in 0 ... K - 1.
        samples: the number of draws, at least 1.
        noise_std: standard deviation of the noise, at least 0; with 0 the result is gradient_map's.
        generator: the only source of randomness if given, on the device of images: the same seed
            gives the same maps.

    Returns:
        float32 (N, H, W).

    Raises:
        ValueError: samples < 1, noise_std < 0, or as gradient_map.

    Source: Smilkov, Thorat, Kim, Viegas, Wattenberg, SmoothGrad: removing noise by adding noise,
        2017, arXiv:1706.03825, section 3.
    """
    # BEGIN SOLUTION
    if samples < 1:
        raise ValueError(f"samples is {samples}, but should be at least 1")
    if noise_std < 0:
        raise ValueError(f"noise_std is {noise_std}, but should be at least 0")
    like = {"dtype": images.dtype, "device": images.device}
    total = torch.zeros(len(images), *images.shape[2:], **like)
    for _ in range(samples):
        noise = torch.randn(images.shape, generator=generator, **like)
        total += gradient_map(model, images + noise_std * noise, labels)
    return total / samples
    # END SOLUTION


# BEGIN SOLUTION
def _guide(module: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
    if output.requires_grad:
        output.register_hook(lambda gradient: gradient.clamp(min=0))


# END SOLUTION


def guided_backprop(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Propagate the score of the label back to the image through positive gradients only.

    Back-propagation as usual, but for every `nn.ReLU` module: where the gradient at its output is
    g and its input was z, it hands back max(g, 0) where z > 0 and 0 elsewhere. Modules that work
    in place, and a module that is called several times, are no exception. ReLUs that are functions
    instead of modules are out of reach and need not be treated.

    Args:
        model: (N, C, H, W) -> (N, K) scores.
        images: float32 (N, C, H, W).
        labels: int64 (N,), each in 0 ... K - 1.

    Returns:
        float32 (N, C, H, W), with its sign, neither reduced nor normalised.

    Raises:
        ValueError: a label is outside 0 ... K - 1, or images and labels differ in length.

    Source: Springenberg, Dosovitskiy, Brox, Riedmiller, Striving for Simplicity, 2015,
        arXiv:1412.6806, section 3.4.

    Hint: a ReLU masks its gradient by itself already. Hooks that you register must be gone when
        you return, also when an error is raised.
    """
    # BEGIN SOLUTION
    with ExitStack() as stack:
        for module in model.modules():
            if isinstance(module, nn.ReLU):
                stack.callback(module.register_forward_hook(_guide).remove)
        return _gradient(model, images, labels)
    # END SOLUTION


def grad_cam(
    model: nn.Module, layer: str, images: torch.Tensor, labels: torch.Tensor
) -> torch.Tensor:
    """Weigh the activation maps of a layer by what they add to the score of the label.

    With A[n, k] the maps that the layer returned for image n, S[n] the score labels[n] of image n,
    a[n, k] = mean over u, v of dS[n] / dA[n, k, u, v],
    cam[n] = relu(sum over k of a[n, k] * A[n, k]).
    cam is then enlarged with torch.nn.functional.interpolate(size=(H, W), mode="bilinear",
    align_corners=False), and the result goes through normalize_maps, in this order.

    Args:
        model: (N, C, H, W) -> (N, K) scores.
        layer: the dotted name of a module of the model, as in `named_modules()`, whose output is
            (N, k, h, w). What counts is the output as the module returned it, before a later module
            changes it in place.
        images: float32 (N, C, H, W).
        labels: int64 (N,), each in 0 ... K - 1.

    Returns:
        float32 (N, H, W), in [0, 1].

    Raises:
        ValueError: the model has no module of the name layer, a label is outside 0 ... K - 1, or
            images and labels differ in length.

    Source: Selvaraju, Cogswell, Das, Vedantam, Parikh, Batra, Grad-CAM, 2017, arXiv:1610.02391,
        equations 1 and 2.

    Hint: what a forward hook returns replaces the output of the module.
    """
    # BEGIN SOLUTION
    modules = dict(model.named_modules())
    if layer not in modules:
        raise ValueError(f"layer is {layer!r}, but should be one of {', '.join(modules)}")
    outputs: list[torch.Tensor] = []

    def keep(module: nn.Module, inputs: object, output: torch.Tensor) -> torch.Tensor:
        outputs.append(output)
        return output.clone()  # a later module may change this one in place

    handle = modules[layer].register_forward_hook(keep)
    try:
        with _evaluating(model), torch.enable_grad():
            score = _label_scores(model(images.detach().clone().requires_grad_()), labels)
            maps = outputs[-1]
            (gradient,) = torch.autograd.grad(score.sum(), maps)
    finally:
        handle.remove()
    weights = gradient.mean(dim=(2, 3), keepdim=True)
    cam = (weights * maps.detach()).sum(dim=1, keepdim=True).relu()
    enlarged = nn.functional.interpolate(
        cam, size=images.shape[2:], mode="bilinear", align_corners=False
    )
    return normalize_maps(enlarged[:, 0])
    # END SOLUTION


def occlusion_maps(
    model: nn.Module,
    image: torch.Tensor,
    label: int | torch.Tensor,
    *,
    patch: int = 8,
    stride: int = 1,
    fill: float = 0.0,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Cover one square after the other, and watch what the network makes of the rest.

    Entry (i, j) of each map belongs to the image with all channels of the rows
    i * stride ... i * stride + patch - 1 and of the columns j * stride ... j * stride + patch - 1
    set to fill. The square never reaches outside, so H' = (H - patch) // stride + 1 and W'
    likewise: 21 x 21 for a patch of 8 on 28 x 28.

    Args:
        model: (N, C, H, W) -> (N, K) scores.
        image: float32 (C, H, W) or (1, C, H, W), one image.
        label: an int or a 0-d int64 tensor in 0 ... K - 1.
        patch: side of the square in pixels, 1 ... min(H, W).
        stride: step from one square to the next, down and to the right; at least 1.
        fill: the value of covered pixels.

    Returns:
        tuple (prob, top_prob, top_label), each (H', W'): float32 the softmax probability of the
        label, float32 the largest softmax probability, int64 the class that has it.

    Raises:
        ValueError: patch outside 1 ... min(H, W), stride < 1, or label outside 0 ... K - 1.

    Source: Zeiler, Fergus, Visualizing and Understanding Convolutional Networks, 2014,
        arXiv:1311.2901, section 4.2 and figure 7.
    """
    # BEGIN SOLUTION
    single = image.reshape(-1, *image.shape[-2:])
    H, W = single.shape[1:]
    if not 1 <= patch <= min(H, W):
        raise ValueError(f"patch is {patch}, but should be from 1 to {min(H, W)}")
    if stride < 1:
        raise ValueError(f"stride is {stride}, but should be at least 1")
    tops, lefts = range(0, H - patch + 1, stride), range(0, W - patch + 1, stride)
    covered = single.repeat(len(tops) * len(lefts), 1, 1, 1)
    for one, (top, left) in zip(covered, product(tops, lefts), strict=True):
        one[:, top : top + patch, left : left + patch] = fill
    with _evaluating(model), torch.no_grad():
        scores = torch.cat([model(part) for part in covered.split(BATCH)])
    probabilities = scores.softmax(dim=1)
    labels = torch.full((len(scores),), int(label), device=scores.device)
    prob = _label_scores(probabilities, labels)
    top_prob, top_label = probabilities.max(dim=1)
    shape = len(tops), len(lefts)
    return prob.reshape(shape), top_prob.reshape(shape), top_label.reshape(shape)
    # END SOLUTION
