"""A picture of saliency: what the network makes of a digit while a square of it is covered."""

from __future__ import annotations

import torch
from matplotlib.patches import Rectangle

from autograder import data, models
from autograder.kit import assert_dtype, assert_shape, call

TITLE = "What is left when a square is covered"
PATCH, PLACES = 8, 21
NAMES = ("prob", "top_prob", "top_label")


def draw(student, figure):
    """Draw for two digits the image with the square that hurts most, and the three maps."""
    digits = data.load("digits", "validation")
    figure.set_size_inches(5, 2.9)
    panels = figure.subplots(2, 4)
    for line, label in zip(panels, (6, 9), strict=True):
        image = digits.images[digits.labels == label][0]
        draw_line(line, image, label, maps_of(student, image, label))
    for panel, name in zip(panels[0], ("image", "P(label)", "highest P", "on top"), strict=True):
        panel.set_title(name, fontsize=10)


def maps_of(student, image, label):
    """Return the student's three maps, each (PLACES, PLACES)."""
    model = models.build("digits_cnn")
    where = call("occlusion_maps", image=image, label=label, patch=PATCH)
    got = student.occlusion_maps(model, image, label, patch=PATCH)
    if not isinstance(got, tuple | list) or len(got) != len(NAMES):
        raise where.failed("the result should be the tuple (prob, top_prob, top_label)")
    for name, entry in zip(NAMES, got, strict=True):
        assert_shape(entry, (PLACES, PLACES), where, what=name)
        dtype = torch.int64 if name == "top_label" else torch.float32
        assert_dtype(entry, dtype, where, what=name)
    prob, top_prob = (entry.detach().cpu().nan_to_num(0).clamp(0, 1) for entry in got[:2])
    return prob, top_prob, got[2].detach().cpu().clamp(0, 9)


def draw_line(line, image, label, maps):
    """Draw one image and its maps, on the scales 0 to 1 and 0 to 9."""
    prob, top_prob, top_label = maps
    line[0].imshow(image[0], cmap="gray", vmin=0, vmax=1)
    top, left = divmod(int(prob.argmin()), PLACES)
    square = Rectangle((left - 0.5, top - 0.5), PATCH, PATCH, fill=False, color="#ff5a36", lw=2)
    line[0].add_patch(square)
    line[0].set_ylabel(f"label {label}", fontsize=10)
    line[1].imshow(prob, cmap="viridis", vmin=0, vmax=1)
    shown = line[2].imshow(top_prob, cmap="viridis", vmin=0, vmax=1)
    line[2].figure.colorbar(shown, ax=line[2], fraction=0.05, ticks=[0, 1]).ax.tick_params(
        labelsize=9
    )
    classes = line[3].imshow(top_label, cmap="tab10", vmin=-0.5, vmax=9.5)
    line[3].figure.colorbar(classes, ax=line[3], fraction=0.05, ticks=[0, 3, 6, 9]).ax.tick_params(
        labelsize=9
    )
    for panel in line:
        panel.set_xticks([])
        panel.set_yticks([])
