"""Ask a network what it likes to see: climb from noise to the image that a class prefers.

Notation: N images of C channels, H rows by W columns; a model maps them to scores (N, K), one for
each of K classes, before any softmax. An image x is float32 in [0, 1]; float64 works as well, and
results have the dtype of their input and are on its device.

A model is run in eval mode, whatever mode it is given in, and left as it was found: the mode of
every module, parameters, their `.grad`, buffers, hooks. The functions that take one also work under
`torch.no_grad()` and with parameters that need no gradient, and their results carry no graph.
Arguments are left as they were. Nothing here is "by hand": use any part of torch.
"""

from __future__ import annotations

import torch
from torch import nn

# A class (an int or a 0-d tensor), or several (the others).
Target = int | list[int] | tuple[int, ...] | torch.Tensor


def total_variation(images: torch.Tensor) -> torch.Tensor:
    """Sum up how much neighbouring pixels differ, image by image.

    tv[n] = sum over c, i < H - 1, j of (x[n, c, i + 1, j] - x[n, c, i, j]) ** 2
          + sum over c, i, j < W - 1 of (x[n, c, i, j + 1] - x[n, c, i, j]) ** 2

    Every pair counts once, and nothing wraps around: the last row is no neighbour of the first.

    Args:
        images: float32 (N, C, H, W).

    Returns:
        float32 (N,), one number per image; differentiable.

    Source: Mahendran, Vedaldi, Understanding Deep Image Representations by Inverting Them, 2015,
        arXiv:1412.0035, on regularisers, with beta = 2.
    """
    # TODO: write this function
    raise NotImplementedError("class_visualization.py: total_variation is not written yet")


def gaussian_blur(images: torch.Tensor, sigma: float) -> torch.Tensor:
    """Average every pixel with its neighbours, the near ones most.

    With r = int(4 * sigma + 0.5) and the weights w[i], i = -r ... r, proportional to
    exp(-i ** 2 / (2 * sigma ** 2)) and normalised so that they sum to 1,
    out[n, c, a, b] = sum over i and j of w[i] * w[j] * x[n, c, a + i, b + j],
    where a position outside of the image stands for the nearest pixel of its edge.

    Args:
        images: float32 (N, C, H, W).
        sigma: standard deviation in pixels, at least 0; 0 gives a copy.

    Returns:
        float32 (N, C, H, W), each channel blurred by itself.

    Raises:
        ValueError: sigma < 0.

    Source: Yosinski, Clune, Nguyen, Fuchs, Lipson, Understanding Neural Networks Through Deep
        Visualization, 2015, arXiv:1506.06579, section 3.

    Hint: pad with mode="replicate"; then one convolution down and one to the right, with
        groups=C, so that channels do not mix.
    """
    # TODO: write this function
    raise NotImplementedError("class_visualization.py: gaussian_blur is not written yet")


def jitter(images: torch.Tensor, dx: int, dy: int) -> torch.Tensor:
    """Move images by dx columns to the right and dy rows down; what leaves comes back opposite.

    out[n, c, (i + dy) % H, (j + dx) % W] = x[n, c, i, j]

    Args:
        images: float32 (N, C, H, W).
        dx: columns to the right; negative ones move to the left.
        dy: rows down; negative ones move up.

    Returns:
        float32 (N, C, H, W).

    Source: Mordvintsev, Olah, Tyka, Inceptionism: Going Deeper into Neural Networks, 2015.
    """
    # TODO: write this function
    raise NotImplementedError("class_visualization.py: jitter is not written yet")


def ascent_step(
    model: nn.Module, image: torch.Tensor, target: Target, *, lr: float, l2: float, tv: float
) -> torch.Tensor:
    """Take one step uphill, of length lr, towards what the target prefers.

    With S(x) the objective,
    g = gradient of S(x) - l2 * sum of x ** 2 - tv * total_variation(x) with respect to x,
    the result is x + lr * g / (Euclidean norm of g). It is not clamped. Where g is 0, the result
    is a copy of x.

    S is the score of one class, before any softmax, if target is an int or a 0-d tensor; it is the
    mean of the log-probabilities (log-softmax over all classes) of several classes if target is a
    list, a tuple or a 1-d tensor, also one with a single entry.

    Args:
        model: (N, C, H, W) -> (N, K) scores.
        image: float32 (C, H, W) or (1, C, H, W), one image.
        target: a class, or a non-empty collection of classes, each in 0 ... K - 1.
        lr: length of the step, above 0.
        l2: weight of the penalty on bright pixels, at least 0.
        tv: weight of the penalty on total variation, at least 0.

    Returns:
        float32 (C, H, W) or (1, C, H, W), the shape of image.

    Raises:
        ValueError: lr <= 0, l2 < 0, tv < 0, a class outside 0 ... K - 1, no class at all, or more
            than one image.

    Source: Simonyan, Vedaldi, Zisserman, Deep Inside Convolutional Networks, 2014,
        arXiv:1312.6034, section 2, equation 1.

    Hint: `torch.autograd.grad` writes no `.grad`, and `torch.enable_grad` undoes a `no_grad`.
    """
    # TODO: write this function
    raise NotImplementedError("class_visualization.py: ascent_step is not written yet")


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
    shape: tuple[int, ...] = (1, 28, 28),
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    """Climb from noise, or from an image, to one that the target prefers.

    Start with init, or else with 0.5 + 0.1 * e clamped to [0, 1], e from N(0, 1), of `shape`. Then
    for t = 1, 2, ..., steps:
    jitter by dx and dy, integers drawn uniformly from -max_jitter ... max_jitter, both included;
    ascent_step;
    jitter back, by -dx and -dy;
    clamp to [0, 1];
    if t is a multiple of blur_every: gaussian_blur with sigma.

    Args:
        model: (N, C, H, W) -> (N, K) scores.
        target: a class, or a non-empty collection of classes, as for ascent_step.
        steps: the number of steps, at least 0.
        lr: length of a step, above 0.
        l2: as for ascent_step.
        tv: as for ascent_step.
        blur_every: blur after so many steps, at least 0; 0 never blurs.
        sigma: standard deviation of the blur in pixels, at least 0.
        max_jitter: largest shift in pixels, at least 0.
        init: float32 (C, H, W) or (1, C, H, W) in [0, 1], the image to start from; None for noise.
        shape: sizes (C, H, W) of the noise; without meaning if init is given.
        generator: the only source of randomness if given, on the device of the model: the same
            seed gives the same image.

    Returns:
        float32 (C, H, W) or (1, C, H, W) in [0, 1], a new tensor of the shape of its start:
            init.shape, or `shape`.

    Raises:
        ValueError: steps, l2, tv, blur_every, sigma or max_jitter < 0, lr <= 0, a class outside
            0 ... K - 1, no class at all, or an init of more than one image.

    Source: Yosinski et al., 2015, section 3 (ascent with regularisers as steps of their own);
        Simonyan et al., 2014, section 2.
    """
    # TODO: write this function
    raise NotImplementedError("class_visualization.py: visualize_class is not written yet")
