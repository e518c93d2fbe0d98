"""A figure of seq2seq: where the network looks while it writes each symbol of a translation."""

from __future__ import annotations

import torch

from autograder import data
from autograder.kit import assert_shape, call, parameters

TITLE = "Where the decoder looks while it translates"
START = 1
LENGTHS = (4, 5, 7)
MOST = 14  # symbols of a translation that are drawn


def draw(student, figure):
    """Train a network, let it translate three new words, and draw its weights."""
    figure.set_figheight(3.4)
    model = student.Seq2Seq(19, 23)
    parameters(model)
    student.train(model, data.pairs("train")[:2000], epochs=5, seed=1)
    model.eval()
    new = data.pairs("validation")
    words = [next(pair for pair in new if len(pair[0]) == length) for length in LENGTHS]
    panels = figure.subplots(1, len(words), width_ratios=LENGTHS)
    for panel, (source, target) in zip(panels, words, strict=True):
        found = translated(student, model, source)
        shown = draw_weights(panel, model, source, found)
        panel.set_title("right" if found == target else "not right", fontsize=10)
        panel.set_xlabel(f"right is\n{data.spelled((source, target))[1]}", fontsize=9)
    panels[0].set_ylabel("symbol that is written")
    figure.colorbar(shown, ax=panels, shrink=0.8, aspect=25, label="weight")


def translated(student, model, source):
    """Return the translation of one word, once it is known to be one."""
    where = call("greedy_decode", source=source, max_length=MOST)
    got = student.greedy_decode(model, torch.tensor([source]), MOST)
    row = got[0] if isinstance(got, list | tuple) and len(got) == 1 else None
    if not isinstance(row, list | tuple) or len(row) > MOST or not set(row) <= set(range(3, 23)):
        raise where.failed("the result should be a list of one list of target symbols")
    return list(row)


def draw_weights(panel, model, source, found):
    """Draw a row of weights for each written symbol, the end included."""
    target_in = torch.tensor([[START, *found]])
    where = call("Seq2Seq.forward", source=source, target_in=target_in)
    got = model(torch.tensor([source]), target_in)
    weights = got[1] if isinstance(got, tuple | list) and len(got) == 2 else None
    assert_shape(weights, (1, len(found) + 1, len(source)), where, what="weights")
    letters, symbols = data.spelled((source, found))
    panel.set_xticks(range(len(letters)), letters)
    panel.set_yticks(range(len(symbols) + 1), [*symbols, "end"])
    panel.tick_params(length=0, labelsize=9)
    values = weights[0].detach().cpu().double().nan_to_num(0.0).clamp(0, 1)
    return panel.imshow(values.numpy(), cmap="Blues", vmin=0, vmax=1, aspect="auto")
