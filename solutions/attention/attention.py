"""Write attention from the softmax up, differentiate it by hand, and let it count.

Notation: Lq queries and Lk keys of d features, as many values as keys, of dv features; `...` is
any number of leading dimensions, none included. N sequences are a batch, of L tokens each, D is
`d_model`. A mask is a bool tensor, True where a query may attend to a key. Tensors are float32 or
float64, all of a call alike; results have their dtype and are on their device. Arguments are left
as they were.

"By hand" means without autograd and without the library call that does the same.
"""

from __future__ import annotations

# BEGIN SOLUTION
import math

# END SOLUTION
import torch
from torch import nn

# BEGIN SOLUTION
BATCH = 64
SHORTEST = 4
LEARNING_RATE = 1e-2


def _scores(q: torch.Tensor, k: torch.Tensor) -> torch.Tensor:
    return q @ k.mT / math.sqrt(q.shape[-1])


def _softmax_weights(scores: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """Return the softmax over the keys that a query may attend to, zeros if there is none."""
    if mask is None:
        return softmax(scores, -1)
    lowest = torch.finfo(scores.dtype).min
    weights = softmax(scores.masked_fill(~mask, lowest), -1)
    return weights.masked_fill(~mask, 0)


# END SOLUTION


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
    # BEGIN SOLUTION
    exponentials = (x - x.amax(dim, keepdim=True)).exp()
    return exponentials / exponentials.sum(dim, keepdim=True)
    # END SOLUTION


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
    # BEGIN SOLUTION
    if mask is not None and mask.dtype is not torch.bool:
        raise ValueError(f"mask.dtype is {mask.dtype}, but should be torch.bool")
    scores = _scores(q, k)
    if normalize == "softmax":
        weights = _softmax_weights(scores, mask)
    elif normalize == "sigmoid":
        weights = scores.sigmoid() if mask is None else scores.sigmoid().masked_fill(~mask, 0)
    else:
        raise ValueError(f'normalize is {normalize!r}, but should be "softmax" or "sigmoid"')
    return weights @ v, weights
    # END SOLUTION


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
    # BEGIN SOLUTION
    _, weights = scaled_dot_product_attention(q, k, v, mask)
    grad_weights = grad_output @ v.mT
    row_sums = (weights * grad_weights).sum(-1, keepdim=True)
    grad_scores = weights * (grad_weights - row_sums) / math.sqrt(q.shape[-1])
    return grad_scores @ k, grad_scores.mT @ q, weights.mT @ grad_output
    # END SOLUTION


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
        # BEGIN SOLUTION
        self.num_heads = num_heads
        self.w_q = nn.Linear(d_model, d_model)
        self.w_k = nn.Linear(d_model, d_model)
        self.w_v = nn.Linear(d_model, d_model)
        self.w_o = nn.Linear(d_model, d_model)
        # END SOLUTION

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
        # BEGIN SOLUTION
        if mask is not None and mask.dim() == 3:
            mask = mask.unsqueeze(1)
        q, k, v = self.w_q(query), self.w_k(key), self.w_v(value)
        heads, weights = scaled_dot_product_attention(
            self._split(q), self._split(k), self._split(v), mask
        )
        return self.w_o(heads.transpose(1, 2).flatten(2)), weights
        # END SOLUTION

    # BEGIN SOLUTION
    def _split(self, x: torch.Tensor) -> torch.Tensor:
        """Return (N, L, D) as (N, heads, L, D / heads)."""
        return x.unflatten(-1, (self.num_heads, -1)).transpose(1, 2)

    # END SOLUTION


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
    # BEGIN SOLUTION
    positions = torch.arange(length, dtype=torch.float64)
    exponents = torch.arange(0, d_model, 2, dtype=torch.float64) / d_model
    angles = positions[:, None] / 10000**exponents
    return torch.stack((angles.sin(), angles.cos()), -1).flatten(1).float()
    # END SOLUTION


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
        # BEGIN SOLUTION
        self.vocab, self.max_count, self.normalize = vocab, max_count, normalize
        self.embedding = nn.Embedding(vocab, hidden)
        self.queries = nn.Parameter(self.embedding.weight.detach().clone())
        self.key = nn.Linear(hidden, hidden)
        nn.init.eye_(self.key.weight)
        self.value = nn.Linear(hidden, 1)
        self.readout = nn.Sequential(nn.Linear(1, 64), nn.ReLU(), nn.Linear(64, max_count + 1))
        # END SOLUTION

    def forward(self, tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Score every count of every symbol.

        Args:
            tokens: int64 (N, L), 0 ... vocab - 1.

        Returns:
            tuple (logits, weights): float32 (N, vocab, max_count + 1), raw logits of the counts
            of each symbol, and float32 (N, vocab, L), how much its query attends to each token.
        """
        # BEGIN SOLUTION
        embedded = self.embedding(tokens)
        queries = self.queries.expand(len(tokens), -1, -1)
        sums, weights = scaled_dot_product_attention(
            queries, self.key(embedded), self.value(embedded), normalize=self.normalize
        )
        return self.readout(sums), weights
        # END SOLUTION


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
    # BEGIN SOLUTION
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / max(steps, 1))
    mode = model.training
    model.train()
    with torch.enable_grad():
        for _ in range(steps):
            tokens, counts = _examples(model, generator)
            logits, _ = model(tokens)
            optimizer.zero_grad()
            nn.functional.cross_entropy(logits.flatten(0, 1), counts.flatten()).backward()
            optimizer.step()
            schedule.step()
    model.train(mode)
    return model
    # END SOLUTION


# BEGIN SOLUTION
def _examples(
    model: CountingAttention, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return a batch of tokens (N, L), and how often each symbol occurs, (N, vocab)."""
    length = int(torch.randint(SHORTEST, model.max_count + 1, (), generator=generator))
    tokens = torch.randint(model.vocab, (BATCH, length), generator=generator)
    counts = nn.functional.one_hot(tokens, model.vocab).sum(1)
    device = model.queries.device
    return tokens.to(device), counts.to(device)


# END SOLUTION
