"""Public checks of parameter_counting: small counts, VGG16, the network of the handout."""

from __future__ import annotations

import pytest

from autograder import models
from autograder.kit import assert_equal, assert_record_fields, call, likely, task

FIELDS = ("name", "kind", "output_shape", "parameters", "macs")
KMNIST_LEAVES = [
    ("features.conv1", "Conv2d"),
    ("features.relu1", "ReLU"),
    ("features.pool1", "MaxPool2d"),
    ("features.conv2", "Conv2d"),
    ("features.relu2", "ReLU"),
    ("features.pool2", "MaxPool2d"),
    ("flatten", "Flatten"),
    ("classifier.fc1", "Linear"),
    ("classifier.relu1", "ReLU"),
    ("classifier.dropout", "Dropout"),
    ("classifier.fc2", "Linear"),
    ("classifier.relu2", "ReLU"),
    ("classifier.fc3", "Linear"),
    ("classifier.log_probabilities", "LogSoftmax"),
]


def columns(got, where, *fields):
    """Return a table's rows cut down to some fields; fail if it is no list of rows."""
    assert_equal(type(got).__name__, "list", where, what="the type of the result")
    for index, row in enumerate(got):
        assert_record_fields(row, FIELDS, where, what=f"row {index}")
    return [tuple(getattr(row, field) for field in fields) for row in got]


def kmnist_table(student, device, batch=1):
    """Return the student's table of the handout's network, and the call in words."""
    shape = (batch, 1, 28, 28)
    got = student.layer_table(models.build("kmnist_cnn", device=str(device)), shape)
    return got, call("layer_table", model="kmnist_cnn", input_shape=shape)


@task("layers")
@pytest.mark.parametrize(
    ("in_channels", "out_channels", "kernel_size", "bias", "groups", "expected"),
    [
        (3, 64, 3, True, 1, 1_792),
        (8, 16, (3, 3), True, 1, 1_168),
        (2, 5, (3, 4), False, 1, 120),
        (4, 6, 3, True, 2, 114),
    ],
)
def check_conv2d_parameters_of_small_layers(
    student, in_channels, out_channels, kernel_size, bias, groups, expected
):
    """a convolution has a kernel for each pair of channels of a group and a bias per filter"""
    options = {"kernel_size": kernel_size, "bias": bias, "groups": groups}
    got = student.conv2d_parameters(in_channels, out_channels, **options)
    where = call("conv2d_parameters", channels=(in_channels, out_channels), **options)
    m, n = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
    weights = out_channels * in_channels * m * n
    hint = likely(
        got,
        {
            "the biases are missing; each filter has one": weights // groups,
            "groups are ignored; a filter sees in_channels / groups channels": weights
            + out_channels,
            "the kernel is taken as square; kernel_size may be (M, N)": out_channels
            * in_channels
            * m
            * m,
            "there is one bias per filter, so out_channels of them": weights // groups + 1,
        },
    )
    assert_equal(got, expected, where, hint=hint)


@task("layers")
@pytest.mark.parametrize(("bias", "expected"), [(True, 346_200), (False, 345_600)])
def check_linear_parameters_of_a_dense_layer(student, bias, expected):
    """a dense layer has a weight for each pair of features and a bias per output"""
    got = student.linear_parameters(576, 600, bias=bias)
    hint = likely(
        got,
        {
            "the biases are missing; each output has one": 345_600,
            "the argument bias is ignored": 346_200,
            "there is one bias per output, not per input": 346_176,
        },
    )
    assert_equal(got, expected, call("linear_parameters", in_features=576, bias=bias), hint=hint)


@task("sequence_layers")
def check_lstm_parameters_of_one_layer(student):
    """an LSTM has four gates, each with two matrices and two biases"""
    got = student.lstm_parameters(3, 5)
    hint = likely(
        got,
        {
            "each gate has two biases in torch, one beside each matrix": 180,
            "the biases are missing; each gate has two": 160,
            "an LSTM has four gates; the candidate is one of them": 150,
            "this is one gate; an LSTM has four": 50,
        },
    )
    assert_equal(got, 200, call("lstm_parameters", input_size=3, hidden_size=5), hint=hint)


@task("sequence_layers")
@pytest.mark.parametrize(("bias", "expected"), [(True, 288), (False, 256)])
def check_attention_parameters_of_a_small_width(student, bias, expected):
    """multi-head attention has four square projections: query, key, value and output"""
    got = student.multihead_attention_parameters(8, bias=bias)
    hint = likely(
        got,
        {
            "the output projection is missing": 3 * expected // 4,
            "the biases are missing; each projection has one": 256,
            "the argument bias is ignored": 288,
        },
    )
    where = call("multihead_attention_parameters", d_model=8, bias=bias)
    assert_equal(got, expected, where, hint=hint)


@task("cnn_against_fnn")
@pytest.mark.parametrize(("classes", "expected"), [(3, 457), (10, 1_465)])
def check_cnn_parameters_of_the_handout(student, classes, expected):
    """the small convolutional network has M N + classes P parameters"""
    got = student.cnn_parameters(28, 28, 5, 5, classes=classes)
    hint = likely(
        got,
        {
            "the pool has no parameters, and no layer here has a bias": expected + 1,
            "no layer here has a bias": expected + 1 + classes,
            "the 2 x 2 pool is missing": 25 + classes * 24 * 24,
        },
    )
    where = call("cnn_parameters", height=28, width=28, kernel_height=5, classes=classes)
    assert_equal(got, expected, where, hint=hint)


@task("cnn_against_fnn")
def check_fnn_parameters_of_the_handout(student):
    """the dense network has (H W + classes) P parameters"""
    got = student.fnn_parameters(28, 28, 5, 5)
    hint = likely(
        got,
        {
            "H W is squared; the hidden layer has P units, not H W of them": 784**2 * 144 + 432,
            "no layer here has a bias": 113_328 + 144 + 3,
            "the output layer is missing": 112_896,
        },
    )
    assert_equal(got, 113_328, call("fnn_parameters", height=28, width=28), hint=hint)


@task("vgg16")
def check_vgg16_parameters_in_three_sums(student):
    """VGG16 has 138 357 544 parameters, 89 % of them in the classifier"""
    got = student.vgg16_parameters()
    where = call("vgg16_parameters", num_classes=1000)
    assert_equal(type(got).__name__, "dict", where, what="the type of the result")
    sums = {key: got.get(key) for key in ("features", "classifier", "total")}
    expected = {"features": 14_714_688, "classifier": 123_642_856, "total": 138_357_544}
    hint = likely(
        sums.get("features"),
        {
            "the biases are missing; each filter has one": 14_710_464,
            "a pool has no parameters, not even a bias": 14_716_160,
        },
    ) or likely(
        sums.get("classifier"),
        {"the first dense layer reads 512 maps of 7 x 7, not 512 numbers": 22_979_560},
    )
    assert_equal(sums, expected, where, hint=hint)


@task("count_parameters")
def check_count_parameters_of_the_kmnist_network(student):
    """the network of the handout has 420 906 parameters"""
    got = student.count_parameters(models.build("kmnist_cnn"))
    assert_equal(got, 420_906, call("count_parameters", model="kmnist_cnn"))


@task("layer_table")
def check_layer_table_lists_the_leaves_of_the_kmnist_network(student, device):
    """layer_table has a row for each leaf, with its dotted name and its class"""
    got, where = kmnist_table(student, device)
    leaves = columns(got, where, "name", "kind")
    undotted = [(name.split(".")[-1], kind) for name, kind in KMNIST_LEAVES]
    hint = likely(leaves, {"the names are dotted, as in model.named_modules()": undotted})
    assert_equal(leaves, KMNIST_LEAVES, where, what="names and kinds", hint=hint)


@task("layer_table")
def check_layer_table_of_the_kmnist_network_has_shapes_and_parameters(student, device):
    """layer_table gives output shapes with the batch axis, and the parameters of each leaf"""
    got, where = kmnist_table(student, device, batch=3)
    expected = [
        ((3, 8, 28, 28), 208),
        ((3, 8, 28, 28), 0),
        ((3, 8, 14, 14), 0),
        ((3, 16, 12, 12), 1_168),
        ((3, 16, 12, 12), 0),
        ((3, 16, 6, 6), 0),
        ((3, 576), 0),
        ((3, 600), 346_200),
        ((3, 600), 0),
        ((3, 600), 0),
        ((3, 120), 72_120),
        ((3, 120), 0),
        ((3, 10), 1_210),
        ((3, 10), 0),
    ]
    table = columns(got, where, "output_shape", "parameters")
    assert_equal(table, expected, where, what="shapes and parameters")


@task("macs")
def check_macs_of_the_kmnist_network(student, device):
    """macs are the multiplications of convolutions and linear layers, 0 elsewhere"""
    got, where = kmnist_table(student, device)
    expected = [156_800, 0, 0, 165_888, 0, 0, 0, 345_600, 0, 0, 72_000, 0, 1_200, 0]
    macs = [count for (count,) in columns(got, where, "macs")]
    hint = likely(
        macs[:1],
        {
            "the area of the kernel is missing: M N multiplications per output and channel": [6272],
            "biases are added, not multiplied": [156_800 + 6272],
            "a multiplication and its addition are one, not two": [313_600],
        },
    )
    assert_equal(macs, expected, where, what="the column of macs", hint=hint)
