"""Find the answers of a reference: regions between markers, bound to the syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

from autograder.errors import ReleaseError
from autograder.release.markers import BEGIN, END, Pair, pairs
from autograder.release.reference import Reference, code_tokens, parse

Function = ast.FunctionDef | ast.AsyncFunctionDef
_MAY_VANISH = Function | ast.ClassDef | ast.Import | ast.ImportFrom | ast.Assign | ast.AnnAssign


@dataclass(frozen=True)
class Region:
    """An answer: whole statements of one block, between the lines of its two markers.

    `owner` is the qualified name of the definition around it, empty at module level. A region
    that does not stand in a function vanishes from the stub; `vanishing` are the names it binds.
    """

    begin: int
    end: int
    indent: str
    owner: str
    in_function: bool
    whole_body: bool
    opens_block: bool
    vanishing: tuple[str, ...]

    def covers(self, line: int) -> bool:
        """Return whether the line stands in the region, markers included."""
        return self.begin <= line <= self.end


@dataclass(frozen=True)
class _Block:
    parent: ast.AST
    statements: tuple[ast.stmt, ...]
    scopes: tuple[Function | ast.ClassDef, ...]

    @property
    def owner(self) -> str:
        return ".".join(scope.name for scope in self.scopes)

    @property
    def in_function(self) -> bool:
        return any(isinstance(scope, Function) for scope in self.scopes)

    @property
    def body(self) -> tuple[ast.stmt, ...]:
        """Return the statements without the docstring."""
        return self.statements[1:] if is_docstring(self.statements[0]) else self.statements


def find(source: str, path: Path | str) -> tuple[Region, ...]:
    """Return the regions of a reference in order; `ReleaseError` if it has none or one is wrong."""
    reference = parse(source, path)
    found = tuple(_bind(reference, pair) for pair in pairs(reference))
    if not found:
        reason = f'no region, but should have at least one: "{BEGIN}", the answer, "{END}".'
        raise reference.refuse(1, reason)
    return found


def first_line(statement: ast.stmt) -> int:
    """Return the line a statement begins on, decorators included."""
    if isinstance(statement, Function | ast.ClassDef):
        return min([statement.lineno, *(node.lineno for node in statement.decorator_list)])
    return statement.lineno


def last_line(statement: ast.stmt) -> int:
    """Return the line a statement ends on."""
    return statement.end_lineno or statement.lineno


def is_docstring(node: ast.AST) -> TypeGuard[ast.Expr]:
    """Return whether the statement is nothing but a string."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _bind(reference: Reference, pair: Pair) -> Region:
    block, held = _held(reference, pair)
    _require_indent(reference, pair, held[0])
    if not block.in_function:
        _require_removable(reference, pair, block, held)
    return Region(
        begin=pair.begin,
        end=pair.end,
        indent=reference.indent(pair.begin),
        owner=block.owner,
        in_function=block.in_function,
        whole_body=isinstance(block.parent, Function) and held[-len(block.body) :] == block.body,
        opens_block=held[0] is block.statements[0],
        vanishing=() if block.in_function else tuple(_bound(held)),
    )


def _held(reference: Reference, pair: Pair) -> tuple[_Block, tuple[ast.stmt, ...]]:
    code = _code_lines(reference, pair)
    if not code:
        raise reference.refuse(
            pair.begin, "the region holds no statement, but should hold the answer."
        )
    # Outer blocks come first: the first that has statements here holds all of the region, or
    # the region begins or ends within one of its statements.
    for block in _blocks(reference.tree):
        held = tuple(node for node in block.statements if _inside(node, pair))
        if held:
            code -= {line for node in held for line in range(first_line(node), last_line(node) + 1)}
            break
    if code:
        raise _cut(reference, pair, min(code))
    return block, held


def _code_lines(reference: Reference, pair: Pair) -> set[int]:
    rows = (token.start[0] for token in code_tokens(reference.text))
    return {row for row in rows if pair.begin < row < pair.end}


def _blocks(node: ast.AST, scopes: tuple[Function | ast.ClassDef, ...] = ()) -> Iterator[_Block]:
    if isinstance(node, Function | ast.ClassDef):
        scopes = (*scopes, node)
    for _, value in ast.iter_fields(node):
        if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
            yield _Block(node, tuple(value), scopes)
    for child in ast.iter_child_nodes(node):
        yield from _blocks(child, scopes)


def _inside(node: ast.stmt, pair: Pair) -> bool:
    return pair.begin < first_line(node) and last_line(node) < pair.end


def _cut(reference: Reference, pair: Pair, line: int) -> ReleaseError:
    around = [
        first_line(node)
        for node in ast.walk(reference.tree)
        if isinstance(node, ast.stmt)
        and first_line(node) <= line <= last_line(node)
        and not _inside(node, pair)
    ]
    reason = f"the region cuts the statement that starts on line {max(around)}."
    return reference.refuse(pair.begin, reason)


def _require_indent(reference: Reference, pair: Pair, first: ast.stmt) -> None:
    expected = reference.indent(first_line(first))
    for line, name in ((pair.begin, "BEGIN SOLUTION"), (pair.end, "END SOLUTION")):
        actual = reference.indent(line)
        if actual != expected:
            is_what = f"{name} is indented by {_width(actual)}"
            should = f"{_width(expected)}, like the statements of its region"
            raise reference.refuse(line, f"{is_what}, but should be by {should}.")


def _width(indent: str) -> str:
    unit = "tab" if "\t" in indent else "space"
    return f"{len(indent)} {unit}" + ("" if len(indent) == 1 else "s")


def _require_removable(
    reference: Reference, pair: Pair, block: _Block, held: tuple[ast.stmt, ...]
) -> None:
    where = f"class {block.owner}" if block.owner else "the module"
    if not isinstance(block.parent, ast.Module | ast.ClassDef):
        reason = "a region outside of a function should stand directly in the module or a class."
        raise reference.refuse(pair.begin, reason)
    for node in held:
        if not isinstance(node, _MAY_VANISH):
            reason = "this is no definition; outside of functions a region holds definitions only."
            raise reference.refuse(first_line(node), reason)
    if held == block.statements:
        reason = f"the region holds all of {where}, but should leave its docstring outside."
        raise reference.refuse(pair.begin, reason)


def _bound(statements: tuple[ast.stmt, ...]) -> Iterator[str]:
    for node in statements:
        if isinstance(node, Function | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((name.asname or name.name).partition(".")[0] for name in node.names)
        else:
            yield from (part.id for part in ast.walk(node) if _is_stored(part))


def _is_stored(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
