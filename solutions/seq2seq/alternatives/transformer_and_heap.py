"""A small transformer; without attention on the source it reads one mean of the source instead."""

from __future__ import annotations

import contextlib
import copy
import functools
import heapq
import itertools
import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

PAD, START, END = 0, 1, 2
LONGEST = 256


def edit_distance(a: Sequence[object], b: Sequence[object]) -> int:
    """Recurse, remembering what was found."""
    a, b = tuple(a), tuple(b)

    @functools.cache
    def between(i: int, j: int) -> int:
        if not i or not j:
            return i + j
        if a[i - 1] == b[j - 1]:
            return between(i - 1, j - 1)
        return 1 + min(between(i - 1, j), between(i, j - 1), between(i - 1, j - 1))

    return between(len(a), len(b))


def error_rate(
    predictions: Sequence[Sequence[object]], references: Sequence[Sequence[object]]
) -> float:
    """Add up one by one."""
    total = 0.0
    try:
        for prediction, reference in zip(predictions, references, strict=True):
            total += edit_distance(prediction, reference) / len(reference)
    except ZeroDivisionError:
        raise ValueError(f"an empty reference in {references}") from None
    return total / len(references)


class Seq2Seq(nn.Module):
    """One layer of encoder and decoder; learned positions; four heads on the source, averaged."""

    def __init__(
        self, source_vocab: int, target_vocab: int, hidden: int = 64, attention: bool = True
    ) -> None:
        super().__init__()
        heads = math.gcd(hidden, 4)
        self.attention = attention
        self.source_symbols = nn.Embedding(source_vocab, hidden)
        self.target_symbols = nn.Embedding(target_vocab, hidden)
        self.source_places = nn.Embedding(LONGEST, hidden)
        self.target_places = nn.Embedding(LONGEST, hidden)
        self.encoder = nn.TransformerEncoderLayer(
            hidden, heads, 2 * hidden, dropout=0.0, batch_first=True
        )
        self.decoder = nn.TransformerEncoderLayer(
            hidden, heads, 2 * hidden, dropout=0.0, batch_first=True
        )
        self.look = nn.MultiheadAttention(hidden, heads, batch_first=True)
        self.norm = nn.LayerNorm(hidden)
        self.feed = nn.Sequential(
            nn.Linear(hidden, 2 * hidden), nn.ReLU(), nn.Linear(2 * hidden, target_vocab)
        )

    def forward(self, source: Tensor, target_in: Tensor) -> tuple[Tensor, Tensor | None]:
        """Read everything at once, and look back with a triangle of ones."""
        padding = source == PAD
        places = torch.arange(source.shape[1], device=source.device)
        memory = self.source_symbols(source) + self.source_places(places)
        memory = self.encoder(memory, src_key_padding_mask=padding)
        length = target_in.shape[1]
        future = torch.ones(length, length, dtype=torch.bool, device=source.device).triu(1)
        places = torch.arange(length, device=source.device)
        state = self.target_symbols(target_in) + self.target_places(places)
        state = self.decoder(state, src_mask=future)
        if self.attention:
            context, weights = self.look(state, memory, memory, key_padding_mask=padding)
        else:
            kept = memory.masked_fill(padding.unsqueeze(2), 0)
            mean = kept.sum(1, keepdim=True) / (~padding).sum(1).reshape(-1, 1, 1)
            context, weights = mean.expand_as(state), None
        return self.feed(self.norm(state + context)), weights


def train(
    model: nn.Module, pairs: list[tuple[list[int], list[int]]], *, epochs: int, seed: int
) -> nn.Module:
    """Train with a warm-up and a decay of the rate."""
    if not len(pairs):
        raise ValueError("pairs is empty")
    modes = {name: module.training for name, module in model.named_modules()}
    device = next(iter(model.parameters())).device
    generator = torch.Generator().manual_seed(seed)
    sources = nested([source for source, _ in pairs])
    targets = nested([[START, *target, END] for _, target in pairs])
    model.train()
    steps = epochs * math.ceil(len(pairs) / 32)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    rate = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / 30, 1.02 - step / (steps + 1))
    )
    criterion = nn.CrossEntropyLoss(ignore_index=PAD)
    for _ in range(epochs):
        for chosen in torch.randperm(len(pairs), generator=generator).split(32):
            source, target = sources[chosen].to(device), targets[chosen].to(device)
            source, target = source[:, (source != PAD).any(0)], target[:, (target != PAD).any(0)]
            fed = target[:, :-1].masked_fill(target[:, :-1] == END, PAD)
            logits, _ = model(source, fed)
            model.zero_grad()
            criterion(logits.flatten(0, 1), target[:, 1:].flatten()).backward()
            optimizer.step()
            rate.step()
    for name, module in model.named_modules():
        module.training = modes[name]
    model.zero_grad()
    return model


def nested(rows: list[list[int]]) -> Tensor:
    """Return a tensor of rows of several lengths."""
    return torch.tensor(list(zip(*itertools.zip_longest(*rows, fillvalue=PAD), strict=True)))


@torch.no_grad()
def greedy_decode(model: nn.Module, source: Tensor, max_length: int) -> list[list[int]]:
    """Write into a rectangle that is as long as it may get."""
    if max_length < 1:
        raise ValueError(max_length)
    judge = copy.deepcopy(model).eval()
    canvas = torch.full((source.shape[0], max_length + 1), PAD, device=source.device)
    canvas[:, 0] = START
    for place in range(max_length):
        canvas[:, place + 1] = judge(source, canvas)[0][:, place].argmax(dim=-1)
    translations = []
    for row in canvas[:, 1:].tolist():
        kept = list(itertools.takewhile(lambda symbol: symbol != END, row))
        translations.append([symbol for symbol in kept if symbol > END])
    return translations


def beam_search(
    step: Callable[[list[int]], Tensor],
    start: int,
    end: int,
    *,
    beam: int,
    max_length: int,
    length_penalty: float = 0.0,
) -> tuple[list[int], float]:
    """Choose with a heap; scores are looked up, not carried along."""
    for name, value in (("beam", beam), ("max_length", max_length)):
        if value < 1:
            raise ValueError(f"{name} = {value}")
    totals = {(start,): 0.0}
    kept = [(start,)]

    def is_live(tokens: tuple[int, ...]) -> bool:
        return len(tokens) == 1 or tokens[-1] != end

    def score(tokens: tuple[int, ...]) -> float:
        return totals[tokens] / (len(tokens) - 1) ** length_penalty

    for _ in range(max_length):
        grown = [tokens for tokens in kept if not is_live(tokens)]
        for tokens in filter(is_live, kept):
            log_probabilities = step(list(tokens))
            for symbol in log_probabilities.isfinite().nonzero().flatten().tolist():
                longer = (*tokens, symbol)
                totals[longer] = totals[tokens] + log_probabilities[symbol].item()
                grown.append(longer)
        kept = heapq.nlargest(beam, grown, key=score)
    winner = max(kept, key=score)
    tokens = list(winner[1:])
    with contextlib.suppress(ValueError):
        tokens.remove(end)
    return tokens, score(winner)
