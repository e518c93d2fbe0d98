"""A submission with one of everything that a check may reach."""

import dataclasses
import random
from collections import namedtuple

import numpy as np
import torch
from torch import nn

SIZE = 3
Pair = namedtuple("Pair", "left right")


@dataclasses.dataclass
class Row:
    name: str
    weight: torch.Tensor


class Scale(nn.Module):
    def __init__(self, size=SIZE, factor=2.0):
        super().__init__()
        self.weight = nn.Parameter(torch.full((size,), factor))
        self.register_buffer("calls", torch.zeros(()))
        self.size = size

    def forward(self, x):
        self.calls += 1
        return self.weight * x

    def twice(self, x, *, offset=0):
        return self.forward(self.forward(x)) + offset

    def fail(self):
        raise ValueError("no scale today")


class Refused(LookupError):
    """An exception of its own."""


def double(x):
    return 2 * x


def pair(x):
    return Pair(x, [x, x])


def row():
    return Row("a", torch.ones(2))


def scale_of(layer, x):
    return layer(x) * layer.size


def kinds(*values):
    return [type(value).__name__ for value in values]


def layout(x):
    return [x.is_contiguous(), list(x.stride()), x.requires_grad]


def draws():
    return [random.random(), float(np.random.rand()), float(torch.rand(()))]


def drawn_by(generator):
    return torch.rand(3, generator=generator)


def dtype_of(x, dtype, device):
    return x.to(dtype=dtype, device=device), dtype, device


def spoil(x, others, model=None):
    x.add_(1)
    others["b"][0].zero_()
    return x


def count_weights(model):
    return sum(parameter.numel() for parameter in model.parameters())


def run(model, x):
    return model(x)


def remember(value, kept=[]):
    kept.append(value)
    return len(kept)


def deep_failure(depth):
    if depth:
        return deep_failure(depth - 1)
    return torch.ones(2) @ torch.ones(3)


def refuse():
    raise Refused("not \x1b[31mtoday\x1b[0m")


def unwritten():
    raise NotImplementedError("toy.unwritten")


def square_sum(x, y):
    return (x**2).sum() + 3 * y.sum(), x.long()


def unused(x, y):
    return x * 2


class _Hidden:
    pass


def something():
    return _Hidden()


def generator():
    return (number for number in range(3))
