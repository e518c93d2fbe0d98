"""Hidden checks of saliency: other sizes, modes and dtypes, against autograd on our own copy.

Oracles explain one image at a time, on a network of ours in eval mode, and have ReLUs of their own.
No network here has a max pool: under one, equal pixels would leave the gradient's way open.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import pytest
import torch
from torch import nn
from torch.nn import functional

from autograder import data, models
from autograder.kit import (
    assert_close,
    assert_no_graph,
    assert_reaches,
    assert_shape,
    call,
    likely,
    raises,
    task,
    untouched,
)

CLASSES = 4
EVAL = "run the model in eval mode, and give it back the mode it had"
OTHER = "this is the map of another class than the label"
IN_PLACE = "the output counts as it was before a later module changed it in place"
POSITIVE = 0.7475075  # the probability of 0.1 + 0.15 * N(0, 1) > 0
NOISE = {
    "noise_std is the standard deviation, whatever the range of the image": torch.tensor(1.0),
    "the noisy images are not clipped": torch.tensor(POSITIVE),
    "first the absolute value, then the mean over the samples": torch.tensor(0.28),
}


class Setting(NamedTuple):
    """What a function is given: a batch, a network, and the state of both."""

    channels: int
    size: tuple[int, int]
    batch: int
    dtype: torch.dtype = torch.float64
    inplace: bool = False
    dropout: bool = False
    grad: bool = True  # if not, parameters need none either

    def network(self, seed, *, training):
        """Return a network that ends in scores of four classes, whatever the size of the image."""
        relu = ["ReLU", {"inplace": self.inplace}]
        first = {"in_channels": self.channels, "out_channels": 4, "kernel_size": 3}
        second = {"in_channels": 4, "out_channels": 6, "kernel_size": 3, "stride": 2, "padding": 1}
        block = [["Conv2d", first], ["BatchNorm2d", {"num_features": 4}], relu]
        middle = ["Dropout", {"p": 0.5}] if self.dropout else ["Identity"]
        pool = ["AdaptiveAvgPool2d", {"output_size": 2}]
        scores = ["Linear", {"in_features": 24, "out_features": CLASSES}]
        layers = [block, middle, ["Conv2d", second], relu, pool, ["Flatten"], scores]
        dtype, frozen = str(self.dtype).removeprefix("torch."), [] if self.grad else [""]
        options = {"seed": seed, "training": training, "dtype": dtype, "frozen": frozen}
        return models.build("sequential", layers=layers, **options)


SETTINGS = (
    Setting(3, (7, 6), 3),
    Setting(1, (5, 9), 1, torch.float32, inplace=True, dropout=True),
    Setting(2, (8, 5), 2, inplace=True, grad=False),
    Setting(3, (6, 7), 2, dropout=True),
)
every_setting = pytest.mark.parametrize("setting", SETTINGS)


@task("gradient_map")
@every_setting
@pytest.mark.parametrize("reduce", ["max", "l2"])
def check_gradient_map_of_a_network(student, rng, device, setting, reduce):
    """each map is that of its own image and label, in eval mode, and the network stays as it was"""
    given, ours, images, labels = _draw(rng, setting)
    the_call = call("gradient_map", images=images, labels=labels, reduce=reduce)
    with torch.set_grad_enabled(setting.grad):
        function = untouched(student.gradient_map)
        got = function(given, images.to(device), labels.to(device), reduce=reduce)
    gradient = _gradient(ours, images, labels)
    wrong = {
        EVAL: lambda: _reduced(_gradient(given, images, labels, at_once=True), reduce),
        OTHER: lambda: _reduced(_gradient(ours, images, ours(images).argmax(1)), reduce),
        "the absolute value is missing": gradient.amax(1),
    }
    _compare(got, _reduced(gradient, reduce).to(device), the_call, wrong)


@task("gradient_map")
@pytest.mark.parametrize("case", ["reduce", "too high", "negative", "too few", "too many"])
def check_gradient_map_refuses(student, rng, device, case):
    """an unknown reduce, a label outside the classes and unequal lengths raise ValueError"""
    _refuses(student.gradient_map, rng, device, case, {"reduce": "mean"})


@task("smooth_grad")
@every_setting
def check_smooth_grad_without_noise(student, rng, device, setting):
    """with noise_std = 0 the result is that of gradient_map, of whatever network"""
    given, ours, images, labels = _draw(rng, setting)
    options = {"samples": 3, "noise_std": 0.0}
    the_call = call("smooth_grad", images=images, labels=labels, **options)
    with torch.set_grad_enabled(setting.grad):
        function = untouched(student.smooth_grad)
        got = function(given, images.to(device), labels.to(device), **options)
    expected = _reduced(_gradient(ours, images, labels), "max")
    _compare(got, expected.to(device), the_call, {})


@task("smooth_grad")
@pytest.mark.parametrize("samples", [1, 25])
def check_smooth_grad_averages_over_fresh_noise(student, rng, device, samples):
    """mean and spread of the maps are those of noise_std * N(0, 1), drawn anew for every sample"""
    # A hidden unit for each pixel and sign: the gradient is 1 where a pixel is positive, else -3.
    units = torch.cat([torch.eye(64), -torch.eye(64)]).int().tolist()
    model = models.build("dense_scores", matrices=[units, [[1] * 64 + [3] * 64, [0] * 128]])
    images, labels = torch.full((50, 1, 8, 8), 0.1), torch.zeros(50, dtype=torch.int64)
    options = {"samples": samples, "noise_std": 0.15}
    the_call = call("smooth_grad", images=images, labels=labels, **options)
    source = {"generator": torch.Generator().manual_seed(rng.integer(0, 10**6))}
    got = student.smooth_grad(model, images.to(device), labels.to(device), **options, **source)
    assert_shape(got, (50, 8, 8), the_call)
    maps, spread = got.detach().double(), 2 * (POSITIVE * (1 - POSITIVE) / samples) ** 0.5
    hint, mean = likely(maps.mean(), NOISE, rtol=0, atol=0.06), POSITIVE + 3 * (1 - POSITIVE)
    # Four standard errors of the mean of 64 pixels: images may share their noise.
    near = {"what": "the mean of the maps", "rtol": 0, "atol": 4 * spread / 8}
    assert_close(float(maps.mean()), mean, the_call, hint=hint, **near)
    what, hint = "the spread of the maps", "every one of the `samples` needs noise of its own"
    assert_close(float(maps.std()), spread, the_call, what=what, hint=hint, rtol=0.4)


@task("smooth_grad")
@pytest.mark.parametrize("case", ["samples", "noise_std", "too high", "negative", "too few"])
def check_smooth_grad_refuses(student, rng, device, case):
    """samples below 1, a negative noise_std and labels that do not fit raise ValueError"""
    _refuses(student.smooth_grad, rng, device, case, {"samples": 0, "noise_std": -0.1})


@task("guided_backprop")
@every_setting
def check_guided_backprop_of_a_network(student, rng, device, setting):
    """every ReLU module holds back negative gradients, in place or not, and nothing else does"""
    given, ours, images, labels = _draw(rng, setting)
    the_call = call("guided_backprop", images=images, labels=labels)
    with torch.set_grad_enabled(setting.grad):
        function = untouched(student.guided_backprop)
        got = function(given, images.to(device), labels.to(device))
    expected = _gradient(ours, images, labels, _Guided.apply)
    _compare(got, expected.to(device), the_call, {})


@task("guided_backprop")
@pytest.mark.parametrize("inplace", [False, True])
def check_guided_backprop_of_a_reused_relu(student, rng, device, inplace):
    """a ReLU module that is called twice holds back negative gradients both times"""
    options = {"inplace": inplace, "seed": rng.integer(0, 999), "dtype": "float64"}
    model = models.build("relu_reused", **options)
    images, labels = rng.normal(2, 3, 6, 5, dtype=torch.float64), rng.integers(0, 5, 2)
    the_call = call("guided_backprop", images=images, labels=labels)
    function = untouched(student.guided_backprop)
    got = function(model, images.to(device), labels.to(device))
    parts = [model.conv1, nn.ReLU(), model.conv2, nn.ReLU(), model.pool, nn.Flatten(), model.fc]
    expected = _gradient(nn.Sequential(*parts), images, labels, _Guided.apply)
    _compare(got, expected.to(device), the_call, {})


@task("guided_backprop")
@pytest.mark.parametrize("case", ["too high", "negative", "too few", "too many"])
def check_guided_backprop_refuses(student, rng, device, case):
    """a label outside the classes and unequal lengths raise ValueError"""
    _refuses(student.guided_backprop, rng, device, case, {})


@task("grad_cam")
@every_setting
@pytest.mark.parametrize(("layer", "cut"), [("0.0", 1), ("0.1", 2), ("2", 5), ("3", 6)])
def check_grad_cam_of_any_layer(student, rng, device, setting, layer, cut):
    """the maps are the layer's own output, weighted by the mean gradient of the label's score"""
    given, ours, images, labels = _draw(rng, setting)
    the_call = call("grad_cam", layer=layer, images=images, labels=labels)
    with torch.set_grad_enabled(setting.grad):
        function = untouched(student.grad_cam)
        got = function(given, layer, images.to(device), labels.to(device))
    cam, size = _cam(ours, cut, images, labels), images.shape[2:]
    wrong = {
        IN_PLACE: lambda: _enlarged(_cam(ours, cut + 1, images, labels).relu(), size),
        "align_corners is False": lambda: _enlarged(cam.relu(), size, align_corners=True),
    }
    _compare(got, _enlarged(cam.relu(), size).to(device), the_call, wrong)


@task("grad_cam")
@pytest.mark.parametrize("case", ["layer", "too high", "negative", "too few", "too many"])
def check_grad_cam_refuses(student, rng, device, case):
    """an unknown layer, a label outside the classes and unequal lengths raise ValueError"""
    layer = "0.9" if case == "layer" else "0.2"
    _refuses(student.grad_cam, rng, device, case, {}, layer)


@task("occlusion_maps")
@every_setting
@pytest.mark.parametrize(
    ("patch", "stride", "fill", "form"),
    [(3, 1, 0.0, "int"), (2, 2, 0.3, "batch"), (5, 1, -1.0, "tensor"), (1, 3, 0.5, "int")],
)
def check_occlusion_of_a_network(student, rng, device, setting, patch, stride, fill, form):
    """a square from row i·stride and column j·stride is filled in all channels, and nothing else"""
    given, ours, images, labels = _draw(rng, setting)
    image = images[:1] if form == "batch" else images[0]
    label = int(labels[0]) if form == "int" else labels[0].clone()
    options = {"patch": patch, "stride": stride, "fill": fill}
    the_call = call("occlusion_maps", image=image, label=int(label), **options)
    with torch.set_grad_enabled(setting.grad):
        got = untouched(student.occlusion_maps)(given, image.to(device), label, **options)
    expected = _occluded(ours, images[0], **options)
    wrong = {OTHER: expected.amax(-1), EVAL: _occluded(given, images[0], **options)[..., label]}
    prob, top_prob, top_label = _triple(got, expected.shape[:2], the_call)
    hint = likely(prob, wrong)
    assert_close(prob, expected[..., label].to(device), the_call, what="prob", hint=hint)
    assert_close(top_prob, expected.amax(-1).to(device), the_call, what="top_prob")
    assert_close(top_label, expected.argmax(-1).to(device), the_call, what="top_label")


@task("occlusion_maps")
@pytest.mark.parametrize(
    ("name", "value"), [("patch", 0), ("patch", 6), ("stride", 0), ("label", 4), ("label", -1)]
)
def check_occlusion_refuses(student, rng, device, name, value):
    """a patch that does not fit, stride < 1 and a label outside the classes raise ValueError"""
    given, _, images, _ = _draw(rng, Setting(2, (7, 5), 1))
    asked = {"label": 1, "patch": 2, name: value}
    the_call = call("occlusion_maps", image=images[0], **asked)
    with raises(ValueError, the_call):
        student.occlusion_maps(given, images[0].to(device), **asked)


@task("localisation")
@pytest.mark.parametrize("name", ["grad_cam", "occlusion_maps"])
def check_the_right_one_of_two_digits_is_found(student, rng, threshold, device, name):
    """of two digits on one canvas, the map is about the one whose class is the label"""
    model, images, labels, boxes, others = _pairs(rng)
    the_call = call(name, images=images, labels=labels)
    if name == "grad_cam":
        maps = student.grad_cam(model, "relu3", images.to(device), labels.to(device))
        assert_shape(maps, (len(images), 36, 36), the_call)
        centres = torch.arange(36)
    else:
        maps = _drops(student.occlusion_maps, model, images, labels, device, the_call)
        centres = 3 * torch.arange(11) + 2.5
    maps = maps.detach().cpu().float().nan_to_num(0).clamp(0, 1)
    own, other = (_inside(maps, where, centres).sum() for where in (boxes, others))
    ratio = float(own / (own + other).clamp(min=1e-9))
    what, goal = "the share of the label's digit in the mass on both", threshold(f"{name}_pairs")
    assert_reaches(ratio, goal, the_call, what=what)


class _Guided(torch.autograd.Function):
    """A ReLU whose backward pass holds back negative gradients too."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad.clamp(min=0) * (x > 0)


def _draw(rng, setting):
    """Return a network in train mode, our copy in eval mode, non-contiguous images, labels."""
    seed = rng.integer(0, 999)
    given, ours = (setting.network(seed, training=mode) for mode in (True, False))
    height, width = setting.size
    images = rng.normal(setting.batch, width, setting.channels, height, dtype=setting.dtype)
    labels = rng.integers(0, CLASSES, setting.batch)
    return given, ours, images.permute(0, 2, 3, 1), labels


def _leaves(model):
    return nn.Sequential(*(part for part in model.modules() if not [*part.children()]))


def _run(model, x, relu=functional.relu):
    for leaf in _leaves(model):
        x = relu(x) if isinstance(leaf, nn.ReLU) else leaf(x)
    return x


def _gradient(model, images, labels, relu=functional.relu, *, at_once=False):
    """Return the gradients of the labels' scores, one image at a time or all at once."""
    size = len(images) if at_once else 1
    rows = []
    for part, own in zip(images.split(size), labels.split(size), strict=True):
        x = part.detach().clone().requires_grad_()
        score = _run(model, x, relu).gather(1, own[:, None]).sum()
        rows.append(torch.autograd.grad(score, x)[0])
    return torch.cat(rows)


def _reduced(gradient, reduce):
    return gradient.abs().amax(1) if reduce == "max" else gradient.square().sum(1).sqrt()


def _stretched(maps):
    axes = tuple(range(1, maps.dim()))
    lowest, highest = maps.amin(axes, keepdim=True), maps.amax(axes, keepdim=True)
    return (maps - lowest) / torch.where(highest > lowest, highest - lowest, 1)


def _cam(model, cut, images, labels):
    maps = _run(_leaves(model)[:cut], images).detach()
    weights = _gradient(_leaves(model)[cut:], maps, labels).mean((2, 3), keepdim=True)
    return (weights * maps).sum(1)


def _enlarged(cam, size, *, align_corners=False):
    way = {"size": size, "mode": "bilinear", "align_corners": align_corners}
    return _stretched(functional.interpolate(cam[:, None], **way)[:, 0])


def _occluded(model, image, patch, stride, fill):
    """Return the probabilities under each square, (H', W', K)."""
    tops, lefts = (range(0, size - patch + 1, stride) for size in image.shape[1:])
    rows = []
    for top, left in itertools.product(tops, lefts):
        covered = image.clone()
        covered[:, top : top + patch, left : left + patch] = fill
        rows.append(_run(model, covered[None]).detach().softmax(1))
    return torch.cat(rows).reshape(len(tops), len(lefts), CLASSES)


def _triple(got, shape, the_call):
    """Return the three maps; one image in a batch of its own may have maps of that kind."""
    if not isinstance(got, tuple | list) or len(got) != 3:
        raise the_call.failed("the result should be the tuple (prob, top_prob, top_label)")
    maps = []
    for name, entry in zip(("prob", "top_prob", "top_label"), got, strict=True):
        assert_no_graph(entry, the_call, what=name)
        maps.append(entry[0] if entry.dim() == 3 and len(entry) == 1 else entry)
        assert_shape(maps[-1], shape, the_call, what=name)
    return maps


def _refuses(function, rng, device, case, bad, *layer):
    given, _, images, _ = _draw(rng, Setting(2, (6, 5), 2))
    wrong = {"too high": [0, CLASSES], "negative": [-1, 0], "too few": [1], "too many": [0, 1, 2]}
    labels = wrong.get(case, [0, 1])
    options = {case: bad[case]} if case in bad else {}
    the_call = call(function.__name__, images=images, labels=labels, **options)
    with raises(ValueError, the_call):
        function(given, *layer, images.to(device), torch.tensor(labels, device=device), **options)


def _compare(got, expected, the_call, wrong):
    assert_shape(got, expected.shape, the_call, hint=likely(got, wrong))
    assert_no_graph(got, the_call)
    assert_close(got, expected, the_call, hint=likely(got, wrong))


def _pairs(rng):
    """Return canvases of the network's top two classes; the label is the one it does not choose."""
    model = models.build("cluttered_cnn", training=False)
    digits, labels, _ = data.load("small_digits", "validation")
    one, two = torch.randperm(len(labels) // 2 * 2, generator=rng.generator).chunk(2)
    images, *boxes = data.clutter_pairs(digits[one], digits[two], rng.generator)
    with torch.no_grad():
        top = model(images).topk(2).indices
    both = torch.stack([labels[one], labels[two]], 1).sort(1).values
    kept = (top.sort(1).values == both).all(1).nonzero()[:24, 0]
    is_one = (top[:, 1] == labels[one])[:, None]
    own, other = (a.where(is_one, b)[kept] for a, b in (boxes, boxes[::-1]))
    return model, images[kept], top[kept, 1], own, other


def _drops(occlusion_maps, model, images, labels, device, the_call):
    """Return how much of the label's probability each square takes, (N, 11, 11)."""
    with torch.no_grad():
        whole = model(images).softmax(1).gather(1, labels[:, None])
    drops = []
    for image, label, before in zip(images, labels.tolist(), whole, strict=True):
        options = {"patch": 6, "stride": 3, "fill": float(image.mean())}
        got = occlusion_maps(model, image.to(device), label, **options)
        drops.append(before - _triple(got, (11, 11), the_call)[0].detach().cpu().float())
    return torch.stack(drops)


def _inside(maps, boxes, centres):
    """Return each map's mass at the centres that lie in its box."""
    top, left, bottom, right = boxes[:, :, None].unbind(1)
    rows, columns = (centres >= top) & (centres < bottom), (centres >= left) & (centres < right)
    return (maps * rows[:, :, None] * columns[:, None, :]).sum((1, 2))
