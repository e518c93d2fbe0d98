"""Public checks of feature_maps: known numbers, examples on paper, and a first short training."""

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
    parameters,
    task,
    untouched,
)

EPOCHS = 12  # the handout's
SHAPES = {"conv1": (16, 1, 3, 3), "conv2": (32, 16, 3, 3), "conv3": (64, 32, 3, 3)}
COUNTS = {"conv1": 160, "conv2": 4640, "conv3": 18496}
ZEROS = "zeros move in; the pixels at the edge are repeated"
WRAPPED = "what leaves on one side comes back on the other; the pixels at the edge are repeated"
SWAPPED = "dx and dy are swapped: dx moves along the columns, dy along the rows"
OPPOSITE = "it moves the other way: dx > 0 to the right, dy > 0 down"
BEFORE = "a map is the layer's own output, before the ReLU that follows"
SEEDED = "draw the order of the images from a generator of your own, seeded with `seed`"
DENSE = [["Flatten"], ["Linear", {"in_features": 35, "out_features": 3}]]


@task("architecture")
@pytest.mark.parametrize("layer", list(SHAPES))
def check_parameters_of_the_convolutions(student, layer):
    """conv1, conv2 and conv3 have 160, 4640 and 18496 parameters, weights and biases"""
    where = call("DigitCNN")
    network = student.DigitCNN()
    network(torch.zeros(2, 1, 28, 28))  # lazy layers get their shape from a first batch
    convolution = getattr(network, layer)
    weight, bias = convolution.weight, convolution.bias
    shape = SHAPES[layer]
    assert_shape(weight, shape, where, what=f"{layer}.weight", hint="filters, channels, 3, 3")
    assert_shape(bias, shape[:1], where, what=f"{layer}.bias", hint="one for each filter")
    count = weight.numel() + bias.numel()
    assert_equal(count, COUNTS[layer], where, what=f"the parameters of {layer}")


@task("architecture")
def check_logits_of_a_batch(student, rng):
    """DigitCNN gives ten raw logits for each image of a batch"""
    images = rng.uniform(5, 1, 28, 28)
    where = call("DigitCNN()", images=images)
    with torch.no_grad():
        got = student.DigitCNN()(images)
    assert_shape(got, (5, 10), where)
    assert_dtype(got, torch.float32, where)
    for kind, total in {"probabilities": got.sum(1), "log-probabilities": got.exp().sum(1)}.items():
        if bool(((total - 1).abs() < 1e-3).all()):
            hint = "return what fc gives: the loss of `train` has its own log-softmax"
            raise where.failed(f"the result is {kind}, but should be raw logits", hint)


@task("training")
def check_few_digits_are_enough_for_a_start(student, rng, dataset, threshold):
    """trained on 300 digits, DigitCNN recognises most of the digits of the validation part"""
    images, labels, _ = dataset("train")
    some = torch.randperm(len(images), generator=rng.generator)[:300]
    where = call("train", model="DigitCNN()", images=images[some], epochs=EPOCHS)
    with torch.no_grad():
        network = student.DigitCNN()
    seed = rng.integer(0, 10**6)
    trained = student.train(network, images[some], labels[some], epochs=EPOCHS, seed=seed)
    images, labels, _ = dataset("validation")
    trained.eval()
    with torch.no_grad():
        logits = trained(images[:1000])
    assert_shape(logits, (len(images[:1000]), 10), where, what="the trained model's result")
    assert_dtype(logits, torch.float32, where, what="the trained model's result")
    share = float((logits.argmax(1) == labels[:1000]).double().mean())
    assert_reaches(share, threshold("accuracy_after_300"), where, what="the accuracy")


@task("training")
def check_certain_model_learns_too(student):
    """training raises the scores of the right classes even where the model is certain of another"""
    # Class 0 scores 40 times the first pixel, which is always 1; no label is 0.
    model = models.build("dense_scores", matrices=[[[40, 0], [0, 0], [0, 0]]])
    images = torch.tensor([[1.0, 0], [1, 1]]).repeat(50, 1).reshape(100, 1, 1, 2)
    labels = torch.tensor([1, 2]).repeat(50)
    where = call("train", model="dense_scores", images=images, epochs=2)
    weight = parameters(student.train(model, images, labels, epochs=2, seed=0)).get("fc1.weight")
    assert_shape(weight, (3, 2), where, what="fc1.weight")
    if not bool((weight[1:, 0] > 1e-6).all()):
        hint = "the loss takes logits; a softmax before it leaves no gradient where it is certain"
        raise where.failed("the scores of the labels have not risen, but should have", hint)


@task("reproducible")
def check_seed_decides_the_training(student, rng):
    """the same model, images and seed give the same weights"""
    images, labels = rng.normal(200, 1, 5, 7), rng.integers(0, 3, 200)
    where = call("train", images=images, epochs=2, seed=7)
    weights = []
    for _ in range(2):
        model = models.build("sequential", layers=DENSE)
        weights.append(parameters(student.train(model, images, labels, epochs=2, seed=7)))
    first, second = weights
    start = dict(models.build("sequential", layers=DENSE).named_parameters())
    for name, before in start.items():
        assert_shape(first.get(name), before.shape, where, what=name)
        what = f"{name} of a second training"
        assert_close(second.get(name), first[name], where, what=what, hint=SEEDED)
    if all(torch.equal(first[name], before) for name, before in start.items()):
        raise where.failed("the weights are those before the training, but should have changed")


@task("filters")
@pytest.mark.parametrize("layer", ["conv1", "conv3"])
def check_filters_are_the_weight(student, layer):
    """filters returns the weight of a layer, without a graph, and leaves the model as it was"""
    model = models.build("digits_cnn")
    where = call("filters", model="digits_cnn", layer=layer)
    got = untouched(student.filters)(model, layer)
    expected = parameters(models.build("digits_cnn"))[f"{layer}.weight"]
    assert_close(got, expected, where)
    assert_no_graph(got, where)


@task("activation_maps")
def check_maps_are_the_composed_layers(student, dataset):
    """each map is what the layers up to it give, one after the other"""
    images = dataset("validation").images[:3].double()
    layers = ["conv1", "conv2", "conv3"]
    where = call("activation_maps", model="digits_cnn", images=images, layers=layers)
    function = untouched(student.activation_maps)
    got = function(models.build("digits_cnn", dtype="float64"), images, layers)
    assert_equal(type(got).__name__, "dict", where, what="the type of the result")
    assert_equal(list(got), layers, where, what="the list of its keys")
    maps = images
    with torch.no_grad():
        for name, module in models.build("digits_cnn", dtype="float64").named_children():
            maps = module(maps)
            if name in layers:
                hint = likely(got[name], {BEFORE: maps.relu()})
                assert_close(got[name], maps, where, what=f'["{name}"]', hint=hint)
                assert_no_graph(got[name], where, what=f'["{name}"]')


@task("shift")
@pytest.mark.parametrize(("dx", "dy"), [(1, 0), (0, 1), (-2, 1)])
def check_shift_of_the_worked_example(student, dx, dy):
    """shift gives the worked example of the handout: dx to the right, dy down, edges repeated"""
    image = torch.tensor([[[1, 2, 3], [4, 5, 6]]])
    expected = {
        (1, 0): [[[1, 1, 2], [4, 4, 5]]],
        (0, 1): [[[1, 2, 3], [1, 2, 3]]],
        (-2, 1): [[[3, 3, 3], [3, 3, 3]]],
    }
    padded = torch.nn.functional.pad(image, (3, 3, 3, 3))
    wrong = {
        WRAPPED: image.roll((dy, dx), (1, 2)),
        ZEROS: padded[:, 3 - dy : 5 - dy, 3 - dx : 6 - dx],
        OPPOSITE: _shifted(image, -dx, -dy),
        SWAPPED: _shifted(image, dy, dx),
    }
    got = untouched(student.shift)(image, dx, dy)
    where = call("shift", images=image, dx=dx, dy=dy)
    assert_close(got, torch.tensor(expected[dx, dy]), where, hint=likely(got, wrong))


@task("shift")
def check_shift_back_restores_the_interior(student, rng):
    """what no edge has reached is there again after a shift back"""
    images = rng.uniform(2, 3, 9, 8)
    where = call("shift", images=images, dx=2, dy=-3)
    away = student.shift(images, 2, -3)
    assert_shape(away, images.shape, where)
    assert_dtype(away, images.dtype, where)
    back = student.shift(away, -2, 3)
    assert_shape(back, images.shape, where)
    interior = (..., slice(3, 9), slice(0, 6))
    what = "the interior, shifted there and back,"
    assert_close(back[interior], images[interior], where, what=what)


@task("shift_agreement")
def check_agreement_of_a_network_on_paper(student):
    """rows of the grid are shifts down, columns shifts to the right, entries shares of images"""
    # Class 2 sees the first row; below it class 0 sees the first column, class 1 the others.
    upper, left, right = [1] * 4 + [0] * 8, [0] * 4 + [1, 0, 0, 0] * 2, [0] * 4 + [0, 1, 1, 1] * 2
    model = models.build("dense_scores", matrices=[[left, right, upper]])
    images = torch.zeros(2, 1, 3, 4)
    images[0, 0, 1, 1] = images[1, 0, 1, 2] = 1
    where = call("shift_agreement", images=images, max_shift=1)
    expected = torch.tensor([[0, 0, 0], [0.5, 1, 1], [0.5, 1, 1]])
    wrong = {
        "rows are dy, columns dx: the grid is transposed": expected.T,
        "the first row is dy = -k, the first column dx = -k": expected.flip(0, 1),
        "entries are shares of the images, from 0 to 1": 2 * expected,
        "entries are shares, not percentages": 100 * expected,
    }
    got = untouched(student.shift_agreement)(model, images, 1)
    _assert_grid(got, expected, where, likely(got, wrong))


@task("shift_agreement")
def check_agreement_of_a_trained_network(student, dataset):
    """on digits, a trained network agrees with itself less and less as the shift grows"""
    images = dataset("validation").images[:24].double()
    where = call("shift_agreement", model="digits_cnn", images=images, max_shift=3)
    got = student.shift_agreement(models.build("digits_cnn", dtype="float64"), images, 3)
    model = models.build("digits_cnn", dtype="float64").eval()
    with torch.no_grad():
        unshifted = model(images).argmax(1)
        rows = [
            [_agreement(model(_shifted(images, dx, dy)), unshifted) for dx in range(-3, 4)]
            for dy in range(-3, 4)
        ]
    _assert_grid(got, torch.tensor(rows), where)


def _shifted(images, dx, dy):
    height, width = images.shape[-2:]
    rows = [min(max(r - dy, 0), height - 1) for r in range(height)]
    columns = [min(max(c - dx, 0), width - 1) for c in range(width)]
    return images[..., rows, :][..., columns]


def _assert_grid(got, expected, where, hint=""):
    """Compare shares in whatever precision they come."""
    assert_shape(got, expected.shape, where, hint="2 k + 1 rows and columns")
    if not got.is_floating_point():
        assert_dtype(got, torch.float32, where)
    assert_close(got.double(), expected.double(), where, rtol=0, atol=1e-5, hint=hint)


def _agreement(logits, unshifted):
    return float((logits.argmax(1) == unshifted).double().mean())
