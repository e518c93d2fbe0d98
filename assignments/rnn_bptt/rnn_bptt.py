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
    # TODO: write this function
    raise NotImplementedError("rnn_bptt.py: rnn_forward is not written yet")


def final_step_loss(y: torch.Tensor) -> torch.Tensor:
    """Return the loss of the last step: mean over n of (y[n, T, 1] - 1/2)^2 - log y[n, T, 2].

    Outputs are counted from 1 here, as in the handout. Differentiable.

    Args:
        y: float32 or float64 (N, T, K), probabilities, K >= 2.

    Returns:
        A 0-d tensor.
    """
    # TODO: write this function
    raise NotImplementedError("rnn_bptt.py: final_step_loss is not written yet")


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
    # TODO: write this function
    raise NotImplementedError("rnn_bptt.py: central_difference is not written yet")


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
    # TODO: write this function
    raise NotImplementedError("rnn_bptt.py: rnn_backward is not written yet")


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
    # TODO: write this function
    raise NotImplementedError("rnn_bptt.py: gradient_step is not written yet")


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
    # TODO: write this function
    raise NotImplementedError("rnn_bptt.py: lstm_forward is not written yet")


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
    # TODO: write this function
    raise NotImplementedError("rnn_bptt.py: lstm_backward is not written yet")


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
    # TODO: write this function
    raise NotImplementedError("rnn_bptt.py: clip_by_global_norm is not written yet")


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
    # TODO: write this function
    raise NotImplementedError("rnn_bptt.py: gradient_norm_by_lag is not written yet")


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
        # TODO: write this function
        raise NotImplementedError("rnn_bptt.py: EchoStateNetwork.__init__ is not written yet")

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
        # TODO: write this function
        raise NotImplementedError("rnn_bptt.py: EchoStateNetwork.fit is not written yet")

    def predict(self, x: torch.Tensor) -> torch.Tensor:
        """Return the predictions for sequences, in their dtype.

        Args:
            x: float32 or float64 (N, T, D), the sequences.

        Returns:
            (N, T, K), in the dtype of x.
        """
        # TODO: write this function
        raise NotImplementedError("rnn_bptt.py: EchoStateNetwork.predict is not written yet")
