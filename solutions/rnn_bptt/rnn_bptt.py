"""Run recurrent networks forward, differentiate them by hand, step downhill, and watch them forget.

Notation: N sequences of T steps with D features each; H hidden units, K outputs. x is (N, T, D), a
state (N, H), the states of all steps (N, T, H). Tensors are float32 or float64, all arguments of a
call alike; results have their dtype and are on their device. Arguments are left as they were.

Parameters come in dicts. Of an RNN: p["U"] (H, D), p["W"] (H, H), p["b"] (H,), p["V"] (K, H) and
p["c"] (K,). Of an LSTM: p["i"], p["f"], p["g"], p["o"], each a dict of U, W and b as above, and the
readout p["V"], p["c"]. Vectors are columns in the formulas and rows in the tensors, so that W h
becomes h @ W.T.

"By hand" means without autograd. Equations are numbered as in Goodfellow, Bengio, Courville, Deep
Learning, 2016.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

GATES = ("i", "f", "g", "o")  # input gate, forget gate, candidate, output gate


def rnn_forward(
    x: torch.Tensor, h0: torch.Tensor, p: dict[str, torch.Tensor]
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Run a recurrent network over all steps of its sequences.

    a(t) = b + W h(t-1) + U x(t),  h(t) = tanh(a(t)),  y(t) = softmax(c + V h(t)),  h(0) = h0

    Args:
        x: float32 or float64 (N, T, D), the sequences.
        h0: (N, H), the state before the first step.
        p: U (H, D), W (H, H), b (H,), V (K, H) and c (K,).

    Returns:
        tuple (a, h, y): (N, T, H), (N, T, H) and (N, T, K).

    Source: eq. 10.8 to 10.11.
    """
    # BEGIN SOLUTION
    state, sums, states = h0, [], []
    for x_t in x.unbind(1):
        sums.append(p["b"] + state @ p["W"].T + x_t @ p["U"].T)
        state = torch.tanh(sums[-1])
        states.append(state)
    a, h = torch.stack(sums, dim=1), torch.stack(states, dim=1)
    return a, h, _readout(h, p)
    # END SOLUTION


def final_step_loss(y: torch.Tensor) -> torch.Tensor:
    """Return the loss of the last step: mean over n of (y[n, T, 1] - 1/2)^2 - log y[n, T, 2].

    Outputs are counted from 1 here, as in the handout. Differentiable.

    Args:
        y: float32 or float64 (N, T, K), probabilities, K >= 2.

    Returns:
        A 0-d tensor.
    """
    # BEGIN SOLUTION
    last = y[:, -1]
    return ((last[:, 0] - 0.5).square() - last[:, 1].log()).mean()
    # END SOLUTION


def central_difference(
    f: Callable[[torch.Tensor], torch.Tensor], theta: torch.Tensor, eps: float = 1e-4
) -> torch.Tensor:
    """Approximate the gradient of f at theta: (f(theta + eps e) - f(theta - eps e)) / (2 eps).

    e is 1 at one entry and 0 elsewhere, and every entry has its turn. All of it is computed in
    float64: f is given float64 tensors, whatever the dtype of theta.

    Args:
        f: maps a tensor of theta's shape to a 0-d tensor of the same dtype.
        theta: float32 or float64 (...), any shape.
        eps: half of the distance between the two points.

    Returns:
        float64 (...), of theta's shape.
    """
    # BEGIN SOLUTION
    point = theta.detach().to(torch.float64)
    slopes = []
    for index in range(point.numel()):
        step = torch.zeros(point.numel(), dtype=torch.float64, device=point.device)
        step[index] = eps
        step = step.reshape(point.shape)
        slopes.append((f(point + step) - f(point - step)) / (2 * eps))
    return torch.stack(slopes).reshape(point.shape)
    # END SOLUTION


def rnn_backward(
    x: torch.Tensor,
    h0: torch.Tensor,
    p: dict[str, torch.Tensor],
    a: torch.Tensor,
    h: torch.Tensor,
    y: torch.Tensor,
    grad_y: torch.Tensor,
) -> dict[str, torch.Tensor]:
    """Differentiate `rnn_forward` by hand: backpropagation through time.

    Args:
        x: (N, T, D), what `rnn_forward` was given.
        h0: (N, H), likewise.
        p: U (H, D), W (H, H), b (H,), V (K, H) and c (K,), likewise.
        a, h: (N, T, H), what it returned.
        y: (N, T, K), likewise.
        grad_y: (N, T, K), the gradient of a loss with respect to y, at every step.

    Returns:
        The gradients of that loss with respect to "U" (H, D), "W" (H, H), "b" (H,), "V" (K, H),
        "c" (K,), "x" (N, T, D) and "h0" (N, H). The sequences share the parameters: sum over N.

    Source: section 10.2.2, eq. 10.17 to 10.28.

    Hint: walk from the last step to the first, and carry along what h(t) receives from step t + 1.
    """
    # BEGIN SOLUTION
    grads, grad_h = _readout_backward(h, p, y, grad_y)
    grad_a, carried = torch.zeros_like(h), torch.zeros_like(h0)
    for t in reversed(range(x.shape[1])):
        # As 1 - h * h, the slope would lose digits where h is close to 1 or -1.
        grad_a[:, t] = (grad_h[:, t] + carried) * (1 - h[:, t]) * (1 + h[:, t])
        carried = grad_a[:, t] @ p["W"]
    grads |= _affine_backward(grad_a, x, _shifted(h0, h))
    return grads | {"x": grad_a @ p["U"], "h0": carried}
    # END SOLUTION


def gradient_step(p: dict, grads: dict, lr: float) -> dict:
    """Take one step downhill: p - lr * grads, entry by entry.

    Args:
        p: tensors by name; an entry may be such a dict itself, at any depth.
        grads: gradients in the layout of p. A key of p may be missing: its entry stays as it is. A
            key that p does not have is ignored.
        lr: the learning rate.

    Returns:
        A new dict with the keys of p.
    """
    # BEGIN SOLUTION
    stepped = {}
    for name, value in p.items():
        if name not in grads:
            stepped[name] = value
        elif isinstance(value, dict):
            stepped[name] = gradient_step(value, grads[name], lr)
        else:
            stepped[name] = value - lr * grads[name]
    return stepped
    # END SOLUTION


def lstm_forward(
    x: torch.Tensor, h0: torch.Tensor, s0: torch.Tensor, p: dict
) -> tuple[torch.Tensor, torch.Tensor, dict[str, torch.Tensor], torch.Tensor]:
    """Run an LSTM over all steps of its sequences.

    z_k(t) = b_k + W_k h(t-1) + U_k x(t)  for k in i, f, g, o
    i, f, o = sigmoid(z_i), sigmoid(z_f), sigmoid(z_o);  g = tanh(z_g)
    s(t) = f(t) s(t-1) + i(t) g(t),  h(t) = o(t) tanh(s(t)),  y(t) = softmax(c + V h(t))

    Args:
        x: float32 or float64 (N, T, D), the sequences.
        h0, s0: (N, H), output and state of the cell before the first step.
        p: p["i"], p["f"], p["g"], p["o"], each with U, W and b; V and c.

    Returns:
        tuple (h, s, gates, y): h and s (N, T, H); gates a dict with the values (N, T, H) of "i",
        "f", "g" and "o"; y (N, T, K).

    Source: Hochreiter, Schmidhuber, Long short-term memory, 1997; Gers, Schmidhuber, Cummins,
        Learning to forget, 2000 (the forget gate). Eq. 10.40 to 10.44, except that the candidate
        there is a sigmoid; tanh, as here, is what `torch.nn.LSTM` has.
    """
    # BEGIN SOLUTION
    output, state, steps = h0, s0, []
    for x_t in x.unbind(1):
        now = {}
        for name in GATES:
            z = p[name]["b"] + output @ p[name]["W"].T + x_t @ p[name]["U"].T
            now[name] = torch.tanh(z) if name == "g" else torch.sigmoid(z)
        state = now["f"] * state + now["i"] * now["g"]
        output = now["o"] * torch.tanh(state)
        steps.append(now | {"h": output, "s": state})
    gates = {name: torch.stack([step[name] for step in steps], dim=1) for name in steps[0]}
    h, s = gates.pop("h"), gates.pop("s")
    return h, s, gates, _readout(h, p)
    # END SOLUTION


def lstm_backward(
    x: torch.Tensor,
    h0: torch.Tensor,
    s0: torch.Tensor,
    p: dict,
    trace: tuple[torch.Tensor, torch.Tensor, dict[str, torch.Tensor], torch.Tensor],
    grad_y: torch.Tensor,
) -> dict:
    """Differentiate `lstm_forward` by hand.

    Args:
        x: (N, T, D), what `lstm_forward` was given.
        h0, s0: (N, H), likewise.
        p: likewise.
        trace: the tuple (h, s, gates, y) that it returned.
        grad_y: (N, T, K), the gradient of a loss with respect to y, at every step.

    Returns:
        The gradients of that loss in the layout of p, and those with respect to "x", "h0" and "s0".

    Source: Gers, Schmidhuber, Cummins, 2000, with all of the error carried back, as in Graves,
        Schmidhuber, Framewise phoneme classification with bidirectional LSTM, 2005, appendix.

    Hint: s(t) is used twice, by h(t) and by s(t+1), and so is h(t), by y(t) and by all the gates of
        step t + 1. Each use adds to its gradient.
    """
    # BEGIN SOLUTION
    h, s, gates, y = trace
    grads, grad_h = _readout_backward(h, p, y, grad_y)
    before = _shifted(s0, s)
    grad_z = {name: torch.zeros_like(h) for name in GATES}
    carried_h, carried_s = torch.zeros_like(h0), torch.zeros_like(s0)
    for t in reversed(range(x.shape[1])):
        i, f, g, o = (gates[name][:, t] for name in GATES)
        squashed, received = torch.tanh(s[:, t]), grad_h[:, t] + carried_h
        grad_s = received * o * (1 - squashed.square()) + carried_s
        grad_z["i"][:, t] = grad_s * g * i * (1 - i)
        grad_z["f"][:, t] = grad_s * before[:, t] * f * (1 - f)
        grad_z["g"][:, t] = grad_s * i * (1 - g.square())
        grad_z["o"][:, t] = received * squashed * o * (1 - o)
        carried_s = grad_s * f
        carried_h = sum(grad_z[name][:, t] @ p[name]["W"] for name in GATES)
    grads |= {name: _affine_backward(grad_z[name], x, _shifted(h0, h)) for name in GATES}
    grad_x = sum(grad_z[name] @ p[name]["U"] for name in GATES)
    return grads | {"x": grad_x, "h0": carried_h, "s0": carried_s}
    # END SOLUTION


def clip_by_global_norm(grads: dict, max_norm: float) -> tuple[dict, torch.Tensor]:
    """Shorten a gradient that is too long, and keep its direction.

    norm is the root of the sum of the squares of all entries of all tensors. Where it is larger
    than max_norm, all are multiplied by max_norm / norm; else they keep their values. No epsilon.

    Args:
        grads: tensors by name; an entry may be such a dict itself, at any depth.
        max_norm: the largest norm that is left as it is, above 0.

    Returns:
        tuple (new grads, norm before clipping).

    Source: Pascanu, Mikolov, Bengio, On the difficulty of training recurrent neural networks, 2013,
        section 3.2, algorithm 1.
    """
    # BEGIN SOLUTION
    norm = torch.stack([leaf.square().sum() for leaf in _leaves(grads)]).sum().sqrt()
    factor = max_norm / norm if norm > max_norm else torch.ones_like(norm)
    return _scaled(grads, factor), norm
    # END SOLUTION


def gradient_norm_by_lag(cell: str, p: dict, length: int) -> torch.Tensor:
    """Measure how strongly the last state depends on the state `lag` steps before it.

    The network is as p says, without training. Entry `lag` is a norm of the derivative of the last
    state with respect to that of `lag` steps before; which norm, which inputs and, of an LSTM,
    whether h, s or both are the state, is up to you.

    Args:
        cell: "rnn" or "lstm".
        p: its parameters, as `rnn_forward` or `lstm_forward` takes them.
        length: how many lags, at least 1: 0, 1, ..., length - 1.

    Returns:
        (length,), lag 0 first.

    Source: Bengio, Simard, Frasconi, Learning long-term dependencies with gradient descent is
        difficult, 1994; Pascanu, Mikolov, Bengio, 2013, section 2.1.
    """
    # BEGIN SOLUTION
    U, W = (p if cell == "rnn" else p["i"])["U"], (p if cell == "rnn" else p["i"])["W"]
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(1, length, U.shape[1], generator=generator, dtype=torch.float64).to(U)
    with torch.enable_grad():
        h = s = torch.zeros_like(W[:1]).requires_grad_()
        states = []
        for t in range(length):
            if cell == "rnn":
                _, h, _ = rnn_forward(x[:, t : t + 1], h, p)
                h = s = h[:, 0]
            else:
                h, s, _, _ = lstm_forward(x[:, t : t + 1], h, s, p)
                h, s = h[:, 0], s[:, 0]
            states.append(s)
        slopes = torch.autograd.grad(s.sum(), states)
    return torch.stack([slope.norm() for slope in reversed(slopes)])
    # END SOLUTION


class EchoStateNetwork:
    """A recurrent network of which only the readout is learned.

    h(t) = tanh(W h(t-1) + U x(t)), h(0) = 0, with W and U drawn once from `seed` and then fixed. W
    is scaled so that its largest absolute eigenvalue is `spectral_radius`. The prediction is affine
    in h(t). How U is scaled and whether there are biases is up to you.

    Source: Jaeger, The "echo state" approach to analysing and training recurrent neural networks,
        GMD report 148, 2001; Goodfellow, Bengio, Courville, section 10.8.
    """

    def __init__(
        self, input_size: int, hidden_size: int, spectral_radius: float, seed: int
    ) -> None:
        """Draw the fixed weights.

        Args:
            input_size: D.
            hidden_size: H.
            spectral_radius: the largest absolute eigenvalue of W, at least 0.
            seed: decides all weights; torch's global generator is left alone.
        """
        # BEGIN SOLUTION
        generator = torch.Generator().manual_seed(seed)
        draw = {"generator": generator, "dtype": torch.float64}
        self.U = torch.rand(hidden_size, input_size, **draw) - 0.5
        W = torch.randn(hidden_size, hidden_size, **draw)
        self.W = W * (spectral_radius / torch.linalg.eigvals(W).abs().max())
        self.readout = torch.zeros(hidden_size + 1, 0, dtype=torch.float64)
        # END SOLUTION

    def fit(self, x: torch.Tensor, y: torch.Tensor, ridge: float) -> EchoStateNetwork:
        """Learn the readout by ridge regression, in closed form.

        Minimises the sum over n and t of |prediction - y|^2 plus ridge times the sum of the squared
        weights of the readout.

        Args:
            x: float32 or float64 (N, T, D), the sequences.
            y: (N, T, K), what to predict at every step.
            ridge: weight of the penalty, above 0.

        Returns:
            The network itself.
        """
        # BEGIN SOLUTION
        states = self._states(x).flatten(0, 1)
        targets = y.flatten(0, 1).to(states)
        penalty = ridge * torch.eye(states.shape[1], dtype=states.dtype, device=states.device)
        self.readout = torch.linalg.solve(states.T @ states + penalty, states.T @ targets)
        return self
        # END SOLUTION

    def predict(self, x: torch.Tensor) -> torch.Tensor:
        """Return the predictions for sequences, in their dtype.

        Args:
            x: float32 or float64 (N, T, D), the sequences.

        Returns:
            (N, T, K), in the dtype of x.
        """
        # BEGIN SOLUTION
        return (self._states(x) @ self.readout.to(x.device)).to(x.dtype)
        # END SOLUTION

    # BEGIN SOLUTION
    def _states(self, x: torch.Tensor) -> torch.Tensor:
        """Return the states and a 1 for the bias, float64 (N, T, H + 1)."""
        x = x.to(torch.float64)
        W, U = self.W.to(x.device), self.U.to(x.device)
        state, states = x.new_zeros(len(x), len(W)), []
        for x_t in x.unbind(1):
            state = torch.tanh(state @ W.T + x_t @ U.T)
            states.append(state)
        h = torch.stack(states, dim=1)
        return torch.cat([h, torch.ones_like(h[:, :, :1])], dim=2)

    # END SOLUTION


# BEGIN SOLUTION
def _readout(h: torch.Tensor, p: dict) -> torch.Tensor:
    """Return softmax(c + V h) at every step."""
    return torch.softmax(p["c"] + h @ p["V"].T, dim=2)


def _readout_backward(
    h: torch.Tensor, p: dict, y: torch.Tensor, grad_y: torch.Tensor
) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """Return the gradients of V and c, and what each h(t) receives from its own y(t)."""
    grad_o = y * (grad_y - (y * grad_y).sum(2, keepdim=True))
    grads = {"V": torch.einsum("ntk,nth->kh", grad_o, h), "c": grad_o.sum((0, 1))}
    return grads, grad_o @ p["V"]


def _affine_backward(
    grad: torch.Tensor, x: torch.Tensor, previous: torch.Tensor
) -> dict[str, torch.Tensor]:
    """Return the gradients of U, W and b, given that of b + W h(t-1) + U x(t) at every step."""
    return {
        "U": torch.einsum("nth,ntd->hd", grad, x),
        "W": torch.einsum("nth,ntk->hk", grad, previous),
        "b": grad.sum((0, 1)),
    }


def _shifted(first: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
    """Return the state before each step."""
    return torch.cat([first[:, None], states[:, :-1]], dim=1)


def _leaves(tree: dict) -> list[torch.Tensor]:
    nested = (_leaves(one) if isinstance(one, dict) else [one] for one in tree.values())
    return [leaf for leaves in nested for leaf in leaves]


def _scaled(tree: dict, factor: torch.Tensor) -> dict:
    return {
        name: _scaled(value, factor) if isinstance(value, dict) else value * factor
        for name, value in tree.items()
    }


# END SOLUTION
