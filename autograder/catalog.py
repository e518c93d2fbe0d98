"""What the check files promise, read from their syntax trees; nothing in them is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

from autograder.errors import ConfigError
from autograder.layout import Layout
from autograder.model import Assignment, CheckSpec, Visibility
from autograder.names import alternatives

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_THRESHOLD = "threshold"  # the fixture of a check that holds a number against one


def read(layout: Layout, slug: str, *, hidden: bool = True) -> tuple[CheckSpec, ...]:
    """Return the checks of an assignment in order of writing, the public ones first.

    A missing hidden file is a student's tree; `hidden=False` passes over one that is there.
    """
    faults: list[str] = []
    checks = _read_file(layout.root, layout.check_public(slug), Visibility.VISIBLE, faults)
    if hidden and layout.check_hidden(slug).exists():
        checks += _read_file(layout.root, layout.check_hidden(slug), Visibility.HIDDEN, faults)
    faults += _duplicates(checks)
    # A check with a fault of its own is not in the list: its dependents would be blamed for it.
    _demand_none(faults or _wrong_needs(checks))
    return tuple(checks)


def read_file(path: Path) -> tuple[CheckSpec, ...]:
    """Return the checks of one file that belongs to no assignment."""
    faults: list[str] = []
    checks = _read_file(path.parent, path, Visibility.VISIBLE, faults)
    _demand_none(faults or _duplicates(checks) or _wrong_needs(checks))
    return tuple(checks)


def bind(assignment: Assignment, checks: Sequence[CheckSpec]) -> None:
    """Demand that checks and tasks match.

    A task without a check is refused only if `checks` has hidden ones: public checks alone need
    not reach every task.
    """
    tasks = [task.name for task in assignment.tasks]
    faults = [_unknown_task(check, tasks) for check in checks if check.task not in tasks]
    if any(check.visibility is Visibility.HIDDEN for check in checks):
        checked = {check.task for check in checks}
        faults += [_unchecked_task(assignment, task) for task in tasks if task not in checked]
    _demand_none(faults)


def _read_file(
    root: Path, path: Path, visibility: Visibility, faults: list[str]
) -> list[CheckSpec]:
    file, specs = path.relative_to(root).as_posix(), []
    try:
        for function, at_module_level in _functions(_parsed(path, file)):
            try:
                _demand_collected(function, at_module_level)
                specs.append(_spec(function, file, visibility))
            except ConfigError as error:
                faults.append(f"{file}:{function.lineno}: {function.name} {error}")
    except ConfigError as error:
        faults.append(str(error))
    return specs


def _parsed(path: Path, file: str) -> ast.Module:
    try:
        return ast.parse(path.read_bytes(), filename=file)
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}, but should be a file of checks.") from error
    except (SyntaxError, ValueError) as error:
        # Some versions of Python report a null byte as a ValueError, without a line.
        line, said = getattr(error, "lineno", None) or 1, getattr(error, "msg", error)
        raise ConfigError(f"{file}:{line}: {said}.") from error


def _functions(node: ast.AST, at_module_level: bool = True) -> Iterator[tuple[_Function, bool]]:
    """Yield each function that could be meant as a check, and whether it is at module level."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, _Function):
            yield from _functions(child, at_module_level=False)
        elif child.name.startswith(("check_", "test_")):
            yield child, at_module_level


def _demand_collected(function: _Function, at_module_level: bool) -> None:
    if function.name.startswith("test_"):
        raise ConfigError(f"is a test, but should be called check_{function.name[5:]}.")
    if not at_module_level:
        raise ConfigError("stands in a class or a block, but should stand at module level.")
    if isinstance(function, ast.AsyncFunctionDef):
        raise ConfigError("is asynchronous, but should be a plain function.")


def _spec(function: _Function, file: str, visibility: Visibility) -> CheckSpec:
    return CheckSpec(
        name=function.name,
        task=_task(function),
        description=_description(function),
        visibility=visibility,
        needs=_needs(function),
        measures=_THRESHOLD in {argument.arg for argument in function.args.args},
        file=file,
        line=function.lineno,
    )


def _description(function: _Function) -> str:
    lines = (ast.get_docstring(function) or "").splitlines()
    if not lines or not lines[0].strip():
        raise ConfigError("has no docstring, but should have the sentence that a student reads.")
    return lines[0].strip()


def _task(function: _Function) -> str:
    found = _decorations(function, "task")
    if len(found) != 1:
        raise ConfigError(f'has {len(found)} tasks, but should have one [@task("...")].')
    names = _literals(found[0])
    if len(names) != 1:
        raise ConfigError('names no task in quotes, but should [@task("...")].')
    return names[0]


def _needs(function: _Function) -> tuple[str, ...]:
    needs: list[str] = []
    for decoration in _decorations(function, "needs"):
        names = _literals(decoration)
        if not names:
            raise ConfigError('names no checks in quotes, but should [@needs("check_...")].')
        needs += names
    return tuple(dict.fromkeys(needs))


def _decorations(function: _Function, name: str) -> list[ast.expr]:
    return [node for node in function.decorator_list if _decorator_name(node) == name]


def _decorator_name(node: ast.expr) -> str:
    called = node.func if isinstance(node, ast.Call) else node
    if isinstance(called, ast.Attribute):
        return called.attr
    return called.id if isinstance(called, ast.Name) else ""


def _literals(decoration: ast.expr) -> list[str]:
    """Return the arguments if all of them are text in quotes, else nothing."""
    if not isinstance(decoration, ast.Call) or decoration.keywords:
        return []
    values = [arg.value if isinstance(arg, ast.Constant) else None for arg in decoration.args]
    names = [value for value in values if isinstance(value, str)]
    return names if len(names) == len(values) else []


def _duplicates(checks: Sequence[CheckSpec]) -> list[str]:
    first: dict[str, CheckSpec] = {}
    return [
        f"{_place(check)} is a second check of this name, but should have its own "
        f"(the first: {first[check.name].file}:{first[check.name].line})."
        for check in checks
        if first.setdefault(check.name, check) is not check
    ]


def _wrong_needs(checks: Sequence[CheckSpec]) -> list[str]:
    names = [check.name for check in checks]
    return [
        f"{_place(check)} needs {_wrong_need(need, names[:at], names[at:])}"
        for at, check in enumerate(checks)
        for need in check.needs
        if need not in names[:at]
    ]


def _wrong_need(need: str, earlier: list[str], later: list[str]) -> str:
    if need in later:
        return f"{need}, but should need earlier checks only."
    known = alternatives(need, earlier) if earlier else "but no check stands before it"
    return f'"{need}", {known}.'


def _unknown_task(check: CheckSpec, tasks: list[str]) -> str:
    known = alternatives(check.task, tasks)
    return f'{_place(check)} has the task "{check.task}", {known} (grading.yml).'


def _unchecked_task(assignment: Assignment, task: str) -> str:
    place = f"grading.yml: assignments.{assignment.slug}.tasks.{task}"
    return f'{place}: has no check, but should have one [@task("{task}")].'


def _place(check: CheckSpec) -> str:
    return f"{check.file}:{check.line}: {check.name}"


def _demand_none(faults: Sequence[str]) -> None:
    if faults:
        raise ConfigError("\n".join(faults))
