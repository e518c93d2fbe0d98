"""Bahdanau's model: LSTM cells step by step, additive attention on the state before; long hand."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

PAD, START, END = 0, 1, 2


class Output(NamedTuple):
    """What the model returns."""

    logits: Tensor
    weights: Tensor | None


def edit_distance(a: Sequence[object], b: Sequence[object]) -> int:
    """Fill the whole table."""
    table = np.zeros((len(a) + 1, len(b) + 1), dtype=int)
    table[:, 0], table[0, :] = range(len(a) + 1), range(len(b) + 1)
    for i in range(len(a)):
        for j in range(len(b)):
            same = table[i, j] + int(a[i] != b[j])
            table[i + 1, j + 1] = min(same, table[i, j + 1] + 1, table[i + 1, j] + 1)
    return int(table[-1, -1])


def error_rate(
    predictions: Sequence[Sequence[object]], references: Sequence[Sequence[object]]
) -> float:
    """Average with numpy."""
    if len(predictions) != len(references):
        raise ValueError(f"{len(predictions)} predictions for {len(references)} references")
    rates = []
    for prediction, reference in zip(predictions, references, strict=True):
        if len(reference) == 0:
            raise ValueError("empty reference")
        rates.append(edit_distance(prediction, reference) / len(reference))
    return np.mean(rates)


class Seq2Seq(nn.Module):
    """A bidirectional encoder of cells, a decoder that is fed its own context."""

    def __init__(
        self, source_vocab: int, target_vocab: int, hidden: int = 64, attention: bool = True
    ) -> None:
        super().__init__()
        self.hidden, self.attention = hidden, attention
        self.embed_source = nn.Embedding(source_vocab, hidden)
        self.embed_target = nn.Embedding(target_vocab, hidden)
        self.forwards = nn.LSTMCell(hidden, hidden)
        self.backwards = nn.LSTMCell(hidden, hidden)
        self.first_state = nn.Linear(2 * hidden, hidden)
        self.first_cell = nn.Linear(2 * hidden, hidden)
        self.cell = nn.LSTMCell(3 * hidden if attention else hidden, hidden)
        self.of_query = nn.Linear(hidden, hidden)
        self.of_state = nn.Linear(2 * hidden, hidden, bias=False)
        self.energy = nn.Linear(hidden, 1, bias=False)
        self.out = nn.Linear(3 * hidden if attention else hidden, target_vocab)

    def read(
        self, cell: nn.LSTMCell, embedded: Tensor, mask: Tensor, order: Iterable[int]
    ) -> tuple[Tensor, Tensor]:
        """Run one direction; a padded step leaves the state as it was."""
        state = embedded.new_zeros(2, len(embedded), self.hidden)
        states = [None] * embedded.shape[1]
        for j in order:
            new = torch.stack(cell(embedded[:, j], (state[0], state[1])))
            state = torch.where(mask[:, j, None], new, state)
            states[j] = state[0]
        return torch.stack(states, 1), state

    def forward(self, source: Tensor, target_in: Tensor) -> Output:
        """Write symbol by symbol."""
        mask = source != PAD
        embedded = self.embed_source(source)
        steps = range(source.shape[1])
        there, last_there = self.read(self.forwards, embedded, mask, steps)
        back, last_back = self.read(self.backwards, embedded, mask, reversed(steps))
        states = torch.cat([there, back], 2)
        last = torch.cat([last_there, last_back], 2)
        h, c = self.first_state(last[0]).tanh(), self.first_cell(last[1])
        keys = self.of_state(states)
        logits, weights = [], []
        for fed in self.embed_target(target_in).unbind(1):
            if self.attention:
                energies = self.energy(torch.tanh(self.of_query(h)[:, None] + keys)).squeeze(2)
                weight = functional.softmax(energies.masked_fill(~mask, float("-inf")), dim=1)
                context = torch.einsum("ns,nsh->nh", weight, states)
                h, c = self.cell(torch.cat([fed, context], 1), (h, c))
                logits.append(self.out(torch.cat([h, context], 1)))
                weights.append(weight)
            else:
                h, c = self.cell(fed, (h, c))
                logits.append(self.out(h))
        return Output(torch.stack(logits, 1), torch.stack(weights, 1) if weights else None)


def rectangle(rows: list[list[int]]) -> Tensor:
    """Fill up with PAD."""
    longest = max(map(len, rows))
    return torch.tensor([row + [PAD] * (longest - len(row)) for row in rows])


def train(
    model: nn.Module, pairs: list[tuple[list[int], list[int]]], *, epochs: int, seed: int
) -> nn.Module:
    """Train on batches of words of about the same length."""
    if len(pairs) == 0:
        raise ValueError("no pairs to train on")
    was_training = model.training
    model.train()
    chance = random.Random(seed)
    device = next(model.parameters()).device
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=0.0)
    pairs = sorted(pairs, key=lambda pair: len(pair[0]))
    starts = list(range(0, len(pairs), 64))
    for _ in range(epochs):
        chance.shuffle(starts)
        for start in starts:
            sources, targets = zip(*pairs[start : start + 64], strict=True)
            whole = rectangle([[START, *t, END] for t in targets]).to(device)
            logits, _ = model(rectangle(list(sources)).to(device), whole[:, :-1])
            wanted = whole[:, 1:]
            losses = functional.cross_entropy(logits.transpose(1, 2), wanted, reduction="none")
            loss = losses[wanted != PAD].mean()
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
    model.train(was_training)
    return model


def greedy_decode(model: nn.Module, source: Tensor, max_length: int) -> list[list[int]]:
    """Translate row by row."""
    if max_length < 1:
        raise ValueError(f"max_length is {max_length}")
    was_training = model.training
    model.eval()
    translations = []
    with torch.inference_mode():
        for row in source:
            row = row[row != PAD].unsqueeze(0)
            prefix = [START]
            while len(prefix) <= max_length and prefix[-1] != END:
                logits = model(row, torch.tensor([prefix], device=source.device))[0][0, -1]
                logits[[PAD, START]] = -torch.inf
                prefix.append(int(logits.argmax()))
            translations.append([symbol for symbol in prefix if symbol > END])
    model.train(was_training)
    return translations


def beam_search(
    step: Callable[[list[int]], Tensor],
    start: int,
    end: int,
    *,
    beam: int,
    max_length: int,
    length_penalty: float = 0.0,
) -> tuple[list[int], Tensor]:
    """Keep one tensor of all candidates of a round."""
    if beam < 1 or max_length < 1:
        raise ValueError(f"beam {beam} and max_length {max_length} must be positive")
    live, done = [((), 0.0)], []
    for length in range(1, max_length + 1):
        rows = torch.stack([total + step([start, *tokens]).double() for tokens, total in live])
        candidates = [(score, tokens, total) for score, tokens, total in done]
        for (tokens, _), row in zip(live, rows.tolist(), strict=True):
            candidates += [
                (total / length**length_penalty, (*tokens, symbol), total)
                for symbol, total in enumerate(row)
                if total != float("-inf")
            ]
        candidates.sort(reverse=True)
        del candidates[beam:]
        done = [one for one in candidates if one[1][-1] == end]
        live = [(tokens, total) for _, tokens, total in candidates if tokens[-1] != end]
        if not live:
            break
    score, tokens, _ = candidates[0]
    return [token for token in tokens if token != end], torch.tensor(score, dtype=torch.float64)
