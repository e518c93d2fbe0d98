"""Public checks of class_visualization: pencil and paper first, then the small network."""

from __future__ import annotations

import pytest
import torch

from autograder import models
from autograder.kit import (
    assert_close,
    assert_dtype,
    assert_equal,
    assert_no_graph,
    assert_reaches,
    assert_shape,
    call,
    likely,
    raises,
    task,
    untouched,
)

# Two classes see one channel of 2 x 2 pixels; the worked example of the handout.
WEIGHTS = [[5.0, 0, 0, 5], [1, 3, -1, 0]]
IMAGE = torch.tensor([[[1.0, 0], [0, 0.5]]])

POOLED = [
    ["Conv2d", {"in_channels": 2, "out_channels": 3, "kernel_size": 3}],
    ["AdaptiveAvgPool2d", {"output_size": 1}],
    ["Flatten"],
    ["Linear", {"in_features": 3, "out_features": 4}],
]

ASCEND = "this goes downhill: the step adds the gradient"
BLUR_AFTER = "blur after the step, and only after every blur_every-th one"


@task("total_variation")
def check_total_variation_of_the_worked_example(student, device):
    """total_variation sums the squared differences of neighbours, image by image"""
    first = torch.tensor([[0.0, 1, 3], [2, 2, 2]])
    images = torch.stack((first, first[:, :1].expand(2, 3)))[:, None]
    the_call = call("total_variation", images=images)
    got = untouched(student.total_variation)(images.to(device))
    wrong = {
        "square the differences, not their absolute values": torch.tensor([7.0, 6]),
        "each image has a number of its own; here the batch is summed": torch.tensor(23.0),
        "the last row is no neighbour of the first: nothing wraps around": torch.tensor([26.0, 24]),
        "each pair counts once": torch.tensor([22.0, 24]),
        "pairs of rows are missing": torch.tensor([5.0, 0]),
        "pairs of columns are missing": torch.tensor([6.0, 12]),
    }
    hint = likely(got, wrong)
    assert_shape(got, (2,), the_call, hint=hint or "each image has a number of its own")
    assert_close(got, torch.tensor([11.0, 12], device=device), the_call, hint=hint)


@task("gaussian_blur")
def check_gaussian_blur_of_a_single_pixel(student, device):
    """gaussian_blur spreads a pixel by the normalised weights, alike in both directions"""
    images = torch.zeros(1, 1, 7, 7)
    images[0, 0, 3, 3] = 1
    the_call = call("gaussian_blur", images=images, sigma=0.5)
    got = untouched(student.gaussian_blur)(images.to(device), 0.5)
    weights = torch.exp(-torch.tensor([9.0, 4, 1, 0, 1, 4, 9]) / 0.5)
    weights[[0, 6]] = 0  # 4 * 0.5 + 0.5 = 2.5: two pixels to either side
    row = weights / weights.sum()
    expected = torch.outer(row, row)[None, None]
    narrow = torch.where(torch.arange(7).sub(3).abs() <= 1, weights, 0)
    wrong = {
        "the weights should sum to 1": torch.outer(weights, weights)[None, None],
        "the exponent is -i² / (2 sigma²)": lambda: _spread(torch.exp(-(torch.arange(-2, 3) ** 2))),
        "it is blurred in one direction only": (images * 0 + row).mul(images.amax(3, keepdim=True)),
        "i runs up to int(4 sigma + 0.5)": _spread(narrow[1:-1]),
    }
    assert_close(got, expected.to(device), the_call, hint=likely(got, wrong))


@task("gaussian_blur")
@pytest.mark.parametrize("sigma", [0, 0.1])
def check_gaussian_blur_without_neighbours(student, rng, device, sigma):
    """a sigma of 0, or one too small to reach a neighbour, changes nothing"""
    images = rng.normal(2, 3, 4, 5)
    the_call = call("gaussian_blur", images=images, sigma=sigma)
    got = student.gaussian_blur(images.to(device), sigma)
    assert_close(got, images.to(device), the_call)


@task("gaussian_blur")
def check_gaussian_blur_refuses_a_negative_sigma(student, rng, device):
    """gaussian_blur refuses a negative sigma"""
    images = rng.normal(1, 1, 4, 5)
    with raises(ValueError, call("gaussian_blur", images=images, sigma=-0.5)):
        student.gaussian_blur(images.to(device), -0.5)


@task("jitter")
def check_jitter_rolls_down_and_to_the_right(student, device):
    """jitter moves dx columns to the right and dy rows down, and what leaves comes back"""
    images = torch.arange(15.0).reshape(1, 1, 3, 5)
    the_call = call("jitter", images=images, dx=2, dy=-1)
    got = untouched(student.jitter)(images.to(device), 2, -1)
    rows = [[8.0, 9, 5, 6, 7], [13, 14, 10, 11, 12], [3, 4, 0, 1, 2]]
    wrong = {
        "dx moves columns, dy moves rows": images.roll((2, -1), (2, 3)),
        "positive dx moves to the right, positive dy down": images.roll((1, -2), (2, 3)),
    }
    expected = torch.tensor(rows, device=device).reshape(1, 1, 3, 5)
    assert_close(got, expected, the_call, hint=likely(got, wrong))


@task("ascent_step")
@pytest.mark.parametrize(
    ("l2", "tv", "gradient"),
    [
        (0.0, 0.0, [[5, 0], [0, 5]]),
        (1.0, 0.0, [[3, 0], [0, 4]]),
        (0.0, 1.0, [[1, 3], [3, 3]]),
    ],
)
def check_ascent_step_of_the_worked_example(student, device, l2, tv, gradient):
    """a step of length lr goes along the gradient of the score, less l2 and tv"""
    model = models.build("dense_scores", matrices=[WEIGHTS])
    settings = {"lr": 0.5, "l2": l2, "tv": tv}
    the_call = call("ascent_step", image=IMAGE, target=0, **settings)
    got = untouched(student.ascent_step)(model, IMAGE.to(device), 0, **settings)
    score = torch.tensor(WEIGHTS[0]).reshape(1, 2, 2)
    should = torch.tensor([gradient]).float()
    between = torch.tensor(WEIGHTS[0]).sub(torch.tensor(WEIGHTS[1])).reshape(1, 2, 2)
    wrong = {
        ASCEND: _moved(-should),
        "the penalties are subtracted from the score": _moved(2 * score - should),
        "divide the gradient by its Euclidean norm": IMAGE + 0.5 * should,
        "the step is not clamped here": _moved(should).clamp(0, 1),
        "climb the score of the class, not its probability": _moved(between),
    }
    assert_close(got, _moved(should).to(device), the_call, hint=likely(got, wrong))


@task("ascent_step")
def check_ascent_step_carries_no_graph(student, rng, device):
    """the result of ascent_step carries no graph, and no gradient is left in the parameters"""
    model, image = models.build("digits_cnn"), rng.uniform(1, 1, 28, 28)
    settings = {"lr": 1.0, "l2": 0.1, "tv": 0.1}
    the_call = call("ascent_step", image=image, target=4, **settings)
    got = untouched(student.ascent_step)(model, image.to(device), 4, **settings)
    assert_shape(got, image.shape, the_call)
    assert_no_graph(got, the_call)


@task("ascent_step")
def check_ascent_step_stays_where_nothing_rises(student, rng, device):
    """where the gradient is 0, the result is a copy of the image"""
    image = rng.uniform(1, 4, 3)
    the_call = call("ascent_step", image=image, target=0, lr=1.0, l2=0.0, tv=0.0)
    model = models.build("dense_scores", matrices=[[[0.0] * 12] * 2])
    got = student.ascent_step(model, image.to(device), 0, lr=1.0, l2=0.0, tv=0.0)
    hint = "0 / 0 is NaN: the norm of the gradient may be 0"
    assert_close(got, image.to(device), the_call, hint=hint)


@task("ascent_step")
@pytest.mark.parametrize(
    "wrong",
    [{"lr": 0.0}, {"lr": -1.0}, {"l2": -0.1}, {"tv": -0.1}, {"target": -1}, {"target": 3}, {}],
)
def check_ascent_step_refuses(student, rng, device, wrong):
    """ascent_step refuses settings, classes and images that make no sense"""
    image = rng.uniform(1 if wrong else 2, 1, 3, 4)
    settings = {"target": 0, "lr": 1.0, "l2": 0.0, "tv": 0.0} | wrong
    with raises(ValueError, call("ascent_step", image=image, **settings)):
        model = models.build("dense_scores", matrices=rng.normal(1, 3, 12).tolist())
        student.ascent_step(model, image.to(device), **settings)


@task("several_classes")
def check_ascent_step_towards_two_classes(student, device):
    """several classes are climbed by the mean of their log-probabilities"""
    # All scores are 0 at the black image, so each probability is 1 / 3.
    weights = torch.tensor([[4.0, 0, -2, 1], [2, 2, 0, -1], [0, 1, 2, 0]])
    model = models.build("dense_scores", matrices=[weights.tolist()])
    image = torch.zeros(1, 2, 2)
    the_call = call("ascent_step", image=image, target=[0, 1], lr=2.0, l2=0.0, tv=0.0)
    got = student.ascent_step(model, image.to(device), [0, 1], lr=2.0, l2=0.0, tv=0.0)
    slope = weights[:2].mean(0) - weights.mean(0)
    expected = (2 * slope / slope.norm()).reshape(1, 2, 2)
    scores = weights[:2].mean(0)
    wrong = {
        "this is the mean of the scores": (2 * scores / scores.norm()).reshape(1, 2, 2),
        ASCEND: -expected,
    }
    assert_close(got, expected.to(device), the_call, hint=likely(got, wrong))


@task("several_classes")
@pytest.mark.parametrize("target", [[], (0, 3), [-1, 1], torch.zeros(0, dtype=torch.int64)])
def check_several_classes_refused(student, rng, device, target):
    """no class at all is refused, and so is a class outside"""
    image = rng.uniform(1, 3, 4)
    settings = {"lr": 1.0, "l2": 0.0, "tv": 0.0}
    with raises(ValueError, call("ascent_step", image=image, target=target, **settings)):
        model = models.build("dense_scores", matrices=rng.normal(1, 3, 12).tolist())
        student.ascent_step(model, image.to(device), target, **settings)


@task("visualize_class")
def check_visualize_class_clamps_and_blurs(student, device):
    """after every step the image is clamped, and after every blur_every steps blurred"""
    weights = [[1.0, -2, 2, 0, 3, -1, 0, 1, 2], [0.0] * 9]
    model = models.build("dense_scores", matrices=[weights])
    init = torch.linspace(0, 1, 9).reshape(1, 3, 3)
    options = {"steps": 3, "lr": 0.6, "l2": 0.0, "blur_every": 2, "sigma": 0.4, "max_jitter": 0}
    the_call = call("visualize_class", target=0, init=init, **options)
    got = untouched(student.visualize_class)(model, 0, init=init.to(device), **options)
    step = torch.tensor(weights[0]).reshape(1, 3, 3)
    step = 0.6 * step / step.norm()
    wrong = {
        "clamp to [0, 1] after every step": lambda: _climbed(init, step, {2}, torch.clone),
        "this goes downhill": lambda: _climbed(init, -step, {2}),
        BLUR_AFTER: lambda: _climbed(init, step, {1, 3}),
        "it is never blurred": lambda: _climbed(init, step, set()),
        "it is blurred after every step": lambda: _climbed(init, step, {1, 2, 3}),
    }
    expected = _climbed(init, step, {2}).to(device)
    assert_close(got, expected, the_call, hint=likely(got, wrong))


@task("visualize_class")
def check_visualize_class_draws_from_its_generator(student, device):
    """the generator decides start and jitter: the same seed gives the same image"""
    model = models.build("digits_cnn", training=False)
    the_call = call("visualize_class", target=3, steps=4)
    first, again, other = (
        student.visualize_class(model, 3, steps=4, generator=torch.Generator().manual_seed(seed))
        for seed in (5, 5, 6)
    )
    for got in (first, again, other):
        assert_shape(got, (1, 28, 28), the_call)
    hint = "draw start and jitter with generator=generator"
    assert_close(again, first, the_call, what="the image for the same seed", hint=hint)
    if torch.equal(first, other):
        raise the_call.failed("the images of two seeds are equal, but should differ", hint)


@task("visualize_class")
def check_visualize_class_starts_with_noise(student, device):
    """without init the climb starts with noise around 0.5, of the shape that is asked for"""
    model = models.build("sequential", layers=POOLED)
    the_call = call("visualize_class", target=0, steps=0, shape=(2, 30, 40))
    got = student.visualize_class(model, 0, steps=0, shape=(2, 30, 40))
    assert_shape(got, (2, 30, 40), the_call)
    assert_dtype(got, torch.float32, the_call)
    mean, spread = got.mean().cpu(), got.std().cpu()
    # The mean of 2400 draws is off by 0.002, their standard deviation by 0.0015, as a rule.
    assert_close(mean, torch.tensor(0.5), the_call, what="the mean", atol=0.02)
    assert_close(spread, torch.tensor(0.1), the_call, what="the standard deviation", atol=0.02)


@task("visualize_class")
@pytest.mark.parametrize("shape", [(1, 28, 28), (1, 1, 28, 28)])
def check_visualize_class_answers_in_kind(student, rng, device, shape):
    """the result has the shape of init and is in [0, 1]; without a step it is a copy of init"""
    model, init = models.build("digits_cnn"), rng.uniform(*shape)
    the_call = call("visualize_class", target=7, init=init, steps=0)
    got = student.visualize_class(model, 7, init=init.to(device), steps=0)
    assert_close(got, init.to(device), the_call)
    the_call = call("visualize_class", target=7, init=init, steps=3, blur_every=2)
    got = untouched(student.visualize_class)(model, 7, init=init.to(device), steps=3, blur_every=2)
    assert_shape(got, shape, the_call)
    assert_no_graph(got, the_call)
    lowest, highest = got.amin().cpu(), got.amax().cpu()
    assert_close(lowest.clamp(min=0), lowest, the_call, what="the smallest value, if below 0,")
    assert_close(highest.clamp(max=1), highest, the_call, what="the largest value, if above 1,")


@task("visualize_class")
@pytest.mark.parametrize("seed", [1, 2])
def check_jitter_is_undone(student, rng, device, seed):
    """a model that looks at the mean alone cannot see the jitter, and neither can the result"""
    init = rng.uniform(1, 9, 8)
    options = {"steps": 3, "lr": 0.4, "l2": 0.0, "blur_every": 0, "max_jitter": 4}
    the_call = call("visualize_class", target=0, init=init, **options)
    got = student.visualize_class(
        models.build("dense_scores", matrices=[[[0.01] * 72, [0.0] * 72]]),
        0,
        init=init.to(device),
        generator=torch.Generator().manual_seed(seed),
        **options,
    )
    expected = init
    for _ in range(3):
        expected = (expected + 0.4 / 72**0.5).clamp(0, 1)
    hint = "jitter back by -dx and -dy after every step"
    assert_close(got, expected.to(device), the_call, hint=hint)


@task("visualize_class")
def check_jitter_is_uniform(student, device):
    """jitter takes every pair of shifts from -max_jitter to max_jitter, all equally often"""
    # The score is one pixel, so each step adds lr to the pixel that jitter has moved there.
    weights = torch.zeros(2, 81)
    weights[0, 40] = 1
    options = {"steps": 400, "lr": 0.001, "l2": 0.0, "blur_every": 0, "max_jitter": 2}
    the_call = call("visualize_class", target=0, **options)
    got = student.visualize_class(
        models.build("dense_scores", matrices=[weights.tolist()]),
        0,
        init=torch.full((1, 9, 9), 0.5).to(device),
        **options,
    )
    assert_shape(got, (1, 9, 9), the_call)
    assert_dtype(got, torch.float32, the_call)
    counts = ((got.detach().cpu()[0] - 0.5) / 0.001).nan_to_num(0.0)
    near = counts[2:7, 2:7]
    hint = "both ends are included; torch.randint leaves its upper end out"
    what = "the number of steps with a shift of at most 2"
    assert_close(near.sum(), torch.tensor(400.0), the_call, what=what, atol=1.0)
    taken = int((near > 0.5).sum())
    assert_equal(taken, 25, the_call, what="the number of different shifts taken", hint=hint)
    often = int((near > 48).sum())
    assert_equal(often, 0, the_call, what="the number of shifts taken three times too often")


@task("visualize_class")
@pytest.mark.parametrize(
    "wrong",
    [
        {"steps": -1},
        {"lr": 0.0},
        {"l2": -0.1},
        {"tv": -0.1},
        {"sigma": -0.5},
        {"max_jitter": -1},
        {"blur_every": -1},
        {"target": 2},
        {"target": []},
        {},
    ],
)
def check_visualize_class_refuses(student, rng, device, wrong):
    """visualize_class refuses settings, classes and images that make no sense"""
    init = rng.uniform(1 if wrong else 2, 1, 3, 4)
    options = {"target": 0, "steps": 1, "blur_every": 1} | wrong
    model = models.build("dense_scores", matrices=rng.normal(1, 2, 12).tolist())
    with raises(ValueError, call("visualize_class", init=init, **options)):
        student.visualize_class(model, init=init.to(device), **options)


@task("recognised")
def check_every_class_is_reached(student, rng, threshold):
    """the network is sure of the images that it prefers"""
    model = models.build("digits_cnn", training=False)
    options = {"steps": 60, "max_jitter": 0}
    the_call = call("visualize_class", **options)
    probabilities = []
    for target in range(10):
        generator = torch.Generator().manual_seed(rng.integer(0, 10**6))
        got = student.visualize_class(model, target, generator=generator, **options)
        assert_shape(got, (1, 28, 28), the_call)
        assert_dtype(got, torch.float32, the_call)
        with torch.no_grad():
            probabilities.append(model(got.cpu()[None]).softmax(1)[0, target])
    reached = torch.stack(probabilities).nan_to_num(0).mean().item()
    what = "the mean probability of the class"
    assert_reaches(reached, threshold("probability"), the_call, what=what)


def _spread(weights):
    """Return the 7 x 7 picture of these weights around its centre, normalised."""
    row = torch.zeros(7)
    row[3 - len(weights) // 2 : 4 + len(weights) // 2] = weights / weights.sum()
    return torch.outer(row, row)[None, None]


def _moved(gradient):
    return IMAGE + 0.5 * gradient / gradient.norm()


def _climbed(image, step, blurred, bound=lambda image: image.clamp(0, 1)):
    """Return what three steps make of the image, blurred after those that are named."""
    for number in (1, 2, 3):
        image = bound(image + step)
        if number in blurred:
            image = _blur(image)
    return image


def _blur(image):
    """Blur one channel of 3 x 3 pixels with sigma 0.4: two pixels to either side."""
    weights = torch.exp(-(torch.arange(-2, 3) ** 2) / (2 * 0.4**2))
    matrix = torch.zeros(3, 3)
    for row in range(3):
        for offset, weight in zip(range(-2, 3), weights / weights.sum(), strict=True):
            matrix[row, min(max(row + offset, 0), 2)] += weight
    return matrix @ image @ matrix.T
