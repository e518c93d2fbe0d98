"""The call a message speaks of."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from autograder.kit.failure import CheckFailed
from autograder.kit.shown import describe_tensor, is_a, shown


@dataclass(frozen=True)
class Call:
    """A function's name and its inputs in words."""

    name: str
    inputs: tuple[str, ...] = ()

    def says(self, sentence: str) -> str:
        """Return "name: sentence [inputs]"."""
        inputs = f" [{', '.join(self.inputs)}]" if self.inputs else ""
        return f"{self.name}: {sentence}{inputs}"

    def failed(self, sentence: str, hint: str = "") -> CheckFailed:
        """Return the failure to raise: "name: sentence [inputs]" and its hint."""
        return CheckFailed(self.says(sentence), hint)


def call(name: str, /, **inputs: object) -> Call:
    """Describe a call for messages: tensors by dtype and shape, other inputs by their value."""
    return Call(name, tuple(_input(key, value) for key, value in inputs.items()))


def _input(name: str, value: object) -> str:
    if is_a(value, torch.Tensor):
        return f"{name}: {describe_tensor(value)}"
    return f"{name}={shown(value)}"
