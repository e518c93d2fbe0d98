"""Change images so little that nobody minds, and so well that a network fails.

Notation: N images of C channels, H rows by W columns; a model maps them to scores (N, K), one for
each of K classes, before any softmax; the predicted class has the largest score. Images are
float32 or float64; results have their dtype and are on their device. `clip` is the range (lowest,
highest) of a pixel. The loss of a label y is the cross-entropy -log softmax(scores)[y], one
number for each image.

A model is run in eval mode, whatever mode it is given in, and left as it was found: the mode of
every module, parameters, their `.grad`, buffers, hooks. All functions also work under
`torch.no_grad()` and with parameters that need no gradient, and their results carry no graph.
Arguments are left as they were.
"""

from __future__ import annotations

import torch
from torch import nn


def fgsm(
    model: nn.Module,
    images: torch.Tensor,
    labels: torch.Tensor,
    epsilon: float,
    *,
    targeted: bool = False,
    clip: tuple[float, float] = (0.0, 1.0),
) -> torch.Tensor:
    """Take one step of size epsilon in every pixel: the fast gradient sign method.

    With g[n] the gradient of the loss of labels[n] with respect to images[n],
    clip(images + epsilon * sign(g)), which raises the loss, and if `targeted`
    clip(images - epsilon * sign(g)), which lowers it: then labels are the classes to be reached.

    Args:
        model: (N, C, H, W) -> (N, K) scores.
        images: float32 (N, C, H, W), within `clip`.
        labels: int64 (N,), the classes to leave, or if `targeted` to reach.
        epsilon: size of the step, in units of a pixel; at least 0.
        targeted: whether labels are to be reached.
        clip: lowest and highest value of a pixel; the result is within.

    Returns:
        float32 (N, C, H, W). sign(0) is 0: a pixel without influence stays as it is.

    Source: Goodfellow, Shlens, Szegedy, Explaining and Harnessing Adversarial Examples, 2015,
        arXiv:1412.6572, section 4; targeted: Kurakin, Goodfellow, Bengio, Adversarial Machine
        Learning at Scale, 2017, arXiv:1611.01236, section 2.

    Hint: `torch.autograd.grad` writes no `.grad`, and `torch.enable_grad` helps under `no_grad`.
    """
    # TODO: write this function
    raise NotImplementedError("fgsm.py: fgsm is not written yet")


def pgd(
    model: nn.Module,
    images: torch.Tensor,
    labels: torch.Tensor,
    epsilon: float,
    step_size: float,
    steps: int,
    *,
    targeted: bool = False,
    random_start: bool = False,
    clip: tuple[float, float] = (0.0, 1.0),
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    """Take many small steps and never leave the ball: projected gradient descent.

    From the start x_0,
    x_{t+1} = clip(ball(x_t + step_size * sign(g_t))), with - instead of + if `targeted`, where g_t
    is the gradient of the loss of the labels at x_t and ball(x) moves every pixel of x that is
    farther than epsilon from the same pixel of `images` to that distance.

    Args:
        model: (N, C, H, W) -> (N, K) scores.
        images: float32 (N, C, H, W), the centres of the balls.
        labels: int64 (N,), the classes to leave, or if `targeted` to reach.
        epsilon: radius of the ball, in units of a pixel; at least 0.
        step_size: size of a step, in units of a pixel.
        steps: number of steps; with 0 the start is returned.
        targeted: whether labels are to be reached.
        random_start: whether x_0 is drawn uniformly from the ball, one number per pixel, instead
            of being `images`.
        clip: lowest and highest value of a pixel; the result is within.
        generator: the only source of randomness if given, on the device of images: the same seed
            gives the same result.

    Returns:
        float32 (N, C, H, W).

    Source: Madry, Makelov, Schmidt, Tsipras, Vladu, Towards Deep Learning Models Resistant to
        Adversarial Attacks, 2018, arXiv:1706.06083, section 2.1.
    """
    # TODO: write this function
    raise NotImplementedError("fgsm.py: pgd is not written yet")


def fooling_image(
    model: nn.Module,
    image: torch.Tensor,
    target: int | torch.Tensor,
    *,
    lr: float = 0.5,
    max_steps: int = 100,
) -> tuple[torch.Tensor, int]:
    """Climb the score of a class until the network says that class.

    x <- x + lr * g / ||g||_2 with g the gradient of the score of the target (not of its
    probability, nor of a loss) at x, over all pixels. It stops as soon as the target is predicted,
    before the first step if it already is, and after max_steps in any case. Pixels are not
    clipped.

    Args:
        model: (N, C, H, W) -> (N, K) scores.
        image: float32 (C, H, W) or (1, C, H, W), one image.
        target: an int or a 0-d int64 tensor, the class to be predicted.
        lr: the L2 norm of a step.
        max_steps: the largest number of steps.

    Returns:
        tuple (image, steps): float32 in the shape of image, and the number of steps taken, an int.

    Source: Simonyan, Vedaldi, Zisserman, Deep Inside Convolutional Networks, 2014,
        arXiv:1312.6034, section 2 (ascent on a score); Szegedy et al., Intriguing Properties of
        Neural Networks, 2014, arXiv:1312.6199, section 4 (from a given image).
    """
    # TODO: write this function
    raise NotImplementedError("fgsm.py: fooling_image is not written yet")


def accuracy_under_attack(
    model: nn.Module, images: torch.Tensor, labels: torch.Tensor, epsilons: list[float]
) -> torch.Tensor:
    """Measure how much accuracy an attack by FGSM leaves, for each size of the step.

    Entry e is the share of all images whose label is still predicted for
    fgsm(model, images, labels, epsilons[e]). Every attack starts from `images`.

    Args:
        model: (N, C, H, W) -> (N, K) scores.
        images: float32 (N, C, H, W), within [0, 1].
        labels: int64 (N,), the true classes.
        epsilons: E sizes of the step, in any order.

    Returns:
        float32 (E,), each in [0, 1].

    Source: Goodfellow, Shlens, Szegedy, 2015, section 4.
    """
    # TODO: write this function
    raise NotImplementedError("fgsm.py: accuracy_under_attack is not written yet")


def noise_control(
    images: torch.Tensor, adversarial: torch.Tensor, generator: torch.Generator | None = None
) -> torch.Tensor:
    """Make noise as large as an attack, to see whether its size or its direction did the harm.

    images[n] + d[n] * s[n], where d[n] is the largest |adversarial[n] - images[n]| over all
    channels and pixels of image n, and s[n] holds a fair coin for each of its entries, +1 or -1.
    Pixels are not clipped.

    Args:
        images: float32 (N, C, H, W), the images before the attack.
        adversarial: float32 (N, C, H, W), the same after it.
        generator: the only source of randomness if given, on the device of images: the same seed
            gives the same noise.

    Returns:
        float32 (N, C, H, W).

    Source: Szegedy et al., 2014, section 4.2 (distorted by noise, images are still recognised).
    """
    # TODO: write this function
    raise NotImplementedError("fgsm.py: noise_control is not written yet")


def one_pixel_attack(
    model: nn.Module,
    image: torch.Tensor,
    label: int | torch.Tensor,
    *,
    max_iterations: int = 30,
    population: int = 40,
    seed: int = 0,
) -> tuple[torch.Tensor, tuple[int, int], bool]:
    """Look for one pixel that changes the prediction, by differential evolution.

    A candidate is a row, a column and a value in [0, 1] for each channel; it is the better the less
    the network believes in the label when this pixel is changed. Start from `population` random
    candidates. In each iteration every candidate x_i gets a rival x_a + 0.5 * (x_b - x_c), with a,
    b and c drawn at random, and the better of the two stays. Stop after max_iterations, or once the
    label is no longer predicted. No gradient is needed, only scores.

    Args:
        model: (N, C, H, W) -> (N, K) scores.
        image: float32 (C, H, W) or (1, C, H, W), one image within [0, 1].
        label: an int or a 0-d int64 tensor, the class to leave, predicted for image.
        max_iterations: the largest number of iterations.
        population: the number of candidates, at least 4.
        seed: the only source of randomness: the same seed gives the same result.

    Returns:
        tuple (image, (row, column), success): float32 in the shape of image, which differs from it
        at most in the channels of this one pixel and is within [0, 1]; two ints, counted from 0;
        and whether another class than label is predicted for the returned image, a bool.

    Source: Su, Vargas, Sakurai, One Pixel Attack for Fooling Deep Neural Networks, 2019,
        arXiv:1710.08864, section 3; Storn, Price, Differential Evolution, 1997.

    Hint: change the pixel in `population` copies of the image, and run the model once on all.
    """
    # TODO: write this function
    raise NotImplementedError("fgsm.py: one_pixel_attack is not written yet")
