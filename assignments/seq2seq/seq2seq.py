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

from collections.abc import Callable, Sequence

import torch
from torch import nn

PAD, START, END = 0, 1, 2


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
    # TODO: write this function
    raise NotImplementedError("seq2seq.py: edit_distance is not written yet")


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
    # TODO: write this function
    raise NotImplementedError("seq2seq.py: error_rate is not written yet")


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
        # TODO: write this function
        raise NotImplementedError("seq2seq.py: Seq2Seq.__init__ is not written yet")

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
        # TODO: write this function
        raise NotImplementedError("seq2seq.py: Seq2Seq.forward is not written yet")


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
    # TODO: write this function
    raise NotImplementedError("seq2seq.py: train is not written yet")


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
    # TODO: write this function
    raise NotImplementedError("seq2seq.py: greedy_decode is not written yet")


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
    # TODO: write this function
    raise NotImplementedError("seq2seq.py: beam_search is not written yet")
