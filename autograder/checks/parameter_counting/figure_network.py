"""A figure of parameter_counting: where parameters sit, and where multiplications are spent."""

from __future__ import annotations

from autograder import models
from autograder.kit import assert_equal, assert_record_fields, call

TITLE = "The KMNIST network, one image"
LARGEST = 10**15
LAYERS = {"conv1": 0, "conv2": 3, "fc1": 7, "fc2": 10, "fc3": 12}  # their rows in the table


def draw(student, figure):
    """Draw parameters and multiplications of the layers with weights, from the student's table."""
    table = student.layer_table(models.build("kmnist_cnn"), (1, 1, 28, 28))
    axes = figure.subplots()
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
    axes.margins(x=0.25)
    axes.set(xlabel="count (logarithmic)")
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
