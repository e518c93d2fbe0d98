"""Hidden checks of parameter_counting: torch's own counts, odd sizes, awkward models."""

from __future__ import annotations

import pytest
import torch

from autograder import models
from autograder.kit import (
    assert_equal,
    assert_record_fields,
    call,
    likely,
    raises,
    task,
    untouched,
)

FIELDS = ("name", "kind", "output_shape", "parameters", "macs")


def entries(module):
    """Return how many entries torch gives the parameters of a module: our oracle."""
    return sum(tensor.numel() for tensor in module.parameters())


def columns(got, where, *fields):
    """Return a table's rows cut down to some fields; fail if it is no list of rows."""
    assert_equal(type(got).__name__, "list", where, what="the type of the result")
    for index, row in enumerate(got):
        assert_record_fields(row, FIELDS, where, what=f"row {index}")
    return [tuple(getattr(row, field) for field in fields) for row in got]


def table_of(layer_table, device, shape, *fields, model, **options):
    """Return columns of the student's table of a model, and the call in words."""
    where = call("layer_table", model=model, input_shape=shape)
    built = models.build(model, **options, device=str(device))
    return columns(layer_table(built, shape), where, *fields), where


@task("layers")
@pytest.mark.parametrize(
    ("in_channels", "out_channels", "kernel_size", "bias", "groups"),
    [(6, 4, (1, 5), True, 2), (5, 10, (3, 2), False, 5), (7, 3, 1, True, 1)],
)
def check_conv2d_parameters_equal_torch(
    student, in_channels, out_channels, kernel_size, bias, groups
):
    """a convolution with groups and a rectangular kernel counts as torch.nn.Conv2d does"""
    sizes = (in_channels, out_channels, kernel_size)
    got = student.conv2d_parameters(*sizes, bias, groups)
    expected = entries(torch.nn.Conv2d(*sizes, bias=bias, groups=groups))
    ungrouped = entries(torch.nn.Conv2d(*sizes, bias=bias))
    hint = likely(got, {"groups are ignored; a filter sees its own group only": ungrouped})
    assert_equal(got, expected, call("conv2d_parameters", kernel_size=kernel_size), hint=hint)


@task("layers")
@pytest.mark.parametrize("bias", [True, False])
def check_linear_parameters_equal_torch(student, rng, bias):
    """a dense layer counts as torch.nn.Linear does"""
    sizes = {"in_features": rng.integer(2, 40), "out_features": rng.integer(41, 80)}
    got = student.linear_parameters(*sizes.values(), bias)
    expected = entries(torch.nn.Linear(**sizes, bias=bias))
    assert_equal(got, expected, call("linear_parameters", **sizes, bias=bias))


@task("sequence_layers")
@pytest.mark.parametrize(("num_layers", "bidirectional"), [(3, False), (1, True), (3, True)])
def check_lstm_parameters_equal_torch(student, num_layers, bidirectional):
    """stacked and bidirectional LSTMs count as torch.nn.LSTM does"""
    got = student.lstm_parameters(3, 5, num_layers=num_layers, bidirectional=bidirectional)
    directions = 2 if bidirectional else 1
    biases = 4 * 5 * directions * num_layers
    expected = entries(torch.nn.LSTM(3, 5, num_layers, bidirectional=bidirectional))
    hint = likely(
        got,
        {
            "each gate has two biases in torch, one beside each matrix": expected - biases,
            "a layer above a bidirectional one reads both directions, 2 H features": expected
            - (num_layers - 1) * directions * 4 * 5 * 5 * (directions - 1),
            "only the first layer reads input_size features; the others read its output": num_layers
            * directions
            * 200,
        },
    )
    where = call("lstm_parameters", num_layers=num_layers, bidirectional=bidirectional)
    assert_equal(got, expected, where, hint=hint)


@task("sequence_layers")
def check_attention_parameters_equal_torch(student):
    """multi-head attention counts as torch.nn.MultiheadAttention does, whatever the heads"""
    for d_model, heads, bias in [(12, 3, True), (12, 4, False), (15, 5, True)]:
        got = student.multihead_attention_parameters(d_model, bias)
        expected = entries(torch.nn.MultiheadAttention(d_model, heads, bias=bias))
        hint = likely(got, {"the output projection is missing": 3 * expected // 4})
        where = call("multihead_attention_parameters", d_model=d_model, bias=bias)
        assert_equal(got, expected, where, hint=hint)


ODD_SIZES = [(27, 28, 4, 3), (11, 10, 3, 3), (9, 12, 2, 5)]


def pooled(height, width, m, n):
    """Count the windows of a pool by walking over them: our oracle for P."""
    return len(range(0, height - m, 2)) * len(range(0, width - n, 2))


@task("cnn_against_fnn")
@pytest.mark.parametrize(("height", "width", "m", "n"), ODD_SIZES)
def check_cnn_parameters_of_odd_sizes(student, height, width, m, n):
    """the pool drops an odd last row or column of the convolution"""
    got = student.cnn_parameters(height, width, m, n, classes=4)
    unfloored = m * n + (height - m + 1) * (width - n + 1)
    hint = likely(
        got,
        {
            "the pool takes the floor of each extent: floor(H' / 2) floor(W' / 2)": unfloored,
            "the count is a whole number: take the floor of each extent": float(unfloored),
        },
    )
    where = call("cnn_parameters", height=height, width=width, kernel_height=m, kernel_width=n)
    assert_equal(got, m * n + 4 * pooled(height, width, m, n), where, hint=hint)


@task("cnn_against_fnn")
@pytest.mark.parametrize(("height", "width", "m", "n"), ODD_SIZES)
def check_fnn_parameters_of_odd_sizes(student, height, width, m, n):
    """the hidden layer of the dense network is as wide as the pooled map"""
    got = student.fnn_parameters(height, width, m, n)
    unfloored = (height * width + 3) * ((height - m + 1) * (width - n + 1) // 4)
    hint = likely(got, {"the pool takes the floor of each extent, rows and columns": unfloored})
    where = call("fnn_parameters", height=height, width=width, kernel_height=m, kernel_width=n)
    assert_equal(got, (height * width + 3) * pooled(height, width, m, n), where, hint=hint)


@task("cnn_against_fnn")
def check_empty_pooled_map_is_refused(student):
    """a filter that leaves no row to pool is refused"""
    for height, width, m, n in [(5, 9, 5, 3), (9, 5, 3, 5)]:
        inputs = {"height": height, "width": width, "kernel_height": m, "kernel_width": n}
        hint = "the pooled map is empty: floor(H' / 2) floor(W' / 2) is 0"
        with raises(ValueError, call("cnn_parameters", **inputs), hint=hint):
            student.cnn_parameters(height, width, m, n)
        with raises(ValueError, call("fnn_parameters", **inputs), hint=hint):
            student.fnn_parameters(height, width, m, n)


@task("vgg16")
@pytest.mark.parametrize("num_classes", [1000, 15])
def check_vgg16_parameters_by_layer(student, num_classes):
    """the 16 layers of VGG16 add up to its features, its classifier and its total"""
    got = student.vgg16_parameters(num_classes)
    where = call("vgg16_parameters", num_classes=num_classes)
    assert_equal(type(got).__name__, "dict", where, what="the type of the result")
    network = models.build("vgg16", num_classes=num_classes, device="meta")
    leaves = [module for module in network.modules() if not list(module.children())]
    by_layer = [count for leaf in leaves if (count := entries(leaf))]
    expected = {
        "features": sum(by_layer[:13]),
        "classifier": sum(by_layer[13:]),
        "total": sum(by_layer),
        "by_layer": by_layer,
    }
    for_1000 = [*by_layer[:15], 4_097_000]
    hint = likely(got.get("by_layer"), {"the last layer has num_classes outputs": for_1000})
    assert_equal(got, expected, where, hint=hint)


@task("count_parameters")
def check_shared_tensor_counts_once(student):
    """a tensor that two layers share counts once"""
    got = student.count_parameters(models.build("tied_autoencoder", width=6))
    hint = likely(got, {"the shared weight is counted twice": 84})
    assert_equal(got, 48, call("count_parameters", model="tied_autoencoder"), hint=hint)


@task("count_parameters")
@pytest.mark.parametrize(("trainable_only", "expected"), [(True, 419_410), (False, 420_906)])
def check_trainable_only_leaves_out_frozen_parameters(student, trainable_only, expected):
    """trainable_only counts the tensors that require a gradient, otherwise all count"""
    model = models.build("kmnist_cnn", frozen=["features", "classifier.fc2.bias"])
    got = student.count_parameters(model, trainable_only)
    sentences = {
        "frozen parameters need no gradient; trainable_only leaves them out": 420_906,
        "without trainable_only frozen parameters count too": 419_410,
    }
    where = call("count_parameters", model="kmnist_cnn", trainable_only=trainable_only)
    assert_equal(got, expected, where, hint=likely(got, sentences))


@task("count_parameters")
def check_every_parameter_counts_and_no_buffer(student):
    """a parameter outside of the leaves counts, the running statistics of a norm do not"""
    got = student.count_parameters(models.build("residual_cnn", channels=4, blocks=2))
    stem, block = 3 * 4 * 9 + 4, 4 + 4 * 4 * 9 + 2 * 4
    expected = stem + 2 * block
    hint = likely(
        got,
        {
            "running statistics are buffers, not parameters": expected + 2 * (4 + 4 + 1),
            "a module with children may have parameters of its own": expected - 2 * 4,
        },
    )
    assert_equal(got, expected, call("count_parameters", model="residual_cnn"), hint=hint)


@task("count_parameters")
def check_count_parameters_agrees_with_vgg16(student):
    """the count of a built VGG16 is 138 357 544"""
    got = student.count_parameters(models.build("vgg16", device="meta"))
    assert_equal(got, 138_357_544, call("count_parameters", model="vgg16"))


@task("layer_table")
def check_rows_are_in_the_order_of_the_calls(student, device):
    """the rows follow the calls, not the order in which the layers were defined"""
    got, where = table_of(student.layer_table, device, (2, 4), "name", model="call_order")
    expected = [("stem",), ("body.0",), ("body.1",), ("head",)]
    defined = [("head",), ("body.0",), ("body.1",), ("stem",)]
    hint = likely(got, {"the rows are in the order of definition, not of the calls": defined})
    assert_equal(got, expected, where, what="the column of names", hint=hint)


@task("layer_table")
def check_leaf_called_twice_has_two_rows(student, device):
    """a leaf that is called twice has two rows, its parameters in the first"""
    fields = ("name", "parameters")
    got, where = table_of(student.layer_table, device, (3, 5), *fields, model="leaf_reused")
    expected = [("step", 30), ("activation", 0), ("step", 0), ("activation", 0), ("head", 12)]
    sentences = {
        "the parameters of a leaf stand in its first row only": [
            *expected[:2],
            ("step", 30),
            *expected[3:],
        ],
        "the second call of a leaf has a row too": [*expected[:2], expected[4]],
    }
    hint = likely(got, sentences)
    assert_equal(got, expected, where, what="names and parameters", hint=hint)


@task("layer_table")
def check_layer_table_of_a_frozen_model(student, device):
    """layer_table describes a model whose parameters need no gradient"""
    layers = [["Linear", {"in_features": 3, "out_features": 5}], ["Tanh", {}]]
    options = {"model": "sequential", "layers": layers, "frozen": [""]}
    fields = ("kind", "output_shape", "parameters")
    got, where = table_of(student.layer_table, device, (2, 7, 3), *fields, **options)
    expected = [("Linear", (2, 7, 5), 20), ("Tanh", (2, 7, 5), 0)]
    assert_equal(got, expected, where, what="kinds, shapes and parameters")


@task("layer_table")
def check_model_runs_in_eval_mode(student, device):
    """layer_table runs a model in eval mode"""
    layers = [
        ["Linear", {"in_features": 4, "out_features": 6, "bias": False}],
        ["BatchNorm1d", {"num_features": 6}],
        ["Dropout", {"p": 0.5}],
    ]
    options = {"model": "sequential", "layers": layers}
    fields = ("output_shape", "parameters")
    got, where = table_of(student.layer_table, device, (1, 4), *fields, **options)
    assert_equal(got, [((1, 6), 24), ((1, 6), 12), ((1, 6), 0)], where)


@task("layer_table")
@pytest.mark.parametrize(
    ("options", "shape", "names"),
    [
        ({"model": "hooked", "training": False}, (2, 4), ["0", "1", "2"]),
        (
            {"model": "residual_cnn", "blocks": 1},
            (2, 3, 5, 6),
            ["stem", "blocks.0.body.0", "blocks.0.body.1", "blocks.0.body.2"],
        ),
    ],
    ids=["hook_of_its_own", "running_statistics"],
)
def check_model_stays_as_it_was_found(student, device, options, shape, names):
    """layer_table leaves modes, hooks, parameters, buffers and gradients as it found them"""
    got, where = table_of(untouched(student.layer_table), device, shape, "name", **options)
    expected = [(name,) for name in names]
    assert_equal(got, expected, where, what="the column of names")


CONVOLUTIONS = [  # kind, options, input shape, entries that are multiplied, channels, area
    (
        "Conv2d",
        {"in_channels": 6, "out_channels": 4, "groups": 2, "kernel_size": [3, 2], "stride": [2, 1]},
        (3, 6, 9, 8),
        (3 * 4 * 4 * 7, 6 // 2, 3 * 2),
    ),
    (
        "Conv2d",
        {"in_channels": 4, "out_channels": 5, "kernel_size": 3, "dilation": 2, "padding": [1, 0]},
        (2, 4, 5, 7),
        (2 * 5 * 3 * 3, 4, 3 * 3),
    ),
]


@task("macs")
@pytest.mark.parametrize(
    ("kind", "options", "shape", "factors"),
    CONVOLUTIONS,
    ids=["groups", "dilation"],
)
def check_macs_of_convolutions(student, device, kind, options, shape, factors):
    """a convolution multiplies once per output entry, channel of a group and kernel entry"""
    multiplied, channels, area = factors
    layers = {"model": "sequential", "layers": [[kind, options]]}
    got, where = table_of(student.layer_table, device, shape, "macs", **layers)
    expected = multiplied * channels * area
    sentences = {
        "the area of the kernel is missing: M N multiplications": multiplied * channels,
        "the whole batch is multiplied, not one image": expected // shape[0],
        "a filter sees in_channels / groups channels": expected * options.get("groups", 1),
        "biases are added, not multiplied": expected + multiplied,
    }
    hint = likely(got, {sentence: [(count,)] for sentence, count in sentences.items()})
    assert_equal(got, [(expected,)], where, what="the column of macs", hint=hint)


@task("macs")
def check_macs_of_a_linear_layer_on_sequences(student, device):
    """a linear layer multiplies at every step of a sequence; other leaves count 0"""
    layers = [["ReLU", {}], ["Linear", {"in_features": 4, "out_features": 5}]]
    options = {"model": "sequential", "layers": layers}
    got, where = table_of(student.layer_table, device, (2, 7, 4), "macs", **options)
    sentences = {
        "a linear layer multiplies at every step, not once per sequence": [(0,), (2 * 5 * 4,)],
        "the whole batch is multiplied, not one sequence": [(0,), (7 * 5 * 4,)],
    }
    hint = likely(got, sentences)
    assert_equal(got, [(0,), (2 * 7 * 5 * 4,)], where, what="the column of macs", hint=hint)


@task("macs")
def check_second_call_of_a_leaf_multiplies_again(student, device):
    """a leaf multiplies in every call, whether its parameters were counted before or not"""
    fields = ("name", "macs")
    table, where = table_of(student.layer_table, device, (3, 5), *fields, model="leaf_reused")
    got = [macs for name, macs in table if type(name) is str and name == "step"]
    assert_equal(got, [75, 75], where, what='the macs of "step", called twice,')
