"""Public checks of rnn_bptt: the worked example and its known mistakes, and small properties."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch.nn import functional

from autograder.kit import (
    assert_close,
    assert_dtype,
    assert_equal,
    assert_gradient,
    assert_record_fields,
    assert_shape,
    call,
    likely,
    task,
    untouched,
)

_double = partial(torch.tensor, dtype=torch.float64)

X = _double([[[1.0, 0], [0.5, 0.25], [0, 1]]])
ZERO = torch.zeros(1, 2, dtype=torch.float64)
CELL = {"U": _double([[-1, 0], [1, -2]]), "W": _double([[1, -1], [0, 2]]), "b": _double([-1, 1])}
READOUT = {"V": _double([[-2.0, 1], [-1, 0]]), "c": _double([0.5, -0.5])}
GATES = {"i": "input gate", "f": "forget gate", "g": "candidate", "o": "output gate"}
RNN = {**CELL, **READOUT, "x": X, "h0": ZERO}
LSTM = {**dict.fromkeys(GATES, CELL), **READOUT, "x": X, "h0": ZERO, "s0": ZERO}

RNN_Y1 = _double([0.9492160060, 0.9522199491, 0.9400112416])
RNN_GRADIENTS = {
    "b": _double([-0.009961388328776653, 0.4340099536336875]),
    "c": _double([0.9896358038, -0.9896358038]),
    "V": _double([[-0.9846649388, 0.7489143889], [0.9846649388, -0.7489143889]]),
    "W": _double([[0.0099360813, -0.0099003355], [-0.4313904474, 0.4298661080]]),
    "U": _double([[-0.0000237857, -0.0099271823], [0.0062501006, 0.4253245108]]),
}
LAST_ONLY = _double([-0.0099167618, 0.4228891687])
DIFFERENCE = _double([-0.009961388396373394, 0.43400995503928286])
LSTM_Y1 = _double([0.8350599757, 0.8640671121, 0.8343472799])
NOT_CARRIED = "the state is not carried: the forget gate multiplies s(t-1)"
TANH = "the candidate is a tanh, not a sigmoid"
WRONG_LSTM_Y1 = {
    f"{NOT_CARRIED}, not z(t); {TANH}": [0.8694537213, 0.8758141327, 0.8315436154],
    f"{NOT_CARRIED}, not z(t)": [0.8712194058, 0.8765571827, 0.8336312729],
    f"{NOT_CARRIED}; {TANH}": [0.8279376731, 0.8311523113, 0.7603374473],
    NOT_CARRIED: [0.8350599757, 0.8386654662, 0.7520902730],
    "the output gate is missing": [0.8587585976, 0.8840657036, 0.8864233516],
    TANH: [0.8279376731, 0.8591331162, 0.8280377872],
}
LSTM_S = _double(
    [[-0.1149149045, 0.8491126756], [-0.1162509405, 1.6462269465], [-0.1451693594, 1.4798875886]]
)
LSTM_BIASES = {
    "f": _double([0.001834211982, 0.053324067720]),
    "i": _double([0.015192028201, 0.048060340860]),
    "g": _double([-0.001673562314, 0.068480206113]),
    "o": _double([0.015352928396, 0.243676809920]),
}


@task("rnn_forward")
def check_rnn_forward_of_the_worked_example(student, device):
    """a, h and y of the worked example are those of the handout"""
    got = untouched(student.rnn_forward)(*_on((X, ZERO, _parted(RNN)[0]), device))
    the_call = call("rnn_forward", x=X, h0=ZERO)
    a, h, y = _parts(got, ("a", "h", "y"), the_call)
    sums = _double([[[-2.0, 2], [-3.42805516, 2.92805516], [-2.99218784, 0.98858326]]])
    near = {"rtol": 0, "atol": 1e-7}  # the handout has eight decimals
    assert_close(a, sums.to(device), the_call, what="a", **near)
    assert_close(h, sums.tanh().to(device), the_call, what="h", **near)
    assert_shape(y, (1, 3, 2), the_call, what="y")
    assert_close(y[0, :, 0], RNN_Y1.to(device), the_call, what="y[0, :, 0]")


@task("rnn_forward")
def check_rnn_forward_starts_at_h0_in_every_call(student, rng, device):
    """each call starts from its own h0, whatever was called before"""
    starts = {"the first step starts from h0, not from zeros": torch.zeros(2, 5).double()}
    for given, _ in (_draw(rng), _draw(rng)):
        p, x, h0 = _parted(given)
        got, the_call = student.rnn_forward(*_on((x, h0, p), device)), call("rnn_forward", x=x)
        _, h, _ = _parts(got, ("a", "h", "y"), the_call)
        hint = likely(h, {k: _states(given | {"h0": start}) for k, start in starts.items()})
        right = _states(given)
        assert_close(h, right.to(device), the_call, what="h", hint=hint)
        starts["it starts from the state of an earlier call, not from h0"] = right[:, -1]


@task("final_step_loss")
def check_loss_of_the_worked_example(student, device):
    """the loss of the worked example is 3.0072: only the last step counts"""
    y = _outputs(RNN)
    got = untouched(student.final_step_loss)(y.to(device))
    summed = "the loss is summed over time, 9.4348; only the last step counts, 3.0072"
    hint = likely(got, {summed: _double(9.434827012614068)})
    expected = _double(3.007207986556634).to(device)
    assert_close(got, expected, call("final_step_loss", y=y), hint=hint)


@task("finite_differences")
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
def check_central_difference_of_the_worked_example(student, device, dtype):
    """dL/db of the worked example is computed in float64, whatever the dtype of b"""
    b = RNN["b"].to(dtype)

    def loss(moved):
        assert_shape(moved, (2,), call("f"), what="what f is given")
        if moved.dtype is not torch.float32:  # which is told from the result
            assert_dtype(moved, torch.float64, call("f"), what="what f is given")
        last = _outputs({name: v.to(moved) for name, v in {**RNN, "b": moved}.items()})[0, -1]
        return (last[0] - 0.5).square() - last[1].log()

    the_call = call("central_difference", theta=b)
    got = untouched(student.central_difference)(loss, b.to(device))
    assert_shape(got, (2,), the_call)
    hint = _single_precision(got)
    assert_dtype(got, torch.float64, the_call, hint=hint)
    # Two losses near 3 differ by rounding of 1e-15, which the division by 2e-4 makes 1e-11.
    assert_close(got, DIFFERENCE.to(device), the_call, hint=hint, rtol=0, atol=1e-10)


@task("finite_differences")
@pytest.mark.parametrize("shape", [(), (4,), (3, 2), (2, 1, 3)], ids=str)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
@pytest.mark.parametrize("eps", [1e-4, 1e-2])
def check_central_difference_of_a_cubic(student, rng, device, shape, dtype, eps):
    """for a sum of cubes the difference is 3 theta^2 + eps^2, for theta of any shape and dtype"""
    theta = rng.normal(*shape[::-1], dtype=dtype).permute(tuple(range(len(shape)))[::-1])

    def cubes(moved):
        assert_shape(moved, shape, call("f"), what="what f is given")
        assert_dtype(moved, torch.float64, call("f"), what="what f is given")
        return moved.pow(3).sum()

    the_call = call("central_difference", theta=theta, eps=eps)
    got = untouched(student.central_difference)(cubes, theta.to(device), eps)
    theta = theta.double()
    square = 3 * theta.square()
    wrong = {
        "this is a forward difference": square + 3 * eps * theta + eps**2,
        "the distance between the two points is 2 eps": 2 * square + 2 * eps**2,
    }
    hint = likely(got, wrong, rtol=1e-6, atol=1e-8)
    assert_close(got, (square + eps**2).to(device), the_call, hint=hint)


@task("rnn_backward")
@pytest.mark.parametrize("which", RNN_GRADIENTS)
def check_rnn_gradients_of_the_worked_example(student, device, which):
    """the gradients of the worked example are those of the handout"""
    got, the_call = _backward(student.rnn_backward, RNN, _grad_y(_outputs(RNN)), device)
    value, hint = _entry(got, which, the_call), ""
    assert_shape(value, RNN_GRADIENTS[which].shape, the_call, what=which)
    if which == "b":
        earlier = "only the last step is there: every earlier step contributes too"
        hint = likely(value, {earlier: LAST_ONLY}, rtol=1e-6, atol=0) or _single_precision(value)
    assert_close(value, RNN_GRADIENTS[which].to(device), the_call, what=which, hint=hint)


@task("rnn_backward")
@pytest.mark.parametrize("which", ["U", "W", "b", "V", "c", "x", "h0"])
def check_rnn_gradients_of_a_batch(student, rng, device, which):
    """every gradient of a batch agrees with central differences"""
    _check_slope(student.rnn_backward, _draw(rng), which, device)


@task("steps")
def check_gradient_step_of_the_worked_example(student, device):
    """a step goes downhill in every coordinate; what has no gradient stays as it was"""
    p, grads = _parted(RNN)[0], {"b": RNN_GRADIENTS["b"], "x": X, "h0": ZERO}
    got = untouched(student.gradient_step)(_on(p, device), _on(grads, device), 0.002)
    the_call = call("gradient_step", p=p, grads=grads, lr=0.002)
    keys = sorted(map(str, got)) if isinstance(got, dict) else got
    assert_equal(keys, sorted(p), the_call, what="the list of keys")
    uphill = "the step goes uphill{}: subtract lr times the gradient; L should fall to 3.00683"
    wrong = {
        uphill.format(""): _double([-1.0000199228, 1.0008680199]),
        uphill.format(" in the first coordinate"): _double([-1.0000199228, 0.9991319801]),
        uphill.format(" in the second coordinate"): _double([-0.9999800772, 1.0008680199]),
    }
    hint = likely(got["b"], wrong, rtol=0, atol=1e-9)
    stepped = _double([-0.9999800772233425, 0.9991319800927326])
    assert_close(got["b"], stepped.to(device), the_call, what="b", hint=hint)
    for name in ("U", "W", "V", "c"):
        assert_close(got[name], p[name].to(device), the_call, what=name)


@task("steps")
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0, 2.5])
def check_clipping_by_the_norm_of_all(student, rng, device, share, dtype):
    """one factor, max_norm / norm, for all tensors, and only where their norm is too large"""
    b, W = (rng.normal(*shape, dtype=dtype) * (share > 0) for shape in ((3,), (2, 4)))
    norm = float(torch.cat([b, W.flatten()]).double().norm())
    max_norm, grads = share * norm or 1.0, {"b": b, "i": {"deep": {"W": W}}}
    the_call = call("clip_by_global_norm", grads=grads, max_norm=max_norm)
    got = untouched(student.clip_by_global_norm)(_on(grads, device), max_norm)
    clipped, before = _parts(got, ("grads", "norm"), the_call)
    if isinstance(before, torch.Tensor):
        assert_shape(before, (), the_call, what="norm")
        before = float(before.real)
    near = {"rtol": 1e-5 if dtype is torch.float32 else 1e-10}
    assert_close(before, norm, the_call, what="norm", hint="the norm before clipping", **near)
    factor = min(1.0, max_norm / norm) if norm else 1.0
    for path, leaf in (("b", b), ("i.deep.W", W)):
        value, own = _entry(clipped, path, the_call), leaf * min(1, max_norm / leaf.norm())
        hint = likely(value, {"each tensor is clipped by its own norm": own})
        assert_close(value, (leaf * factor).to(device), the_call, what=path, hint=hint, **near)


@task("lstm_forward")
def check_lstm_forward_of_the_worked_example(student, device):
    """y and s of the worked example, with the biases b at all gates, are those of the handout"""
    got = untouched(student.lstm_forward)(*_on((X, ZERO, ZERO, _parted(LSTM)[0]), device))
    the_call = call("lstm_forward", x=X, h0=ZERO, s0=ZERO)
    _, s, _, y = _parts(got, ("h", "s", "gates", "y"), the_call)
    assert_shape(y, (1, 3, 2), the_call, what="y")
    hint = likely(y[0, :, 0], {k: _double(v) for k, v in WRONG_LSTM_Y1.items()}, rtol=1e-6)
    assert_close(y[0, :, 0], LSTM_Y1.to(device), the_call, what="y[0, :, 0]", hint=hint)
    assert_close(s, LSTM_S[None].to(device), the_call, what="s")


@task("lstm_backward")
@pytest.mark.parametrize("gate", LSTM_BIASES)
def check_lstm_biases_of_the_worked_example(student, device, gate):
    """each gate's bias has its own gradient, that of the handout"""
    got, the_call = _backward(student.lstm_backward, LSTM, _grad_y(_outputs(LSTM)), device)
    value, what = _entry(got, f"{gate}.b", the_call), f'{gate}["b"]'
    known = "this is the gradient of {}, but should be that of the bias of the " + GATES[gate]
    wrong = {known.format(f"the {GATES[k]}'s bias"): LSTM_BIASES[k] for k in GATES if k != gate}
    wrong[known.format("one bias that all gates share")] = _double([0.030705606266, 0.413541424612])
    wrong[f"{NOT_CARRIED}, and each gate has a bias of its own"] = _double([0.02852644, 0.48818763])
    hint = likely(value, wrong, rtol=1e-6, atol=1e-9)
    assert_close(value, LSTM_BIASES[gate].to(device), the_call, what=what, hint=hint)


@task("lstm_backward")
@pytest.mark.parametrize("which", ["i.U", "f.W", "g.b", "o.W", "V", "c", "x", "h0", "s0"])
def check_lstm_gradients_of_a_batch(student, rng, device, which):
    """every gradient of a batch agrees with central differences"""
    _check_slope(student.lstm_backward, _draw(rng, "s0"), which, device)


@task("gradient_by_lag")
def check_lag_of_a_scaled_permutation(student, rng, device):
    """where W is 0.02 times a permutation and all units are alike, each step costs a factor"""
    W = 0.02 * torch.eye(4, dtype=torch.float64).roll(1, 0)
    p = {"U": torch.zeros(4, 3).double(), "W": W, "b": torch.full((4,), 0.1).double()}
    p |= {"V": rng.normal(2, 4).double(), "c": rng.normal(2).double()}
    the_call = call("gradient_norm_by_lag", cell="rnn", p=p, length=6)
    got = untouched(student.gradient_norm_by_lag)("rnn", _on(p, device), 6)
    assert_shape(got, (6,), the_call)
    ratios = got.detach().cpu().to(torch.complex128)
    ratios = (ratios / ratios[0]).real
    # Whatever state it starts from, h stays near 0.1017, where the slope of tanh is 0.98966.
    expected = (0.02 * 0.98966) ** torch.arange(6, dtype=torch.float64)
    hint = likely(ratios, {"lag 0 comes first": 1 / expected}, rtol=0.02, atol=0)
    what = "the list of ratios to the first entry"
    assert_close(ratios, expected, the_call, what=what, hint=hint, rtol=0.02, atol=0)


@task("echo_state")
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
def check_echo_state_network_is_decided_by_its_seed(student, rng, device, dtype):
    """fit returns the network, predict has the dtype of x, and the seed decides the weights"""
    x, y = rng.normal(2, 150, 2, dtype=dtype), rng.normal(2, 150, 3, dtype=dtype)
    found = []
    for seed in (5, 5, 6):
        network = student.EchoStateNetwork(2, 20, 0.8, seed)
        assert_record_fields(network, ["fit", "predict"], call("EchoStateNetwork", seed=seed))
        fitted = network.fit(x.to(device), y.to(device), 0.01)
        assert_record_fields(fitted, ["predict"], call("fit", x=x, y=y), hint="return self")
        found += [fitted.predict(x.to(device)), network.predict(x.to(device))]
        assert_shape(found[-2], (2, 150, 3), call("predict", x=x))
        assert_dtype(found[-2], dtype, call("predict", x=x))
        assert_close(found[-1], found[-2], call("predict", x=x), hint="fit returns self")
    the_call, what = call("EchoStateNetwork", seed=5), "the prediction of a second network"
    assert_close(found[2], found[0], the_call, what=what)
    if likely(found[4], {"alike": found[0]}):
        raise the_call.failed("another seed gives the same predictions, but should give others")


def _on(value, device):
    """Return tensors on a device, in dicts and tuples of any depth."""
    if isinstance(value, dict):
        return {name: _on(entry, device) for name, entry in value.items()}
    if isinstance(value, tuple):
        return tuple(_on(entry, device) for entry in value)
    return value.to(device)


def _parts(got, names, the_call):
    if not isinstance(got, tuple | list) or len(got) != len(names):
        raise the_call.failed(f"the result should be the tuple ({', '.join(names)})")
    return got


def _entry(tree, path, the_call):
    for name in path.split("."):
        if not isinstance(tree, dict) or name not in tree:
            raise the_call.failed(f"the result has no entry {path}, but should have one")
        tree = tree[name]
    return tree


def _draw(rng, *states):
    """Return parameters, x and states in one dict, and grad_y."""
    N, T, D, H, K = 2, 4, 3, 5, 6

    def weights(*shape):
        return rng.normal(*shape, dtype=torch.float64) / shape[-1] ** 0.5

    cells = [{"U": weights(H, D), "W": weights(H, H), "b": weights(H)} for _ in GATES]
    given = dict(zip(GATES, cells, strict=True)) if states else cells[0]
    given |= {"V": weights(K, H), "c": weights(K), "x": weights(N, T, D), "h0": weights(N, H)}
    return given | {name: weights(N, H) for name in states}, weights(N, T, K)


def _parted(given):
    """Return the parameters, x and the states."""
    inputs = [given[name] for name in ("x", "h0", "s0") if name in given]
    return {name: v for name, v in given.items() if name not in ("x", "h0", "s0")}, *inputs


def _states(given):
    """Return h at every step, by torch's own network."""
    parts = [given[gate] for gate in GATES] if "s0" in given else [given]
    U, W, b = (torch.cat([part[key] for part in parts]) for key in ("U", "W", "b"))
    states = [given[name][None] for name in ("h0", "s0") if name in given]
    options = ([U, W, b, torch.zeros_like(b)], True, 1, 0.0, False, False, True)
    if len(states) == 2:
        return torch.lstm(given["x"], states, *options)[0]
    return torch.rnn_tanh(given["x"], states[0], *options)[0]


def _outputs(given):
    return torch.softmax(functional.linear(_states(given), given["V"], given["c"]), 2)


def _trace(given):
    """Return what the forward pass returns, told from torch's own states."""
    h, y = _states(given), _outputs(given)
    before = torch.cat([given["h0"][:, None], h[:, :-1]], 1)

    def sums(part):
        both, weight = torch.cat([given["x"], before], 2), torch.cat([part["U"], part["W"]], 1)
        return functional.linear(both, weight, part["b"])

    if "s0" not in given:
        return sums(given), h, y
    gates = {k: sums(given[k]).tanh() if k == "g" else sums(given[k]).sigmoid() for k in GATES}
    return h, torch.atanh(h / gates["o"]), gates, y


def _grad_y(y):
    """Return the gradient of the loss of one sequence."""
    grad = torch.zeros_like(y)
    grad[0, -1] = torch.stack((2 * y[0, -1, 0] - 1, -1 / y[0, -1, 1]))
    return grad


def _backward(function, given, grad_y, device):
    """Call the student's backward pass with a forward pass of ours; return gradients and call."""
    trace, (p, *inputs) = _on(_trace(given), device), _parted(_on(given, device))
    passed = (trace,) if "s0" in given else trace
    got = untouched(function)(*inputs, p, *passed, grad_y.to(device))
    return got, call(function.__name__, x=given["x"], grad_y=grad_y)


def _check_slope(function, drawn, which, device):
    given, grad_y = drawn
    got, the_call = _backward(function, given, grad_y, device)
    name, _, key = which.partition(".")
    at = given[name][key] if key else given[name]
    value = _entry(got, which, the_call)
    assert_dtype(value, at.dtype, the_call, what=which)

    def loss(moved):
        entry = given[name] | {key: moved} if key else moved
        return (_outputs({**given, name: entry}) * grad_y).sum()

    assert_gradient(value.cpu(), loss, at, the_call, what=which)


def _single_precision(got):
    """Return a hint if these are differences of losses between 2 and 4 in float32, or ""."""
    steps = got.detach().cpu().to(torch.complex128).real / (2.0**-22 / 2e-4)
    whole = steps.round()
    if not bool(whole.any()) or not bool(((steps - whole).abs() < 1e-3).all()):
        return ""
    counts = " and ".join(str(int(count)) for count in whole)
    quantum = "2^-22 / (2 eps), the smallest difference that float32 can show here"
    return f"the loss was computed in float32: the entries are {counts} times {quantum}"
