"""Prove that a stub keeps what its reference promises outside of regions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from autograder.release.markers import markers
from autograder.release.reference import Reference, parse
from autograder.release.regions import Function, Region, first_line

_Definition = Function | ast.ClassDef


def prove(source: str, stub: str, regions: tuple[Region, ...], path: Path | str) -> None:
    """Raise `ReleaseError` unless the stub compiles, has no marker and keeps every promise.

    Promises are signatures, decorators, bases and docstrings of what does not vanish, and that
    nothing which stays uses a name that vanishes.
    """
    reference = parse(source, path)
    _require_no_vanished_name(reference, regions)
    _require_compiles(reference, stub)
    for marker in markers(stub):
        reason = f"line {marker.line} of the stub would still read {marker.words}."
        raise reference.refuse(1, reason)
    _require_same_definitions(reference, ast.parse(stub), regions)


def _require_compiles(reference: Reference, stub: str) -> None:
    try:
        compile(stub, str(reference.path), "exec", dont_inherit=True)
    except SyntaxError as error:
        reason = f"line {error.lineno} of the stub would not compile: {error.msg}."
        raise reference.refuse(1, reason) from error


def _require_same_definitions(
    reference: Reference, stub: ast.Module, regions: tuple[Region, ...]
) -> None:
    if ast.get_docstring(reference.tree, clean=False) != ast.get_docstring(stub, clean=False):
        raise reference.refuse(1, "the stub would change the docstring of the module.")
    left = iter(_definitions(stub))
    for name, node in _definitions(reference.tree):
        if any(not region.in_function and region.covers(node.lineno) for region in regions):
            continue
        if (name, _promise(node)) != next(((n, _promise(d)) for n, d in left), None):
            reason = f"the stub would change the signature or the docstring of {name}."
            raise reference.refuse(first_line(node), reason)


def _definitions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, _Definition]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, _Definition):
            yield f"{prefix}{node.name}", node
        if isinstance(node, ast.ClassDef):
            yield from _definitions(node, f"{prefix}{node.name}.")
        elif not isinstance(node, Function | ast.expr):
            yield from _definitions(node, prefix)


def _promise(node: _Definition) -> tuple[str | None, ...]:
    parts: list[ast.AST] = list(node.decorator_list)
    if isinstance(node, ast.ClassDef):
        parts += [*node.bases, *node.keywords]
    else:
        parts += [node.args, *([node.returns] if node.returns else [])]
    shown = (ast.dump(part) for part in parts)
    return (type(node).__name__, ast.get_docstring(node, clean=False), *shown)


def _require_no_vanished_name(reference: Reference, regions: tuple[Region, ...]) -> None:
    vanished = {(region.owner, name): region for region in regions for name in region.vanishing}
    for line, holder, name in _uses(reference.tree):
        region = vanished.get((holder, name))
        if region is not None and not any(each.covers(line) for each in regions):
            reason = f"line {region.begin} removes {name}, which is used here, outside of regions."
            raise reference.refuse(line, reason)


def _uses(node: ast.AST, owner: str = "") -> Iterator[tuple[int, str, str]]:
    """Yield line, holder and name of what is read: the holder is a class, or empty for none."""
    if isinstance(node, ast.ClassDef):
        owner = f"{owner}.{node.name}".lstrip(".")
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        yield from ((node.lineno, holder, node.id) for holder in ("", owner))
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        holder = owner if node.value.id in ("self", "cls") else node.value.id
        yield node.lineno, holder, node.attr
    elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
        names = (part.value for part in ast.walk(node.value) if isinstance(part, ast.Constant))
        yield from ((node.lineno, "", str(name)) for name in names)
    for child in ast.iter_child_nodes(node):
        yield from _uses(child, owner)
