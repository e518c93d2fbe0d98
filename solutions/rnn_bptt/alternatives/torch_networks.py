"""torch's own networks forward, recursion backward; lists instead of tuples where it may be."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

Tree = dict[str, Any]
TORCH_ORDER = ("i", "f", "g", "o")


def _network(kind: type[nn.RNNBase], cells: list[Tree]) -> nn.RNNBase:
    """Return torch's network with these weights."""
    (H, D), like = cells[0]["U"].shape, cells[0]["U"]
    network = kind(D, H, batch_first=True, device=like.device, dtype=like.dtype)
    with torch.no_grad():
        network.weight_ih_l0.copy_(torch.cat([cell["U"] for cell in cells]))
        network.weight_hh_l0.copy_(torch.cat([cell["W"] for cell in cells]))
        network.bias_ih_l0.copy_(torch.cat([cell["b"] for cell in cells]))
        network.bias_hh_l0.zero_()
    return network.requires_grad_(False)


def _before(first: Tensor, states: Tensor) -> Tensor:
    return torch.hstack((first.unsqueeze(1), states))[:, :-1]


def rnn_forward(x: Tensor, h0: Tensor, p: Tree) -> list[Tensor]:
    """Run `torch.nn.RNN`, then work the sums out from its states."""
    h, _ = _network(nn.RNN, [p])(x.contiguous(), h0[None].contiguous())
    a = functional.linear(x, p["U"], p["b"]) + functional.linear(_before(h0, h), p["W"])
    return [a, h, functional.linear(h, p["V"], p["c"]).softmax(-1)]


def final_step_loss(y: Tensor) -> Tensor:
    """Use torch's losses where there are some."""
    first, second, *_ = y.select(1, y.size(1) - 1).unbind(1)
    return functional.mse_loss(first, torch.full_like(first, 0.5)) - second.log().sum() / len(y)


def central_difference(f: Callable[[Tensor], Tensor], theta: Tensor, eps: float = 1e-4) -> Tensor:
    """Use the rows of a scaled identity as steps."""
    start = theta.to(torch.float64)
    steps = torch.diag(torch.full((start.numel(),), eps, dtype=torch.float64, device=start.device))
    values = [f(start + row.view_as(start)) - f(start - row.view_as(start)) for row in steps]
    return torch.tensor([float(v) for v in values], dtype=torch.float64).to(start).reshape_as(
        start
    ) / (2 * eps)


def rnn_backward(
    x: Tensor, h0: Tensor, p: Tree, a: Tensor, h: Tensor, y: Tensor, grad_y: Tensor
) -> Tree:
    """Recurse from the first step to the last, and come back with what it receives."""
    weighted = grad_y * y
    logits = weighted - y * weighted.sum(-1, keepdim=True)
    direct = logits @ p["V"]
    sums: list[Tensor] = [direct[:, 0]] * x.shape[1]

    def received(t: int) -> Tensor:
        """Return the gradient of h(t) that comes from later steps."""
        if t == x.shape[1]:
            return torch.zeros_like(h0)
        sums[t] = (direct[:, t] + received(t + 1)) * (1 - h[:, t] ** 2)
        return sums[t] @ p["W"]

    grad_h0 = received(0)
    flat, inputs = torch.cat(sums), torch.cat(x.unbind(1))
    return OrderedDict(
        h0=grad_h0,
        x=torch.stack(sums, 1) @ p["U"],
        b=flat.sum(0),
        W=flat.T @ torch.cat(_before(h0, h).unbind(1)),
        U=flat.T @ inputs,
        V=logits.flatten(0, 1).T @ h.flatten(0, 1),
        c=logits.flatten(0, 1).sum(0),
    )


def gradient_step(p: Tree, grads: Tree, lr: float) -> Tree:
    """Copy first, then replace what has a gradient."""
    new = dict(p)
    for name in set(p) & set(grads):
        nested = isinstance(p[name], dict)
        new[name] = (
            gradient_step(p[name], grads[name], lr)
            if nested
            else torch.add(p[name], grads[name], alpha=-lr)
        )
    return new


def lstm_forward(x: Tensor, h0: Tensor, s0: Tensor, p: Tree) -> list[Any]:
    """Run `torch.nn.LSTM`, then work gates and states out from its outputs."""
    network = _network(nn.LSTM, [p[k] for k in TORCH_ORDER])
    h, _ = network(x.contiguous(), (h0[None].contiguous(), s0[None].contiguous()))
    before, gates = _before(h0, h), {}
    for k in TORCH_ORDER:
        z = functional.linear(x, p[k]["U"], p[k]["b"]) + functional.linear(before, p[k]["W"])
        gates[k] = z.tanh() if k == "g" else z.sigmoid()
    s = [s0]
    for t in range(x.shape[1]):
        s.append(gates["f"][:, t] * s[t] + gates["i"][:, t] * gates["g"][:, t])
    return [h, torch.stack(s[1:], 1), gates, functional.linear(h, p["V"], p["c"]).softmax(-1)]


def lstm_backward(
    x: Tensor, h0: Tensor, s0: Tensor, p: Tree, trace: list[Any], grad_y: Tensor
) -> Tree:
    """Add up outer products, one sequence and one step at a time."""
    h, s, gates, y = trace
    grads: Tree = {k: {n: torch.zeros_like(v) for n, v in p[k].items()} for k in TORCH_ORDER}
    grads |= {"V": torch.zeros_like(p["V"]), "c": torch.zeros_like(p["c"])}
    grads |= {"x": torch.zeros_like(x), "h0": torch.zeros_like(h0), "s0": torch.zeros_like(s0)}
    for n in range(len(x)):
        dh, ds = torch.zeros_like(h0[0]), torch.zeros_like(s0[0])
        for t in reversed(range(x.shape[1])):
            v = {k: gates[k][n, t] for k in TORCH_ORDER}
            logits = y[n, t] * (grad_y[n, t] - grad_y[n, t] @ y[n, t])
            grads["V"] += logits.outer(h[n, t])
            grads["c"] += logits
            dh = dh + p["V"].T @ logits
            ds = ds + dh * v["o"] * (1 - s[n, t].tanh() ** 2)
            old_h, old_s = (h[n, t - 1], s[n, t - 1]) if t > 0 else (h0[n], s0[n])
            dz = {k: v[k] * (1 - v[k]) for k in "ifo"} | {"g": 1 - v["g"] ** 2}
            dz["i"], dz["g"] = dz["i"] * ds * v["g"], dz["g"] * ds * v["i"]
            dz["f"], dz["o"] = dz["f"] * ds * old_s, dz["o"] * dh * s[n, t].tanh()
            dh, ds = torch.zeros_like(dh), ds * v["f"]
            for k in TORCH_ORDER:
                grads[k]["b"] += dz[k]
                grads[k]["U"] += dz[k].outer(x[n, t])
                grads[k]["W"] += dz[k].outer(old_h)
                grads["x"][n, t] += p[k]["U"].T @ dz[k]
                dh = dh + p[k]["W"].T @ dz[k]
        grads["h0"][n], grads["s0"][n] = dh, ds
    return grads


def clip_by_global_norm(grads: Tree, max_norm: float) -> list[Any]:
    """Flatten everything into one long vector first."""
    leaves: list[Tensor] = []

    def gather(tree: Tree) -> None:
        for value in tree.values():
            gather(value) if isinstance(value, dict) else leaves.append(value.flatten())

    def shorten(tree: Tree) -> Tree:
        return {k: shorten(v) if isinstance(v, dict) else v * scale for k, v in tree.items()}

    gather(grads)
    norm = torch.linalg.vector_norm(torch.cat(leaves))
    scale = torch.clamp(max_norm / norm, max=1.0)
    return [shorten(grads), norm]


def gradient_norm_by_lag(cell: str, p: Tree, length: int) -> Tensor:
    """Have autograd differentiate the last output with respect to each earlier one."""
    part = p if cell == "rnn" else p["i"]
    x = torch.rand(length, 3, part["U"].shape[1], generator=torch.Generator().manual_seed(1))
    h = torch.zeros(3, part["W"].shape[0]).to(part["W"]).requires_grad_()
    s, outputs = h, []
    with torch.enable_grad():
        for x_t in x.to(part["W"]):
            h, s = _step(cell, x_t, h, s, p)
            outputs.append(h)
        last = h.square().sum()
        slopes = torch.autograd.grad(last, outputs[::-1])
    return torch.tensor([float(slope.abs().sum()) for slope in slopes])


def _step(cell: str, x: Tensor, h: Tensor, s: Tensor, p: Tree) -> tuple[Tensor, Tensor]:
    if cell == "rnn":
        zeros = torch.zeros_like(p["b"])
        return torch.rnn_tanh_cell(x, h, p["U"], p["W"], p["b"], zeros), s
    U, W, b = (torch.cat([p[k][name] for k in TORCH_ORDER]) for name in ("U", "W", "b"))
    return torch.lstm_cell(x, (h, s), U, W, b, torch.zeros_like(b))


class EchoStateNetwork:
    """A reservoir in a `torch.nn.RNN`; its readout sees the input, too."""

    def __init__(
        self, input_size: int, hidden_size: int, spectral_radius: float, seed: int
    ) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            W = torch.rand(hidden_size, hidden_size, dtype=torch.float64) - 0.5
            U = torch.randn(hidden_size, input_size, dtype=torch.float64) * 0.3
        W = W / torch.linalg.eigvals(W).abs().amax() * spectral_radius
        self.cell = {"U": U, "W": W, "b": torch.zeros(hidden_size, dtype=torch.float64)}
        self.beta: Tensor | None = None

    def _features(self, x: Tensor) -> Tensor:
        cell = {name: value.to(x) for name, value in self.cell.items()}
        h, _ = _network(nn.RNN, [cell])(x)
        return torch.cat((h, x, torch.ones_like(x[..., :1])), -1)

    def fit(self, x: Tensor, y: Tensor, ridge: float) -> EchoStateNetwork:
        """Solve the least-squares problem with the penalty as further rows."""
        A, B = self._features(x)[:, 20:].flatten(0, 1), y[:, 20:].flatten(0, 1)  # after a washout
        rows = ridge**0.5 * torch.eye(A.shape[1]).to(A)
        A, B = torch.cat((A, rows)), torch.cat((B, torch.zeros(len(rows), B.shape[1]).to(B)))
        self.beta = torch.linalg.lstsq(A, B).solution
        return self

    def predict(self, x: Tensor) -> Tensor:
        """Apply the readout."""
        if self.beta is None:
            raise RuntimeError("call fit first")
        return self._features(x) @ self.beta.to(x)
