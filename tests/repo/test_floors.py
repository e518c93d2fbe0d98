"""A file imports from lower floors only; a line that breaks this is named."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

FLOORS = (
    {"__init__", "errors", "model", "names", "sanitise"},
    {"config", "files", "layout"},
    {"catalog", "submission"},
    {"journal", "sandbox", "score"},
    {"grade", "overview", "progress", "release", "report", "selection"},
    {"doctor", "proofs"},
    {"cli"},
    {"__main__"},
)
FLOOR = {unit: number for number, units in enumerate(FLOORS) for unit in units}

# Beside the house: what each may import of the project, and of other packages.
BESIDE = {
    "data": (set(), {"PIL", "safetensors", "torch", "torchvision"}),
    "kit": ({"data"}, {"numpy", "pytest", "torch", "yaml"}),
    "models": ({"data"}, {"numpy", "safetensors", "torch", "torchvision"}),
    "checks": ({"data", "kit", "models"}, {"matplotlib", "numpy", "pytest", "torch"}),
}
# Who may import what stands beside the house; checks are run, not imported.
OPEN_TO = {
    "data": {"cli", "sandbox"},
    "kit": {"sandbox"},
    "models": {"cli", "sandbox"},
    "checks": set(),
}
# Two files of the doctor are themselves a check file and a submission.
BY_FILE = {
    "autograder/doctor/check_layers.py": ({"kit"}, set()),
    "autograder/doctor/probe.py": (set(), {"torch"}),
}
WITH_TORCH = {"checks", "data", "kit", "models", "sandbox"}

# What the process of the student's code may have loaded, and the zygote that it is forked from.
WORKER_SIDE = {
    "__init__",
    "data",
    "errors",
    "kit",
    "model",
    "models",
    "names",
    "sandbox",
    "sanitise",
}
GRADER_ONLY = {"conversation", "host", "judge", "nursery", "proxy", "session", "verdict", "ward"}


class Import(NamedTuple):
    """One name that a file imports."""

    file: str
    line: int
    module: str

    @property
    def unit(self) -> str:
        """Return the part of the engine that is imported: a file or a folder."""
        parts = self.module.split(".")
        return parts[1] if len(parts) > 1 else "__init__"

    @property
    def is_ours(self) -> bool:
        return self.module.split(".")[0] == "autograder"

    @property
    def is_foreign(self) -> bool:
        return not self.is_ours and self.module.split(".")[0] not in sys.stdlib_module_names

    def breaks(self, rule: str) -> str:
        return f"{self.file}:{self.line}: imports {self.module}, but {rule}."


def test_every_file_stands_on_a_floor(sources):
    assert {unit_of(file) for file in sources} <= FLOOR.keys() | BESIDE.keys()


def test_a_file_imports_from_lower_floors_only(sources):
    assert list(floor_breaks(sources)) == []


def test_what_stands_beside_the_house_imports_nothing_of_it(sources):
    assert list(beside_breaks(sources)) == []


def test_torch_is_imported_by_sandbox_kit_models_and_checks_alone(sources):
    found = [
        one
        for one in imports(sources)
        if one.module.split(".")[0] == "torch" and one.file not in BY_FILE
    ]
    assert {unit_of(one.file) for one in found} <= WITH_TORCH


def test_no_modules_import_each_other(sources):
    assert cycle(sources) == []


@pytest.mark.parametrize("start", ["autograder.sandbox.worker", "autograder.sandbox.zygote"])
def test_the_worker_never_loads_what_it_should_not_know(sources, start):
    reached = closure(sources, start)
    assert {unit_of_module(module) for module in reached} <= WORKER_SIDE


def test_the_worker_never_loads_the_graders_side(sources):
    reached = closure(sources, "autograder.sandbox.worker")
    assert reached & {f"autograder.sandbox.{name}" for name in GRADER_ONLY} == set()


def test_the_command_line_starts_without_torch():
    code = "import sys, autograder.cli; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("file", "line", "sentence"),
    [
        (
            "score.py",
            "from autograder import grade",
            "autograder/score.py:3: imports autograder.grade, but floor 3 imports from below only.",
        ),
        (
            "report/html.py",
            "import autograder.selection",
            "autograder/report/html.py:3: imports autograder.selection, "
            "but floor 4 imports from below only.",
        ),
        (
            "grade.py",
            "from autograder.kit import task",
            "autograder/grade.py:3: imports autograder.kit, but only sandbox uses kit.",
        ),
        (
            "kit/marks.py",
            "from autograder.config import load",
            "autograder/kit/marks.py:3: imports autograder.config, "
            "but kit stands beside the house.",
        ),
        (
            "checks/adding/check_public.py",
            "import requests",
            "autograder/checks/adding/check_public.py:3: imports requests, "
            "but checks has matplotlib, numpy, pytest and torch.",
        ),
    ],
)
def test_a_seeded_violation_is_named(tmp_path, file, line, sentence):
    seeded = seed(tmp_path, {file: f'"""A file."""\n\n{line}\n'})
    assert [*floor_breaks(seeded), *beside_breaks(seeded)] == [sentence]


def test_a_seeded_cycle_is_named(tmp_path):
    seeded = seed(
        tmp_path,
        {
            "config/one.py": "from autograder.config import two\n",
            "config/two.py": "from autograder.config.one import name\n",
        },
    )
    assert set(cycle(seeded)) == {"autograder.config.one", "autograder.config.two"}


def test_a_seeded_way_round_to_a_secret_is_found(tmp_path):
    seeded = seed(
        tmp_path,
        {
            "sandbox/worker.py": "from autograder.sandbox import answer\n",
            "sandbox/answer.py": "def ask():\n    from autograder import score\n",
            "score.py": "",
        },
    )
    assert "autograder.score" in closure(seeded, "autograder.sandbox.worker")


def seed(folder: Path, files: dict[str, str]) -> dict[str, str]:
    """Write an engine of a few files; return it as the tests read the real one."""
    for name, text in files.items():
        path = folder / "autograder" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    found = folder.rglob("*.py")
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in found}


def floor_breaks(files: dict[str, str]) -> Iterator[str]:
    for one in imports(files):
        here = unit_of(one.file)
        if here in BESIDE or one.file in BY_FILE or not one.is_ours or one.unit == here:
            continue
        if one.unit in BESIDE:
            if here not in OPEN_TO[one.unit]:
                users = " and ".join(sorted(OPEN_TO[one.unit])) or "nobody"
                yield one.breaks(f"only {users} uses {one.unit}")
        elif FLOOR.get(one.unit, len(FLOORS)) >= FLOOR[here]:
            yield one.breaks(f"floor {FLOOR[here]} imports from below only")


def beside_breaks(files: dict[str, str]) -> Iterator[str]:
    for one in imports(files):
        here = unit_of(one.file)
        if here not in BESIDE and one.file not in BY_FILE:
            continue
        ours, foreign = BY_FILE.get(one.file) or BESIDE[here]
        if one.is_ours and one.unit not in ours | {here}:
            yield one.breaks(f"{here} stands beside the house")
        elif one.is_foreign and one.module.split(".")[0] not in foreign:
            *most, last = sorted(foreign) or ["nothing"]
            yield one.breaks(f"{here} has {', '.join(most)} and {last}")


def cycle(files: dict[str, str]) -> list[str]:
    graph: dict[str, set[str]] = {module_of(file): set() for file in files}
    for one in imports(files):
        here = module_of(one.file)
        graph[here] |= {one.module} & graph.keys() - {here}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def closure(files: dict[str, str], start: str) -> set[str]:
    """Return every module that is loaded once `start` is, the folders on the way included."""
    found = [(module_of(one.file), one.module) for one in imports(files) if one.is_ours]
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        module = waiting.pop()
        if module and module not in reached:
            reached.add(module)
            waiting += [module.rpartition(".")[0]]
            waiting += [imported for importer, imported in found if importer == module]
    return reached


def imports(files: dict[str, str]) -> Iterator[Import]:
    """Yield what is imported anywhere in the files, `from a import b` as the module that it is."""
    known = {module_of(file) for file in files}
    known |= {f"autograder.{unit}" for unit in (*FLOOR, *BESIDE)}
    for file, text in files.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import):
                yield from (Import(file, node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                for name in sorted({resolved(node, alias, known) for alias in node.names}):
                    yield Import(file, node.lineno, name)


def resolved(node: ast.ImportFrom, alias: ast.alias, known: set[str]) -> str:
    module = "." * node.level + (node.module or "")
    return f"{module}.{alias.name}" if f"{module}.{alias.name}" in known else module


def module_of(file: str) -> str:
    return file.removesuffix(".py").replace("/", ".").removesuffix(".__init__")


def unit_of(file: str) -> str:
    return Path(file).parts[1].removesuffix(".py")


def unit_of_module(module: str) -> str:
    return Import("", 0, module).unit
