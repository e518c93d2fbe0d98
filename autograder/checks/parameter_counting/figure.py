"""The picture of parameter_counting: where parameters sit, and where multiplications are spent."""

from __future__ import annotations

from autograder import models
from autograder.kit import assert_equal, assert_record_fields, call

TITLE = "Where parameters sit, and where multiplications are spent"
CONVOLUTION, DENSE = "#2b6cb0", "#dd6b20"
LARGEST = 10**15
LAYERS = {"conv1": 0, "conv2": 3, "fc1": 7, "fc2": 10, "fc3": 12}  # their rows in the table


def draw(student, figure):
    """Draw the student's own counts: VGG16 layer by layer, and the table of the KMNIST network."""
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    draw_vgg16(left, student.vgg16_parameters())
    draw_table(right, student.layer_table(models.build("kmnist_cnn"), (1, 1, 28, 28)))
    figure.set_size_inches(11, 4.2)
    figure.set_layout_engine("constrained")


def draw_vgg16(axes, counts):
    """Draw one bar for each of the 16 layers."""
    where = call("vgg16_parameters")
    assert_equal(type(counts).__name__, "dict", where, what="the type of the result")
    layers = require_counts(counts.get("by_layer"), 16, where)
    colours = [CONVOLUTION] * 13 + [DENSE] * 3
    names = [f"conv {i}" for i in range(1, 14)] + [f"dense {i}" for i in range(1, 4)]
    bars = axes.bar(names, [count / 1e6 for count in layers], color=colours)
    labels = [f"{count / 1e6:.1f}" if count >= 1e6 else "" for count in layers]
    axes.bar_label(bars, labels, fontsize=8, padding=2)
    axes.tick_params(axis="x", rotation=60, labelsize=8)
    axes.set(title="VGG16 as you counted it", ylabel="parameters in millions")
    axes.margins(y=0.1)
    axes.legend([bars[0], bars[-1]], ["convolution", "dense"], loc="upper left", frameon=False)


def draw_table(axes, table):
    """Draw parameters and multiplications of the layers with weights, side by side."""
    where = call("layer_table", model="kmnist_cnn", input_shape=(1, 1, 28, 28))
    positions = range(len(LAYERS))
    for offset, field, colour in ((-0.2, "parameters", "#718096"), (0.2, "macs", "#2f855a")):
        widths = counts_of(table, field, where)
        bars = axes.barh(
            [p + offset for p in positions], widths, height=0.38, color=colour, label=field
        )
        labels = [f"{width:,}".replace(",", " ") for width in widths]
        axes.bar_label(bars, labels, fontsize=8, padding=2)
    axes.set_yticks(positions, list(LAYERS))
    axes.invert_yaxis()
    axes.set_xscale("symlog", linthresh=100)
    axes.margins(x=0.2)
    axes.set(title="The KMNIST network, one image", xlabel="count (logarithmic)")
    axes.legend(loc="lower right", frameon=False)


def counts_of(table, field, where):
    """Return one field of the rows to be drawn, once it is known to hold counts."""
    assert_equal(len(listed(table)), 14, where, what="the number of rows")
    for index, row in enumerate(table):
        assert_record_fields(row, (field,), where, what=f"row {index}")
    return require_counts([getattr(table[i], field) for i in LAYERS.values()], len(LAYERS), where)


def require_counts(got, length, where):
    """Fail unless `got` is a list of that many counts a picture can show; return it."""
    plausible = [type(entry) is int and 0 <= entry < LARGEST for entry in listed(got)]
    assert_equal(plausible, [True] * length, where, what="which counts can be drawn")
    return list(got)


def listed(got):
    """Return the entries of a list or tuple, none of anything else."""
    return list(got) if isinstance(got, list | tuple) else []
