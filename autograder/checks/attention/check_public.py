"""Public checks of attention: examples on paper, central differences, and a model that counts."""

from __future__ import annotations

import math

import pytest
import torch

from autograder.kit import (
    assert_close,
    assert_dtype,
    assert_equal,
    assert_gradient,
    assert_reaches,
    assert_shape,
    call,
    likely,
    load,
    parameters,
    raises,
    state_of,
    task,
    untouched,
    vjp,
)

STEPS = 2000  # the handout's
LENGTH = 10
LAYERS = ("w_q", "w_k", "w_v", "w_o")
OVER_QUERIES = "the softmax runs over the queries; the weights of one query sum to 1"
UNSCALED = "the scores are not divided by the root of d"
BY_D = "the scores are divided by d, but should be by its root"
INVERTED = "the mask is inverted: True is where a query may attend"
UNUSED = "the mask is not used"
AFTERWARDS = "the mask comes after the softmax: what is left does not sum to 1"
NOT_A_NUMBER = "a query that may attend to nothing has the weights 0 and the output 0"
NO_SHIFT = "exp overflows, or all of a row underflow: subtract the row's largest entry first"
NO_ROW_SUMS = "the sum of P * dP over each row is missing: an entry moves its whole row"
COUNTS = torch.tensor([[1.0, 2, 5], [3, 2, 5]])

# Scores of the example are k[:, 0] and k[:, 1]: the root of d is 2, and takes away the 2 of q.
Q = torch.tensor([[2.0, 0, 0, 0], [0, 2, 0, 0]])
K = torch.tensor([[1.0, 3, 1, 1], [2, 1, 1, 1], [1, 4, 1, 1]]).log()
V = torch.tensor([[1.0, 0], [2, 4], [3, 8]])
EXAMPLE = {
    "softmax": (
        torch.tensor([[2.0, 4], [2.125, 4.5]]),
        torch.tensor([[0.25, 0.5, 0.25], [0.375, 0.125, 0.5]]),
    ),
    "sigmoid": (
        torch.tensor([[10 / 3, 20 / 3], [4.15, 8.4]]),
        torch.tensor([[1 / 2, 2 / 3, 1 / 2], [3 / 4, 1 / 2, 4 / 5]]),
    ),
}


@task("softmax")
@pytest.mark.parametrize("dim", [0, 1])
def check_softmax_of_the_worked_example(student, device, dim):
    """softmax of logarithms gives the shares of the numbers, along the axis it is told"""
    x = COUNTS.log()
    the_call = call("softmax", x=x, dim=dim)
    got = untouched(student.softmax)(x.to(device), dim)
    wrong = {
        "it runs along the other axis": COUNTS / COUNTS.sum(1 - dim, keepdim=True),
        "all entries together sum to 1": COUNTS / COUNTS.sum(),
        "it returns the logarithm of the softmax": (COUNTS / COUNTS.sum(dim, keepdim=True)).log(),
    }
    expected = (COUNTS / COUNTS.sum(dim, keepdim=True)).to(device)
    assert_close(got, expected, the_call, hint=likely(got, wrong))


@task("softmax")
def check_softmax_of_large_numbers(student, device):
    """softmax of numbers as large as 10000 or -10000 is finite and right"""
    x = torch.tensor([[1e4, 1e4, -1e4], [-1e4, -1e4, -1e4]])
    the_call = call("softmax", x=x, dim=1)
    got = student.softmax(x.to(device), 1)
    expected = torch.tensor([[0.5, 0.5, 0], [1 / 3, 1 / 3, 1 / 3]], device=device)
    # x - logsumexp(x) is stable too: between 8192 and 16384 float32 has steps of 2 ** -10.
    assert_close(got, expected, the_call, rtol=1e-3, hint=NO_SHIFT)


@task("scaled_dot_product")
@pytest.mark.parametrize("normalize", ["softmax", "sigmoid"])
def check_attention_of_the_worked_example(student, device, normalize):
    """output and weights are those of the worked example in the handout"""
    the_call = call("scaled_dot_product_attention", q=Q, k=K, v=V, normalize=normalize)
    function = untouched(student.scaled_dot_product_attention)
    got = function(*_on(device, Q, K, V), normalize=normalize)
    output, weights = _pair(got, the_call)
    expected_output, expected_weights = EXAMPLE[normalize]
    hint = likely(weights, _wrong_weights(normalize))
    assert_close(weights, expected_weights.to(device), the_call, what="weights", hint=hint)
    assert_close(output, expected_output.to(device), the_call, what="output")


@task("scaled_dot_product")
@pytest.mark.parametrize("which", ["q", "k", "v"])
def check_gradient_of_attention(student, rng, device, which):
    """the gradient that flows back through the attention agrees with central differences"""
    inputs = _small_attention(rng)
    grad_output = rng.normal(2, 5, dtype=torch.float64)
    the_call = call("scaled_dot_product_attention", **inputs)
    function = student.scaled_dot_product_attention
    on_device = _on(device, *inputs.values())
    got = vjp(function, on_device, (grad_output.to(device), None))[list(inputs).index(which)]
    assert_gradient(
        got,
        lambda moved: (_attend(**inputs | {which: moved})[0] * grad_output).sum(),
        inputs[which],
        the_call,
        what=f"the gradient at {which}",
    )


@task("masks")
def check_masks_of_the_worked_example(student, device):
    """weights are 0 where the mask is False; the rest sums to 1, or is 0 where nothing is left"""
    # With one feature there is nothing to divide by: the scores are ln 1, ln 2, ln 3, times q.
    q, k = torch.tensor([[1.0], [1], [2]]), torch.tensor([[1.0], [2], [3]]).log()
    mask = torch.tensor([[True, True, False], [False, False, False], [True, False, True]])
    v = torch.tensor([[3.0, 0], [6, 0], [0, 10]])
    the_call = call("scaled_dot_product_attention", q=q, k=k, v=v, mask=mask)
    function = untouched(student.scaled_dot_product_attention)
    output, weights = _pair(function(*_on(device, q, k, v, mask)), the_call)
    row = [1 / 6, 2 / 6, 3 / 6]
    unmasked = torch.tensor([row, row, [1 / 14, 4 / 14, 9 / 14]])
    inverted = torch.tensor([[0, 0, 1], row, [0, 1, 0]])
    wrong = {INVERTED: inverted, AFTERWARDS: unmasked * mask, UNUSED: unmasked}
    expected = torch.tensor([[1 / 3, 2 / 3, 0], [0, 0, 0], [0.1, 0, 0.9]], device=device)
    hint = likely(weights, wrong) or _nan_hint(weights, expected.shape)
    assert_close(weights, expected, the_call, what="weights", hint=hint)
    expected = torch.tensor([[5.0, 0], [0, 0], [0.3, 9]], device=device)
    assert_close(output, expected, the_call, what="output")


@task("masks")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.uint8, torch.int64])
def check_masks_are_bool(student, rng, device, dtype):
    """a mask of another dtype than bool is refused with a ValueError"""
    mask = torch.tensor([[1, 1, 0], [0, 1, 1]], dtype=dtype)
    q, k, v = rng.normal(2, 1), rng.normal(3, 1), rng.normal(3, 2)
    the_call = call("scaled_dot_product_attention", q=q, k=k, v=v, mask=mask)
    hint = "1 and 0 may mean attend and not, or 0 and -inf be added: a bool mask cannot be misread"
    with raises(ValueError, the_call, hint=hint):
        student.scaled_dot_product_attention(*_on(device, q, k, v, mask))


@task("attention_backward")
@pytest.mark.parametrize("which", ["dq", "dk", "dv"])
def check_gradients_by_central_differences(student, rng, device, which):
    """each of dq, dk and dv agrees with central differences"""
    inputs = _small_attention(rng)
    grad_output = rng.normal(2, 5, dtype=torch.float64)
    the_call = call("attention_backward", grad_output=grad_output, **inputs)
    function = untouched(student.attention_backward)
    got = function(*_on(device, grad_output, *inputs.values()))
    if not isinstance(got, tuple | list) or len(got) != 3:
        raise the_call.failed("the result should be the tuple (dq, dk, dv)")
    entry, name = got[("dq", "dk", "dv").index(which)], which[1]
    assert_gradient(
        entry,
        lambda moved: (_attend(**inputs | {name: moved})[0] * grad_output).sum(),
        inputs[name],
        the_call,
        what=which,
        hint=likely(entry, _wrong_gradients(grad_output, which, **inputs)),
    )


@task("multi_head")
def check_one_feature_and_one_head(student, device):
    """with identity projections and one feature the weights are softmax(x xᵀ)"""
    x = torch.tensor([[[0.0], [1], [2]]])
    the_call = call("MultiHeadAttention(1, 1)", query=x, key=x, value=x)
    model = student.MultiHeadAttention(1, 1)
    _load(model, {layer: (torch.ones(1, 1), torch.zeros(1)) for layer in LAYERS})
    model.to(device)
    output, weights = _pair(model(*_on(device, x, x, x)), the_call)
    expected = torch.softmax(x[0] @ x[0].T, 1)
    wrong = {OVER_QUERIES: torch.softmax(x[0] @ x[0].T, 0)[None, None]}
    hint = likely(weights, wrong)
    assert_close(weights, expected[None, None].to(device), the_call, what="weights", hint=hint)
    sums = (expected @ x[0])[None].to(device)
    assert_close(output, sums, the_call, what="output")


@task("multi_head")
def check_heads_are_slices_of_the_features(student, rng, device):
    """with identity projections, head h attends with its own slice of the features"""
    inputs = rng.normal(2, 3, 6), rng.normal(2, 4, 6), rng.normal(2, 4, 6)
    the_call = call("MultiHeadAttention(6, 2)", query=inputs[0], key=inputs[1], value=inputs[2])
    model = _identity_heads(student, device)
    output, weights = _pair(model(*_on(device, *inputs)), the_call)
    expected_output, expected_weights = _slices(*inputs)
    one_head = _attend(*inputs)[1]
    wrong = {"all heads see all features": torch.stack((one_head, one_head), 1)}
    hint = likely(weights, wrong)
    assert_close(weights, expected_weights.to(device), the_call, what="weights", hint=hint)
    mixed = expected_output.unflatten(-1, (2, 3)).transpose(-1, -2).flatten(-2)
    hint = likely(output, {"the heads lie side by side in the features, in order": mixed})
    assert_close(output, expected_output.to(device), the_call, what="output", hint=hint)


@task("multi_head")
def check_permuted_sequence_has_permuted_results(student, rng, device):
    """attention of a sequence to itself does not see its order: permuted in, permuted out"""
    x, order = rng.normal(2, 5, 6), torch.tensor([3, 0, 4, 1, 2])
    moved = x[:, order]
    the_call = call("MultiHeadAttention(6, 2)", query=moved, key=moved, value=moved)
    model = _identity_heads(student, device)
    output, weights = _pair(model(*_on(device, moved, moved, moved)), the_call)
    expected_output, expected_weights = _slices(x, x, x)
    permuted = expected_weights[:, :, order][..., order].to(device)
    assert_close(weights, permuted, the_call, what="weights")
    assert_close(output, expected_output[:, order].to(device), the_call, what="output")


@task("positions")
def check_first_positions(student):
    """the first four positions of four features are those of the formula"""
    slow = [t / 100 for t in range(4)]
    rows = [[math.sin(t), math.cos(t), math.sin(s), math.cos(s)] for t, s in enumerate(slow)]
    expected = torch.tensor(rows)
    wrong = {
        "cosines stand where sines belong": expected[:, [1, 0, 3, 2]],
        "the second wave is 10000^(2 i / d_model) slower, i counting pairs": _waves(4, 4, 1),
    }
    got = student.sinusoidal_positions(4, 4)
    _assert_waves(got, expected, call("sinusoidal_positions", length=4, d_model=4), wrong)


@task("counting_model")
@pytest.mark.parametrize("normalize", ["sigmoid", "softmax"])
def check_counter_has_a_query_for_each_symbol(student, rng, device, normalize):
    """the counter gives logits of every count of every symbol, and the weights of every token"""
    tokens = rng.integers(0, 4, 5, 7)
    the_call = call(f'CountingAttention(4, 8, 6, "{normalize}")', tokens=tokens)
    model = student.CountingAttention(4, 8, 6, normalize=normalize)
    model.to(device)
    model.eval()
    logits, weights = _pair(model(tokens.to(device)), the_call)
    assert_shape(logits, (5, 4, 7), the_call, what="logits", hint="a class for 0 ... max_count")
    assert_dtype(logits, torch.float32, the_call, what="logits")
    assert_shape(weights, (5, 4, 7), the_call, what="weights")
    sums = weights.double().sum(-1).cpu()
    if normalize == "softmax":
        hint = "are they sigmoids, or do they sum to 1 over the queries?"
        ones = torch.ones(5, 4, dtype=torch.float64)
        assert_close(sums, ones, the_call, what="the sum of weights", atol=1e-4, hint=hint)
    elif bool(((sums - 1).abs() < 1e-4).all()):
        hint = "a sigmoid decides about each token by itself"
        raise the_call.failed("the weights of each query sum to 1, but should be sigmoids", hint)


@task("counting_model")
def check_softmax_cannot_tell_how_many(student, rng, device):
    """with softmax a sequence written twice has the same logits: a mean does not grow with n"""
    tokens = rng.integers(0, 3, 4, 5)
    twice = tokens.repeat(1, 2)
    the_call = call('CountingAttention(3, 16, 10, "softmax")', tokens=twice)
    model = student.CountingAttention(3, 16, 10, normalize="softmax")
    model.to(device)
    model.eval()
    with torch.no_grad():
        once, _ = _pair(model(tokens.to(device)), the_call)
        got, _ = _pair(model(twice.to(device)), the_call)
    assert_shape(once, (4, 3, 11), the_call, what="logits of one half")
    hint = "do the weights of each query sum to 1 over the tokens?"
    assert_close(got, once, the_call, what="logits", atol=1e-4, hint=hint)


@task("counting_training")
def check_trained_counter_counts(student, rng, device, threshold):
    """trained as the handout says, a counter with sigmoid attention counts three symbols"""
    the_call = call(
        "train_counter", model="CountingAttention(3, 32, 10)", steps=STEPS, length=LENGTH
    )
    model = student.CountingAttention(3, 32, LENGTH)
    model.to(device)
    student.train_counter(model, steps=STEPS, seed=rng.integer(0, 10**6))
    model.eval()
    tokens = rng.integers(0, 3, 500, LENGTH)
    counts = torch.stack([(tokens == symbol).sum(1) for symbol in range(3)], 1)
    with torch.no_grad():
        logits, _ = _pair(model(tokens.to(device)), the_call)
    assert_shape(logits, (500, 3, LENGTH + 1), the_call, what="logits of the trained model")
    assert_dtype(logits, torch.float32, the_call, what="logits of the trained model")
    share = float((logits.argmax(-1).cpu() == counts).double().mean())
    assert_reaches(share, threshold("accuracy"), the_call, what="the share of right counts")


@task("counting_training")
def check_model_is_trained_in_place(student, device):
    """the model itself is trained and returned, its mode and requires_grad as they were"""
    the_call = call("train_counter", model="CountingAttention(5, 8, 10)", steps=3, seed=0)
    model = student.CountingAttention(5, 8, 10)
    model.to(device)
    model.eval()
    before = state_of(model)
    found = parameters(student.train_counter(model, steps=3, seed=0))
    after = state_of(model)
    for part in ("training", "requires_grad"):
        assert_equal(after.get(part), before.get(part), the_call, what=f"{part} by name")
    for name, own in parameters(model).items():
        assert_close(found.get(name), own, the_call, what=f"the returned model's {name}")


def _on(device, *tensors):
    return tuple(tensor.to(device) for tensor in tensors)


def _pair(got, the_call):
    if not isinstance(got, tuple | list) or len(got) != 2:
        raise the_call.failed("the result should be a tuple of two tensors, the weights second")
    return got


def _small_attention(rng):
    shapes = {"q": (2, 4), "k": (3, 4), "v": (3, 5)}
    return {name: rng.normal(*shape, dtype=torch.float64) for name, shape in shapes.items()}


def _attend(q, k, v):
    weights = torch.softmax(q @ k.mT / math.sqrt(q.shape[-1]), -1)
    return weights @ v, weights


def _wrong_weights(normalize):
    scores = Q @ K.T
    if normalize == "sigmoid":
        wrong = {UNSCALED: scores.sigmoid(), BY_D: (scores / 4).sigmoid()}
        return wrong | {"these are the weights of softmax": EXAMPLE["softmax"][1]}
    return {
        OVER_QUERIES: torch.softmax(scores / 2, 0),
        UNSCALED: torch.softmax(scores, 1),
        BY_D: torch.softmax(scores / 4, 1),
    }


def _wrong_gradients(grad_output, which, q, k, v):
    """Return what known mistakes give for one of the gradients."""
    p = _attend(q, k, v)[1]
    dp = grad_output @ v.mT
    ds = p * (dp - (p * dp).sum(-1, keepdim=True))
    if which == "dv":
        return {"dP is multiplied where the weights P belong": dp.mT @ grad_output}
    towards = (lambda s: s @ k) if which == "dq" else (lambda s: s.mT @ q)
    return {
        NO_ROW_SUMS: towards(p * dp) / 2,
        "the way back is divided by the root of d, too": towards(ds),
        "the softmax is skipped on the way back": towards(dp) / 2,
    }


def _nan_hint(got, shape):
    if not isinstance(got, torch.Tensor) or got.shape != shape or not bool(got.isnan().any()):
        return ""
    return NOT_A_NUMBER


def _load(model, layers):
    """Load weights, and biases into the layers that have one."""
    known = parameters(model)
    weights = {f"{name}.weight": weight for name, (weight, _) in layers.items()}
    biases = {f"{name}.bias": bias for name, (_, bias) in layers.items()}
    load(model, weights | {name: bias for name, bias in biases.items() if name in known})


def _identity_heads(student, device):
    model = student.MultiHeadAttention(6, 2)
    _load(model, {layer: (torch.eye(6), torch.zeros(6)) for layer in LAYERS})
    return model.to(device)


def _slices(*inputs):
    """Return output and weights of two heads with identity projections."""
    parts = [_attend(*(one.split(3, -1)[head] for one in inputs)) for head in (0, 1)]
    outputs, weights = zip(*parts, strict=True)
    return torch.cat(outputs, -1), torch.stack(weights, 1)


def _waves(length, d_model, factor=2):
    steps = torch.arange(d_model // 2, dtype=torch.float64) * factor / d_model
    angles = torch.arange(length, dtype=torch.float64)[:, None] / 10000**steps
    return torch.stack((angles.sin(), angles.cos()), -1).flatten(1)


def _assert_waves(got, expected, the_call, wrong):
    """Compare with waves, in single or double; all sines before all cosines are as good."""
    assert_shape(got, expected.shape, the_call)
    halves = torch.cat((expected[:, 0::2], expected[:, 1::2]), 1)
    if not likely(got, {"in halves": halves}):
        expected = expected.to(got.device, torch.promote_types(got.dtype, torch.float32))
        assert_close(got, expected, the_call, rtol=1e-4, atol=1e-4, hint=likely(got, wrong))
