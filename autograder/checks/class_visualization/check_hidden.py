"""Hidden checks of class_visualization: other shapes, dtypes, settings; and a second network.

Gradients of linear scores are written down, those of the small network are torch's own in float64.
Where a climb is compared step by step, the penalties are off: a wrong one costs its own task.
A blur may compute its weights in float32, also for images in float64: values are then off by 1e-7
and 1e-5 is allowed; wrong weights and edges are off by more than 1e-3.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest
import torch

from autograder import models
from autograder.kit import (
    assert_close,
    assert_dtype,
    assert_no_graph,
    assert_reaches,
    assert_shape,
    call,
    likely,
    task,
    untouched,
)

DOUBLE = torch.float64
BLURRED = {"rtol": 1e-5, "atol": 1e-6}
BATCH_NORMED = [
    ["Conv2d", {"in_channels": 2, "out_channels": 3, "kernel_size": 3}],
    ["BatchNorm2d", {"num_features": 3}],
    ["ReLU"],
    ["Dropout", {"p": 0.5}],
    ["Flatten"],
    ["Linear", {"in_features": 36, "out_features": 4}],
]


class Step(NamedTuple):
    """One call of ascent_step on linear scores."""

    shape: tuple[int, ...]
    dtype: torch.dtype
    l2: float
    tv: float
    target: object = 1


@task("total_variation")
@pytest.mark.parametrize("shape", [(3, 2, 5, 4), (1, 3, 1, 6), (2, 1, 7, 1)])
@pytest.mark.parametrize("dtype", [torch.float32, DOUBLE])
def check_total_variation_of_other_shapes(student, rng, device, shape, dtype):
    """total_variation is right for any shape, in float32 and float64"""
    images = _turned(rng, shape, dtype)
    the_call = call("total_variation", images=images)
    got = untouched(student.total_variation)(images.to(device))
    x = images.double()
    down, right = x[:, :, 1:] - x[:, :, :-1], x[..., 1:] - x[..., :-1]
    expected = sum(part.square().sum((1, 2, 3)) for part in (down, right))
    within = "neighbours lie in one image: the batch is no axis to compare along"
    hint = likely(got, {within: lambda: expected + x.diff(dim=0).square().sum()})
    assert_close(got, expected.to(device, dtype), the_call, hint=hint)


@task("gaussian_blur")
@pytest.mark.parametrize(
    ("shape", "sigma", "dtype"),
    [((2, 3, 7, 5), 0.8, DOUBLE), ((1, 2, 4, 9), 1.3, DOUBLE), ((3, 1, 6, 8), 0.5, torch.float32)],
)
def check_gaussian_blur_of_other_shapes(student, rng, device, shape, sigma, dtype):
    """gaussian_blur is right for any shape and sigma, channel by channel, also at the edges"""
    images = _turned(rng, shape, dtype)
    the_call = call("gaussian_blur", images=images, sigma=sigma)
    got = untouched(student.gaussian_blur)(images.to(device), sigma)
    expected = _blur(images, sigma).to(device, dtype)
    wrong = {
        "the edges are replicated, not continued with zeros": lambda: _blur(images, sigma, "zeros"),
        "the edges are replicated, nothing wraps around": lambda: _blur(images, sigma, "wrap"),
        "the exponent is -i² / (2 sigma²)": lambda: _blur(images, sigma, power=1),
    }
    assert_shape(got, shape, the_call, hint="the blur keeps the shape: frame the image first")
    assert_close(got, expected, the_call, **BLURRED, hint=likely(got, wrong))


@task("jitter")
@pytest.mark.parametrize(("dx", "dy"), [(0, 0), (3, 0), (0, -2), (-4, 1), (2, 4)])
def check_jitter_of_other_shapes(student, rng, device, dx, dy):
    """jitter is a cyclic roll of every channel, in either direction"""
    images = _turned(rng, (2, 3, 5, 6), DOUBLE)
    the_call = call("jitter", images=images, dx=dx, dy=dy)
    got = untouched(student.jitter)(images.to(device), dx, dy)
    rows, columns = (torch.arange(5) - dy) % 5, (torch.arange(6) - dx) % 6
    wrong = {
        "what leaves on one side comes back on the other": lambda: _cut(images, dx, dy),
        "dx moves columns, dy moves rows": images.roll((dx, dy), (2, 3)),
    }
    expected = images[:, :, rows][..., columns]
    assert_close(got, expected.to(device), the_call, hint=likely(got, wrong))


@task("ascent_step")
@pytest.mark.parametrize(
    "step",
    [
        Step((2, 5, 4), torch.float32, 0.0, 0.0),
        Step((1, 2, 5, 4), DOUBLE, 0.3, 0.0, torch.tensor(2)),
        Step((1, 3, 7), DOUBLE, 0.0, 0.2),
        Step((1, 2, 3, 6), DOUBLE, 0.3, 0.2, 0),
    ],
)
def check_ascent_step_on_linear_scores(student, rng, device, step):
    """on linear scores the step goes along the weights, less 2 l2 x and tv times the slope of TV"""
    image = rng.uniform(*step.shape, dtype=step.dtype)
    weights = rng.normal(3, image.numel())
    settings = {"lr": 1.5, "l2": step.l2, "tv": step.tv}
    the_call = call("ascent_step", image=image, target=step.target, **settings)
    function = untouched(student.ascent_step)
    got = function(_linear(weights, step.dtype), image.to(device), step.target, **settings)
    score = weights[int(step.target)].to(DOUBLE).reshape(step.shape)
    x = image.double()
    bright, rough = 2 * step.l2 * x, step.tv * _slope_of_tv(x)
    wrong = {
        "this goes downhill": lambda: _moved(x, bright + rough - score),
        "l2 is a penalty: its part has the wrong sign": lambda: _moved(x, score + bright - rough),
        "tv is a penalty: its part has the wrong sign": lambda: _moved(x, score - bright + rough),
        "the derivative of l2 * x² is 2 * l2 * x": lambda: _moved(x, score - bright / 2 - rough),
    }
    expected = _moved(x, score - bright - rough).to(device, step.dtype)
    assert_close(got, expected, the_call, hint=likely(got, wrong))


@task("ascent_step")
def check_ascent_step_leaves_the_model_alone(student, rng, device):
    """ascent_step runs the model in eval mode, also frozen and under no_grad, and restores it"""
    model, image = _batch_normed(rng), rng.uniform(2, 6, 5, dtype=DOUBLE)
    the_call = call("ascent_step", image=image, target=2, lr=1.0, l2=0.0, tv=0.0)
    with torch.no_grad():
        got = untouched(student.ascent_step)(model, image.to(device), 2, lr=1.0, l2=0.0, tv=0.0)
    expected = _moved(image, _slope(model, image, 2), lr=1.0)
    hint = "dropout and batch normalisation belong into eval mode"
    assert_close(got, expected.to(device), the_call, hint=hint)
    assert_no_graph(got, the_call)


@task("several_classes")
@pytest.mark.parametrize("target", [[2], (0, 3), torch.tensor([1, 3, 0])])
def check_ascent_step_towards_several_classes(student, rng, device, target):
    """a list, tuple or 1-d tensor of classes is climbed by the mean of log-probabilities"""
    image, weights = rng.uniform(1, 4, 5), 0.5 * rng.normal(4, 20)
    settings = {"lr": 0.8, "l2": 0.2, "tv": 0.0}
    the_call = call("ascent_step", image=image, target=target, **settings)
    given = target.to(device) if isinstance(target, torch.Tensor) else target
    model = _linear(weights, torch.float32)
    got = student.ascent_step(model, image.to(device), given, **settings)
    chosen, x = [int(number) for number in target], image.double()
    probabilities = (weights.double() @ x.flatten()).softmax(0)
    scores = weights.double()[chosen].reshape(-1, *x.shape)
    middle = (probabilities @ weights.double()).reshape(x.shape)
    p = probabilities[chosen].reshape(-1, 1, 1, 1)
    bright, count = 0.4 * x, len(chosen)
    wrong = {
        "this is the mean of the scores": lambda: _moved(x, scores.mean(0) - bright, 0.8),
        "the mean of the log-probabilities, not their sum": lambda: _moved(
            x, count * (scores.mean(0) - middle) - bright, 0.8
        ),
        "these are the probabilities, without the logarithm": lambda: _moved(
            x, (p * (scores - middle)).mean(0) - bright, 0.8
        ),
    }
    expected = _moved(x, scores.mean(0) - middle - bright, 0.8).float()
    assert_close(got, expected.to(device), the_call, hint=likely(got, wrong))


@task("visualize_class")
@pytest.mark.parametrize(("blur_every", "dtype"), [(0, DOUBLE), (2, DOUBLE), (3, torch.float32)])
def check_climb_without_jitter(student, rng, device, blur_every, dtype):
    """every iterate is climbed, clamped and, after every blur_every steps, blurred"""
    init = rng.uniform(*((2, 6, 5) if blur_every else (1, 2, 6, 5)), dtype=dtype)
    weights = torch.stack((torch.zeros(60), 0.1 * rng.normal(60)))
    options = {"steps": 7, "lr": 0.9, "l2": 0.0, "sigma": 0.6, "max_jitter": 0}
    options |= {"blur_every": blur_every}
    the_call = call("visualize_class", target=1, init=init, **options)
    function = untouched(student.visualize_class)
    got = function(_linear(weights, dtype), 1, init=init.to(device), **options)
    slope = weights[1].double().reshape(init.shape)
    x = init.double()
    never, late = 99, range(1, 8, blur_every or 99)
    wrong = {
        "this goes downhill": lambda: _climb(x, -slope, blur_every),
        "it is never clamped": lambda: _climb(x, slope, blur_every, bounds=(-9, 9)),
        "it is never blurred": lambda: _climb(x, slope, never),
        "blur after steps t = blur_every, 2 * blur_every, ...; t starts at 1": lambda: _climb(
            x, slope, blur_every, blurred=late
        ),
    }
    expected = _climb(x, slope, blur_every).to(device, dtype)
    assert_close(got, expected, the_call, **BLURRED, hint=likely(got, wrong))


@task("visualize_class")
def check_visualize_class_leaves_the_model_alone(student, rng, device):
    """visualize_class works in eval mode, under no_grad, and restores a frozen model"""
    model, init = _batch_normed(rng), rng.uniform(1, 2, 6, 5, dtype=DOUBLE)
    the_call = call("visualize_class", target=3, init=init, steps=3)
    with torch.no_grad():
        first, again = (
            untouched(student.visualize_class)(
                model, 3, init=init.to(device), steps=3, generator=torch.Generator().manual_seed(8)
            )
            for _ in range(2)
        )
    assert_dtype(first, DOUBLE, the_call)
    assert_no_graph(first, the_call)
    hint = "dropout belongs into eval mode"
    assert_close(again, first, the_call, what="the image for the same seed", hint=hint)


@task("visualize_class")
@pytest.mark.parametrize("name", ["l2", "tv", "max_jitter", "sigma"])
def check_every_option_has_an_effect(student, rng, device, name):
    """l2, tv, max_jitter and sigma each change the image"""
    init, model = rng.uniform(1, 8, 9), _linear(rng.normal(2, 72), torch.float32)
    quiet = {"steps": 4, "lr": 0.3, "l2": 0.0, "blur_every": 2, "sigma": 0.0, "max_jitter": 0}
    the_call = call("visualize_class", target=0, init=init, **quiet | {name: 3})
    got = [
        student.visualize_class(
            model, 0, init=init.to(device), generator=torch.Generator().manual_seed(3), **options
        )
        for options in (quiet, quiet | {name: 3})
    ]
    for image in got:
        assert_shape(image, init.shape, the_call)
    if torch.allclose(*got, atol=1e-4):
        raise the_call.failed(f"the image is the same without {name}, but should differ")


@task("recognised")
def check_another_network_recognises_the_classes(student, rng, threshold):
    """a second network, trained apart, recognises most of the images"""
    options = {"steps": 30, "lr": 0.3, "max_jitter": 0}
    images, the_call = _images(student, rng, range(10), **options)
    with torch.no_grad():
        judged = models.build("digits_judge", training=False)(images).argmax(1)
    share = (judged == torch.arange(10)).double().mean().item()
    assert_reaches(share, threshold("agreement"), the_call, what="the share it recognises")


@task("recognised")
def check_more_tv_less_variation(student, rng, threshold):
    """with tv the images vary less from pixel to pixel"""
    rough, _ = _images(student, rng, range(4), steps=60, blur_every=0)
    smooth, the_call = _images(student, rng, range(4), steps=60, blur_every=0, tv=0.3)
    before, after = (_variation(images).mean().item() for images in (rough, smooth))
    less = 1 - after / before if before else 0.0
    what = "1 - total variation with tv / total variation without"
    assert_reaches(less, threshold("smoother"), the_call, what=what)


@task("recognised")
def check_two_classes_rise_together(student, rng, threshold):
    """climbing two classes makes both probable, not one of them"""
    pairs = [[number, (number + 3) % 10] for number in range(10)]
    options = {"steps": 60, "lr": 0.1, "blur_every": 0, "max_jitter": 0}
    images, the_call = _images(student, rng, pairs, **options)
    probabilities = _probabilities(images).gather(1, torch.tensor(pairs))
    both = probabilities.amin(1).mean().item()
    what = "the mean probability of the less probable of the two"
    hint = "climb the mean of the log-probabilities: with scores one class wins"
    assert_reaches(both, threshold("both"), the_call, what=what, hint=hint)


@task("recognised")
def check_image_stays_near_its_start(student, rng, threshold, dataset):
    """an image is turned into another class, and stays nearer to itself than a grey one is"""
    validation = dataset("validation")
    starts, labels = validation.images[:50:10], validation.labels[:50:10]
    targets = (labels + 3) % 10
    options = {"steps": 30, "lr": 0.3, "max_jitter": 0}
    images, the_call = _images(student, rng, targets.tolist(), starts, **options)
    moved, grey = (images - starts).flatten(1).norm(dim=1), (starts - 0.5).flatten(1).norm(dim=1)
    reached = _probabilities(images).gather(1, targets[:, None]).mean().item()
    what = "1 - distance to the start / distance of a grey image"
    nearer = (1 - moved / grey).mean().item()
    assert_reaches(nearer, threshold("nearer"), the_call, what=what, hint="begin with init")
    what = "the mean probability of the class"
    assert_reaches(reached, threshold("start_reached"), the_call, what=what)


def _images(student, rng, targets, starts=None, **options):
    """Return one image per target that the network prefers, (N, 1, 28, 28), and their call."""
    model = models.build("digits_cnn", training=False)
    the_call = call("visualize_class", **options)
    images = []
    for number, target in enumerate(targets):
        generator = torch.Generator().manual_seed(rng.integer(0, 10**6))
        init = {} if starts is None else {"init": starts[number]}
        got = student.visualize_class(model, target, generator=generator, **init, **options)
        assert_shape(got, (1, 28, 28), the_call)
        assert_dtype(got, torch.float32, the_call)
        images.append(got.detach().cpu().nan_to_num(0.0).clamp(-10, 10))
    return torch.stack(images), the_call


def _probabilities(images):
    with torch.no_grad():
        return models.build("digits_cnn", training=False)(images).softmax(1)


def _linear(weights, dtype):
    name = "float64" if dtype is DOUBLE else "float32"
    return models.build("dense_scores", matrices=[weights.tolist()], dtype=name)


def _batch_normed(rng):
    """Build a frozen network in training mode."""
    options = {"dtype": "float64", "frozen": ["0", "1", "5"], "seed": rng.integer(0, 10**6)}
    return models.build("sequential", layers=BATCH_NORMED, **options)


def _slope(model, image, target):
    """Return the gradient of a score of the model in eval mode, by torch."""
    x = image.clone().requires_grad_()
    modes = {module: module.training for module in model.modules()}
    with torch.enable_grad():
        score = model.eval()(x.reshape(1, *x.shape[-3:]))[0, target]
        (slope,) = torch.autograd.grad(score, x)
    for module, mode in modes.items():
        module.training = mode
    return slope


def _moved(image, gradient, lr=1.5):
    return image + lr * gradient / gradient.norm()


def _climb(image, slope, blur_every, blurred=None, bounds=(0, 1)):
    """Return what seven steps of 0.9 along a constant slope make of the image."""
    for number in range(1, 8):
        image = _moved(image, slope, 0.9).clamp(*bounds)
        if number in (range(0, 8, blur_every or 99) if blurred is None else blurred):
            image = _blur(image, 0.6)
    return image


def _variation(images):
    down, right = images.diff(dim=-2), images.diff(dim=-1)
    return down.square().sum((1, 2, 3)) + right.square().sum((1, 2, 3))


def _slope_of_tv(image):
    slope = torch.zeros_like(image)
    for axis in (-2, -1):
        steps, last = 2 * image.diff(dim=axis), image.shape[axis] - 1
        slope.narrow(axis, 1, last).add_(steps)
        slope.narrow(axis, 0, last).sub_(steps)
    return slope


def _blur(images, sigma, edges="nearest", power=2):
    rows, columns = (_averaging(size, sigma, edges, power) for size in images.shape[-2:])
    return rows @ images.double() @ columns.T


def _averaging(size, sigma, edges, power):
    """Return the matrix that blurs a line of pixels: row a has the weights around pixel a."""
    matrix = torch.zeros(size, size, dtype=DOUBLE)
    offsets = torch.arange(-int(4 * sigma + 0.5), int(4 * sigma + 0.5) + 1)
    weights = torch.exp(-(offsets.double() ** 2) / (2 * sigma**power))
    for offset, weight in zip(offsets.tolist(), weights / weights.sum(), strict=True):
        for row in range(size):
            at = row + offset
            places = {"nearest": min(max(at, 0), size - 1), "wrap": at % size, "zeros": at}
            if 0 <= places[edges] < size:
                matrix[row, places[edges]] += weight
    return matrix


def _cut(images, dx, dy):
    """Return the images moved, with zeros where the roll brings back what has left."""
    moved = images.roll((dy, dx), (2, 3))
    for axis, shift in ((2, dy), (3, dx)):
        outside = range(shift) if shift > 0 else range(shift, 0)
        moved.index_fill_(axis, torch.tensor([*outside]) % images.shape[axis], 0)
    return moved


def _turned(rng, shape, dtype):
    """Return a tensor of this shape that is not contiguous."""
    return rng.normal(*shape[:-2], shape[-1], shape[-2], dtype=dtype).mT
