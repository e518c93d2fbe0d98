"""A picture of class_visualization: one class, one regulariser at a time."""

from __future__ import annotations

import torch

from autograder import models
from autograder.kit import assert_dtype, assert_shape, call

TITLE = "One class, one regulariser at a time"
TARGET = 3
NONE = {"steps": 60, "l2": 0.0, "tv": 0.0, "blur_every": 0, "max_jitter": 0}
VARIANTS = {
    "none": {},
    "jitter by 2": {"max_jitter": 2},
    "blur, every 10": {"blur_every": 10},
    "l2 0.1": {"l2": 0.1},
    "tv 0.1": {"tv": 0.1},
    "tv 1": {"tv": 1.0},
    "tv 10": {"tv": 10.0},
    "all, tv 0.3": {"max_jitter": 2, "blur_every": 10, "l2": 0.001, "tv": 0.3},
}


def draw(student, figure):
    """Draw the class once for each variant, with its probability and total variation."""
    figure.set_size_inches(4.8, 4.3)
    model = models.build("digits_cnn", training=False)
    panels = figure.subplots(2, 4).flat
    for axes, (name, options) in zip(panels, VARIANTS.items(), strict=True):
        image = climbed(student, model, NONE | options)
        with torch.no_grad():
            sure = model(image[None]).softmax(1)[0, TARGET].item()
        rough = sum(image.diff(dim=axis).square().sum().item() for axis in (-2, -1))
        axes.imshow(image[0].numpy(), cmap="gray", vmin=0, vmax=1)
        axes.set_title(name, fontsize=10)
        axes.set_xlabel(f"P({TARGET}) = {sure:.2f}\nvariation {rough:.0f}", fontsize=10)
        axes.set_xticks([])
        axes.set_yticks([])


def climbed(student, model, options):
    """Return the student's image, once it is known to be one."""
    where = call("visualize_class", target=TARGET, **options)
    generator = torch.Generator().manual_seed(TARGET)
    got = student.visualize_class(model, TARGET, generator=generator, **options)
    assert_shape(got, (1, 28, 28), where)
    assert_dtype(got, torch.float32, where)
    return got.detach().cpu().nan_to_num(0.0).clamp(0, 1)
