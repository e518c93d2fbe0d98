"""Attention written for one query at a time; a counter that adds up what it finds."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def softmax(x: Tensor, dim: int) -> Tensor:
    """Divide exponentials by their sum."""
    m, _ = torch.max(x, dim=dim, keepdim=True)
    e = torch.exp(x - m)
    return e.div(torch.sum(e, dim=dim, keepdim=True))


def scaled_dot_product_attention(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, normalize: str = "softmax"
) -> tuple[Tensor, Tensor]:
    """Put the rows together, one for each query."""
    if mask is not None and mask.dtype is not torch.bool:
        raise ValueError(f"the mask has dtype {mask.dtype}, not torch.bool")
    rows = []
    for i in range(q.shape[-2]):
        scores = (k @ q[..., i, :, None]).squeeze(-1) / math.sqrt(q.shape[-1])
        allowed = torch.ones_like(scores, dtype=torch.bool) if mask is None else _row(mask, i)
        rows.append(_row_weights(scores, allowed, normalize))
    weights = torch.stack(rows, -2)
    return torch.matmul(weights, v), weights


def _row(mask: Tensor, i: int) -> Tensor:
    """Return what query i may attend to; a mask with one row, or none, is for all queries."""
    if mask.dim() < 2:
        return mask
    return mask[..., i if mask.shape[-2] > 1 else 0, :]


def _row_weights(scores: Tensor, allowed: Tensor, normalize: str) -> Tensor:
    if normalize == "sigmoid":
        return torch.sigmoid(scores) * allowed
    scores = torch.where(allowed, scores, torch.full_like(scores, -1e30))
    exponentials = (scores - scores.amax(-1, keepdim=True)).exp() * allowed
    total = exponentials.sum(-1, keepdim=True)
    return exponentials / torch.where(total == 0, torch.ones_like(total), total)


def attention_backward(
    grad_output: Tensor, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """Go back through the output, the softmax and the scores."""
    output, weights = scaled_dot_product_attention(q, k, v, mask)
    # The sum of P * dP over a row is also the product of the output with its gradient.
    inner = (output * grad_output).sum(-1, keepdim=True)
    grad_scores = weights * (grad_output @ v.transpose(-1, -2) - inner) / math.sqrt(k.size(-1))
    return (
        grad_scores @ k,
        grad_scores.transpose(-1, -2) @ q,
        weights.transpose(-1, -2) @ grad_output,
    )


class MultiHeadAttention(torch.nn.Module):
    """Heads by reshaping; the layers stand in a row."""

    def __init__(self, d_model: int, num_heads: int) -> None:
        """Build the four layers."""
        super().__init__()
        self.heads = num_heads
        for name in ("w_q", "w_k", "w_v", "w_o"):
            self.add_module(name, torch.nn.Linear(d_model, d_model))

    def forward(
        self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Attend in all heads at once."""
        n, length, d_model = query.shape
        shape = (n, -1, self.heads, d_model // self.heads)
        q = self.w_q(query).reshape(shape).permute(0, 2, 1, 3)
        k = self.w_k(key).reshape(shape).permute(0, 2, 1, 3)
        v = self.w_v(value).reshape(shape).permute(0, 2, 1, 3)
        if mask is not None:
            mask = mask[:, None] if mask.ndim == 3 else mask
            mask = mask.broadcast_to(n, self.heads, length, key.shape[1])
        output, weights = scaled_dot_product_attention(q, k, v, mask)
        joined = output.permute(0, 2, 1, 3).reshape(n, length, d_model)
        return self.w_o(joined), weights


def sinusoidal_positions(length: int, d_model: int) -> Tensor:
    """Compute entry by entry."""
    table = torch.empty(length, d_model)
    for t in range(length):
        for i in range(d_model // 2):
            angle = t / 10000 ** (2 * i / d_model)
            table[t, 2 * i], table[t, 2 * i + 1] = math.sin(angle), math.cos(angle)
    return table


class CountingAttention(torch.nn.Module):
    """Every token counts as 1 where it is attended to; symbols start as their own queries."""

    def __init__(self, vocab: int, hidden: int, max_count: int, normalize: str = "sigmoid") -> None:
        """Build a table of symbols, one of queries, and the classes of the counts."""
        super().__init__()
        self.symbols = torch.nn.Parameter(torch.randn(vocab, hidden))
        self.queries = torch.nn.Parameter(self.symbols.detach().clone())
        self.size = torch.nn.Parameter(torch.ones(vocab, 1))
        self.readout = torch.nn.Sequential(
            torch.nn.Linear(1, 48), torch.nn.Tanh(), torch.nn.Linear(48, max_count + 1)
        )
        self.normalize = normalize

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits and weights."""
        keys, values = self.symbols[tokens], self.size[tokens]
        queries = self.queries.repeat(tokens.shape[0], 1, 1)
        total, weights = scaled_dot_product_attention(
            queries, keys, values, normalize=self.normalize
        )
        return self.readout(total), weights


def train_counter(model: CountingAttention, *, steps: int, seed: int) -> CountingAttention:
    """Train with one cycle of AdamW."""
    vocab, classes = len(model.symbols), model.readout[-1].out_features
    rng = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.0)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-2, total_steps=max(steps, 1))
    was_training = model.training
    model.train()
    with torch.enable_grad():
        for _ in range(steps):
            length = torch.randint(4, classes, (1,), generator=rng).item()
            tokens = torch.randint(vocab, (64, length), generator=rng)
            counts = torch.stack([(tokens == s).sum(1) for s in range(vocab)], 1)
            logits, _ = model(tokens.to(model.symbols.device))
            target = counts.reshape(-1).to(logits.device)
            loss = torch.nn.functional.cross_entropy(logits.reshape(-1, classes), target)
            model.zero_grad()
            loss.backward()
            optimizer.step()
            cycle.step()
    model.train(was_training)
    return model
