"""A figure of seq2seq: the error rate with and without attention, by the length of the word."""

from __future__ import annotations

import math

import torch

from autograder import data
from autograder.kit import assert_equal, call, parameters

TITLE = "Error rate with and without attention"
WORDS, EPOCHS = 1000, 8
MOST = 20
LENGTHS = range(4, 10)


def draw(student, figure):
    """Train two networks alike, and draw their error rates on new words of each length."""
    axes = figure.subplots()
    for attention, style in ((True, "o-"), (False, "s--")):
        model = student.Seq2Seq(19, 23, attention=attention)
        parameters(model)
        student.train(model, data.pairs("train")[:WORDS], epochs=EPOCHS, seed=1)
        errors = [error_at(student, model, length) for length in LENGTHS]
        label = "with attention" if attention else "without"
        axes.plot(LENGTHS, errors, style, label=label)
    axes.set(xlabel="letters of the word", ylabel="error rate on new words", ylim=(0, None))
    axes.grid(alpha=0.3)
    axes.legend(title=f"{WORDS} words, {EPOCHS} epochs")


def error_at(student, model, length):
    """Return the submission's error rate on the new words of one length."""
    new = [pair for pair in data.pairs("test") if len(pair[0]) == length]
    source = torch.tensor([word for word, _ in new])
    found = student.greedy_decode(model, source, MOST)
    where = call("greedy_decode", source=source, max_length=MOST)
    assert_equal(isinstance(found, list | tuple) and len(found), len(new), where, what="its length")
    error = student.error_rate(found, [target for _, target in new])
    if not isinstance(error, float) or not math.isfinite(error):
        raise call("error_rate").failed("the result should be a finite float")
    return min(error, 10.0)
