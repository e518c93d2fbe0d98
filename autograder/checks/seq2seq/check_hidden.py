"""Hidden checks of seq2seq: random sequences, tables and networks, and what training leaves alone.

Weights of networks are drawn here, so that no way to initialise them makes a property hold by
itself. Sums of log-probabilities are in float64; the kit's 1e-4 forgives those who add in float32.
"""

from __future__ import annotations

import math
from itertools import chain

import numpy as np
import pytest
import torch

from autograder import data
from autograder.kit import (
    Rng,
    assert_close,
    assert_dtype,
    assert_equal,
    assert_shape,
    call,
    likely,
    load,
    parameters,
    state_of,
    task,
    untouched,
)

PAD, START, END = 0, 1, 2

BY_SEED = "dropout and the order of the pairs should be drawn from the seed alone"
IN_EVAL_MODE = "is the network in eval mode while it decodes?"
PRUNED = "hypotheses are pruned by the score too, with its length penalty"
WON = "the winner has the best score, with its length penalty"
END_COUNTS = "the log-probability of the end counts too"
END_IS_LONG = "L counts all generated symbols, the end too"
COMPETE = "hypotheses that are cut off compete with finished ones"
RULES = (PRUNED, WON, END_COUNTS, END_IS_LONG, COMPETE)

# With 700, no hypothesis is ever dropped, so the best of all sequences wins.
BEAMS = [(1, 0.0), (3, 0.0), (2, 1.0), (3, 0.6), (700, 0.0), (700, 1.0)]


@task("error_rate")
def check_edit_distance_of_random_sequences(student, rng):
    """edit_distance is right for lists, tuples and strings of any length"""
    for length in (1, 2, 5, 9, 17):
        a = rng.integers(0, 4, length).tolist()
        b = rng.integers(0, 4, rng.integer(0, 12)).tolist()
        for kind in (list, tuple, str):
            x, y = kind(a), kind(b)
            for one, other in ((x, y), (y, x)):
                the_call = call("edit_distance", a=one, b=other)
                got = _plain(student.edit_distance(one, other))
                assert_equal(got, _distance(one, other), the_call)


@task("error_rate")
def check_error_rate_of_random_predictions(student, rng):
    """error_rate averages over pairs of any lengths"""
    for count in (1, 2, 7):
        references = [rng.integers(3, 9, rng.integer(1, 9)).tolist() for _ in range(count)]
        predictions = [rng.integers(3, 9, rng.integer(0, 12)).tolist() for _ in range(count)]
        the_call = call("error_rate", predictions=predictions, references=references)
        got = _plain(student.error_rate(predictions, references))
        matched = list(zip(predictions, references, strict=True))
        rates = [_distance(one, other) / len(other) for one, other in matched]
        assert_close(got, sum(rates) / count, the_call, rtol=1e-5)


@task("model")
@pytest.mark.parametrize("attention", [True, False])
def check_other_shapes(student, rng, device, attention):
    """one symbol, other sizes and non-contiguous tensors are read too"""
    sizes = {"source_vocab": 7, "target_vocab": 31, "hidden": 24, "attention": attention}
    model = _network(student, rng, device, **sizes)
    for n, s, t in ((1, 1, 1), (4, 2, 7), (2, 9, 3)):
        source, target_in = rng.integers(3, 7, s, n).T, rng.integers(3, 31, t, n).T
        logits, weights, the_call = _forward(model, source, target_in, device)
        assert_shape(logits, (n, t, 31), the_call, what="logits")
        plain, _, _ = _forward(model, source.contiguous(), target_in.contiguous(), device)
        assert_close(logits, plain, the_call, what="logits of non-contiguous tensors")
        if attention:
            assert_shape(weights, (n, t, s), the_call, what="weights")
            assert_dtype(weights, torch.float32, the_call, what="weights")
        else:
            assert_equal(weights, None, the_call, what="weights without attention")


@task("model")
def check_weights_of_a_row_are_its_own(student, rng, device):
    """weights of a row in a batch are those of the row by itself"""
    model = _network(student, rng, device)
    source, target_in = rng.integers(3, 12, 3, 6), rng.integers(3, 14, 3, 4)
    source[1, 4:], source[2, 1:] = PAD, PAD
    _, batch, the_call = _forward(model, source, target_in, device)
    assert_shape(batch, (3, 4, 6), the_call, what="weights")
    for row, length in enumerate((6, 4, 1)):
        alone = source[row : row + 1, :length], target_in[row : row + 1]
        _, expected, alone_call = _forward(model, *alone, device)
        assert_shape(expected, (1, 4, length), alone_call, what="weights")
        assert_close(batch[row, :, :length], expected[0], the_call, what=f"weights[{row}]")


@task("model")
@pytest.mark.parametrize("attention", [True, False])
def check_logits_are_those_of_any_prefix(student, rng, device, attention):
    """logits of the first symbols are the same, however many symbols follow them"""
    model = _network(student, rng, device, attention=attention)
    source, target_in = rng.integers(3, 12, 2, 5), rng.integers(3, 14, 2, 8)
    logits, _, _ = _forward(model, source, target_in, device)
    for length in (1, 4):
        shorter, _, the_call = _forward(model, source, target_in[:, :length], device)
        what = f"logits of target_in[:, :{length}]"
        assert_close(shorter, logits[:, :length], the_call, what=what)
    other, _, the_call = _forward(model, rng.integers(3, 12, 2, 5), target_in, device)
    if bool((other == logits).all()):
        raise the_call.failed("the logits do not depend on source, but should")


@task("training")
def check_training_is_decided_by_its_seed(student, rng, device):
    """the same weights, pairs and seed give the same network"""
    words = data.pairs("train", seed=rng.integer(0, 2**60))[:150]
    one, other = (_network(student, rng, device, source_vocab=19, target_vocab=23) for _ in "ab")
    load(other, parameters(one))
    seed = rng.integer(0, 10**6)
    for model in (one, other):
        student.train(model, words, epochs=3, seed=seed)
        model.eval()
    pair = torch.tensor([words[0][0]]), torch.tensor([[START, *words[0][1]]])
    (first, _, _), (second, _, _) = (_forward(model, *pair, device) for model in (one, other))
    the_call = call("train", pairs=len(words), epochs=3, seed=seed)
    # Sums on a GPU differ in their last digits, and Adam divides by small ones.
    what = "logits after a second training with the same seed"
    assert_close(second, first, the_call, what=what, rtol=1e-2, atol=1e-2, hint=BY_SEED)


@task("training")
@pytest.mark.parametrize(("training", "epochs"), [(True, 1), (False, 1), (False, 0)])
def check_training_leaves_the_modes(student, rng, device, training, epochs):
    """train changes the network it is given, but not for 0 epochs, and returns it; modes stay"""
    model = _network(student, rng, device, source_vocab=19, target_vocab=23)
    model.train(training)
    before, weights = state_of(model), parameters(model)
    the_call = call("train", pairs=20, epochs=epochs)
    words = data.pairs("validation", seed=rng.integer(0, 2**60))[:20]
    returned = parameters(student.train(model, words, epochs=epochs, seed=3))
    after, trained = state_of(model), parameters(model)
    for part in ("training", "requires_grad"):
        assert_equal(after[part], before[part], the_call, what=part)
    assert_equal(list(returned), list(trained), the_call, what="the names of the result's weights")
    if epochs == all(torch.equal(trained[name], weight) for name, weight in weights.items()):
        should = "should be trained" if epochs else "should stay with no epochs"
        raise the_call.failed(f"the weights have {'not ' * epochs}changed, but {should}")
    for name, weight in trained.items():
        assert_close(returned[name], weight, the_call, what=f"{name} of the result")


@task("greedy_decode")
@pytest.mark.parametrize("training", [True, False])
def check_greedy_translates_a_batch(student, rng, device, training):
    """greedy_decode ends each row at its END, in eval mode, and leaves the network as found"""
    model, source = _talkative(student, rng, device)
    paths = _greedy(model, source, 7, device)
    model.train(training)
    mode = "training" if training else "eval"
    the_call = call("greedy_decode", model=f"in {mode} mode", source=source, max_length=7)
    with torch.no_grad():
        got = untouched(student.greedy_decode)(model, source.mT.contiguous().mT.to(device), 7)
    if not isinstance(got, tuple | list) or len(got) != len(source):
        raise the_call.failed(f"the result should be a list of {len(source)} lists of ints")
    for row, path in enumerate(paths):
        if not {PAD, START} & set(path):  # whether these may be chosen is free
            should = [symbol for symbol in path if symbol != END]
            wrong = {
                "END is no part of the result": path,
                "max_length symbols are generated, not one less": should[:6],
            }
            found = _plain(got[row])
            hint = likely(found, wrong) or (IN_EVAL_MODE if training else "")
            assert_equal(found, should, the_call, what=f"row {row}", hint=hint)


@task("beam_search")
@pytest.mark.parametrize(("beam", "penalty"), BEAMS)
def check_beam_search_of_random_tables(student, rng, device, beam, penalty):
    """beam_search finds what the rules say, for any beam, length penalty, start and end"""
    for _ in range(10 if beam < 10 else 2):
        start, end = ((0, 3), (4, 1))[rng.integer(0, 1)]
        table, length = _Table(rng, start, end), 5 if beam < 10 else 3
        _compare(student, table, device, beam=beam, max_length=length, length_penalty=penalty)


@task("beam_search")
def check_beam_search_of_a_trained_network(student, rng, device):
    """on a trained network, a beam of 1 is greedy, and a wider one finds the rules' best"""
    words = data.pairs("train", seed=rng.integer(0, 2**60))[:400]
    model = student.Seq2Seq(19, 23, hidden=32)
    parameters(model)
    model.to(device)
    student.train(model, words, epochs=2, seed=rng.integer(0, 10**6))
    model.eval()
    for word, _ in words[:3]:
        network = _Asked(model, word, device)
        greedy = network.greedy(9)
        got, the_call = _searched(student, network, device, {"beam": 1, "max_length": 9})
        _assert_found(got, the_call, greedy, {})
        for penalty in (0.0, 1.0):
            _compare(student, network, device, beam=4, max_length=9, length_penalty=penalty)


class _Table:
    """Log-probabilities of 5 symbols after any prefix, drawn when they are asked for."""

    def __init__(self, rng, start, end):
        self.start, self.end, self.number = start, end, rng.integer(0, 2**60)

    def after(self, prefix):
        """Return float64 (5,); start is impossible, and often another symbol."""
        rng = Rng.named(f"{self.number} {prefix}")
        scores = 1.2 * rng.normal(5, dtype=torch.float64)
        scores[[self.start, rng.integer(0, 4)]] = -torch.inf
        return scores.log_softmax(0)

    answer = after


class _Asked:
    """What a network says after a prefix: it is asked beforehand, as it is busy in a search."""

    start, end = START, END

    def __init__(self, model, word, device):
        self.model, self.word, self.device, self.said = model, torch.tensor([word]), device, {}

    def after(self, prefix):
        if tuple(prefix) not in self.said:
            target_in = torch.tensor([prefix])
            logits, _, the_call = _forward(self.model, self.word, target_in, self.device)
            assert_shape(logits, (1, len(prefix), 23), the_call, what="logits")
            if not logits.isfinite().all():
                raise the_call.failed("logits of a trained network should be finite")
            last = logits[0, -1].double().cpu()
            last[[PAD, START]] = -torch.inf  # whether these may be chosen is free
            self.said[tuple(prefix)] = last.log_softmax(0)
        return self.said[tuple(prefix)]

    def answer(self, prefix):
        """Return what it has said; what no rule leads to is free."""
        return self.said.get(tuple(prefix), self.said[START,].new_zeros(23))

    def greedy(self, max_length):
        """Return the most probable symbols, one by one, without the end, and their score."""
        symbols, score = [], 0.0
        while len(symbols) < max_length and END not in symbols:
            best = self.after([START, *symbols]).max(0)
            symbols, score = [*symbols, int(best.indices)], score + float(best.values)
        return [symbol for symbol in symbols if symbol != END], score


class _Found:
    """Generated symbols, the sum of their log-probabilities, and which rules are broken."""

    def __init__(self, symbols, total, end, broken=frozenset()):
        self.symbols, self.total, self.end, self.broken = symbols, total, end, broken
        self.is_finished = symbols[-1:] == [end]
        self.tokens = symbols[:-1] if self.is_finished else symbols

    def score(self, penalty):
        length = len(self.tokens if END_IS_LONG in self.broken else self.symbols)
        return self.total / max(length, 1) ** penalty

    def grown(self, table):
        found = []
        for symbol, gain in enumerate(table.after([table.start, *self.symbols]).tolist()):
            if gain > -math.inf:
                is_free = symbol == self.end and END_COUNTS in self.broken
                total = self.total + (0 if is_free else gain)
                found.append(_Found([*self.symbols, symbol], total, self.end, self.broken))
        return found


def _search(table, beam, max_length, length_penalty, *broken):
    """Return (tokens, score) by the rules, but for those that are broken."""
    pruning, winning = (0.0 if rule in broken else length_penalty for rule in (PRUNED, WON))
    kept = [_Found([], 0.0, table.end, frozenset(broken))]
    for _ in range(max_length):
        lists = [[one] if one.is_finished else one.grown(table) for one in kept]
        kept = sorted(chain(*lists), key=lambda one: -one.score(pruning))[:beam]
    if COMPETE in broken:
        kept = [one for one in kept if one.is_finished] or kept
    best = max(kept, key=lambda one: one.score(winning))
    return best.tokens, best.score(length_penalty)


def _compare(student, table, device, **options):
    expected = _search(table, *options.values())
    wrong = {rule: _search(table, *options.values(), rule) for rule in RULES}
    _assert_found(*_searched(student, table, device, options), expected, wrong)


def _searched(student, table, device, options):
    the_call = call("beam_search", start=table.start, end=table.end, **options)

    def step(prefix):
        return table.answer(_plain(prefix)).to(device)

    return student.beam_search(step, table.start, table.end, **options), the_call


def _network(student, rng, device, **options):
    """Return a network of the submission, in eval mode, with random weights of ours."""
    sizes = {"source_vocab": 12, "target_vocab": 14, "hidden": 16} | options
    model = student.Seq2Seq(**sizes)
    load(model, {name: rng.normal(*w.shape) / 2 for name, w in parameters(model).items()})
    model.to(device)
    model.eval()
    return model


def _forward(model, source, target_in, device):
    """Return logits, known to be (N, T, V), weights and the call."""
    the_call = call("Seq2Seq.forward", source=source, target_in=target_in)
    with torch.no_grad():
        got = model(source.to(device), target_in.to(device))
    if not isinstance(got, tuple | list) or len(got) != 2:
        raise the_call.failed("the result should be the pair (logits, weights)")
    logits, weights = got
    assert_dtype(logits, torch.float32, the_call, what="logits")
    if logits.dim() != 3 or logits.shape[:2] != target_in.shape or not logits.shape[2]:
        raise the_call.failed(f"logits.shape is {tuple(logits.shape)}, but should be (N, T, V)")
    return logits, weights, the_call


def _greedy(model, source, max_length, device):
    """Return what the largest logits say, row by row, up to END included."""
    target = torch.full((len(source), 1), START)
    while target.shape[1] <= max_length and not (target == END).any(1).all():
        logits, _, _ = _forward(model, source, target, device)
        is_over = (target == END).any(1)
        following = logits[:, -1].argmax(1).cpu().masked_fill(is_over, PAD)
        target = torch.cat([target, following[:, None]], 1)
    rows = target[:, 1:].tolist()
    return [row[: row.index(END) + 1] if END in row else row for row in rows]


def _talkative(student, rng, device):
    """Return a network and a batch, with translations that end early and that do not."""
    for _ in range(8):
        model = _network(student, rng, device, target_vocab=30)
        source = rng.integers(3, 12, 64, 5)
        source[::2, 3:] = PAD
        paths = _greedy(model, source, 7, device)
        fit = [row for row, path in enumerate(paths) if not {PAD, START} & set(path)]
        ended = [row for row in fit if paths[row][-1] == END and 1 < len(paths[row]) < 7]
        others = [row for row in fit if END not in paths[row]]
        if ended and others:
            break
    return model, source[ended[:4] + others[:4] + [0, 1]]


def _distance(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]


def _assert_found(got, the_call, expected, wrong):
    if not isinstance(got, tuple | list) or len(got) != 2:
        raise the_call.failed("the result should be the pair (tokens, score)")
    tokens, score = map(_plain, got)
    if not isinstance(tokens, list) or not all(type(one) is int for one in tokens):
        raise the_call.failed("tokens should be a list of ints")
    hint = _named((tokens, score), wrong)
    assert_equal(tokens, expected[0], the_call, what="tokens", hint=hint)
    assert_close(score, expected[1], the_call, what="score", rtol=1e-4, atol=1e-5, hint=hint)


def _named(got, wrong):
    tokens, score = got
    score = score if type(score) in (int, float) else math.nan
    near = {text: math.isclose(score, one[1], abs_tol=1e-5) for text, one in wrong.items()}
    found = [text for text, one in wrong.items() if tokens == one[0] and near[text]]
    return found[0] if len(found) == 1 else ""


def _plain(value):
    """Return a list or number without the tensor or another kind around it; 2.0 as 2."""
    if isinstance(value, torch.Tensor | np.generic):
        value = value.tolist()
    if isinstance(value, float):
        return int(value) if value.is_integer() else float(value)
    return [_plain(one) for one in value] if isinstance(value, tuple | list) else value
