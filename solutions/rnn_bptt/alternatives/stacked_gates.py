"""All gates in one matrix, named tuples for traces, products of Jacobians for the lags."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

Tree = dict[str, Any]
Function = Callable[..., Tensor]
ORDER = "fiog"


class RnnTrace(NamedTuple):
    """What `rnn_forward` returns."""

    a: Tensor
    h: Tensor
    y: Tensor


class LstmTrace(NamedTuple):
    """What `lstm_forward` returns."""

    h: Tensor
    s: Tensor
    gates: dict[str, Tensor]
    y: Tensor


def rnn_forward(x: Tensor, h0: Tensor, p: Tree) -> RnnTrace:
    """Fill tensors step by step; all inputs are multiplied at once."""
    N, T, _ = x.shape
    a = torch.einsum("ntd,hd->nth", x, p["U"]) + p["b"]
    h = x.new_empty(N, T + 1, h0.shape[1])
    h[:, 0] = h0
    rows = []
    for t in range(T):
        rows.append(a[:, t] + torch.einsum("hk,nk->nh", p["W"], h[:, t].clone()))
        h[:, t + 1] = torch.tanh(rows[t])
    o = torch.einsum("kh,nth->ntk", p["V"], h[:, 1:]) + p["c"]
    return RnnTrace(torch.stack(rows, 1), h[:, 1:], _softmax(o))


def _softmax(o: Tensor) -> Tensor:
    e = torch.exp(o - o.amax(2, keepdim=True))
    return e / e.sum(2, keepdim=True)


def final_step_loss(y: Tensor) -> Tensor:
    """Average over the sequences at the end."""
    return torch.mean((y[:, -1, 0] - 0.5) ** 2 - torch.log(y[:, -1, 1]))


def central_difference(f: Function, theta: Tensor, eps: float = 1e-4) -> Tensor:
    """Move one entry of a copy forth and back."""
    point = theta.detach().double().contiguous().clone()
    flat, grad = point.view(-1), torch.zeros_like(point).view(-1)
    for k in range(flat.numel()):
        value = float(flat[k])
        flat[k] = value + eps
        above = float(f(point))
        flat[k] = value - eps
        grad[k] = (above - float(f(point))) / (2 * eps)
        flat[k] = value
    return grad.view(point.shape)


def rnn_backward(
    x: Tensor, h0: Tensor, p: Tree, a: Tensor, h: Tensor, y: Tensor, grad_y: Tensor
) -> Tree:
    """Add up the gradients of the parameters while walking back."""
    grads = {name: torch.zeros_like(value) for name, value in p.items()}
    grads["x"], carried = torch.zeros_like(x), torch.zeros_like(h0)
    for t in range(x.shape[1] - 1, -1, -1):
        jacobian = torch.diag_embed(y[:, t]) - y[:, t, :, None] * y[:, t, None, :]
        grad_o = torch.einsum("nkl,nl->nk", jacobian, grad_y[:, t])
        grads["V"] += grad_o.T @ h[:, t]
        grads["c"] += grad_o.sum(0)
        grad_a = (grad_o @ p["V"] + carried) / torch.cosh(a[:, t]) ** 2
        grads["b"] += grad_a.sum(0)
        grads["U"] += grad_a.T @ x[:, t]
        grads["W"] += grad_a.T @ (h[:, t - 1] if t else h0)
        grads["x"][:, t] = grad_a @ p["U"]
        carried = grad_a @ p["W"]
    return {**grads, "h0": carried}


def _mapped(tree: Tree | Tensor, other: Tree | Tensor | None, combine: Function) -> Tree:
    if isinstance(tree, dict):
        return {
            k: _mapped(v, None if other is None else other.get(k), combine) for k, v in tree.items()
        }
    return combine(tree, other)


def gradient_step(p: Tree, grads: Tree, lr: float) -> Tree:
    """Map over both trees at once."""
    return _mapped(
        p, grads, lambda value, grad: value.clone() if grad is None else value - lr * grad
    )


def _stacked(p: Tree) -> tuple[Tensor, Tensor]:
    weight = torch.cat([torch.cat((p[k]["U"], p[k]["W"]), 1) for k in ORDER])
    return weight, torch.cat([p[k]["b"] for k in ORDER])


def lstm_forward(x: Tensor, h0: Tensor, s0: Tensor, p: Tree) -> LstmTrace:
    """Multiply all gates by one matrix."""
    (weight, bias), h, s, trace = _stacked(p), h0, s0, []
    for t in range(x.shape[1]):
        f, i, o, g = (torch.cat((x[:, t], h), 1) @ weight.T + bias).chunk(4, 1)
        f, i, o, g = f.sigmoid(), i.sigmoid(), o.sigmoid(), g.tanh()
        s = torch.addcmul(f * s, i, g)
        h = o * s.tanh()
        trace.append(torch.stack((h, s, f, i, o, g)))
    h, s, f, i, o, g = torch.stack(trace, 2)
    gates = {"f": f, "i": i, "o": o, "g": g, "tanh_s": s.tanh()}
    return LstmTrace(h, s, gates, _softmax(h @ p["V"].T + p["c"]))


def lstm_backward(
    x: Tensor, h0: Tensor, s0: Tensor, p: Tree, trace: LstmTrace, grad_y: Tensor
) -> Tree:
    """Send the gradient of all four sums back through one matrix."""
    h, s, gates, y = trace
    weight, bias = _stacked(p)
    grad_weight, grad_bias = torch.zeros_like(weight), torch.zeros_like(bias)
    grad_o = y * grad_y - y * (y * grad_y).sum(2, keepdim=True)
    grad_x, dh, ds = torch.zeros_like(x), torch.zeros_like(h0), torch.zeros_like(s0)
    for t in range(x.shape[1] - 1, -1, -1):
        f, i, o, g = (gates[k][:, t] for k in ORDER)
        before_h, before_s = (h[:, t - 1], s[:, t - 1]) if t else (h0, s0)
        dh = dh + grad_o[:, t] @ p["V"]
        ds = ds + dh * o / s[:, t].cosh() ** 2
        sums = (ds * before_s * f * (1 - f), ds * g * i * (1 - i))
        sums += (dh * s[:, t].tanh() * o * (1 - o), ds * i * (1 - g**2))
        dz = torch.cat(sums, 1)
        grad_weight += dz.T @ torch.cat((x[:, t], before_h), 1)
        grad_bias += dz.sum(0)
        grad_x[:, t], dh = (dz @ weight).split([x.shape[2], h0.shape[1]], 1)
        ds = ds * f
    grads: Tree = {"V": torch.einsum("ntk,nth->kh", grad_o, h), "c": grad_o.sum((0, 1))}
    for k, rows, b in zip(ORDER, grad_weight.chunk(4), grad_bias.chunk(4), strict=True):
        U, W = rows.split([x.shape[2], h0.shape[1]], 1)
        grads[k] = {"b": b, "W": W, "U": U}
    return grads | {"x": grad_x, "h0": dh, "s0": ds}


def _squares(tree: Tree | Tensor) -> float:
    if isinstance(tree, dict):
        return sum(_squares(value) for value in tree.values())
    return float(tree.double().pow(2).sum())


def clip_by_global_norm(grads: Tree, max_norm: float) -> tuple[Tree, float]:
    """Measure in float64, and answer with a Python number."""
    norm = math.sqrt(_squares(grads))
    scale = max_norm / max(norm, max_norm)
    return _mapped(grads, None, lambda grad, _: grad * scale), norm


def gradient_norm_by_lag(cell: str, p: Tree, length: int) -> Tensor:
    """Multiply the Jacobians of all steps, without inputs; the largest singular value."""
    jacobians = _rnn_jacobians(p, length) if cell == "rnn" else _lstm_jacobians(p, length)
    product = torch.eye(len(jacobians[0])).to(jacobians[0])
    norms = []
    for jacobian in reversed(jacobians):
        norms.append(torch.linalg.matrix_norm(product, 2))
        product = product @ jacobian
    return torch.stack(norms)


def _rnn_jacobians(p: Tree, length: int) -> list[Tensor]:
    h, found = torch.zeros_like(p["b"]), []
    for _ in range(length):
        h = torch.tanh(p["W"] @ h + p["b"])
        found.append((1 - h**2)[:, None] * p["W"])
    return found


def _lstm_jacobians(p: Tree, length: int) -> list[Tensor]:
    """Return those of (h, s) with respect to the (h, s) before."""
    h = s = torch.zeros_like(p["i"]["b"])
    found = []
    for _ in range(length):
        z = {k: p[k]["b"] + p[k]["W"] @ h for k in ORDER}
        f, i, o, g = z["f"].sigmoid(), z["i"].sigmoid(), z["o"].sigmoid(), z["g"].tanh()
        slopes = {"f": s * f * (1 - f), "i": g * i * (1 - i), "g": i * (1 - g**2)}
        s = f * s + i * g
        s_by_h = sum(slopes[k][:, None] * p[k]["W"] for k in slopes)
        s_by_s, flat = torch.diag(f), (o * (1 - s.tanh() ** 2))[:, None]
        h_by_h = flat * s_by_h + (s.tanh() * o * (1 - o))[:, None] * p["o"]["W"]
        h = o * s.tanh()
        found.append(
            torch.cat((torch.cat((h_by_h, flat * s_by_s), 1), torch.cat((s_by_h, s_by_s), 1)))
        )
    return found


class EchoStateNetwork(torch.nn.Module):
    """A sparse reservoir with biases, kept in float32 buffers."""

    def __init__(
        self, input_size: int, hidden_size: int, spectral_radius: float, seed: int
    ) -> None:
        super().__init__()
        g = torch.Generator()
        g.manual_seed(seed)
        W = torch.randn((hidden_size, hidden_size), generator=g)
        W *= torch.rand((hidden_size, hidden_size), generator=g) < 0.3
        W *= spectral_radius / torch.linalg.eigvals(W).abs().max()
        self.register_buffer("W", W)
        self.register_buffer("U", torch.rand((hidden_size, input_size), generator=g) * 2 - 1)
        self.register_buffer("b", torch.rand(hidden_size, generator=g) * 0.4 - 0.2)

    def _run(self, x: Tensor) -> Tensor:
        self.to(x.device)
        h, states = torch.zeros(len(x), len(self.W)).to(x), []
        for x_t in x.unbind(1):
            h = torch.tanh(h @ self.W.to(x).T + x_t @ self.U.to(x).T + self.b.to(x))
            states.append(h)
        return torch.stack(states, 1)

    def fit(self, x: Tensor, y: Tensor, ridge: float) -> EchoStateNetwork:
        """Centre states and targets, so that the intercept is free of the penalty."""
        states, targets = self._run(x).flatten(0, 1).double(), y.flatten(0, 1).double()
        self.mean, self.offset = states.mean(0), targets.mean(0)
        centred = states - self.mean
        gram = centred.T @ centred + ridge * torch.eye(len(self.W)).to(centred)
        self.weight = torch.cholesky_solve(
            centred.T @ (targets - self.offset), torch.linalg.cholesky(gram)
        )
        return self

    def predict(self, x: Tensor) -> Tensor:
        """Apply the readout."""
        states = self._run(x).double() - self.mean.to(x.device)
        return (states @ self.weight.to(x.device) + self.offset.to(x.device)).to(x.dtype)
