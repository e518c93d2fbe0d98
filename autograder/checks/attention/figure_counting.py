"""A figure of attention: what a trained counter looks at, with sigmoid and with softmax."""

from __future__ import annotations

import torch

from autograder.kit import assert_dtype, assert_shape, call, parameters

TITLE = "Attention of a model that counts"
STEPS = 1000
SYMBOLS = "abc"
TOKENS = torch.tensor([[0, 0, 1, 0, 2, 0, 1, 0, 2, 0]])
COUNTS = torch.nn.functional.one_hot(TOKENS[0], 3).sum(0).tolist()


def draw(student, figure):
    """Draw the weights of three queries over ten tokens, and what was counted."""
    figure.set_figheight(4.0)
    panels = figure.subplots(2, 1)
    for panel, normalize in zip(panels, ("sigmoid", "softmax"), strict=True):
        counted, weights = attention_of(student, normalize)
        shown = panel.imshow(weights, cmap="Blues", vmin=0, vmax=1, aspect="auto")
        panel.set_title(f"{normalize}: counted {said(counted)}, right is {said(COUNTS)}", size=10)
        panel.set_xticks(range(TOKENS.shape[1]), [SYMBOLS[i] for i in TOKENS[0]])
        panel.set_yticks(range(3), [f"how many {symbol}?" for symbol in SYMBOLS])
        panel.tick_params(length=0)
        for (row, column), weight in entries(weights):
            color = "white" if weight > 0.6 else "black"
            panel.text(column, row, as_text(weight), ha="center", va="center", c=color, size=9)
    panels[-1].set_xlabel("the sequence")
    figure.colorbar(shown, ax=panels, label="weight", shrink=0.7)


def attention_of(student, normalize):
    """Return what a newly trained counter of the student's counts, and its weights."""
    model = student.CountingAttention(3, 32, 10, normalize=normalize)
    parameters(model)  # it is a module, or there is no figure
    student.train_counter(model, steps=STEPS, seed=0)
    model.eval()
    where = call(f'CountingAttention(3, 32, 10, "{normalize}")', tokens=TOKENS)
    answer = model(TOKENS)
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        raise where.failed("the result should be a tuple of two tensors, the weights second")
    logits, weights = answer
    assert_shape(logits, (1, 3, 11), where, what="logits")
    assert_dtype(logits, torch.float32, where, what="logits")
    assert_shape(weights, (1, 3, TOKENS.shape[1]), where, what="weights")
    assert_dtype(weights, torch.float32, where, what="weights")
    counted = logits.detach().nan_to_num(0.0)[0].argmax(1).tolist()
    return counted, weights.detach().nan_to_num(0.0)[0].clamp(0, 1)


def entries(weights):
    """Yield place and value of each weight."""
    for row, values in enumerate(weights.tolist()):
        for column, value in enumerate(values):
            yield (row, column), value


def as_text(weight):
    """Return a weight in three characters."""
    return f"{weight:.2f}".removeprefix("0")[:3]


def said(counts):
    """Return three counts as a figure says them."""
    return " ".join(f"{symbol}{count}" for symbol, count in zip(SYMBOLS, counts, strict=True))
