"""Networks whose structure is the point: shared weights, reused leaves, hooks, sequences."""

from __future__ import annotations

import torch
from torch import nn


class _TiedAutoencoder(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.encoder = nn.Linear(width, width)
        self.activation = nn.ReLU()
        self.decoder = nn.Linear(width, width)
        self.decoder.weight = self.encoder.weight

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        reconstruction: torch.Tensor = self.decoder(self.activation(self.encoder(x)))
        return reconstruction


def tied_autoencoder(width: int = 6) -> nn.Module:
    """Build an encoder and a decoder that share one weight matrix: (N, width) -> (N, width)."""
    return _TiedAutoencoder(width)


class _LeafReused(nn.Module):
    def __init__(self, width: int, times: int) -> None:
        super().__init__()
        self.times = times
        self.step = nn.Linear(width, width)
        self.activation = nn.Tanh()
        self.head = nn.Linear(width, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for _ in range(self.times):
            x = self.activation(self.step(x))
        logits: torch.Tensor = self.head(x)
        return logits


def leaf_reused(width: int = 5, times: int = 2) -> nn.Module:
    """Build a network that calls the same layer several times: (N, width) -> (N, 2)."""
    return _LeafReused(width, times)


class _CallOrder(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.head = nn.Linear(width, 3)
        self.body = nn.Sequential(nn.Linear(2 * width, width), nn.ReLU())
        self.stem = nn.Linear(4, 2 * width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.head(self.body(self.stem(x)))
        return logits


def call_order(width: int = 5) -> nn.Module:
    """Build a network that defines its head first and calls it last: (N, 4) -> (N, 3)."""
    return _CallOrder(width)


class _SequenceTagger(nn.Module):
    def __init__(self, recurrent: nn.LSTM, states: int, classes: int) -> None:
        super().__init__()
        self.recurrent = recurrent
        self.head = nn.Linear(states, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        states, _ = self.recurrent(x)
        logits: torch.Tensor = self.head(states)
        return logits


def sequence_tagger(
    features: int = 3,
    hidden: int = 4,
    classes: int = 5,
    num_layers: int = 1,
    bidirectional: bool = False,
) -> nn.Module:
    """Build an LSTM, which returns a tuple, and a linear layer: (N, T, D) -> (N, T, classes)."""
    recurrent = nn.LSTM(features, hidden, num_layers, batch_first=True, bidirectional=bidirectional)
    return _SequenceTagger(recurrent, hidden * (1 + bidirectional), classes)


def hooked(width: int = 4) -> nn.Module:
    """Build a network that has a forward hook of its own: (N, width) -> (N, 2)."""
    model = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 2))
    model[0].register_forward_hook(_doubled)
    return model


def _doubled(module: nn.Module, inputs: tuple[object, ...], output: torch.Tensor) -> torch.Tensor:
    return 2 * output
