"""Print the worked example of the assignment rnn_bptt, as its reference computes it."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import torch

ROOT = Path(__file__).resolve().parents[1]
LR = 0.002


def main() -> None:
    """Print every number of the example, one line for each result."""
    reference = _reference()
    for name, value in (*_rnn(reference), *_lstm(reference)):
        sys.stdout.write(f"{name:<32} {value}\n")


def _reference() -> ModuleType:
    path = ROOT / "solutions" / "rnn_bptt" / "rnn_bptt.py"
    spec = importlib.util.spec_from_file_location("rnn_bptt", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no module, but should be one")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _double(values: list) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def _inputs() -> tuple[torch.Tensor, torch.Tensor, dict, dict]:
    """Return x, the first state, the parameters of a cell and those of the readout."""
    x = _double([[[1, 0], [0.5, 0.25], [0, 1]]])
    cell = {
        "U": _double([[-1, 0], [1, -2]]),
        "W": _double([[1, -1], [0, 2]]),
        "b": _double([-1, 1]),
    }
    return (
        x,
        torch.zeros_like(x[:, 0]),
        cell,
        {"V": _double([[-2, 1], [-1, 0]]), "c": _double([0.5, -0.5])},
    )


def _rnn(reference: ModuleType) -> Iterator[tuple[str, str]]:
    x, zero, cell, readout = _inputs()
    p = cell | readout
    a, h, y = reference.rnn_forward(x, zero, p)
    yield "RNN: y1(1), y1(2), y1(3)", _row(y[0, :, 0], 10)
    yield "loss L", repr(float(reference.final_step_loss(y)))
    grads = reference.rnn_backward(x, zero, p, a, h, y, _grad_y(reference, y))
    yield "dL/db", _row(grads["b"])
    stepped = reference.gradient_step(p, {"b": grads["b"]}, LR)
    yield f"b after a step of {LR}", _row(stepped["b"])
    _, _, y = reference.rnn_forward(x, zero, stepped)
    yield "loss L after it", repr(float(reference.final_step_loss(y)))


def _lstm(reference: ModuleType) -> Iterator[tuple[str, str]]:
    x, zero, cell, readout = _inputs()
    p = dict.fromkeys("ifgo", cell) | readout
    trace = reference.lstm_forward(x, zero, zero, p)
    yield "LSTM: y1(1), y1(2), y1(3)", _row(trace[-1][0, :, 0], 10)
    yield "loss L", repr(float(reference.final_step_loss(trace[-1])))
    grad_y = _grad_y(reference, trace[-1])
    grads = reference.lstm_backward(x, zero, zero, p, trace, grad_y)
    names = {"f": "forget gate", "i": "input gate", "g": "candidate", "o": "output gate"}
    for gate, name in names.items():
        yield f"dL/db of the {name}", _row(grads[gate]["b"], 12)
    stepped = reference.gradient_step(p, {"f": {"b": grads["f"]["b"]}}, LR)
    y = reference.lstm_forward(x, zero, zero, stepped)[-1]
    yield "loss L after a step on it", repr(float(reference.final_step_loss(y)))


def _grad_y(reference: ModuleType, y: torch.Tensor) -> torch.Tensor:
    leaf = y.detach().requires_grad_()
    (grad,) = torch.autograd.grad(reference.final_step_loss(leaf), leaf)
    return grad


def _row(values: torch.Tensor, decimals: int | None = None) -> str:
    numbers = values.tolist()
    return ", ".join(repr(n) if decimals is None else f"{n:.{decimals}f}" for n in numbers)


if __name__ == "__main__":
    main()
