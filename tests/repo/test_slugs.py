"""One slug, one spelling; and every tensor of a signature has its shape in the docstring."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from autograder import catalog, config
from autograder.layout import Layout

# A dtype or "any dtype", then a shape: `x: float32 (N, C)`.
_SHAPE = re.compile(r"\([^()]*\)|0-d")


def test_folders_and_configuration_name_the_same_assignments(root):
    layout = Layout(root)
    slugs = {one.slug for one in config.load(layout.grading_file).assignments}
    for folder in ("solutions", "assignments", "autograder/checks"):
        assert {one.name for one in (root / folder).iterdir() if has_files(one)} == slugs


def test_tasks_and_checks_belong_together(root):
    layout = Layout(root)
    for assignment in config.load(layout.grading_file).assignments:
        checks = catalog.read(layout, assignment.slug)
        catalog.bind(assignment, checks)
        assert {check.task for check in checks} == {task.name for task in assignment.tasks}


def test_every_tensor_of_a_stub_has_its_shape(root):
    stubs = sorted((root / "assignments").glob("*/*.py"))
    assert stubs
    assert [
        f"{stub.name}: {fault}" for stub in stubs for fault in undocumented(stub.read_text("utf-8"))
    ] == []


def test_seeded_undocumented_tensors_are_named():
    text = '''
def one(x: torch.Tensor, n: int) -> torch.Tensor:
    """Do.

    Args:
        x: float32, the image.

    Returns:
        the other
    """
def two(x: torch.Tensor, y: torch.Tensor | None, z: torch.Tensor) -> int:
    """Do.

    Args:
        x, z: float32 (N, C), the images.

    Returns:
        int, how many.
    """
'''
    assert list(undocumented(text)) == ["one: x", "one: result", "two: y"]


def has_files(folder: Path) -> bool:
    return folder.is_dir() and any(one.is_file() for one in folder.glob("*.*"))


def undocumented(text: str) -> Iterator[str]:
    """Yield the tensors of public signatures that the docstring gives no shape."""
    for function in public_functions(ast.parse(text)):
        document = ast.get_docstring(function) or ""
        described = section(document, "Args")
        for argument in (*function.args.args, *function.args.kwonlyargs):
            if is_tensor(argument.annotation) and not has_shape(described.get(argument.arg, "")):
                yield f"{function.name}: {argument.arg}"
        returned = " ".join(map(" ".join, section(document, "Returns").items()))
        if is_tensor(function.returns) and not has_shape(returned):
            yield f"{function.name}: result"


def public_functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node


def is_tensor(annotation: ast.expr | None) -> bool:
    return annotation is not None and "Tensor" in ast.unparse(annotation)


def has_shape(text: str) -> bool:
    return _SHAPE.search(text) is not None


def section(document: str, title: str) -> dict[str, str]:
    """Return the entries of a section by name, `a, b:` by both; of one without names, its text."""
    found = re.search(rf"^{title}:\n((?:    .*\n?|\n)+)", document + "\n", flags=re.MULTILINE)
    if not found:
        return {}
    entries = re.split(r"^    (?=\S)", found.group(1), flags=re.MULTILINE)
    pairs = (entry.partition(":") for entry in entries if entry.strip())
    return {name.strip(): rest or names for names, _, rest in pairs for name in names.split(",")}
