"""A figure of parameter_counting: where the parameters of VGG16 sit."""

from __future__ import annotations

from autograder.kit import assert_equal, call

TITLE = "VGG16, layer by layer"
CONVOLUTION, DENSE = "#2b6cb0", "#dd6b20"
LARGEST = 10**15


def draw(student, figure):
    """Draw one bar for each of the 16 layers, as long as the student's own count."""
    counts = student.vgg16_parameters()
    axes = figure.subplots()
    where = call("vgg16_parameters")
    assert_equal(type(counts).__name__, "dict", where, what="the type of the result")
    layers = require_counts(counts.get("by_layer"), 16, where)
    colours = [CONVOLUTION] * 13 + [DENSE] * 3
    names = [f"conv {i}" for i in range(1, 14)] + [f"dense {i}" for i in range(1, 4)]
    bars = axes.bar(names, [count / 1e6 for count in layers], color=colours)
    labels = [f"{count / 1e6:.1f}" if count >= 1e6 else "" for count in layers]
    axes.bar_label(bars, labels, fontsize=8, padding=2)
    axes.tick_params(axis="x", rotation=90)
    axes.set(ylabel="parameters in millions")
    axes.margins(y=0.1)
    axes.legend([bars[0], bars[-1]], ["convolution", "dense"], loc="upper left", frameon=False)


def require_counts(got, length, where):
    """Fail unless `got` is a list of that many counts a picture can show; return it."""
    plausible = [type(entry) is int and 0 <= entry < LARGEST for entry in listed(got)]
    assert_equal(plausible, [True] * length, where, what="which counts can be drawn")
    return list(got)


def listed(got):
    """Return the entries of a list or tuple, none of anything else."""
    return list(got) if isinstance(got, list | tuple) else []
