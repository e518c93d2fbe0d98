"""Attention by einsum over named axes; a counter with a vector for each symbol and a layer norm."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def softmax(x: Tensor, dim: int) -> Tensor:
    """Turn numbers into weights along one axis, by way of their logarithms."""
    largest = x.detach().amax(dim, keepdim=True)
    logarithms = x - largest - (x - largest).exp().sum(dim, keepdim=True).log()
    return logarithms.exp()


def scaled_dot_product_attention(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, normalize: str = "softmax"
) -> tuple[Tensor, Tensor]:
    """Let every query take a weighted sum of the values."""
    if mask is None:
        mask = torch.ones((), dtype=torch.bool, device=q.device)
    if mask.dtype != torch.bool:
        raise ValueError(f"mask is {mask.dtype}, but should be bool")
    scores = torch.einsum("...qd,...kd->...qk", q, k) * q.shape[-1] ** -0.5
    weights = _weights(scores, mask.expand(scores.shape), normalize)
    return torch.einsum("...qk,...kv->...qv", weights, v), weights


def _weights(scores: Tensor, mask: Tensor, normalize: str) -> Tensor:
    nothing = torch.zeros_like(scores)
    if normalize == "sigmoid":
        return torch.where(mask, 1 / (1 + (-scores).exp()), nothing)
    # A row without any key keeps its scores, so that softmax has numbers to work with.
    allowed = mask | ~mask.any(-1, keepdim=True)
    weights = softmax(scores.masked_fill(~allowed, -torch.inf), -1)
    return torch.where(mask, weights, nothing)


def attention_backward(
    grad_output: Tensor, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """Apply the whole Jacobian of the softmax, diag(p) - p p^T, to each row."""
    _, p = scaled_dot_product_attention(q, k, v, mask)
    jacobian = torch.diag_embed(p) - p[..., :, None] * p[..., None, :]
    grad_p = torch.einsum("...qv,...kv->...qk", grad_output, v)
    grad_scores = torch.einsum("...qjk,...qk->...qj", jacobian, grad_p) * q.shape[-1] ** -0.5
    dq = torch.einsum("...qk,...kd->...qd", grad_scores, k)
    dk = torch.einsum("...qk,...qd->...kd", grad_scores, q)
    return dq, dk, torch.einsum("...qk,...qv->...kv", p, grad_output)


class MultiHeadAttention(nn.Module):
    """Attention in every head by itself, one after the other."""

    def __init__(self, d_model: int, num_heads: int) -> None:
        """Build the four layers."""
        super().__init__()
        self.w_q, self.w_k, self.w_v, self.w_o = (nn.Linear(d_model, d_model) for _ in range(4))
        self.width = d_model // num_heads

    def forward(
        self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Attend in slices of the features."""
        heads = [part.split(self.width, -1) for part in self._projected(query, key, value)]
        masks = self._masks(mask, len(heads[0]))
        results = [
            scaled_dot_product_attention(*parts, one)
            for *parts, one in zip(*heads, masks, strict=True)
        ]
        outputs, weights = zip(*results, strict=True)
        return self.w_o(torch.cat(outputs, -1)), torch.stack(weights, 1)

    def _projected(
        self, query: Tensor, key: Tensor, value: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        return self.w_q(query), self.w_k(key), self.w_v(value)

    @staticmethod
    def _masks(mask: Tensor | None, heads: int) -> list[Tensor | None]:
        if mask is None or mask.dim() != 4 or mask.shape[1] == 1:
            return [mask[:, 0] if mask is not None and mask.dim() == 4 else mask] * heads
        return mask.unbind(1)


def sinusoidal_positions(length: int, d_model: int) -> Tensor:
    """Fill even columns with sines and odd ones with cosines."""
    table = torch.zeros(length, d_model)
    position = torch.arange(length).unsqueeze(1)
    rate = torch.exp(torch.arange(0, d_model, 2) * (-torch.tensor(10000.0).log() / d_model))
    table[:, 0::2] = torch.sin(position * rate)
    table[:, 1::2] = torch.cos(position * rate)
    return table


class CountingAttention(nn.Module):
    """Learned queries over one-hot tokens; what they find is added to them and normed."""

    def __init__(self, vocab: int, hidden: int, max_count: int, normalize: str = "sigmoid") -> None:
        """Build the layers of the model."""
        super().__init__()
        self.vocab = vocab
        self.normalize = normalize
        self.queries = nn.Parameter(torch.rand(1, vocab, hidden))
        self.keys = nn.Linear(vocab, hidden)
        self.values = nn.Linear(vocab, hidden)
        self.norm = nn.LayerNorm(hidden)
        self.hidden = nn.Linear(hidden, 64)
        self.counts = nn.Linear(64, max_count + 1)

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits and weights."""
        symbols = nn.functional.one_hot(tokens, self.vocab).to(self.queries.dtype)
        queries = self.queries.expand(tokens.shape[0], -1, -1)
        found, weights = scaled_dot_product_attention(
            queries, self.keys(symbols), self.values(symbols), normalize=self.normalize
        )
        return self.counts(self.hidden(self.norm(found + queries)).relu()), weights


def train_counter(model: CountingAttention, *, steps: int, seed: int) -> CountingAttention:
    """Train with Adam at a constant rate, all randomness from torch's own generator, lent."""
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    was_training = model.training
    device = next(model.parameters()).device
    model.train()
    with torch.random.fork_rng(), torch.enable_grad():
        torch.manual_seed(seed)
        for _ in range(steps):
            largest = model.counts.out_features - 1
            length = torch.randint(4, largest + 1, ()).item()
            tokens = torch.randint(model.vocab, (128, length)).to(device)
            symbols = torch.arange(model.vocab, device=device)
            counts = (tokens[:, None, :] == symbols[:, None]).sum(-1)
            loss = nn.functional.cross_entropy(model(tokens)[0].transpose(1, 2), counts)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return model.train(was_training)
