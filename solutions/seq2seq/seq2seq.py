"""Translate sequences of symbols: encoder, decoder, attention, and the search for a translation.

Notation: N sequences in a batch, S symbols in the longest source, T in the longest target, V target
symbols, H hidden units. Symbols are int64; ordinary ones are 3 or more, in both vocabularies. A row
that is shorter than the longest one is filled up with PAD on the right, and padding never changes
what comes out for the symbols before it.

A model is called as `model(source, target_in)` and returns logits and attention weights. Functions
that decode run it in eval mode without gradients, and leave modes, parameters and arguments as they
found them.
"""

from __future__ import annotations

# BEGIN SOLUTION
import statistics
from collections import abc

# END SOLUTION
from collections.abc import Callable, Sequence

# BEGIN SOLUTION
from contextlib import contextmanager
from typing import NamedTuple

# END SOLUTION
import torch
from torch import nn

PAD, START, END = 0, 1, 2

# BEGIN SOLUTION
EMBEDDED = 32
DROPPED = 0.1
BATCH = 64
RATE = 3e-3
LARGEST_NORM = 1.0
# END SOLUTION


def edit_distance(a: Sequence[object], b: Sequence[object]) -> int:
    """Count the changes that turn one sequence into the other: the Levenshtein distance.

    A change inserts one symbol, deletes one, or replaces one by another; each costs 1. With
    D[i, j] the distance of the first i symbols of a and the first j of b,

    D[i, 0] = i, D[0, j] = j,
    D[i, j] = min(D[i-1, j] + 1, D[i, j-1] + 1, D[i-1, j-1] + (a[i] != b[j])).

    Args:
        a: a list, tuple or string, of any length.
        b: another one.

    Returns:
        int, at least 0.

    Source: Levenshtein, Binary Codes Capable of Correcting Deletions, Insertions, and Reversals,
        1966; the table: Wagner, Fischer, The String-to-String Correction Problem, 1974.
    """
    # BEGIN SOLUTION
    row = list(range(len(b) + 1))
    for i, ours in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, theirs in enumerate(b, 1):
            replaced = diagonal + (ours != theirs)
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, replaced)
    return row[-1]
    # END SOLUTION


def error_rate(
    predictions: Sequence[Sequence[object]], references: Sequence[Sequence[object]]
) -> float:
    """Measure how far predictions are from references, by the length of the reference.

    The mean over all pairs of edit_distance(prediction, reference) / len(reference). It may exceed
    1, because a prediction may be longer than its reference.

    Args:
        predictions: sequences, as edit_distance takes them; empty ones are allowed.
        references: as many sequences, none empty.

    Returns:
        float, at least 0.

    Raises:
        ValueError: unequal numbers of predictions and references; an empty reference.

    Source: Graves, Supervised Sequence Labelling with Recurrent Neural Networks, 2012, section 2.3
        (label error rate).
    """
    # BEGIN SOLUTION
    if len(predictions) != len(references):
        counts = f"{len(predictions)} predictions, but {len(references)} references"
        raise ValueError(f"{counts}; there should be as many")
    if not all(len(reference) for reference in references):
        raise ValueError("references: one is empty, but each should hold at least one symbol")
    return statistics.fmean(
        edit_distance(prediction, reference) / len(reference)
        for prediction, reference in zip(predictions, references, strict=True)
    )
    # END SOLUTION


class Seq2Seq(nn.Module):
    """An encoder that reads the source and a decoder that writes the target, with attention.

    The encoder gives a state h_j for each symbol of the source, and from its last states the
    decoder's first one. The decoder gives a state d_t for each symbol of target_in, which has seen
    the symbols up to t. With attention, the weights of position t are

    w[t, j] = softmax over j of score(d_t, h_j), with exactly 0 where source[j] is PAD,

    and the logits are a function of d_t and of the context sum_j w[t, j] h_j. Without it, they
    are a function of d_t alone, and all that the decoder learns of the source is its first state.

    Args:
        source_vocab: number of source symbols, the three special ones included.
        target_vocab: V, number of target symbols, the three special ones included.
        hidden: H, the size of the decoder's state.
        attention: whether the decoder looks at the encoder's states.

    Source: Sutskever, Vinyals, Le, Sequence to Sequence Learning with Neural Networks, 2014,
        arXiv:1409.3215, section 2; attention: Bahdanau, Cho, Bengio, 2015, arXiv:1409.0473,
        section 3, and Luong, Pham, Manning, 2015, arXiv:1508.04025, section 3.1.
    """

    def __init__(
        self, source_vocab: int, target_vocab: int, hidden: int = 64, attention: bool = True
    ) -> None:
        """Build the layers, with random weights."""
        # BEGIN SOLUTION
        super().__init__()
        self.attention = attention
        self.read = nn.Embedding(source_vocab, EMBEDDED, padding_idx=PAD)
        self.written = nn.Embedding(target_vocab, EMBEDDED, padding_idx=PAD)
        self.encoder = nn.GRU(EMBEDDED, hidden, batch_first=True, bidirectional=True)
        self.bridge = nn.Linear(2 * hidden, hidden)
        self.decoder = nn.GRU(EMBEDDED, hidden, batch_first=True)
        self.key = nn.Linear(2 * hidden, hidden, bias=False)
        self.mix = nn.Linear(3 * hidden if attention else hidden, hidden)
        self.dropout = nn.Dropout(DROPPED)
        self.logits = nn.Linear(hidden, target_vocab)
        # END SOLUTION

    def forward(
        self, source: torch.Tensor, target_in: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Return the logits of the symbol that follows each symbol of target_in.

        Args:
            source: int64 (N, S), symbols and then PAD; each row has at least one symbol.
            target_in: int64 (N, T), START, symbols, and then PAD.

        Returns:
            tuple (logits, weights): float32 (N, T, V), where logits[:, t] depends on source and on
            target_in[:, : t + 1] only, and float32 (N, T, S), whose rows sum to 1 and are exactly
            0 where source is PAD; None instead of weights without attention. What stands at
            padded positions of target_in is free.
        """
        # BEGIN SOLUTION
        is_symbol = source != PAD
        states, first = self._encoded(source, is_symbol.sum(1))
        queries, _ = self.decoder(self.written(target_in), first)
        if not self.attention:
            return self._scored(queries), None
        scores = queries @ self.key(states).mT
        weights = scores.masked_fill(~is_symbol[:, None], -torch.inf).softmax(2)
        return self._scored(torch.cat([queries, weights @ states], 2)), weights
        # END SOLUTION

    # BEGIN SOLUTION
    def _encoded(
        self, source: torch.Tensor, lengths: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the encoder's states (N, S, 2H) and the decoder's first state (1, N, H)."""
        packed = nn.utils.rnn.pack_padded_sequence(
            self.read(source), lengths.cpu(), batch_first=True, enforce_sorted=False
        )
        states, last = self.encoder(packed)
        states, _ = nn.utils.rnn.pad_packed_sequence(
            states, batch_first=True, total_length=source.shape[1]
        )
        return states, self.bridge(torch.cat([last[0], last[1]], 1)).tanh()[None]

    def _scored(self, found: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.logits(self.dropout(self.mix(found).tanh()))
        return logits

    # END SOLUTION


# BEGIN SOLUTION
def _padded(rows: list[list[int]], device: torch.device) -> torch.Tensor:
    tensors = [torch.tensor(row) for row in rows]
    return nn.utils.rnn.pad_sequence(tensors, batch_first=True, padding_value=PAD).to(device)


def _loss(
    model: nn.Module, pairs: list[tuple[list[int], list[int]]], device: torch.device
) -> torch.Tensor:
    """Return the mean cross-entropy of a symbol when the model is fed the right ones before it."""
    source = _padded([source for source, _ in pairs], device)
    target_in = _padded([[START, *target] for _, target in pairs], device)
    following = _padded([[*target, END] for _, target in pairs], device)
    logits, _ = model(source, target_in)
    return nn.functional.cross_entropy(logits.mT, following, ignore_index=PAD)


@contextmanager
def _in_mode(model: nn.Module, training: bool) -> abc.Iterator[None]:
    modes = [(module, module.training) for module in model.modules()]
    model.train(training)
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


@contextmanager
def _seeded(seed: int, device: torch.device) -> abc.Iterator[None]:
    """Let torch draw from this seed, and go on afterwards as if nothing had been drawn."""
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


# END SOLUTION


def train(
    model: nn.Module, pairs: list[tuple[list[int], list[int]]], *, epochs: int, seed: int
) -> nn.Module:
    """Train a model with teacher forcing: it is fed the right symbols, not its own.

    For a target t, target_in is [START] + t and the symbols to be predicted are t + [END]. The
    loss is the mean cross-entropy over all symbols to be predicted, padding left out. Adam with
    rate 0.003, batches of 64 and gradients cut off at norm 1 reach the thresholds.

    Args:
        model: as Seq2Seq, on any device; trained in place.
        pairs: (source, target), lists of ints without special symbols.
        epochs: passes over all pairs; with 0 nothing is trained.
        seed: the only source of randomness: the same seed and weights give the same weights.

    Returns:
        The model, its modes and `requires_grad` as found.

    Raises:
        ValueError: no pairs.

    Source: Williams, Zipser, A Learning Algorithm for Continually Running Fully Recurrent Neural
        Networks, 1989, section 4 (teacher forcing); Sutskever, Vinyals, Le, 2014, section 3.
    """
    # BEGIN SOLUTION
    if not pairs:
        raise ValueError(f"pairs: {pairs}, but there should be at least one")
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    device = weights[0].device
    optimizer = torch.optim.Adam(weights, lr=RATE)
    with _in_mode(model, training=True), _seeded(seed, device), torch.enable_grad():
        for _ in range(epochs):
            for batch in torch.randperm(len(pairs)).split(BATCH):
                optimizer.zero_grad()
                _loss(model, [pairs[i] for i in batch.tolist()], device).backward()
                nn.utils.clip_grad_norm_(weights, LARGEST_NORM)
                optimizer.step()
    return model
    # END SOLUTION


# BEGIN SOLUTION
def _refuse_below_one(name: str, value: int) -> None:
    if value < 1:
        raise ValueError(f"{name}: {value}, but should be at least 1")


def _ordinary(generated: list[int]) -> list[int]:
    before_end = generated[: generated.index(END)] if END in generated else generated
    return [symbol for symbol in before_end if symbol not in (PAD, START)]


# END SOLUTION


def greedy_decode(model: nn.Module, source: torch.Tensor, max_length: int) -> list[list[int]]:
    """Translate by taking the most probable symbol again and again.

    Begin each row with START; append the symbol with the largest logit, given the source and all
    symbols so far, until it is END or max_length symbols have been generated, END included. The
    model is used through `model(source, target_in)` alone.

    Args:
        model: as Seq2Seq; run in eval mode and left as found.
        source: int64 (N, S), symbols and then PAD.
        max_length: the largest number of symbols that are generated for a row.

    Returns:
        N lists of ints, without START, END and PAD.

    Raises:
        ValueError: max_length below 1.

    Source: Sutskever, Vinyals, Le, 2014, section 3.2 (with a beam of 1).
    """
    # BEGIN SOLUTION
    _refuse_below_one("max_length", max_length)
    target = torch.full((len(source), 1), START, device=source.device)
    is_open = torch.ones(len(source), dtype=torch.bool, device=source.device)
    with _in_mode(model, training=False), torch.no_grad():
        while target.shape[1] <= max_length and is_open.any():
            logits, _ = model(source, target)
            following = logits[:, -1].argmax(1).masked_fill(~is_open, PAD)
            target = torch.cat([target, following[:, None]], 1)
            is_open &= following != END
    return [_ordinary(generated) for generated in target[:, 1:].tolist()]
    # END SOLUTION


# BEGIN SOLUTION
class _Hypothesis(NamedTuple):
    """Symbols from start on, the sum of their log-probabilities, and whether the last is end."""

    symbols: list[int]
    total: float = 0.0
    is_finished: bool = False

    def score(self, length_penalty: float) -> float:
        length = len(self.symbols) - 1
        return self.total / length**length_penalty

    def grown(
        self, step: Callable[[list[int]], torch.Tensor], end: int
    ) -> abc.Iterator[_Hypothesis]:
        """Yield itself if it is finished, and otherwise all its possible continuations."""
        if self.is_finished:
            yield self
            return
        for symbol, gain in enumerate(step(list(self.symbols)).tolist()):
            if gain > -torch.inf:
                yield _Hypothesis([*self.symbols, symbol], self.total + gain, symbol == end)


# END SOLUTION


def beam_search(
    step: Callable[[list[int]], torch.Tensor],
    start: int,
    end: int,
    *,
    beam: int,
    max_length: int,
    length_penalty: float = 0.0,
) -> tuple[list[int], float]:
    """Look for a probable sequence, with several hypotheses at a time.

    At first there is one hypothesis, [start]. In each round every live hypothesis is replaced by
    all its continuations by one symbol; one that has got the symbol end is finished, and stays as
    it is. The best `beam` of all, live and finished, survive the round. It is over when none
    lives, or after max_length rounds; the best hypothesis wins, whether finished or cut off.

    The score of a hypothesis, for both choices, is sum_l log p_l / L ** length_penalty, over its
    L generated symbols, end included and start not. A continuation with log-probability -inf is
    never taken.

    Args:
        step: takes a list of ints that begins with start, and returns float32 (V,), the
            log-probability of each symbol to come next.
        start: the symbol that every hypothesis begins with.
        end: the symbol that finishes a hypothesis.
        beam: how many hypotheses survive a round.
        max_length: the largest number of generated symbols, end included.
        length_penalty: 0 compares sums, 1 means; in between, long ones are favoured less.

    Returns:
        tuple (tokens, score): the generated symbols as a list of ints, without start and end, and
        the score, a float.

    Raises:
        ValueError: beam below 1; max_length below 1.

    Source: Graves, Sequence Transduction with Recurrent Neural Networks, 2012, arXiv:1211.3711,
        section 2.4; Sutskever, Vinyals, Le, 2014, section 3.2; length: Wu et al., Google's Neural
        Machine Translation System, 2016, arXiv:1609.08144, section 7.
    """
    # BEGIN SOLUTION
    _refuse_below_one("beam", beam)
    _refuse_below_one("max_length", max_length)
    kept = [_Hypothesis([start])]
    for _ in range(max_length):
        grown = [longer for one in kept for longer in one.grown(step, end)]
        grown.sort(key=lambda one: one.score(length_penalty), reverse=True)
        kept = grown[:beam]
        if all(one.is_finished for one in kept):
            break
    best = max(kept, key=lambda one: one.score(length_penalty))
    tokens = best.symbols[1:-1] if best.is_finished else best.symbols[1:]
    return tokens, best.score(length_penalty)
    # END SOLUTION
