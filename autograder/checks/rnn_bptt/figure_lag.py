"""A figure of rnn_bptt: how far a gradient reaches, in an RNN and in LSTMs."""

from __future__ import annotations

import math

import torch

from autograder.kit import assert_shape, call

TITLE = "Gradient norm against lag"
LENGTH, D, H, K = 50, 4, 32, 2
FLOOR = 1e-18


def draw(student, figure):
    """Draw how strongly the last state depends on earlier ones, relative to lag 0."""
    axes = figure.subplots()
    drawn = (
        ("rnn", 0, "RNN", "o-", "#d62728"),
        ("lstm", 0, "LSTM, forget bias 0", "s-", "#7f7f7f"),
        ("lstm", 3, "LSTM, forget bias 3", "^-", "#1f77b4"),
    )
    for cell, bias, label, line, color in drawn:
        norms = norms_of(student, cell, parameters(cell, bias))
        axes.semilogy(norms, line, color=color, label=label, markersize=4, markevery=7)
    axes.set(xlabel="lag, in steps", ylabel="gradient norm, over that at lag 0")
    axes.set_ylim(bottom=FLOOR / 10)
    axes.grid(alpha=0.3)
    axes.legend(title="32 hidden units, not trained", fontsize=9, title_fontsize=9)


def norms_of(student, cell, p):
    """Return the norms over the first one, once they are known to be numbers."""
    got = student.gradient_norm_by_lag(cell, p, LENGTH)
    where = call("gradient_norm_by_lag", cell=cell, p=p, length=LENGTH)
    assert_shape(got, (LENGTH,), where)
    norms = got.detach().cpu().to(torch.complex128).abs()
    if not 0 < float(norms[0]) < math.inf:
        raise where.failed("the first norm should be a finite number above 0")
    return (norms / norms[0]).nan_to_num(FLOOR).clamp(FLOOR, 1 / FLOOR).numpy()


def parameters(cell, forget_bias):
    """Return parameters as torch draws them, with another bias of the forget gate."""
    generator = torch.Generator().manual_seed(0)

    def uniform(*shape):
        return (2 * torch.rand(shape, generator=generator, dtype=torch.float64) - 1) / H**0.5

    def weights():
        return {"U": uniform(H, D), "W": uniform(H, H), "b": uniform(H)}

    p = weights() if cell == "rnn" else {gate: weights() for gate in "ifgo"}
    if cell == "lstm":
        p["f"]["b"] += forget_bias
    return p | {"V": uniform(K, H), "c": uniform(K)}
