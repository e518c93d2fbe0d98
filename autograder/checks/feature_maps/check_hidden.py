"""Hidden checks of feature_maps: other shapes, modes and dtypes, and digits never seen before.

Oracles compose a network of our own from the same recipe, layer by layer, in eval mode. Shifted
images have an empty margin where networks judge them, so that only `shift` itself answers for the
edges.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest
import torch
from torch.nn import functional

from autograder import models
from autograder.kit import (
    assert_close,
    assert_dtype,
    assert_equal,
    assert_no_graph,
    assert_reaches,
    assert_shape,
    buffers,
    call,
    likely,
    load,
    parameters,
    raises,
    state_of,
    task,
    untouched,
)

EPOCHS = 12  # the handout's
EVAL = "run the model in eval mode, and give it back the mode it had"
IN_PLACE = "copy in the hook: a later in-place module writes over what the layer returned"
WRAPPED = "what leaves on one side comes back on the other; the pixels at the edge are repeated"
SWAPPED = "dx and dy are swapped: dx moves along the columns, dy along the rows"
OPPOSITE = "it moves the other way: dx > 0 to the right, dy > 0 down"
DENSE = [
    ["Flatten"],
    ["Linear", {"in_features": 35, "out_features": 8}],
    ["ReLU"],
    ["Linear", {"in_features": 8, "out_features": 3}],
]
NORMALISED = [["BatchNorm2d", {"num_features": 1}], *DENSE]


class Setting(NamedTuple):
    """A batch, a network that looks at it, and the state of both."""

    channels: int
    size: tuple[int, int]
    batch: int
    dtype: torch.dtype = torch.float64
    training: bool = False
    grad: bool = True  # if not, parameters need none either

    def network(self, **options):
        """Return a nested network with in-place ReLUs, batch norm and dropout."""
        first = {"in_channels": self.channels, "out_channels": 5, "kernel_size": 3, "padding": 1}
        second = {"in_channels": 5, "out_channels": 4, "kernel_size": [3, 2], "stride": [1, 2]}
        relu, norm = ["ReLU", {"inplace": True}], ["BatchNorm2d", {"num_features": 5}]
        block = [["Conv2d", second], relu, ["Dropout", {"p": 0.5}]]
        pool = ["AdaptiveAvgPool2d", {"output_size": 2}]
        scores = ["Linear", {"in_features": 16, "out_features": 3}]
        layers = [["Conv2d", first], norm, relu, block, pool, ["Flatten"], scores]
        options |= {"dtype": str(self.dtype).removeprefix("torch."), "seed": 3}
        return models.build("sequential", layers=layers, **options)

    def given(self):
        """Return the network as the submission gets it."""
        return self.network(training=self.training, frozen=[] if self.grad else [""])

    def images(self, rng):
        """Return images that are not contiguous, and far from a batch norm's mean and variance."""
        height, width = self.size
        drawn = rng.normal(self.batch, self.channels, width, height, dtype=self.dtype)
        return 2 * drawn.mT + 1

    @property
    def closeness(self):
        """How near a map must come; a GPU may round float32 to 10 bits before it multiplies."""
        return {"rtol": 5e-3, "atol": 5e-3} if self.dtype is torch.float32 else {}


SETTINGS = (
    Setting(2, (7, 6), 3),
    Setting(1, (5, 9), 1, torch.float32, training=True),
    Setting(3, (6, 8), 2, training=True, grad=False),
)
every_setting = pytest.mark.parametrize("setting", SETTINGS)
unknown_layer = pytest.mark.parametrize("layer", ["7", "3.5", "conv1"])


@task("architecture")
@pytest.mark.parametrize(("classes", "batch"), [(3, 4), (10, 1)])
def check_logits_of_other_sizes(student, rng, classes, batch):
    """DigitCNN has one logit per class, also for a single image"""
    images = rng.uniform(batch, 1, 28, 28)
    where = call(f"DigitCNN({classes})", images=images)
    network = student.DigitCNN(num_classes=classes)
    network.eval()
    with torch.no_grad():
        got = network(images)
    assert_shape(got, (batch, classes), where)
    assert_dtype(got, torch.float32, where)


@task("architecture")
@pytest.mark.parametrize(
    ("layer", "count", "channels"), [("conv1", 16, 1), ("conv2", 32, 16), ("conv3", 64, 32)]
)
def check_convolutions_take_every_step(student, rng, layer, count, channels):
    """each of the three layers is a convolution of stride 1 with a bias"""
    network = student.DigitCNN()
    network(torch.zeros(2, 1, 28, 28))  # lazy layers get their shape from a first batch
    convolution = getattr(network, layer)
    images = rng.normal(2, channels, 9, 12)
    where = call(layer, images=images)
    weight, bias = convolution.weight, convolution.bias
    assert_shape(weight, (count, channels, 3, 3), where, what="the weight")
    assert_shape(bias, (count,), where, what="the bias")
    with torch.no_grad():
        got = convolution(images)
    expected = functional.conv2d(images.double(), weight.detach().double(), bias.detach().double())
    assert_dtype(got, torch.float32, where)
    if got.ndim != 4 or got.shape[2] < 7 or got.shape[3] < 10:
        hint = "with stride 1 a 3 x 3 kernel loses two rows and columns, none with padding 1"
        assert_shape(got, expected.shape, where, hint=hint)
    top, left = (got.shape[2] - 7) // 2, (got.shape[3] - 10) // 2
    interior = got[:, :, top : top + 7, left : left + 10].double()
    assert_close(interior, expected, where, what="the interior", rtol=5e-3, atol=5e-3)


@task("architecture")
@pytest.mark.parametrize("layer", ["conv1", "conv2", "conv3", "fc"])
def check_every_layer_takes_part(student, rng, layer):
    """the logits of DigitCNN depend on each of its layers"""
    images = rng.uniform(4, 1, 28, 28)
    where = call("DigitCNN()", images=images)
    network = student.DigitCNN()
    network.eval()
    with torch.no_grad():
        network(images)
    weights = {name: 0.1 * rng.normal(*one.shape) for name, one in parameters(network).items()}
    own = [name for name in weights if name.split(".")[0] == layer]
    if not own:
        raise where.failed(f"there are no parameters of {layer}, but should be")
    load(network, weights)
    logits = _logits(network, images, where)
    load(network, weights | {name: torch.zeros_like(weights[name]) for name in own})
    without = _logits(network, images, where)
    if torch.equal(logits, without):
        raise where.failed(f"the logits do not change with {layer}, but should depend on it")


@task("training")
def check_digits_never_seen_are_recognised(student, rng, dataset, threshold):
    """trained on digits that are sorted by class, DigitCNN recognises digits it has never seen"""
    images, labels, _ = dataset("train")
    order = labels[:1300].argsort(stable=True)
    where = call("train", model="DigitCNN()", images=images[order], epochs=EPOCHS)
    with torch.no_grad():
        network = student.DigitCNN()
    seed = rng.integer(0, 10**6)
    trained = student.train(network, images[order], labels[order], epochs=EPOCHS, seed=seed)
    trained.eval()
    images, labels, _ = dataset("test")
    logits = _logits(trained, images[:1000], where)
    share = float((logits.argmax(1) == labels[:1000]).double().mean())
    hint = "every epoch takes all images, in a new random order; the loss takes logits"
    assert_reaches(share, threshold("accuracy"), where, what="the accuracy", hint=hint)


@task("reproducible")
def check_seed_decides_the_order(student, rng):
    """two seeds go through the images in two orders, so the weights differ"""
    images, labels = _examples(rng)
    where = call("train", images=images, epochs=2)
    found = []
    for seed in (1, 2):
        model = models.build("sequential", layers=DENSE)
        trained = student.train(model, images, labels, epochs=2, seed=seed)
        found.append(_weights(trained, model, where))
    if all(torch.equal(found[0][name], found[1][name]) for name in found[0]):
        hint = "shuffle the images in every epoch, by a generator seeded with `seed`"
        raise where.failed("seeds 1 and 2 give the same weights, but should not", hint)


@task("reproducible")
@pytest.mark.parametrize("training", [True, False])
def check_model_is_trained_in_place(student, rng, training):
    """train changes the model that it was given; epochs=0 changes neither model nor data"""
    images, labels = _examples(rng)
    where = call("train", images=images, epochs=2)
    options = {"layers": NORMALISED, "training": training}
    model, start = (models.build("sequential", **options) for _ in range(2))
    before = parameters(start)
    returned = _weights(student.train(model, images, labels, epochs=2, seed=3), start, where)
    if all(torch.equal(returned[name], before[name]) for name in before):
        raise where.failed("the weights are those before the training, but should have changed")
    again = untouched(student.train)(model, images, labels, epochs=0, seed=3)
    found = _weights(again, start, where)
    hint = "work on the model itself, not on a copy; 0 epochs train nothing"
    for name, expected in returned.items():
        what = f"{name} of the model that was given"
        assert_close(found[name], expected, where, what=what, hint=hint)


@task("reproducible")
@pytest.mark.parametrize("training", [True, False])
def check_train_mode_is_for_training_only(student, rng, training):
    """a model is trained in train mode, and comes back in the mode it had"""
    images, labels = _examples(rng)
    mode = "train" if training else "eval"
    where = call("train", model=f"BatchNorm2d, ..., in {mode} mode", images=images, epochs=1)
    options = {"layers": NORMALISED, "training": training, "frozen": ["4"]}
    before = state_of(models.build("sequential", **options))
    model = models.build("sequential", **options)
    trained = student.train(model, images, labels, epochs=1, seed=5)
    after, mean = state_of(trained), buffers(trained).get("0.running_mean")
    for what in ("training", "requires_grad"):
        hint = f"remember {what} before the first epoch, and give it back after the last"
        assert_equal(after[what], before[what], where, what=what, hint=hint)
    assert_shape(mean, (1,), where, what="running_mean")
    if not bool(mean.any()):
        hint = "call model.train() before the first epoch"
        raise where.failed("running_mean is 0, but should have followed the images", hint)


@task("filters")
@every_setting
@pytest.mark.parametrize("layer", ["0", "3.0"])
def check_filters_of_other_networks(student, setting, layer):
    """filters finds nested layers in any dtype and mode, and returns no graph"""
    where = call("filters", model="a nested network", layer=layer)
    with torch.set_grad_enabled(setting.grad):
        got = untouched(student.filters)(setting.given(), layer)
    expected = parameters(setting.network())[f"{layer}.weight"]
    assert_close(got, expected, where, rtol=0, atol=0)
    assert_no_graph(got, where)


@task("filters")
@unknown_layer
def check_filters_refuse_unknown_layers(student, layer):
    """filters raises ValueError for a layer that the model does not have"""
    with raises(ValueError, call("filters", layer=layer)):
        student.filters(SETTINGS[0].given(), layer)


@task("activation_maps")
@every_setting
@pytest.mark.parametrize("layers", [["0", "1", "3.0"], ("3.0", "4", "0"), ["3.2"]])
def check_maps_of_other_networks(student, rng, setting, layers):
    """maps are what each layer itself returned, in eval mode, in the order asked for"""
    images = setting.images(rng)
    where = call("activation_maps", images=images, layers=layers)
    with torch.set_grad_enabled(setting.grad):
        got = untouched(student.activation_maps)(setting.given(), images, layers)
    assert_equal(type(got).__name__, "dict", where, what="the type of the result")
    assert_equal(list(got), list(layers), where, what="the list of its keys")
    expected = _maps(setting.network().eval(), images)
    in_train_mode = _maps(setting.network().train(), images)
    for layer in layers:
        wrong = {IN_PLACE: expected[layer].relu(), EVAL: in_train_mode[layer]}
        hint, what = likely(got[layer], wrong), f'["{layer}"]'
        assert_close(got[layer], expected[layer], where, what=what, hint=hint, **setting.closeness)
        assert_no_graph(got[layer], where, what=what)


@task("activation_maps")
@unknown_layer
def check_maps_refuse_unknown_layers(student, rng, layer):
    """activation_maps raises ValueError for a layer that the model does not have"""
    images = SETTINGS[0].images(rng)
    with raises(ValueError, call("activation_maps", images=images, layers=["0", layer])):
        student.activation_maps(SETTINGS[0].given(), images, ["0", layer])


@task("shift")
@pytest.mark.parametrize(
    ("shape", "dtype"),
    [
        ((1, 5, 7), torch.float32),
        ((2, 3, 6, 4), torch.float64),
        ((1, 2, 3, 5), torch.int64),
        ((3, 1, 4, 4), torch.uint8),
        ((2, 4, 3), torch.bool),
    ],
    ids=["one_image", "batch", "integers", "bytes", "bool"],
)
@pytest.mark.parametrize(("dx", "dy"), [(0, 0), (2, 0), (0, -1), (-1, 3), (50, -2), (-4, 90)])
def check_shift_of_other_images(student, rng, shape, dtype, dx, dy):
    """shift repeats the edges for any shape, dtype and integers, however large"""
    *rest, height, width = shape
    images = rng.integers(0, 200, *rest, width, height).mT
    images = images > 100 if dtype is torch.bool else images.to(dtype)
    where = call("shift", images=images, dx=dx, dy=dy)
    expected = _shifted(images, dx, dy)
    wrong = {
        WRAPPED: lambda: images.roll((dy, dx), (-2, -1)),
        OPPOSITE: lambda: _shifted(images, -dx, -dy),
        SWAPPED: lambda: _shifted(images, dy, dx),
    }
    got = untouched(student.shift)(images, dx, dy)
    assert_close(got, expected, where, hint=likely(got, wrong))


@task("shift_agreement")
@every_setting
@pytest.mark.parametrize("max_shift", [0, 2])
def check_agreement_of_other_networks(student, rng, setting, max_shift):
    """the grid compares classes in eval mode, and leaves the model as it was"""
    images = setting._replace(batch=8 * setting.batch).images(rng)
    images = functional.pad(images, (max_shift,) * 4)
    where = call("shift_agreement", images=images, max_shift=max_shift)
    with torch.set_grad_enabled(setting.grad):
        got = untouched(student.shift_agreement)(setting.given(), images, max_shift)
    _assert_grid(got, _grid(setting.network().eval(), images, max_shift), where, {})


@task("shift_agreement")
@pytest.mark.parametrize(("size", "batch"), [((3, 5), 40), ((6, 2), 1)])
def check_agreement_of_random_scores(student, rng, size, batch):
    """entry [k + dy, k + dx] is the share that dx to the right and dy down leave alone"""
    images = functional.pad(rng.normal(batch, 1, *size, dtype=torch.float64), (3, 3, 3, 3))
    pixels = images[0].numel()
    matrix = rng.normal(4, pixels).tolist()
    model = models.build("dense_scores", matrices=[matrix], dtype="float64")
    where = call("shift_agreement", images=images, max_shift=3)
    got = student.shift_agreement(model, images, 3)
    expected = _grid(model, images, 3)
    wrong = {
        "rows are dy, columns dx: the grid is transposed": expected.T,
        "the first row is dy = -k, the first column dx = -k": expected.flip(0, 1),
    }
    _assert_grid(got, expected, where, wrong)


def _examples(rng):
    """Return more images than a batch holds, and labels that can be learnt."""
    images = rng.normal(600, 1, 5, 7)
    return images, images[:, 0, 0, :3].argmax(1)


def _logits(network, images, where):
    with torch.no_grad():
        logits = network(images)
    assert_shape(logits, (len(images), 10), where, what="the result of the model")
    assert_dtype(logits, torch.float32, where, what="the result of the model")
    return logits


def _weights(trained, model, where):
    """Return the parameters of what `train` returned; fail unless they are the model's."""
    found = parameters(trained)
    for name, own in model.named_parameters():
        assert_shape(found.get(name), own.shape, where, what=f"{name} of the returned model")
    return {name: found[name] for name, _ in model.named_parameters()}


def _maps(network, images):
    """Return by name what each leaf of a sequential network returns."""
    maps, found = images, {}
    leaves = [(name, one) for name, one in network.named_modules() if not list(one.children())]
    with torch.no_grad():
        for name, leaf in leaves:
            maps = leaf(maps.clone())  # an in-place leaf writes over the copy
            found[name] = maps
    return found


def _shifted(images, dx, dy):
    height, width = images.shape[-2:]
    rows = [min(max(r - dy, 0), height - 1) for r in range(height)]
    columns = [min(max(c - dx, 0), width - 1) for c in range(width)]
    return images[..., rows, :][..., columns]


def _grid(network, images, max_shift):
    steps = range(-max_shift, max_shift + 1)
    with torch.no_grad():
        classes = network(images).argmax(1)
        moved = [[network(_shifted(images, dx, dy)).argmax(1) for dx in steps] for dy in steps]
    return torch.tensor([[float((one == classes).double().mean()) for one in row] for row in moved])


def _assert_grid(got, expected, where, wrong):
    """Compare shares in whatever precision they come."""
    hint = likely(got, wrong)
    assert_shape(got, expected.shape, where, hint="2 k + 1 rows and columns")
    if not got.is_floating_point():
        assert_dtype(got, torch.float32, where)
    assert_close(got.double(), expected.double(), where, rtol=0, atol=1e-5, hint=hint)
