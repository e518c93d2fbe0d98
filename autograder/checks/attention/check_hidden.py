"""Hidden checks of attention: other shapes, masks of every kind, and torch's own attention.

Oracles run in float64. Masks are checked with one feature: there no scale can be wrong.
"""

from __future__ import annotations

import math
from functools import partial

import pytest
import torch
from torch.nn.functional import linear

from autograder.kit import (
    assert_close,
    assert_dtype,
    assert_shape,
    buffers,
    call,
    likely,
    load,
    parameters,
    state_of,
    task,
    untouched,
    vjp,
)

LAYERS = ("w_q", "w_k", "w_v", "w_o")
INPUTS = ("query", "key", "value")
STUCK = "are the values right and the gradients not? A clamp at 0 passes none to the largest score"
SEEDED = "draw everything random from a generator of your own, seeded with `seed`"
TWICE = "the query is projected twice: w_q gets the query itself"
WRONG_SPLIT = "a head is a slice of the features: split (N, L, D) as (N, L, heads, D/heads)"
NO_OUTPUT_LAYER = "the output projection w_o is missing"
UNUSED = "the mask is not used"
INVERTED = "the mask is inverted: True is where a query may attend"
BY_D_MODEL = "the scores of a head are divided by the root of its own D/heads, not of D"

DOUBLE, SINGLE = torch.float64, torch.float32
# Leading dimensions, queries, keys, features, features of a value.
LAYOUTS = (
    ((), 3, 5, 7, 2, DOUBLE),
    ((2,), 5, 4, 3, 6, SINGLE),
    ((3, 2), 4, 6, 5, 1, DOUBLE),
    ((1, 2, 3), 2, 3, 4, 5, DOUBLE),
)
ONE_FEATURE = ((2, 3), 4, 5, 1, 2, DOUBLE)
MASKS = [(4, 5), (2, 3, 4, 5), (3, 4, 5), (2, 1, 4, 5), (5,), (4, 1), (2, 1, 1, 5), ()]
# d_model, heads, batch, queries, keys.
SIZES = ((6, 2, 3, 4, 5, DOUBLE), (12, 4, 1, 7, 2, SINGLE), (9, 3, 2, 3, 6, DOUBLE))
every_layout = pytest.mark.parametrize("layout", LAYOUTS)
normalised = pytest.mark.parametrize("normalize", ["softmax", "sigmoid"])
each_input = pytest.mark.parametrize("which", [0, 1, 2], ids=["first", "second", "third"])


@task("softmax")
@pytest.mark.parametrize(
    ("shape", "dim"), [((1, 4), 1), ((3, 5), -1), ((3, 5), 0), ((2, 5, 3, 4), 1), ((2, 3, 4), -2)]
)
def check_softmax_along_every_axis(student, rng, device, shape, dim):
    """softmax is right along any axis of any shape, in float32 and float64"""
    x = _turned(rng, *shape, dtype=SINGLE if dim < 0 else DOUBLE)
    got = untouched(student.softmax)(x.to(device), dim)
    expected = torch.softmax(x.double(), dim).to(device, x.dtype)
    assert_close(got, expected, call("softmax", x=x, dim=dim))


@task("softmax")
@pytest.mark.parametrize("dtype", [SINGLE, DOUBLE])
def check_softmax_of_rows_far_apart(student, rng, device, dtype):
    """softmax is stable in every row by itself, large or small"""
    x = rng.integers(-3, 4, 4, 6) + torch.tensor([[10000], [-10000], [2000], [0]])
    got = student.softmax(x.to(device, dtype), 1)
    expected = torch.softmax(x.double(), 1).to(device, dtype)
    # x - logsumexp(x) is stable too: between 8192 and 16384 float32 has steps of 2 ** -10.
    assert_close(got, expected, call("softmax", x=x.to(dtype), dim=1), rtol=1e-3)


@task("scaled_dot_product")
@normalised
@every_layout
def check_attention_of_other_shapes(student, rng, device, layout, normalize):
    """output and weights are right for any lengths and leading dimensions"""
    q, k, v, *_ = _draw(rng, layout)
    the_call = call("scaled_dot_product_attention", q=q, k=k, v=v, normalize=normalize)
    function = untouched(student.scaled_dot_product_attention)
    got = _pair(function(*_on(device, q, k, v), normalize=normalize), the_call)
    _assert_results(got, _attend(q, k, v, None, normalize), v.to(device), the_call)


@task("scaled_dot_product")
@every_layout
def check_attention_is_that_of_torch(student, rng, device, layout):
    """the output is that of torch.nn.functional.scaled_dot_product_attention"""
    _compare_with_torch(student, device, _draw(rng, layout))


@task("scaled_dot_product")
@each_input
def check_gradients_through_attention(student, rng, device, which):
    """gradients flow back through the output to q, k and v"""
    _compare_gradients(student, device, _draw(rng, LAYOUTS[2]), which)


@task("masks")
@normalised
@pytest.mark.parametrize("shape", MASKS)
def check_masks_are_broadcast(student, rng, device, shape, normalize):
    """masks of any shape hold for the dimensions they lack; a query without keys gets zeros"""
    q, k, v, *_ = _draw(rng, ONE_FEATURE)
    mask = _mask(rng, *shape)
    the_call = call("scaled_dot_product_attention", q=q, k=k, v=v, mask=mask, normalize=normalize)
    function = untouched(student.scaled_dot_product_attention)
    got = _pair(function(*_on(device, q, k, v, mask), normalize=normalize), the_call)
    _assert_results(got, _attend(q, k, v, mask, normalize), v.to(device), the_call)


@task("masks")
@pytest.mark.parametrize("shape", [(4, 5), (2, 3, 4, 5)])
def check_masked_attention_is_that_of_torch(student, rng, device, shape):
    """the output is torch.nn.functional.scaled_dot_product_attention's under a mask, too"""
    _compare_with_torch(student, device, _draw(rng, ONE_FEATURE), _mask(rng, *shape))


@task("masks")
@each_input
def check_gradients_under_a_mask(student, rng, device, which):
    """gradients are right under a mask, and 0, not NaN, for a query without any key"""
    tensors, mask = _draw(rng, ONE_FEATURE), _mask(rng, 3, 4, 5)
    _compare_gradients(student, device, tensors, which, mask)


@task("attention_backward")
@pytest.mark.parametrize("masked", [False, True], ids=["without mask", "with mask"])
@every_layout
def check_gradients_of_other_shapes(student, rng, device, layout, masked):
    """dq, dk and dv are right for any lengths and leading dimensions, with and without a mask"""
    q, k, v, grad_output = _draw(rng, layout)
    mask = _mask(rng, *(*layout[0], *layout[1:3])[1:]) if masked else None
    the_call = call("attention_backward", grad_output=grad_output, q=q, k=k, v=v, mask=mask)
    options = {"mask": mask.to(device)} if masked else {}
    got = untouched(student.attention_backward)(*_on(device, grad_output, q, k, v), **options)
    if not isinstance(got, tuple | list) or len(got) != 3:
        raise the_call.failed("the result should be the tuple (dq, dk, dv)")
    expected = _gradients(partial(_attend, mask=mask), (q, k, v), grad_output)
    unmasked = _gradients(_attend, (q, k, v), grad_output)
    for name, entry, should, wrong in zip(("dq", "dk", "dv"), got, expected, unmasked, strict=True):
        hint = likely(entry, {UNUSED: wrong})
        assert_close(entry, should.to(device, q.dtype), the_call, what=name, hint=hint)


@task("multi_head")
@pytest.mark.parametrize("masked", [False, True], ids=["without mask", "with mask"])
@pytest.mark.parametrize("sizes", SIZES)
def check_multi_head_attention_is_that_of_torch(student, rng, device, sizes, masked):
    """with the same weights, output and weights are those of torch.nn.MultiheadAttention"""
    inputs, mask = _draw_sequences(rng, sizes), _mask(rng, *sizes[3:5])
    mask[:, 0] = True  # torch has NaN for a query without keys
    masks = {"mask": mask} if masked else {}
    the_call = _call_of_heads(sizes, inputs, **masks)
    model, layers = _model(student, rng, device, sizes)
    got = _pair(model(*_on(device, *inputs, *masks.values())), the_call)
    wrong_weights, wrong_output = _wrong_results(layers, inputs, sizes[1], **masks)
    hint = likely(got[1], wrong_weights) or likely(got[0], wrong_output)
    expected = _torch_attention(layers, inputs, sizes[1], **masks)
    _assert_results(got, expected, inputs[0].to(device), the_call, hint)


@task("multi_head")
@pytest.mark.parametrize("shape", [(4, 5), (3, 4, 5), (3, 1, 1, 5), (1, 2, 4, 5), (3, 2, 4, 5)])
def check_masks_of_heads(student, rng, device, shape):
    """masks of queries and keys, of a batch, or in the form of the weights hold in every head"""
    inputs, mask = _draw_sequences(rng, SIZES[0]), _mask(rng, *shape)
    the_call = _call_of_heads(SIZES[0], inputs, mask=mask)
    model, layers = _model(student, rng, device, SIZES[0])
    got = _pair(model(*_on(device, *inputs, mask)), the_call)
    full = mask[:, None] if mask.dim() == 3 else mask
    wrong = {INVERTED: _heads(layers, inputs, 2, ~full), UNUSED: _heads(layers, inputs, 2)}
    hint = likely(got[1], {sentence: results[1] for sentence, results in wrong.items()})
    _assert_results(got, _heads(layers, inputs, 2, full), inputs[0].to(device), the_call, hint)


@task("multi_head")
@each_input
def check_gradients_through_the_heads(student, rng, device, which):
    """gradients flow back through all heads to query, key and value"""
    inputs, grad = _draw_sequences(rng, SIZES[2]), rng.normal(2, 3, 9, dtype=DOUBLE)
    model, layers = _model(student, rng, device, SIZES[2])
    got = vjp(model, _on(device, *inputs), (grad.to(device), None))[which]
    expected = _gradients(lambda *leaves: _heads(layers, leaves, 3), inputs, grad)[which]
    what, the_call = f"the gradient at {INPUTS[which]}", _call_of_heads(SIZES[2], inputs)
    assert_close(got, expected.to(device), the_call, what=what, hint=STUCK)


@task("positions")
@pytest.mark.parametrize(("length", "d_model"), [(1, 2), (9, 6), (40, 16)])
def check_positions_of_other_sizes(student, length, d_model):
    """every entry is right for other lengths and widths"""
    got = student.sinusoidal_positions(length, d_model)
    the_call = call("sinusoidal_positions", length=length, d_model=d_model)
    assert_shape(got, (length, d_model), the_call)
    rates = 10000.0 ** (-torch.arange(0, d_model, 2, dtype=DOUBLE) / d_model)
    angles = torch.arange(length, dtype=DOUBLE)[:, None] * rates
    expected = torch.stack((angles.sin(), angles.cos()), -1).flatten(1)
    halves = torch.cat((angles.sin(), angles.cos()), 1)  # another order of the same waves
    like = torch.promote_types(got.dtype, SINGLE)
    if not likely(got, {"halves": halves}, atol=1e-4):
        assert_close(got, expected.to(got.device, like), the_call, rtol=1e-4, atol=1e-4)


@task("counting_model")
@normalised
@pytest.mark.parametrize(("vocab", "batch", "length"), [(3, 1, 9), (5, 4, 1), (2, 3, 6)])
def check_counter_of_other_sizes(student, rng, device, vocab, batch, length, normalize):
    """logits and weights have their shapes, and weights lie between 0 and 1, for other sizes"""
    tokens = rng.integers(0, vocab, length, batch).T
    the_call = call(f'CountingAttention({vocab}, 16, 9, "{normalize}")', tokens=tokens)
    _, weights = _counted(student, rng, device, (vocab, 16, 9, normalize), tokens, the_call)
    if not bool(((weights >= 0) & (weights <= 1 + 1e-5)).all()):
        raise the_call.failed("the weights do not all lie between 0 and 1, but should")


@task("counting_model")
@normalised
def check_counter_does_not_see_the_order(student, rng, device, normalize):
    """permuted tokens have the same logits and permuted weights, not the same weight for all"""
    order = torch.tensor([4, 2, 0, 5, 1, 3, 6])
    tokens = torch.cat((rng.integers(0, 3, 4), torch.arange(3)))[None]
    both = torch.cat((tokens, tokens[:, order]))
    the_call = call(f'CountingAttention(3, 16, 7, "{normalize}")', tokens=both)
    logits, weights = _counted(student, rng, device, (3, 16, 7, normalize), both, the_call)
    assert_close(logits[1], logits[0], the_call, what="logits of permuted tokens", atol=1e-4)
    assert_close(weights[1], weights[0][:, order], the_call, what="permuted weights", atol=1e-4)
    if float((weights - weights[:, :, -1:]).abs().max()) < 1e-6:
        raise the_call.failed("all tokens have the same weight, but should by their symbol")


@task("counting_training")
def check_seed_decides_the_training(student, device):
    """the same weights, steps and seed give the same trained weights"""
    the_call = call("train_counter", model="CountingAttention(4, 8, 10)", steps=30, seed=7)
    first, second = (student.CountingAttention(4, 8, 10) for _ in range(2))
    load(second, parameters(first) | buffers(first))
    before, trained = state_of(first), []
    for model in (first, second):
        model.to(device)
        student.train_counter(model, steps=30, seed=7)
        trained.append(parameters(model))
    if state_of(first).get("values") == before.get("values"):
        raise the_call.failed("the weights are those before the training, but should have changed")
    for name, one in trained[0].items():
        what = f"{name} of a second training"
        assert_close(trained[1].get(name), one, the_call, what=what, hint=SEEDED)


def _on(device, *tensors):
    return tuple(tensor.to(device) for tensor in tensors)


def _turned(rng, *shape, dtype):
    """Return a normal tensor of `shape` that is not contiguous."""
    return rng.normal(*shape[:-2], shape[-1], shape[-2], dtype=dtype).mT


def _draw(rng, layout):
    """Return q, k, v and a gradient at the output, none of them contiguous."""
    lead, queries, keys, features, values, dtype = layout
    shapes = (queries, features), (keys, features), (keys, values), (queries, values)
    return [_turned(rng, *lead, *one, dtype=dtype) for one in shapes]


def _draw_sequences(rng, sizes):
    d_model, _, batch, queries, keys, dtype = sizes
    return [_turned(rng, batch, n, d_model, dtype=dtype) for n in (queries, keys, keys)]


def _mask(rng, *shape):
    """Return a mask with both answers, and a query without keys where there is room."""
    mask = rng.uniform(*shape) < 0.6
    if mask.dim() and shape[-1] > 1:
        mask[..., 0], mask[..., -1] = True, False
    if mask.dim() > 1 and shape[-2] > 1:
        mask[..., shape[-2] // 2, :] = False
    return mask


def _call_of_heads(sizes, inputs, **mask):
    return call(f"MultiHeadAttention{sizes[:2]}", **dict(zip(INPUTS, inputs, strict=True)), **mask)


def _pair(got, the_call):
    if not isinstance(got, tuple | list) or len(got) != 2:
        raise the_call.failed("the result should be a tuple of two tensors, the weights second")
    return got


def _weights(scores, mask, normalize):
    mask = torch.ones_like(scores, dtype=torch.bool) if mask is None else mask
    if normalize == "sigmoid":
        return scores.sigmoid() * mask
    exponentials = (scores - scores.amax(-1, keepdim=True).detach()).exp() * mask
    return exponentials / exponentials.sum(-1, keepdim=True).clamp(min=1e-300)


def _attend(q, k, v, mask=None, normalize="softmax"):
    q, k, v = q.double(), k.double(), v.double()
    weights = _weights(q @ k.mT / math.sqrt(q.shape[-1]), mask, normalize)
    return weights @ v, weights


def _gradients(function, inputs, grad_output):
    """Return the gradients of <output, grad_output>, by torch, in float64."""
    leaves = [one.detach().double().requires_grad_() for one in inputs]
    return torch.autograd.grad((function(*leaves)[0] * grad_output).sum(), leaves)


def _compare_gradients(student, device, tensors, which, mask=None):
    (q, k, v, grad_output), masks = tensors, () if mask is None else (mask,)
    the_call = call("scaled_dot_product_attention", q=q, k=k, v=v, mask=mask)
    inputs, grads = _on(device, q, k, v, *masks), (grad_output.to(device), None)
    got = vjp(student.scaled_dot_product_attention, inputs, grads)[which]
    expected = _gradients(partial(_attend, mask=mask), (q, k, v), grad_output)[which]
    what = f"the gradient at {'qkv'[which]}"
    assert_close(got, expected.to(device), the_call, what=what, hint=STUCK)


def _compare_with_torch(student, device, tensors, mask=None):
    (q, k, v, _), masks = tensors, () if mask is None else (mask,)
    the_call = call("scaled_dot_product_attention", q=q, k=k, v=v, mask=mask)
    got = student.scaled_dot_product_attention(*_on(device, q, k, v, *masks))
    theirs = torch.nn.functional.scaled_dot_product_attention
    expected = theirs(q.double(), k.double(), v.double(), mask).to(device, q.dtype)
    assert_close(_pair(got, the_call)[0], expected, the_call, what="output")


def _assert_results(got, expected, like, the_call, hint=""):
    for what, is_, should in zip(("weights", "output"), got[::-1], expected[::-1], strict=True):
        assert_close(is_, should.to(like), the_call, what=what, hint=hint)


def _model(student, rng, device, sizes):
    """Return a model of the submission, and the weights and biases that it has been given."""
    d, model = sizes[0], student.MultiHeadAttention(*sizes[:2])
    drawn = {name: rng.normal(d, d + 1, dtype=DOUBLE) for name in LAYERS}
    # A layer without a bias is one whose bias is 0.
    biased = [name for name in LAYERS if f"{name}.bias" in parameters(model)]
    layers = {name: (one[:, 1:] / 2, one[:, 0] * (name in biased)) for name, one in drawn.items()}
    weights = {f"{name}.weight": layers[name][0] for name in LAYERS}
    model.to(device, sizes[-1])
    load(model, weights | {f"{name}.bias": layers[name][1] for name in biased})
    return model, layers


def _heads(layers, inputs, heads, mask=None, split=None):
    split = split or (lambda x: x.unflatten(-1, (heads, -1)).transpose(1, 2))
    projected = (linear(x.double(), *layers[w]) for x, w in zip(inputs, LAYERS[:3], strict=True))
    output, weights = _attend(*map(split, projected), mask)
    return linear(output.transpose(1, 2).flatten(2), *layers["w_o"]), weights


def _torch_attention(layers, inputs, heads, mask=None):
    options = {"batch_first": True, "dtype": DOUBLE}
    theirs = torch.nn.MultiheadAttention(inputs[0].shape[-1], heads, **options)
    weights, biases = zip(*(layers[name] for name in LAYERS[:3]), strict=True)
    joined = {"in_proj_weight": torch.cat(weights), "in_proj_bias": torch.cat(biases)}
    last = dict(zip(("out_proj.weight", "out_proj.bias"), layers["w_o"], strict=True))
    load(theirs, joined | last)
    options = {"attn_mask": None if mask is None else ~mask, "average_attn_weights": False}
    return theirs(*(x.double() for x in inputs), **options)


def _wrong_results(layers, inputs, heads, mask=None):
    """Return the weights, and the outputs, that known mistakes give."""
    (weight, bias), (query, *others) = layers["w_q"], inputs
    narrow = layers | {"w_q": (weight / math.sqrt(heads), bias / math.sqrt(heads))}
    twice = linear(query.double(), weight, bias), *others
    along = {"split": lambda x: x.reshape(len(x), heads, x.shape[1], -1)}
    neutral = layers | {"w_o": (torch.eye(len(weight), dtype=DOUBLE), None)}
    weights = {
        WRONG_SPLIT: _heads(layers, inputs, heads, mask, **along)[1],
        BY_D_MODEL: _heads(narrow, inputs, heads, mask)[1],
        TWICE: _heads(layers, twice, heads, mask)[1],
    }
    return weights, {NO_OUTPUT_LAYER: _heads(neutral, inputs, heads, mask)[0]}


def _counted(student, rng, device, options, tokens, the_call):
    """Return logits and weights of a new model, its parameters moved: queries may start at 0."""
    vocab, hidden, max_count, normalize = options
    model = student.CountingAttention(vocab, hidden, max_count, normalize=normalize)
    load(model, {name: p + rng.normal(*p.shape) / 4 for name, p in parameters(model).items()})
    model.to(device)
    model.eval()
    logits, weights = _pair(model(tokens.to(device)), the_call)
    assert_shape(logits, (len(tokens), vocab, max_count + 1), the_call, what="logits")
    assert_shape(weights, (len(tokens), vocab, tokens.shape[1]), the_call, what="weights")
    assert_dtype(weights, torch.float32, the_call, what="weights")
    return logits, weights
