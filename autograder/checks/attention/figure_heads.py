"""A figure of attention: four heads, each told by its weights to look at another place."""

from __future__ import annotations

import math

import torch

from autograder.kit import assert_dtype, assert_shape, call, load, parameters

TITLE = "Four heads that look at four places"
LENGTH = 12
WIDTH = 32
OFFSETS = (-3, -1, 0, 2)
SHARPNESS = 8.0
WAVES = 4


def draw(student, figure):
    """Draw the weights of a module whose heads find places by the phases of the positions."""
    figure.set_figheight(4.6)
    positions = positions_of(student)
    maps = weights_of(student, positions)
    panels = figure.subplots(2, 2, sharex=True, sharey=True)
    for panel, weights, offset in zip(panels.flat, maps, OFFSETS, strict=True):
        shown = panel.imshow(weights, cmap="viridis", vmin=0, vmax=1)
        panel.set_title(title_of(offset), fontsize=10)
        panel.set_xticks(range(0, LENGTH, 3))
        panel.set_yticks(range(0, LENGTH, 3))
    figure.supxlabel("position of the key", fontsize=10)
    figure.supylabel("position of the query", fontsize=10)
    figure.colorbar(shown, ax=panels, label="weight", shrink=0.8)


def title_of(offset):
    """Return in words where a head looks."""
    if not offset:
        return "at itself"
    direction = "back" if offset < 0 else "ahead"
    return f"{abs(offset)} {direction}"


def positions_of(student):
    """Return the student's positions, (LENGTH, WIDTH), once they are known to be numbers."""
    where = call("sinusoidal_positions", length=LENGTH, d_model=WIDTH)
    positions = student.sinusoidal_positions(LENGTH, WIDTH)
    assert_shape(positions, (LENGTH, WIDTH), where)
    if not positions.is_floating_point():
        assert_dtype(positions, torch.float32, where)
    if min(map(len, waves_of(positions))) < WAVES:
        raise where.failed("position 0 should have sines of 0 and cosines of 1")
    return positions.detach().cpu().float()


def waves_of(positions):
    """Return where the fastest sines and cosines stand, by their values at position 0."""
    start = positions[0].detach().cpu()
    return [where.nonzero().flatten()[:WAVES] for where in (start < 0.5, start > 0.5)]


def weights_of(student, positions):
    """Return the weights of the student's heads over these positions, (4, LENGTH, LENGTH)."""
    heads = len(OFFSETS)
    where = call(f"MultiHeadAttention({WIDTH}, {heads})", query=positions)
    model = student.MultiHeadAttention(WIDTH, heads)
    given = layers(positions)
    load(model, {name: given.get(name, one.zero_()) for name, one in parameters(model).items()})
    answer = model(*[positions[None]] * 3)
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        raise where.failed("the result should be a tuple of two tensors, the weights second")
    assert_shape(answer[1], (1, heads, LENGTH, LENGTH), where, what="weights")
    assert_dtype(answer[1], torch.float32, where, what="weights")
    return answer[1][0].detach().nan_to_num(0.0).clamp(0, 1)


def layers(positions):
    """Return projections to the four fastest waves, turned for each head by its offset.

    sin and cos of a later position are those of this one, turned by an angle that does not depend
    on where it is: so a head can find "two ahead" everywhere.
    """
    sines, cosines = waves_of(positions)
    rates = 10000.0 ** (-2 * torch.arange(WAVES) / WIDTH)
    queries, keys = torch.zeros(WIDTH, WIDTH), torch.zeros(WIDTH, WIDTH)
    for head, offset in enumerate(OFFSETS):
        for i, rate in enumerate(rates.tolist()):
            row, (sine, cosine) = 8 * head + 2 * i, (sines[i], cosines[i])
            turned = math.cos(rate * offset), math.sin(rate * offset)
            queries[row, sine], queries[row, cosine] = turned
            queries[row + 1, cosine], queries[row + 1, sine] = turned[0], -turned[1]
            keys[row, sine], keys[row + 1, cosine] = SHARPNESS, SHARPNESS
    return {"w_q.weight": queries, "w_k.weight": keys, "w_v.weight": torch.eye(WIDTH)}
