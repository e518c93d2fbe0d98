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

import torch
from torch import nn


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
    # TODO: write this function
    raise NotImplementedError("saliency.py: gradient_map is not written yet")


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
    # TODO: write this function
    raise NotImplementedError("saliency.py: normalize_maps is not written yet")


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
    # TODO: write this function
    raise NotImplementedError("saliency.py: smooth_grad is not written yet")


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
    # TODO: write this function
    raise NotImplementedError("saliency.py: guided_backprop is not written yet")


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
    # TODO: write this function
    raise NotImplementedError("saliency.py: grad_cam is not written yet")


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
    # TODO: write this function
    raise NotImplementedError("saliency.py: occlusion_maps is not written yet")
