"""Public checks of seq2seq: words, tables that can be followed by hand, and a made-up language.

What is asked of a network holds for every architecture. How well a trained one translates is judged
here, by an error rate of our own, on words that the submission has not been given.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import torch

from autograder import data
from autograder.kit import (
    assert_close,
    assert_dtype,
    assert_equal,
    assert_reaches,
    assert_shape,
    call,
    likely,
    load,
    parameters,
    raises,
    task,
    untouched,
)

PAD, START, END = 0, 1, 2

SOURCE = torch.tensor([[5, 3, 8, 4, 6], [7, 4, 3, 0, 0], [9, 9, 0, 0, 0]])
TARGET_IN = torch.tensor([[1, 6, 4, 11], [1, 10, 3, 0], [1, 0, 0, 0]])

# Probabilities of end, 3 and 4, by the symbol that they follow.
GREEDY_MISSES = {START: (0.0, 0.6, 0.4), 3: (0.25, 0.4, 0.35), 4: (0.9, 0.06, 0.04)}
PENALISED = {START: (0.3, 0.5, 0.2), 3: (0.5, 0.1, 0.4), 4: (0.7, 0.1, 0.2)}
CUT_OFF = {START: (0.2, 0.8, 0.0), 3: (0.3, 0.7, 0.0)}
CHAIN = {START: (0.0, 1.0, 0.0), 3: (0.0, 0.0, 1.0), 4: (1.0, 0.0, 0.0)}

BY_BATCH = "the softmax runs over the batch, but should run over the source positions"
MASK = "before the softmax, the scores of padding should be -inf"
PADDING = "is padding left out by the encoder, by its last state and by the softmax?"
AHEAD = "the decoder reads from left to right, and sees nothing to the right of t"
LEARNS_TO_COPY = (
    "the network repeats what it is fed, so in training it was fed the answers: "
    "feed [START] + t, and let it predict t + [END]"
)
IN_SECRET = "without attention, all that the decoder knows of the source is its first state"
END_COUNTS = "the log-probability of the end counts too"
FINISHED = "a hypothesis with an end stays as it is"
IMPOSSIBLE = "a continuation with log-probability -inf is never taken"


@task("error_rate")
@pytest.mark.parametrize(
    ("a", "b", "distance"),
    [
        ("kitten", "sitting", 3),
        ("intention", "execution", 5),
        ("ab", "ba", 2),
        ("", "abc", 3),
        ([3, 4, 5], [], 3),
        ([], (), 0),
        ([7, 8, 9, 7], (8, 9, 7), 1),
        ([4, 4, 4], [4, 4, 4], 0),
    ],
)
def check_edit_distance_of_known_words(student, a, b, distance):
    """edit_distance counts insertions, deletions and replacements, one each"""
    the_call = call("edit_distance", a=a, b=b)
    got = _plain(student.edit_distance(a, b))
    wrong = {
        "replacing a symbol costs 1, not 2": {"kitten": 5, "intention": 8}.get(str(a)),
        "two swapped symbols are two changes": 1 if a == "ab" else None,
    }
    assert_equal(got, distance, the_call, hint=likely(got, wrong))


@task("error_rate")
def check_error_rate_of_known_predictions(student):
    """error_rate is the mean of distance over length of the reference, and may exceed 1"""
    predictions, references = [[3, 5, 6], [8, 9, 7], []], [[3, 4, 5, 6], [7], [4, 4]]
    the_call = call("error_rate", predictions=predictions, references=references)
    got = _plain(student.error_rate(predictions, references))
    wrong = {
        "it is the mean over pairs, not all changes by all symbols": 5 / 7,
        "divide by the length of the reference, not of the longer one": (1 / 4 + 2 / 3 + 1) / 3,
        "it may exceed 1": (1 / 4 + 1 + 1) / 3,
        "it is a mean, not a sum": 1 / 4 + 2 + 1,
        "this is the share of pairs that are not equal": 1.0,
        "every symbol of a prediction counts, the last one too": (2 / 4 + 2 + 1) / 3,
    }
    hint = _named((None, got), {sentence: (None, value) for sentence, value in wrong.items()})
    assert_close(got, 13 / 12, the_call, rtol=1e-5, hint=hint)


@task("model")
@pytest.mark.parametrize("attention", [True, False])
def check_model_returns_logits_and_weights(student, rng, device, attention):
    """a network returns logits (N, T, V), and weights (N, T, S) or without attention None"""
    model = _network(student, rng, device, attention=attention)
    logits, weights, the_call = _forward(model, SOURCE, TARGET_IN, device)
    assert_shape(logits, (3, 4, 14), the_call, what="logits", hint="they are (N, T, V)")
    if attention:
        assert_shape(weights, (3, 4, 5), the_call, what="weights", hint="they are (N, T, S)")
    else:
        assert_equal(weights, None, the_call, what="weights without attention")


@task("model")
def check_weights_are_zero_on_padding(student, rng, device):
    """each row of weights sums to 1, and is exactly 0 where the source is padding"""
    model = _network(student, rng, device)
    _, weights, the_call = _forward(model, SOURCE, TARGET_IN, device)
    assert_shape(weights, (3, 4, 5), the_call, what="weights", hint="they are (N, T, S)")
    assert_dtype(weights, torch.float32, the_call, what="weights")
    weights = weights.cpu()
    hint = likely(weights[:, 0, :2].sum(0), {BY_BATCH: torch.ones(2)})
    is_symbol, is_padding = TARGET_IN != PAD, (SOURCE == PAD)[:, None]
    sums = weights.sum(2)[is_symbol]
    what = "the sum of each row of weights"
    assert_close(sums, torch.ones_like(sums), the_call, what=what, hint=hint)
    worst = (weights.abs() * is_padding)[is_symbol].max().item()
    if worst:
        raise the_call.failed(f"a weight on padding is {worst:.4g}, but should be exactly 0", MASK)


@task("model")
@pytest.mark.parametrize("attention", [True, False])
def check_padding_does_not_change_a_row(student, rng, device, attention):
    """logits of a row in a batch are those of the row by itself"""
    model = _network(student, rng, device, attention=attention)
    batch, _, _ = _forward(model, SOURCE, TARGET_IN, device)
    for row in (1, 2):
        source, target_in = (both[row][both[row] != PAD][None] for both in (SOURCE, TARGET_IN))
        logits, _, the_call = _forward(model, source, target_in, device)
        times, what = target_in.shape[1], f"logits[{row}] of a batch with padding"
        assert_close(batch[row, :times], logits[0], the_call, what=what, hint=PADDING)


@task("model")
def check_logits_do_not_see_what_follows(student, rng, device):
    """logits at t depend on target_in up to t, and not on what comes after"""
    model = _network(student, rng, device)
    target_in, other = torch.tensor([[1, 6, 4, 11, 5], [1, 6, 4, 9, 3]])[:, None]
    logits, _, _ = _forward(model, SOURCE[:1], target_in, device)
    changed, _, the_call = _forward(model, SOURCE[:1], other, device)
    what = "logits[:, :3] when target_in[:, 3:] is another"
    assert_close(changed[:, :3], logits[:, :3], the_call, what=what, hint=AHEAD)
    if bool((changed[:, 3:] == logits[:, 3:]).all()):
        raise the_call.failed("logits at t do not depend on target_in[:, t], but should")


@task("training")
def check_training_with_attention_translates(student, rng, threshold, device):
    """after six epochs on 4000 words, most symbols of long new words are translated right"""
    error, hint, the_call = _trained(student, rng, device, 4000, epochs=6)
    what = "1 - error rate on new words of 8 and 9 letters"
    assert_reaches(1 - error, threshold("with_attention"), the_call, what=what, hint=hint)


@task("training")
def check_training_without_attention_is_worse(student, rng, threshold, device):
    """without attention, eight epochs on 1000 words leave many symbols of long words wrong"""
    error, _, the_call = _trained(student, rng, device, 1000, epochs=8, attention=False)
    what = "the error rate on new words of 8 and 9 letters"
    assert_reaches(error, threshold("without_attention"), the_call, what=what, hint=IN_SECRET)


@task("greedy_decode")
@pytest.mark.parametrize("max_length", [1, 6])
def check_greedy_takes_the_most_probable_symbol(student, rng, device, max_length):
    """greedy_decode appends the symbol with the largest logit, until END or max_length"""
    model, source = _network(student, rng, device, target_vocab=40), rng.integers(3, 12, 16, 4)
    the_call = call("greedy_decode", model="random weights", source=source, max_length=max_length)
    got = untouched(student.greedy_decode)(model, source.to(device), max_length)
    if not isinstance(got, tuple | list) or len(got) != len(source):
        raise the_call.failed(f"the result should be a list of {len(source)} lists of ints")
    for row, path in enumerate(_greedy(model, source, max_length, device)):
        if {PAD, START} & set(path):  # whether these may be chosen is free
            continue
        wrong = {"START is no part of the result": [START, *path]}
        if END not in path:
            wrong["max_length symbols are generated, not one less"] = path[:-1]
        should = [symbol for symbol in path if symbol != END]
        found = _plain(got[row])
        assert_equal(found, should, the_call, what=f"row {row}", hint=likely(found, wrong))


@task("beam_search")
@pytest.mark.parametrize(("beam", "tokens", "probability"), [(1, [3, 3, 3], 0.096), (2, [4], 0.36)])
def check_beam_finds_what_greedy_misses(student, device, beam, tokens, probability):
    """a beam of 1 is greedy, and a beam of 2 finds the sequence that greedy misses"""
    got, the_call = _searched(student, GREEDY_MISSES, device, beam=beam, max_length=3)
    wrong = {
        END_COUNTS: ([3, 3], math.log(0.24)),
        "this is what greedy finds; two hypotheses should survive": ([3, 3, 3], math.log(0.096)),
        "this is what a beam of 2 finds; one hypothesis should survive": ([4], math.log(0.36)),
    }
    _assert_found(got, the_call, (tokens, math.log(probability)), wrong)


@task("beam_search")
@pytest.mark.parametrize("beam", [9, 2])  # with 9, nothing is pruned
def check_length_penalty_counts_twice(student, device, beam):
    """the length penalty decides who wins and who survives, and L counts the end"""
    options = {"beam": beam, "max_length": 3, "length_penalty": 1.0}
    got, the_call = _searched(student, PENALISED, device, **options)
    total = math.log(0.5) + math.log(0.4) + math.log(0.7)
    wrong = {
        "the winner has the best score, with its length penalty": ([], math.log(0.3)),
        "hypotheses are pruned by the score too, with its length penalty": ([3], math.log(0.5)),
        "L counts all generated symbols, the end too": ([3, 4], total / 2),
        END_COUNTS: ([], 0.0),
        "this is the sum, not the sum over L ** length_penalty": ([3, 4], total),
    }
    _assert_found(got, the_call, ([3, 4], total / 3), wrong)


@task("beam_search")
def check_cut_off_hypotheses_compete(student, device):
    """at max_length a hypothesis without an end competes, and may win"""
    got, the_call = _searched(student, CUT_OFF, device, beam=3, max_length=2)
    wrong = {
        "hypotheses that are cut off compete with finished ones": ([3], math.log(0.24)),
        "max_length symbols are generated, not one less": ([3], math.log(0.8)),
        "max_length symbols are generated, not one more": ([3, 3, 3], math.log(0.392)),
    }
    _assert_found(got, the_call, ([3, 3], math.log(0.56)), wrong)


@task("beam_search")
def check_impossible_symbols_are_not_taken(student, device):
    """a continuation with log-probability -inf is never taken, however wide the beam"""
    _assert_found(*_searched(student, CHAIN, device, beam=4, max_length=5), ([3, 4], 0.0), {})


@task("errors")
@pytest.mark.parametrize(
    ("name", "inputs"),
    [
        ("beam_search", {"beam": 0, "max_length": 3}),
        ("beam_search", {"beam": 2, "max_length": 0}),
        ("error_rate", {"predictions": [[3], [4]], "references": [[3], []]}),
        ("error_rate", {"predictions": [[3], [4]], "references": [[3]]}),
        ("greedy_decode", {"max_length": 0}),
        ("train", {"pairs": [], "epochs": 1, "seed": 1}),
    ],
)
def check_unfit_arguments_are_refused(student, rng, device, name, inputs):
    """a beam or max_length below 1, no pairs, an empty reference, unequal numbers: ValueError"""
    the_call, first = call(name, **inputs), ()
    if name == "beam_search":
        first = (_stepper(CHAIN, device, the_call), START, END)
    elif name != "error_rate":
        also = () if name == "train" else (SOURCE.to(device),)
        first = (_network(student, rng, device), *also)
    with raises(ValueError, the_call):
        getattr(student, name)(*first, **inputs)


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


def _trained(student, rng, device, count, *, epochs, **options):
    """Return the error rate of a trained network, a hint on it, and the call."""
    language = rng.integer(0, 2**60)  # fresh, so its rules are nowhere to be looked up
    words, seed = data.pairs("train", seed=language)[:count], rng.integer(0, 10**6)
    model = student.Seq2Seq(19, 23, **options)  # 16 letters, 20 symbols, and the special ones
    parameters(model)
    model.to(device)
    student.train(model, words, epochs=epochs, seed=seed)
    model.eval()
    new = [pair for pair in data.pairs("test", seed=language) if len(pair[0]) > 7]
    the_call = call("train", pairs=len(words), epochs=epochs, seed=seed, **options)
    return _least_error(model, new, device), _copying(model, new, device), the_call


def _least_error(model, pairs, device):
    """Return the error rate of greedy translations, as the network likes its sources best."""
    errors = []
    for before, after in (([], []), ([], [END]), ([START], [END])):
        source = _padded([[*before, *source, *after] for source, _ in pairs])
        found = _greedy(model, source, 20, device)
        distances = [
            _distance([symbol for symbol in path if symbol > END], target) / len(target)
            for path, (_, target) in zip(found, pairs, strict=True)
        ]
        errors.append(sum(distances) / len(distances))
    return min(errors)


def _copying(model, pairs, device):
    target_in = _padded([[START, *target] for _, target in pairs])
    logits, _, _ = _forward(model, _padded([source for source, _ in pairs]), target_in, device)
    repeated = (logits.argmax(2).cpu() == target_in)[target_in > END]
    return LEARNS_TO_COPY if repeated.double().mean() > 0.5 else ""


def _padded(rows):
    return torch.nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], batch_first=True)


def _distance(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]


def _searched(student, table, device, **options):
    the_call = call("beam_search", start=START, end=END, **options)
    return student.beam_search(_stepper(table, device, the_call), START, END, **options), the_call


def _stepper(table, device, the_call):
    """Return a function that looks log-probabilities up."""

    def step(prefix):
        prefix = _plain(prefix)
        are_ints = isinstance(prefix, list) and all(type(one) is int for one in prefix)
        if not are_ints or prefix[:1] != [START]:
            raise the_call.failed("step should be called with a list of ints, start first")
        if END in prefix:  # whoever asks may still let it be; whoever goes on will win with it
            return torch.tensor([0.0, 0.0, 0.0, 1.0, 0.0], device=device).log()
        for last, following in pairwise(prefix):
            if following < 3 or following not in table or not table[last][following - END]:
                sentence = f"step is called with {prefix}, but {following} cannot follow {last}"
                raise the_call.failed(sentence, IMPOSSIBLE)
        return torch.tensor([0.0, 0.0, *table[prefix[-1]]], device=device).log()

    return step


def _assert_found(got, the_call, expected, wrong):
    """Fail unless tokens and score are right; hints name the mistake of (tokens, score)."""
    if not isinstance(got, tuple | list) or len(got) != 2:
        raise the_call.failed("the result should be the pair (tokens, score)")
    tokens, score = map(_plain, got)
    if not isinstance(tokens, list) or not all(type(one) is int for one in tokens):
        raise the_call.failed("tokens should be a list of ints")
    hint = FINISHED if END in tokens[:-1] else _named((tokens, score), wrong)
    assert_equal(tokens, expected[0], the_call, what="tokens", hint=hint)
    assert_close(score, expected[1], the_call, what="score", rtol=1e-4, atol=1e-5, hint=hint)


def _named(got, wrong):
    tokens, score = got
    score = score if type(score) in (int, float) else math.nan
    for sentence, (other, number) in wrong.items():
        if tokens == other and math.isclose(score, number, abs_tol=1e-5):
            return sentence
    return ""


def _plain(value):
    """Return a list or number without the tensor or another kind around it; 2.0 as 2."""
    if isinstance(value, torch.Tensor | np.generic):
        value = value.tolist()
    if isinstance(value, float):
        return int(value) if value.is_integer() else float(value)
    return [_plain(one) for one in value] if isinstance(value, tuple | list) else value
