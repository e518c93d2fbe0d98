"""Hidden checks of rnn_bptt: other sizes, dtypes and layouts, against torch's own networks.

Oracles run in float64 on the CPU: `torch.rnn_tanh` and `torch.lstm`, which are what `torch.nn.RNN`
and `torch.nn.LSTM` call, and autograd through them. What a known mistake would give comes from a
forward pass with a flaw in its graph.
"""

from __future__ import annotations

import math
from collections import namedtuple

import pytest
import torch

from autograder.kit import (
    assert_close,
    assert_dtype,
    assert_equal,
    assert_reaches,
    assert_record_fields,
    assert_shape,
    call,
    likely,
    task,
    untouched,
    vjp,
)

GATES = {"i": "input gate", "f": "forget gate", "g": "candidate", "o": "output gate"}
NEAR = {"rtol": 1e-3, "atol": 1e-3}  # an echo state network may compute in float32
RNN_KEYS = ("U", "W", "b", "V", "c", "x", "h0")
LSTM_KEYS = (*(f"{gate}.{key}" for gate in GATES for key in "UWb"), "V", "c", "x", "h0", "s0")
UPHILL = "the step goes uphill: subtract lr times the gradient"
MEAN = "the sequences share the parameters: sum over N, do not take the mean"
LAST_ONLY = "only the last step is there: every earlier step contributes too"
OWN_ONLY = "nothing is carried back: h(t) is also used by step t + 1"
OF_A = "the slope of tanh is 1 - h^2, of the state h, not of the sum a"
NO_SLOPE = "the slope of tanh, 1 - h^2, is missing"
W_AFTER = "W multiplies h(t-1), so its gradient has h(t-1), not h(t)"
TURNED = "W has to be transposed on the way back: in rows, dL/da @ W"
LOGITS = "grad_y belongs to y, so it has to pass through the softmax first"
NO_FORGET = "the forget path is missing: s(t-1) receives f(t) times the gradient of s(t)"
STATE_AFTER = "the forget gate multiplies s(t-1), not s(t)"
NOT_CARRIED = "the state is not carried: the forget gate multiplies s(t-1)"
SIGMOID = "the candidate is a tanh, not a sigmoid"
NO_OUTPUT = "the output gate is missing: h(t) = o(t) tanh(s(t))"
UNSCALED = "divide W by its largest absolute eigenvalue, then multiply by the spectral radius"

# Of a problem: no two sizes are alike. Of a case: 0 is left to chance.
Sizes = namedtuple("Sizes", "N T D H K dtype", defaults=(0, 0, 0, 0, 0, torch.float64))
CASES = (Sizes(T=20), Sizes(T=1), Sizes(N=1, T=7), Sizes(T=6, dtype=torch.float32))
every_case = pytest.mark.parametrize("case", CASES, ids=["T=20", "T=1", "N=1", "float32"])


@task("rnn_forward")
@every_case
def check_rnn_forward_agrees_with_torch(student, rng, device, case):
    """a, h and y are those of torch.nn.RNN and a softmax, from any h0, in float32 and float64"""
    given, _ = _draw(rng, _sizes(rng, case))
    p, x, h0 = _parted(given)
    got = untouched(student.rnn_forward)(*_on((x, h0, p), device))
    the_call, wide = call("rnn_forward", x=x, h0=h0), _on(given, "cpu", torch.float64)
    a, h, y = _parts(got, ("a", "h", "y"), the_call)
    hint = likely(h, {"it starts from h0, not from 0": _run(wide | {"h0": 0 * wide["h0"]})[1]})
    expected = (*_run(wide)[:2], _outputs(wide))
    for name, value, should in zip("ahy", (a, h, y), expected, strict=True):
        assert_close(value, should.to(device, x.dtype), the_call, what=name, hint=hint)


@task("final_step_loss")
@every_case
def check_loss_and_its_gradient(student, rng, device, case):
    """the loss is the mean over the sequences of their last step, and can be differentiated"""
    sizes = _sizes(rng, case)
    y = rng.normal(sizes.T, sizes.N, sizes.K, dtype=sizes.dtype).softmax(2).transpose(0, 1)
    each = (y[:, :, 0] - 0.5).square() - y[:, :, 1].log()
    wrong = {
        "the loss is summed over time; only the last step counts": each.sum(1).mean(),
        "take the mean over the sequences, not the sum": each[:, -1].sum(),
        "this is the loss of the first step": each[:, 0].mean(),
    }
    the_call, got = call("final_step_loss", y=y), untouched(student.final_step_loss)(y.to(device))
    assert_close(got, each[:, -1].mean().to(device), the_call, hint=likely(got, wrong))
    (grad,) = vjp(student.final_step_loss, [y.to(device)], torch.ones((), dtype=y.dtype))
    slope = torch.zeros_like(y)
    slope[:, -1, 0], slope[:, -1, 1] = 2 * y[:, -1, 0] - 1, -1 / y[:, -1, 1]
    assert_close(grad, (slope / sizes.N).to(device), the_call, what="the gradient of the loss")


@task("rnn_backward")
@every_case
@pytest.mark.parametrize("which", RNN_KEYS)
def check_rnn_gradients_agree_with_torch(student, rng, device, case, which):
    """every gradient is that of torch.nn.RNN, for one step and for twenty"""
    _check_gradient(student.rnn_backward, *_draw(rng, _sizes(rng, case)), which, device)


@task("steps")
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
def check_gradient_step_of_nested_parameters(student, rng, device, dtype):
    """every entry that has a gradient moves against it, at any depth, and no other does"""
    sizes = _sizes(rng, Sizes(T=2, dtype=dtype))
    (p, _), (grads, _) = (_draw(rng, sizes, "s0") for _ in range(2))
    p["deep"], grads["deep"] = {"er": {"a": p.pop("x")}}, {"er": {"a": grads["x"]}}
    del grads["f"]["W"], grads["g"], grads["V"]
    got = untouched(student.gradient_step)(_on(p, device), _on(grads, device), 0.1)
    the_call = call("gradient_step", p=p, grads=grads, lr=0.1)
    found, slopes, known = dict(_leaves(got)), dict(_leaves(grads)), dict(_leaves(p))
    assert_equal(sorted(found), sorted(known), the_call, what="the list of entries")
    for path, before in known.items():
        moved = 0.1 * slopes.get(path, torch.zeros_like(before))
        hint = likely(found[path], {UPHILL: before + moved})
        assert_close(found[path], (before - moved).to(device), the_call, what=path, hint=hint)


@task("lstm_forward")
@every_case
def check_lstm_forward_agrees_with_torch(student, rng, device, case):
    """h, s, all gates and y are those of torch.nn.LSTM, from any h0 and s0"""
    given, _ = _draw(rng, _sizes(rng, case), "s0")
    p, x, h0, s0 = _parted(given)
    got = untouched(student.lstm_forward)(*_on((x, h0, s0, p), device))
    the_call, wide = call("lstm_forward", x=x, h0=h0, s0=s0), _on(given, "cpu", torch.float64)
    h, s, gates, y = _parts(got, ("h", "s", "gates", "y"), the_call)
    hint = likely(h, {f: _run(wide, f)[0] for f in (NOT_CARRIED, SIGMOID, NO_OUTPUT)})
    right = _run(wide)
    expected = {**right[2], "s": right[1], "h": right[0], "y": _outputs(wide)}
    found = {**{k: _entry(gates, k, the_call, "gates") for k in GATES}, "s": s, "h": h, "y": y}
    for name, should in expected.items():
        assert_close(found[name], should.to(device, x.dtype), the_call, what=name, hint=hint)


@task("lstm_backward")
@every_case
@pytest.mark.parametrize("which", LSTM_KEYS)
def check_lstm_gradients_agree_with_torch(student, rng, device, case, which):
    """every gradient of every gate is that of torch.nn.LSTM, for one step and for twenty"""
    _check_gradient(student.lstm_backward, *_draw(rng, _sizes(rng, case), "s0"), which, device)


@task("gradient_by_lag")
@pytest.mark.parametrize(("cell", "bias"), [("rnn", 0), ("lstm", 0), ("lstm", 3)])
def check_decades_lost_in_fifty_steps(student, rng, threshold, device, cell, bias):
    """in fifty steps an RNN's gradient vanishes, and an LSTM's unless its forget gate is open"""
    states = ["s0"] if cell == "lstm" else []
    drawn = _parted(_draw(rng, Sizes(1, 1, 4, 32, 2), *states)[0])[0]
    p = _each(drawn, lambda weight: weight.to(device) * 3**-0.5)
    if bias:
        p["f"] = p["f"] | {"b": p["f"]["b"] + bias}
    the_call = call("gradient_norm_by_lag", cell=cell, p=p, length=50)
    got = untouched(student.gradient_norm_by_lag)(cell, p, 50)
    assert_shape(got, (50,), the_call)
    got = got.detach().to(torch.complex128)
    first, last = float(got[0].abs()), float(got[-1].abs())
    if not (0 < first < math.inf and last < math.inf):
        raise the_call.failed("the first norm should be above 0, and all of them finite")
    decades = math.log10(first) - math.log10(max(last, 1e-300))
    name, what = ("kept", "minus the decades lost") if bias else ("lost", "the decades lost")
    assert_reaches(-decades if bias else decades, threshold(name), the_call, what=what)


@task("echo_state")
def check_echo_state_network_remembers(student, rng, threshold, device):
    """a readout of the states recalls inputs of up to eight steps ago, in sequences it never saw"""
    signal = rng.uniform(4, 500, 1, dtype=torch.float64) - 0.5
    past = torch.cat([signal.roll(lag, 1) for lag in range(1, 9)], 2)[:, 8:]
    x, options = signal[:, 8:], {"hidden": 60, "radius": 0.9, "ridge": 1e-4}
    got = _predicted(student, x[:2], past[:2], x[2:], device, rng.integer(0, 10**6), **options)
    error = (got - past[2:])[:, 50:].square().mean() / past.var()
    what, the_call = "the share of the variance that is recalled", call("predict", x=x)
    assert_reaches(1 - float(error), threshold("memory"), the_call, what=what)


@task("echo_state")
def check_only_the_readout_is_learned(student, rng, device):
    """predictions are linear in the targets, and a large ridge leaves only a constant"""
    x, first, second = (rng.normal(2, 150, size, dtype=torch.float64) for size in (2, 3, 3))
    seed, the_call = rng.integer(0, 10**6), call("fit", x=x, y=first, ridge=0.01)
    targets = (2 * first - 3 * second, first, second)
    both, one, other = (_predicted(student, x, y, x, device, seed) for y in targets)
    what, hint = "the prediction for 2 y - 3 z", "all weights but the readout's stay as drawn"
    assert_close(both, 2 * one - 3 * other, the_call, what=what, hint=hint, **NEAR)
    shrunk = _predicted(student, x, first, x, device, seed, ridge=1e5)
    what = "the largest change of a prediction after ridge=1e5"
    change = float((shrunk - shrunk.mean((0, 1))).abs().max())
    assert_close(change, 0.0, call("fit", ridge=1e5), what=what, atol=0.02)


@task("echo_state")
def check_sequences_and_their_steps_are_separate(student, rng, device):
    """sequences of a batch do not touch one another, and the future does not change the past"""
    x, y = (rng.normal(2, 150, size, dtype=torch.float64) for size in (2, 3))
    seed, the_call = rng.integer(0, 10**6), call("predict", x=x)
    whole = _predicted(student, x, y, x, device, seed)
    parts = {"one sequence": (slice(1, 2),), "the first 60 steps": (slice(None), slice(60))}
    for name, part in parts.items():
        got, what = _predicted(student, x, y, x[part], device, seed), f"the prediction for {name}"
        assert_close(got, whole[part], the_call, what=f"{what} alone", **NEAR)


@task("echo_state")
def check_an_echo_fades_by_the_spectral_radius(student, rng, device):
    """an echo fades by about the spectral radius in each step, or faster where tanh is flat"""
    x, y = (rng.normal(1, 300, size, dtype=torch.float64) for size in (1, 3))
    quiet, seed, lasted = torch.zeros(2, 160, 1).double(), rng.integer(0, 10**6), 0
    quiet[1, 5] = 1
    for radius in (0.4, 0.8):
        got = _predicted(student, x, y, quiet, device, seed, hidden=60, radius=radius, ridge=0.1)
        echo, shorter = (got[1] - got[0])[6:].norm(dim=1), lasted
        lasted, ideal = int((echo > 0.01 * echo.max()).sum()), round(math.log(0.01, radius))
        if not shorter < lasted < 1.6 * ideal + 5:  # it may grow first, if W is not normal
            said = f"an echo is down to 1 % after {lasted} steps, but should be after about {ideal}"
            raise call("EchoStateNetwork", spectral_radius=radius).failed(said, UNSCALED)


def _sizes(rng, case):
    """Return the sizes of a case, with random ones for those that are 0."""
    left = [size for size in range(2, 8) if size != case.T]
    N, D, H, K = (left[i] for i in torch.randperm(len(left), generator=rng.generator)[:4])
    return case._replace(N=case.N or N, D=D, H=H, K=K)


def _draw(rng, sizes, *states):
    """Return parameters, x and states in one dict, all of them non-contiguous, and grad_y."""
    N, T, D, H, K, dtype = sizes
    shapes = {"U": (H, D), "W": (H, H), "b": (H,)}

    def normal(*shape, scale=1.0):
        drawn = rng.normal(*reversed(shape), dtype=dtype) * scale
        return drawn.permute(*reversed(range(len(shape))))

    def weights():
        return {key: normal(*shape, scale=H**-0.5) for key, shape in shapes.items()}

    given = {gate: weights() for gate in GATES} if states else weights()
    given |= {"V": normal(K, H), "c": normal(K), "x": normal(N, T, D)}
    given |= {name: normal(N, H) for name in ("h0", *states)}
    return given, normal(N, T, K)


def _parted(given):
    """Return the parameters, x and the states."""
    inputs = [given[name] for name in ("x", "h0", "s0") if name in given]
    return {name: v for name, v in given.items() if name not in ("x", "h0", "s0")}, *inputs


def _each(value, change):
    """Return tensors in dicts and tuples of any depth, each of them changed."""
    if isinstance(value, dict):
        return {name: _each(entry, change) for name, entry in value.items()}
    if isinstance(value, tuple):
        return tuple(_each(entry, change) for entry in value)
    return change(value)


def _on(value, device, dtype=None):
    return _each(value, lambda tensor: tensor.to(device, dtype))


def _leaves(tree, path=""):
    if not isinstance(tree, dict):
        return [(path.removesuffix("."), tree)]
    return [leaf for name in tree for leaf in _leaves(tree[name], f"{path}{name}.")]


def _entry(tree, path, the_call, what="the result"):
    for name in path.split("."):
        if not isinstance(tree, dict) or name not in tree:
            raise the_call.failed(f"{what} has no entry {path}, but should have one")
        tree = tree[name]
    return tree


def _parts(got, names, the_call):
    if not isinstance(got, tuple | list) or len(got) != len(names):
        raise the_call.failed(f"the result should be the tuple ({', '.join(names)})")
    return got


def _outputs(given):
    """Return y by torch's own network, which has one gate on another and a second bias."""
    parts = [given[gate] for gate in GATES] if "s0" in given else [given]
    U, W, b = (torch.cat([part[key] for part in parts]) for key in ("U", "W", "b"))
    states = [given[name][None] for name in ("h0", "s0") if name in given]
    options = ([U, W, b, torch.zeros_like(b)], True, 1, 0.0, False, False, True)
    network, hx = (torch.lstm, states) if len(states) == 2 else (torch.rnn_tanh, states[0])
    return torch.softmax(network(given["x"], hx, *options)[0] @ given["V"].T + given["c"], 2)


def _run(given, flaw=""):
    """Return what the forward pass returns; autograd through it makes the mistake `flaw`."""
    h, s, steps, last = given["h0"], given.get("s0"), [], given["x"].shape[1] - 1
    for t, x in enumerate(given["x"].unbind(1)):
        if s is None:
            a = _sum(given, h, x, flaw)
            if flaw == W_AFTER:
                a = a + _nothing((a.tanh() - h).detach() @ given["W"].T)
            h = _tanh(a, flaw)
            steps.append((a, h))
        else:
            h, s, gates = _lstm_step(given, h, s, x, flaw)
            steps.append((h, s, *gates))
        if flaw == LAST_ONLY and t < last:
            steps[-1] = tuple(value.detach() for value in steps[-1])
            h, s = h.detach(), s if s is None else s.detach()
    first, second, *gates = (torch.stack(value, 1) for value in zip(*steps, strict=True))
    if s is None:
        return first, second, _readout(given, second, flaw)
    return first, second, dict(zip(GATES, gates, strict=True)), _readout(given, first, flaw)


def _lstm_step(given, h, s, x, flaw):
    sums = {k: _sum(given[k], h, x, flaw) for k in GATES}
    candidate = "" if flaw == SIGMOID else "g"
    i, f, g, o = (sums[k].tanh() if k == candidate else sums[k].sigmoid() for k in GATES)
    o = torch.ones_like(o) if flaw == NO_OUTPUT else o
    before = {NO_FORGET: s.detach(), NOT_CARRIED: 0 * s}.get(flaw, s)
    after = f * before + i * g
    if flaw == STATE_AFTER:
        after = after + _nothing(f * (after - before).detach())
    return o * after.tanh(), after, (i, f, g, o)


def _nothing(value):
    """Return zeros through which autograd reaches `value`."""
    return value - value.detach()


def _sum(part, h, x, flaw):
    kept = h.detach() if flaw in (OWN_ONLY, TURNED) else h
    turned = _nothing(h @ part["W"].detach()) if flaw == TURNED else 0
    return part["b"] + kept @ part["W"].T + x @ part["U"].T + turned


def _tanh(a, flaw):
    slope = {NO_SLOPE: 1, OF_A: 1 - a.detach() ** 2}.get(flaw)
    return a.tanh() if slope is None else a.tanh().detach() + _nothing(a * slope)


def _readout(given, h, flaw):
    o = given["c"] + h @ given["V"].T
    return o.softmax(2).detach() + _nothing(o) if flaw == LOGITS else o.softmax(2)


def _gradients(outputs, given, grad_y):
    """Return all gradients by path, by autograd through `outputs`."""
    tree = _each(given, lambda leaf: leaf.clone().requires_grad_())
    paths, leaves = zip(*_leaves(tree), strict=True)
    found = torch.autograd.grad((outputs(tree) * grad_y).sum(), leaves, materialize_grads=True)
    return dict(zip(paths, found, strict=True))


def _check_gradient(function, given, grad_y, which, device):
    """Give the student's backward pass a forward pass of ours, and compare one gradient."""
    dtype, wide = grad_y.dtype, _on(given, "cpu", torch.float64)
    trace, (p, *inputs) = _on(_run(wide), device, dtype), _parted(_on(given, device))
    arguments = (*inputs, p, *((trace,) if "s0" in given else trace), grad_y.to(device))
    the_call = call(function.__name__, x=given["x"], grad_y=grad_y)
    got = _entry(untouched(function)(*arguments), which, the_call)
    right = _gradients(_outputs, wide, grad_y.double())
    should, turned = right[which], likely(got, {"it is transposed": lambda: right[which].mT})
    assert_shape(got, should.shape, the_call, what=which, hint=turned)
    assert_dtype(got, dtype, the_call, what=which)
    hint = turned or _cause(got, wide, grad_y, right, which)
    assert_close(got, should.to(device, dtype), the_call, what=which, hint=hint)


def _cause(got, given, grad_y, right, which):
    """Return what may be wrong with a gradient, told from its value, or ""."""
    is_lstm, flaws = "s0" in given, [LAST_ONLY, OWN_ONLY, TURNED, LOGITS]
    flaws += [NO_FORGET, STATE_AFTER] if is_lstm else [OF_A, NO_SLOPE, W_AFTER]
    wrong = {
        flaw: lambda flaw=flaw: _gradients(lambda g: _run(g, flaw)[-1], given, grad_y)[which]
        for flaw in flaws
    }
    gate, _, key = which.partition(".")
    others = {k: name for k, name in GATES.items() if key and k != gate}
    of_another = {f"this is the gradient of the {others[k]}": right[f"{k}.{key}"] for k in others}
    should, found = right[which], got.detach().cpu().double()
    factor = float((found * should).sum() / should.square().sum())
    plain = {"": should, "all entries are 0": 0 * should, "the sign is flipped": -should}
    plain[MEAN] = should / len(grad_y)
    scaled = {f"every entry is {factor:.4g} times what it should be": factor * should}
    return likely(got, {**plain, **of_another, **wrong, **scaled})


def _predicted(student, x, y, unseen, device, seed, *, hidden=20, radius=0.8, ridge=0.01):
    """Fit a network on x and y; return what it predicts for other sequences."""
    options = {"hidden_size": hidden, "spectral_radius": radius, "seed": seed}
    network = student.EchoStateNetwork(x.shape[2], *options.values())
    assert_record_fields(network, ["fit", "predict"], call("EchoStateNetwork", **options))
    fitted = network.fit(x.to(device), y.to(device), ridge)
    assert_record_fields(fitted, ["predict"], call("fit", x=x, y=y), hint="return self")
    got, the_call = fitted.predict(unseen.to(device)), call("predict", x=unseen)
    assert_shape(got, (*unseen.shape[:2], y.shape[2]), the_call)
    assert_dtype(got, unseen.dtype, the_call)
    if float(got.detach().std()) == 0:
        raise the_call.failed("all predictions are alike, but should follow x")
    return got.detach().cpu()
