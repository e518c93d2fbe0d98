"""Public checks of saliency: networks whose weights are written down, to be followed by hand."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from autograder import data, models
from autograder.kit import (
    assert_close,
    assert_dtype,
    assert_no_graph,
    assert_reaches,
    assert_shape,
    assert_tensor,
    call,
    likely,
    task,
    untouched,
)

# Scores of two classes for an image of 2 channels, 1 row and 3 columns: channel 0, then channel 1.
WEIGHTS = torch.tensor([[1.0, -2, 0, -3, 1, 2], [0, 1, 1, 4, -1, -1]])
IMAGES = torch.tensor([[[[0.5, 0.25, 0]], [[0, 0.5, 0.25]]], [[[0, 0.25, 0.5]], [[0.25, 0, 0]]]])
LABELS = torch.tensor([0, 1])
STRONGEST = torch.tensor([[[3.0, 2, 2]], [[4, 1, 1]]])

# Four hidden units between three pixels and two classes, for guided back-propagation.
FIRST = [[1, 0, 2], [-1, 1, 0], [1, -1, 0], [0, -1, -1]]
SECOND = [[1, 2, -1, 3], [-1, 0, 1, 1]]
PIXELS = torch.tensor([[[[1.0, 3, 1]]], [[[3, 1, -2]]]])
UNDEFINED = "a constant map has max - min = 0, and 0 / 0 is NaN: it should become zeros"

POOLED = [
    ["Conv2d", {"in_channels": 1, "out_channels": 3, "kernel_size": 3}],
    ["ReLU"],
    ["AdaptiveAvgPool2d", {"output_size": 1}],
    ["Flatten"],
    ["Linear", {"in_features": 3, "out_features": 4}],
]

SMOOTH = [
    ["Conv2d", {"in_channels": 1, "out_channels": 3, "kernel_size": 2}],
    ["BatchNorm2d", {"num_features": 3}],
    ["Tanh"],
    ["Flatten"],
    ["Linear", {"in_features": 54, "out_features": 4}],
]


@task("gradient_map")
@pytest.mark.parametrize("reduce", ["max", "l2"])
def check_gradient_map_of_linear_scores(student, device, reduce):
    """on a linear model the map is the size of the weights of the label's own score"""
    model = models.build("dense_scores", matrices=[WEIGHTS.tolist()])
    the_call = call("gradient_map", images=IMAGES, labels=LABELS, reduce=reduce)
    got = untouched(student.gradient_map)(model, IMAGES.to(device), LABELS.to(device), reduce)
    own, other = WEIGHTS.reshape(2, 2, 1, 3), WEIGHTS.flip(0).reshape(2, 2, 1, 3)
    strong = {"max": lambda g: g.abs().amax(1), "l2": lambda g: g.square().sum(1).sqrt()}[reduce]
    probability = torch.softmax(IMAGES.flatten(1) @ WEIGHTS.T, 1).diagonal()[:, None, None, None]
    wrong = {
        "take the absolute value first: a strong negative gradient counts too": own.amax(1),
        "the largest channel counts, not the mean": own.abs().mean(1),
        "this is the map of another class than the label": strong(other),
        "differentiate the score, not the loss or the log-probability": strong(
            (1 - probability) * (own - other)
        ),
        "differentiate the score, not its softmax": strong(
            probability * (1 - probability) * (own - other)
        ),
        "the root is missing": own.square().sum(1),
    }
    expected = STRONGEST if reduce == "max" else own.square().sum(1).sqrt()
    _compare(got, expected.to(device), the_call, wrong)


@task("gradient_map")
def check_gradient_map_by_central_differences(student, rng, device):
    """the map agrees with central differences of the label's score in eval mode"""
    given, ours = (
        models.build("sequential", layers=SMOOTH, seed=5, dtype="float64", training=mode)
        for mode in (True, False)
    )
    image, label = rng.normal(1, 1, 4, 7, dtype=torch.float64), rng.integers(0, 4, 1)
    the_call = call("gradient_map", images=image, labels=label)
    got = student.gradient_map(given, image.to(device), label.to(device))
    pixels, step = image.clone().requires_grad_(), 1e-4
    wrong = {
        "run the model in eval mode, and give it back the mode it had": lambda: torch.autograd.grad(
            given(pixels)[0, label], pixels
        )[0][:, 0].abs()
    }
    moves = step * torch.eye(28, dtype=torch.float64).reshape(28, 1, 4, 7)
    with torch.no_grad():
        change = (ours(image + moves) - ours(image - moves))[:, label] / (2 * step)
    # The differences are off by step ** 2 times the third derivative of the score, which is O(1).
    expected = change.abs().reshape(1, 4, 7).to(device)
    assert_close(got, expected, the_call, rtol=1e-5, atol=1e-6, hint=likely(got, wrong))


@task("normalize_maps")
def check_normalize_maps_one_by_one(student, device):
    """each map is stretched to [0, 1] by itself, and a constant one becomes zeros"""
    maps = torch.tensor([[[1.0, 3], [2, 5]], [[4, 4], [4, 4]], [[-8, 8], [0, 0]]])
    the_call = call("normalize_maps", maps=maps)
    got = untouched(student.normalize_maps)(maps.to(device))
    expected = torch.tensor([[[0, 0.5], [0.25, 1]], [[0, 0], [0, 0]], [[0, 1], [0.5, 0.5]]])
    wrong = {
        "each map has a minimum and a maximum of its own": (maps + 8) / 16,
        "the minimum is subtracted too": maps / maps.amax((1, 2), keepdim=True),
        "every row is stretched by itself": torch.tensor(
            [[[0.0, 1], [0, 1]], [[0, 0], [0, 0]], [[0, 1], [0, 0]]]
        ),
    }
    _compare(got, expected.to(device), the_call, wrong)


@task("normalize_maps")
def check_normalize_maps_of_any_range(student, rng, device):
    """the maximum becomes exactly 1 however small the range is, and the minimum 0"""
    ranges = torch.tensor([1e-9, 1e-3, 1, 1e6])[:, None, None]
    maps = ranges * rng.uniform(4, 4, 6)
    the_call = call("normalize_maps", maps=maps)
    got = untouched(student.normalize_maps)(maps.to(device))
    assert_shape(got, maps.shape, the_call)
    assert_dtype(got, maps.dtype, the_call)
    hint = "divide by max - min alone: a small number beside it flattens maps of small range"
    highest, lowest = torch.ones(4, device=device), torch.zeros(4, device=device)
    assert_close(got.amax((1, 2)), highest, the_call, what="the largest entry by map", hint=hint)
    assert_close(got.amin((1, 2)), lowest, the_call, what="the smallest entry by map")


@task("normalize_maps")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(3, 5, 7), (1, 4, 3), (2, 3, 4, 5)])
def check_normalize_maps_of_any_shape(student, rng, device, dtype, shape):
    """minimum and maximum run over all axes but the first, in float32 and float64"""
    maps = (5 * rng.normal(*reversed(shape), dtype=dtype) - 3).permute(*reversed(range(len(shape))))
    the_call = call("normalize_maps", maps=maps)
    got = untouched(student.normalize_maps)(maps.to(device))
    flat = maps.flatten(1)
    lowest, highest = flat.min(1, keepdim=True).values, flat.max(1, keepdim=True).values
    expected = ((flat - lowest) / (highest - lowest)).reshape(shape)
    whole = (maps - maps.min()) / (maps.max() - maps.min())
    wrong = {"each map has a minimum and a maximum of its own": whole}
    _compare(got, expected.to(device), the_call, wrong)


@task("smooth_grad")
def check_smooth_grad_of_linear_scores(student, device):
    """on a linear model noise changes nothing: the mean map is the gradient map"""
    model = models.build("dense_scores", matrices=[WEIGHTS.tolist()])
    the_call = call("smooth_grad", images=IMAGES, labels=LABELS, samples=5)
    function = untouched(student.smooth_grad)
    got = function(model, IMAGES.to(device), LABELS.to(device), samples=5)
    wrong = {
        "the mean over the samples, not their sum": 5 * STRONGEST,
        "the result is not normalised": (STRONGEST - torch.tensor([[[2]], [[1]]]))
        / torch.tensor([[[1]], [[3]]]),
        "the absolute value is missing": WEIGHTS.reshape(2, 2, 1, 3).amax(1),
    }
    _compare(got, STRONGEST.to(device), the_call, wrong)


@task("smooth_grad")
def check_smooth_grad_draws_from_its_generator(student, rng, device):
    """the generator decides: the same seed gives the same maps, another seed others"""
    model = models.build("relu_reused", in_channels=1)
    images, labels = rng.uniform(2, 1, 6, 5).to(device), torch.tensor([0, 4]).to(device)
    the_call = call("smooth_grad", images=images, labels=labels, samples=2)
    options = {"samples": 2, "noise_std": 0.5}
    first, again, other = (
        student.smooth_grad(
            model, images, labels, **options, generator=torch.Generator().manual_seed(seed)
        )
        for seed in (3, 3, 4)
    )
    assert_shape(first, (2, 6, 5), the_call)
    assert_shape(other, (2, 6, 5), the_call)
    hint = "draw all noise with generator=generator"
    assert_close(again, first, the_call, what="the result for the same seed", hint=hint)
    if torch.equal(first, other):
        raise the_call.failed("the maps of two seeds are equal, but should differ", hint)


@task("guided_backprop")
def check_guided_backprop_of_the_worked_example(student, device):
    """a ReLU passes a gradient where it is positive and the input was positive"""
    model = models.build("dense_scores", matrices=[FIRST, SECOND])
    first, second = torch.tensor(FIRST).float(), torch.tensor(SECOND).float()
    labels = torch.tensor([0, 0])
    the_call = call("guided_backprop", images=PIXELS, labels=labels)
    got = untouched(student.guided_backprop)(model, PIXELS.to(device), labels.to(device))
    gradient = second[labels]
    active = (PIXELS.flatten(1) @ first.T > 0).float()
    expected = torch.tensor([[[[-1.0, 2, 2]]], [[[0, -3, -3]]]])
    plain = (gradient * active @ first).reshape(2, 1, 1, 3)
    wrong = {
        "this is the plain gradient: negative gradients are held back at every ReLU": plain,
        "only gradients are held back here; the input of the ReLU must be positive as well": (
            gradient.clamp(min=0) @ first
        ).reshape(2, 1, 1, 3),
        "the image keeps its negative gradients; only ReLUs hold back": expected.clamp(min=0),
        "the sign stays": expected.abs(),
    }
    _compare(got, expected.to(device), the_call, wrong)


@task("grad_cam")
def check_grad_cam_is_cam_on_a_pooled_network(student, rng, device):
    """after global average pooling, it is the map weighted by the label's weights; zeros if < 0"""
    model = models.build("sequential", layers=POOLED, seed=0)  # class 1 has negative weights only
    images, labels = rng.normal(4, 1, 8, 6), torch.tensor([0, 1, 2, 3])
    the_call = call("grad_cam", layer="1", images=images, labels=labels)
    got = untouched(student.grad_cam)(model, "1", images.to(device), labels.to(device))
    with torch.no_grad():
        maps, weights = model[:2](images), model[4].weight
        cam = torch.einsum("nk,nkij->nij", weights[labels], maps)
    wrong = {
        "the ReLU is missing: what speaks against the label is cut off": _enlarged(cam),
        "the maps are weighted by their mean gradient, not by the mean of the maps": _enlarged(
            (maps.mean((2, 3), keepdim=True) * maps).sum(1).relu()
        ),
        "all maps weigh the same here": _enlarged(maps.sum(1)),
        "this is the map of another class than the label": _enlarged(
            torch.einsum("nk,nkij->nij", weights[model[1:](maps).argmax(1)], maps).relu()
        ),
        "enlarge first, then stretch to [0, 1]": _resized(_stretched(cam.relu())),
    }
    expected = _enlarged(cam.relu())
    _compare(got, expected.to(device), the_call, wrong)


@task("occlusion_maps")
def check_occlusion_of_linear_scores(student, device):
    """each square takes its own pixels' share out of the scores"""
    weights = [[1, 0, 2, -1, 0, 3, 0, 1, -2, 1, 0, 1], [0, 1, 1, 0, 2, -1, 1, 0, 1, 0, 1, 1]]
    model = models.build("dense_scores", matrices=[weights])
    image = torch.tensor([[[0.5, 1, 0, 0.25], [1, 0.5, 0.25, 0], [0, 1, 0.5, 1]]])
    the_call = call("occlusion_maps", image=image, label=0, patch=2)
    got = untouched(student.occlusion_maps)(model, image.to(device), 0, patch=2)
    probabilities = _occluded(torch.tensor(weights).float(), image, 2)
    prob, top_prob, top_label = _triple(got, (2, 3), the_call)
    wrong = {
        "this is the map of another class than the label": probabilities[..., 1],
        "entry (i, j) has the square that begins at row i and column j, not the one around it": (
            _occluded(torch.tensor(weights).float(), image, 2, before=1)[..., 0]
        ),
        "probabilities, not their logarithms": probabilities[..., 0].log(),
    }
    expected = probabilities[..., 0].to(device)
    assert_close(prob, expected, the_call, what="prob", hint=likely(prob, wrong))
    highest = probabilities.max(-1)
    assert_close(top_prob, highest.values.to(device), the_call, what="top_prob")
    assert_close(top_label, highest.indices.to(device), the_call, what="top_label")


@task("occlusion_maps")
def check_occlusion_of_a_digit(student, dataset, device):
    """a square of 8 has 21 x 21 places on a digit; prob is top_prob where the label is on top"""
    model = models.build("digits_cnn")
    images, labels, _ = dataset("validation")
    label = int(labels[3])
    the_call = call("occlusion_maps", image=images[3], label=label)
    got = untouched(student.occlusion_maps)(model, images[3].to(device), label)
    prob, top_prob, top_label = _triple(got, (21, 21), the_call)
    assert_dtype(prob, torch.float32, the_call, what="prob")
    assert_dtype(top_prob, torch.float32, the_call, what="top_prob")
    assert_dtype(top_label, torch.int64, the_call, what="top_label")
    if bool((prob > top_prob + 1e-6).any()):
        raise the_call.failed("prob is above top_prob, but should be at most top_prob everywhere")
    where = top_label == label
    what = "prob where the label is on top"
    assert_close(prob[where], top_prob[where], the_call, what=what)


@task("localisation")
def check_grad_cam_finds_the_digit(student, rng, threshold, device):
    """most of Grad-CAM's mass lies in the box of the digit"""
    model, images, labels, boxes = _cluttered(rng, device)
    the_call = call("grad_cam", layer="relu3", images=images, labels=labels)
    got = student.grad_cam(model, "relu3", images, labels)
    assert_shape(got, (40, 36, 36), the_call)
    maps = got.detach().cpu().float().nan_to_num(0).clamp(0, 1)
    share = (_inside(maps, boxes) / maps.sum((1, 2)).clamp(min=1e-9)).mean()
    what = "the share of the map in the box"
    assert_reaches(float(share), threshold("grad_cam_box"), the_call, what=what)


@task("localisation")
@pytest.mark.parametrize("name", ["gradient_map", "smooth_grad"])
def check_gradients_point_to_the_digit(student, rng, threshold, device, name):
    """most of the strongest twentieth of the pixels lies in the box of the digit"""
    model, images, labels, boxes = _cluttered(rng, device)
    the_call = call(name, images=images, labels=labels)
    got = getattr(student, name)(model, images, labels)
    assert_shape(got, (40, 36, 36), the_call)
    flat = got.detach().cpu().float().nan_to_num(0).flatten(1)
    strongest = flat.topk(flat.shape[1] // 20).indices
    marked = torch.zeros(flat.shape).scatter(1, strongest, 1.0).reshape(got.shape)
    share = _inside(marked, boxes).mean() / strongest.shape[1]
    what = "the share of the strongest pixels in the box"
    assert_reaches(float(share), threshold(f"{name}_top"), the_call, what=what)


@task("localisation")
@pytest.mark.parametrize("name", ["gradient_map", "grad_cam"])
def check_deleting_what_the_map_shows_hurts(student, rng, threshold, device, name):
    """the label's probability falls sooner if pixels are deleted in the map's order"""
    model, images, labels, _ = _cluttered(rng, device)
    layer = {"layer": "relu3"} if name == "grad_cam" else {}
    the_call = call(name, **layer, images=images, labels=labels)
    got = getattr(student, name)(model, images=images, labels=labels, **layer)
    assert_shape(got, (40, 36, 36), the_call)
    random = rng.uniform(40, 36, 36)
    by_map, at_random = (
        _deletion(images.cpu(), labels.cpu(), maps) for maps in (got.detach().cpu(), random)
    )
    what = "the mean probability after deletion at random, less that in the map's order,"
    assert_reaches(at_random - by_map, threshold("deletion"), the_call, what=what)


def _cluttered(rng, device):
    digits, labels, _ = data.load("small_digits", "validation")
    chosen = rng.integers(0, len(labels), 40)
    images, boxes = data.clutter(digits[chosen], rng.generator)
    return models.build("cluttered_cnn"), images.to(device), labels[chosen].to(device), boxes


def _inside(maps, boxes):
    """Return the mass of each map in its box."""
    places = zip(maps, boxes.tolist(), strict=True)
    return torch.stack([one[top:end, left:right].sum() for one, (top, left, end, right) in places])


def _deletion(images, labels, maps):
    """Return the mean probability of the label while the map's strongest pixels are deleted."""
    model = models.build("cluttered_cnn", training=False)
    order = maps.float().flatten(1).nan_to_num(0).argsort(1, descending=True)
    mean = images.mean((1, 2, 3), keepdim=True).flatten(1).expand(-1, order.shape[1])
    curve = []
    for share in (0.05, 0.1, 0.2, 0.3, 0.5):
        gone = order[:, : int(share * order.shape[1])]
        left = images.flatten(1).scatter(1, gone, mean).reshape(images.shape)
        with torch.no_grad():
            curve.append(model(left).softmax(1).gather(1, labels[:, None]).mean())
    return float(torch.stack(curve).mean())


def _compare(got, expected, the_call, wrong):
    assert_shape(got, expected.shape, the_call, hint=likely(got, wrong))
    assert_dtype(got, expected.dtype, the_call)
    assert_no_graph(got, the_call)
    hint = UNDEFINED if bool(got.isnan().any()) else likely(got, wrong)
    assert_close(got, expected, the_call, hint=hint)


def _stretched(maps):
    lowest, highest = maps.amin((1, 2), keepdim=True), maps.amax((1, 2), keepdim=True)
    return (maps - lowest) / (highest - lowest).where(highest > lowest, torch.tensor(1.0))


def _resized(maps):
    size = {"size": (8, 6), "mode": "bilinear", "align_corners": False}
    return functional.interpolate(maps[:, None], **size)[:, 0]


def _enlarged(maps):
    return _stretched(_resized(maps))


def _occluded(weights, image, patch, before=0):
    """Return the probabilities under each square, (H', W', K), for linear scores.

    With `before` the squares begin so many pixels too early.
    """
    shape = image.shape[1] - patch + 1, image.shape[2] - patch + 1
    rows = []
    for i in range(shape[0]):
        for j in range(shape[1]):
            covered = image.clone()
            top, left = max(i - before, 0), max(j - before, 0)
            covered[:, top : i - before + patch, left : j - before + patch] = 0
            rows.append(torch.softmax(weights @ covered.flatten(), 0))
    return torch.stack(rows).reshape(*shape, -1)


def _triple(got, shape, the_call):
    if not isinstance(got, tuple | list) or len(got) != 3:
        raise the_call.failed("the result should be the tuple (prob, top_prob, top_label)")
    for name, entry in zip(("prob", "top_prob", "top_label"), got, strict=True):
        assert_tensor(entry, the_call, what=name)
        assert_shape(entry, shape, the_call, what=name, hint="the square never reaches outside")
        assert_no_graph(entry, the_call, what=name)
    return got
