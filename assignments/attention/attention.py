"""Write attention from the softmax up, differentiate it by hand, and let it count.

Notation: Lq queries and Lk keys of d features, as many values as keys, of dv features; `...` is
any number of leading dimensions, none included. N sequences are a batch, of L tokens each, D is
`d_model`. A mask is a bool tensor, True where a query may attend to a key. Tensors are float32 or
float64, all of a call alike; results have their dtype and are on their device. Arguments are left
as they were.

"By hand" means without autograd and without the library call that does the same.
"""

from __future__ import annotations

import torch
from torch import nn


def softmax(x: torch.Tensor, dim: int) -> torch.Tensor:
    """Turn numbers into positive weights that sum to 1 along one axis, by hand.

    exp(x - m) / sum of exp(x - m) along `dim`, where m is the largest entry along `dim`: it changes
    nothing in the result and keeps exp from overflowing.

    Args:
        x: float32 (...), any shape, entries of any size: 1e4 and -1e4 are no problem.
        dim: the axis; negative ones count from the last.

    Returns:
        float32 (...), in the shape of x, differentiable.

    Source: Goodfellow, Bengio, Courville, Deep Learning, 2016, section 4.1, eq. 4.1, and 6.2.2.3.
    """
    # TODO: write this function
    raise NotImplementedError("attention.py: softmax is not written yet")


def scaled_dot_product_attention(
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    mask: torch.Tensor | None = None,
    normalize: str = "softmax",
) -> tuple[torch.Tensor, torch.Tensor]:
    """Let every query take a weighted sum of the values.

    With scores S = q k^T / sqrt(d): output = weights v, where weights are softmax(S) over the keys,
    or for "sigmoid" 1 / (1 + exp(-S)), entry by entry. What the mask forbids has the weight 0, and
    the softmax runs over the rest alone. A query that may attend to nothing has the weights 0 and
    the output 0, not NaN.

    Args:
        q: float32 (..., Lq, d), the queries.
        k: float32 (..., Lk, d), the keys.
        v: float32 (..., Lk, dv), the values.
        mask: bool, broadcast to (..., Lq, Lk), True where a query may attend; None allows all.
        normalize: "softmax" or "sigmoid".

    Returns:
        tuple (output, weights): float32 (..., Lq, dv) and float32 (..., Lq, Lk), differentiable.

    Raises:
        ValueError: mask is not of dtype bool.

    Source: Vaswani et al., Attention Is All You Need, 2017, arXiv:1706.03762, section 3.2.1, eq. 1.
    """
    # TODO: write this function
    raise NotImplementedError("attention.py: scaled_dot_product_attention is not written yet")


def attention_backward(
    grad_output: torch.Tensor,
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    mask: torch.Tensor | None = None,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Differentiate softmax attention by hand: the gradients of a loss, given that at the output.

    With weights P and output P v, and G the gradient at the output:
    dv = P^T G,  dP = G v^T,  dS = P * (dP - r), where r is the sum of P * dP over each row,
    dq = dS k / sqrt(d),  dk = dS^T q / sqrt(d).

    Args:
        grad_output: float32 (..., Lq, dv), the gradient of the loss at the output.
        q: float32 (..., Lq, d), the queries.
        k: float32 (..., Lk, d), the keys.
        v: float32 (..., Lk, dv), the values.
        mask: bool, broadcastable to (..., Lq, Lk), or None, as in `scaled_dot_product_attention`.

    Returns:
        tuple (dq, dk, dv) in the shapes of q, k and v.

    Source: Goodfellow, Bengio, Courville, 2016, section 6.5.6 (a matrix product, backwards); the
        derivative of a softmax is diag(p) - p p^T.

    Hint: you need P, not the scores, to go back through the softmax.
    """
    # TODO: write this function
    raise NotImplementedError("attention.py: attention_backward is not written yet")


class MultiHeadAttention(nn.Module):
    """Attention several times at once, each time in a subspace of its own.

    Attributes:
        w_q: `nn.Linear`, d_model to d_model, of the queries.
        w_k: the same, of the keys.
        w_v: the same, of the values.
        w_o: the same, of the heads side by side.

    Source: Vaswani et al., 2017, section 3.2.2.
    """

    def __init__(self, d_model: int, num_heads: int) -> None:
        """Build the layers, with biases; num_heads divides d_model."""
        super().__init__()
        # TODO: write this part
        raise NotImplementedError("attention.py: MultiHeadAttention.__init__ is not written yet")

    def forward(
        self,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        mask: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Project, attend in every head by itself, put the heads side by side, project again.

        With e = d_model / num_heads, head h has the features h e ... (h + 1) e - 1 of w_q(query),
        of w_k(key) and of w_v(value). Its scores are divided by sqrt(e).

        Args:
            query: float32 (N, Lq, D).
            key: float32 (N, Lk, D).
            value: float32 (N, Lk, D).
            mask: bool (Lq, Lk) or (N, Lq, Lk), for all heads alike, or anything else that is
                broadcast to the weights; True where a query may attend.

        Returns:
            tuple (output, weights): float32 (N, Lq, D), float32 (N, num_heads, Lq, Lk).
        """
        # TODO: write this function
        raise NotImplementedError("attention.py: MultiHeadAttention.forward is not written yet")


def sinusoidal_positions(length: int, d_model: int) -> torch.Tensor:
    """Write every position as waves of different lengths.

    p[t, 2 i] = sin(t / 10000^(2 i / d_model)), p[t, 2 i + 1] = cos(t / 10000^(2 i / d_model)).

    Args:
        length: number of positions, from 0.
        d_model: number of features, even.

    Returns:
        float32 (length, d_model).

    Source: Vaswani et al., 2017, section 3.5.
    """
    # TODO: write this function
    raise NotImplementedError("attention.py: sinusoidal_positions is not written yet")


class CountingAttention(nn.Module):
    """Count every symbol of a sequence by attention, with one learned query for each symbol.

    Source: attention over learned queries as in Bahdanau, Cho, Bengio, 2015, arXiv:1409.0473,
        section 3.1, with the scores of Vaswani et al., 2017; the task is a course exercise.
    """

    def __init__(self, vocab: int, hidden: int, max_count: int, normalize: str = "sigmoid") -> None:
        """Build the model; its weights are drawn from torch's global generator.

        Args:
            vocab: number of symbols; tokens are 0 ... vocab - 1.
            hidden: features of a query and of a key.
            max_count: the largest count; there is a class for each of 0 ... max_count.
            normalize: "softmax" or "sigmoid", as in `scaled_dot_product_attention`.
        """
        super().__init__()
        # TODO: write this part
        raise NotImplementedError("attention.py: CountingAttention.__init__ is not written yet")

    def forward(self, tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Score every count of every symbol.

        Args:
            tokens: int64 (N, L), 0 ... vocab - 1.

        Returns:
            tuple (logits, weights): float32 (N, vocab, max_count + 1), raw logits of the counts
            of each symbol, and float32 (N, vocab, L), how much its query attends to each token.
        """
        # TODO: write this function
        raise NotImplementedError("attention.py: CountingAttention.forward is not written yet")


def train_counter(model: CountingAttention, *, steps: int, seed: int) -> CountingAttention:
    """Teach a model to count, in place, with new random sequences in every step.

    A step draws a length from 4 ... max_count and one batch of sequences of this length, every
    token with equal probability from all symbols. It minimises the mean cross-entropy of the counts
    of all symbols of all sequences.

    Args:
        model: to be trained, in train mode; its mode and `requires_grad` come back as they were.
        steps: steps of the optimiser.
        seed: decides everything random: the same model, steps and seed give the same weights.

    Returns:
        CountingAttention: `model` itself.

    Hint: counts of 0 ... max_count are max_count + 1 classes.
    """
    # TODO: write this function
    raise NotImplementedError("attention.py: train_counter is not written yet")
