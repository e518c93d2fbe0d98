"""Answers of the wrong kind earn nothing, and no check of ours breaks on them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from autograder.proofs.earning import gained
from autograder.proofs.subject import Attempt, Subject

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_VALUES = (
    "None",
    "0",
    '"x"',
    "[]",
    "{}",
    "torch.tensor(1.0)",
    "torch.full((3, 3), math.nan)",
    "torch.zeros(0)",
    "torch.zeros(1, 2, 3, 4, 5)",
)


def complaints(subject: Subject) -> Iterator[str]:
    """Yield each task that earns points if everything returns junk, and each fault it causes."""
    names = _public_names(subject.tree)
    modules = {f"everything returns {value}": _returning(names, value) for value in _VALUES}
    modules["everything is None"] = "".join(f"{name} = None\n" for name in names)
    yield from subject.complaints(
        Attempt(name, subject.with_module(text), gained) for name, text in modules.items()
    )


def _public_names(tree: ast.Module) -> list[str]:
    definitions = (node for node in tree.body if isinstance(node, _Definition))
    return [node.name for node in definitions if not node.name.startswith("_")]


def _returning(names: list[str], value: str) -> str:
    functions = "".join(f"\n\ndef {name}(*_, **__):\n    return {value}\n" for name in names)
    return f"import math\n\nimport torch\n{functions}"
