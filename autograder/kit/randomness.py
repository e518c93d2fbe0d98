"""Random inputs of a check, the same in every run."""

from __future__ import annotations

import hashlib

import torch

_SEEDS = 2**53


class Rng:
    """A source of random tensors on the CPU, decided by its seed alone."""

    def __init__(self, seed: int) -> None:
        self.generator = torch.Generator().manual_seed(seed)

    @classmethod
    def named(cls, name: str) -> Rng:
        """Return the source that belongs to the check (with its case) called `name`."""
        digest = hashlib.sha256(name.encode()).digest()
        return cls(int.from_bytes(digest[:7], "big"))

    def another(self) -> Rng:
        """Return a further source, decided by this one."""
        return Rng(self.integer(0, _SEEDS))

    def normal(self, *shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
        """Return a tensor of `shape` drawn from N(0, 1)."""
        return torch.randn(shape, generator=self.generator, dtype=dtype)

    def uniform(self, *shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
        """Return a tensor of `shape` drawn uniformly from [0, 1)."""
        return torch.rand(shape, generator=self.generator, dtype=dtype)

    def integers(self, low: int, high: int, *shape: int) -> torch.Tensor:
        """Return an int64 tensor of `shape` drawn uniformly from low ... high - 1."""
        return torch.randint(low, high, shape, generator=self.generator)

    def integer(self, low: int, high: int) -> int:
        """Return an int drawn uniformly from low ... high, both included."""
        return int(self.integers(low, high + 1))
