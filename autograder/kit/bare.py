"""Fixtures for checks under bare pytest: the submission is a module of the same process."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
import yaml

from autograder import data
from autograder.data.loading import DEFAULT
from autograder.kit.attempts import try_check
from autograder.kit.randomness import Rng
from autograder.kit.thresholds import Stairs, Threshold


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--submission PATH`."""
    parser.addoption(
        "--submission",
        type=Path,
        metavar="PATH",
        help="the file to check, or its folder; by default assignments/<slug>/<slug>.py",
    )


@pytest.fixture
def student(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the submission, imported afresh for each check."""
    slug = request.path.parent.name
    path = _submission(slug, request)
    if not path.is_file():
        pytest.fail(
            f"{slug}: {path} is missing, but should be the module to check. "
            "--submission PATH names another file or folder.",
            pytrace=False,
        )
    monkeypatch.syspath_prepend(path.parent)
    return _imported(slug, path, monkeypatch)


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> Rng:
    """Return the source of randomness that belongs to this check and case."""
    return Rng.named(request.node.name)


@pytest.fixture
def device() -> torch.device:
    """Return the device to check on: the CPU."""
    return torch.device("cpu")


@pytest.fixture
def dataset(request: pytest.FixtureRequest) -> Callable[[data.Split], data.Dataset]:
    """Return the course's data set, by split: a function."""
    name = _grading_file(request.path)["course"].get("data", DEFAULT)
    return lambda split: data.load(name, split)


@pytest.fixture
def threshold(request: pytest.FixtureRequest) -> Callable[[str], Threshold]:
    """Return the thresholds that `grading.yml` gives the task of this check, by name."""
    given = _task(request.node).get("thresholds", {})
    return lambda name: Threshold(_stairs(given[name]))


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a check as often as its task allows."""
    if "threshold" not in pyfuncitem.fixturenames:
        return None
    try_check(pyfuncitem, _task(pyfuncitem).get("attempts", 1))
    return True


def _task(check: Any) -> dict[str, Any]:  # noqa: ANN401 - a fixture's node has any type
    assignment = _grading_file(check.path)["assignments"][check.path.parent.name]
    (name,) = check.get_closest_marker("task").args
    entry: dict[str, Any] = assignment["tasks"][name]
    return entry


def _stairs(given: float | list[dict[str, float]]) -> Stairs:
    if isinstance(given, int | float):
        return given
    return [(step["at_least"], step["share"]) for step in given]


def _grading_file(check_file: Path) -> dict[str, Any]:
    text = (_course(check_file) / "grading.yml").read_text(encoding="utf-8")
    written: dict[str, Any] = yaml.safe_load(text)
    return written


def _submission(slug: str, request: pytest.FixtureRequest) -> Path:
    chosen: Path | None = request.config.getoption("--submission", default=None)
    if chosen is None:
        return _course(request.path) / "assignments" / slug / f"{slug}.py"
    return chosen / f"{slug}.py" if chosen.is_dir() else chosen


def _course(check_file: Path) -> Path:
    """Return the nearest folder above that has `assignments/`."""
    for folder in check_file.parents:
        if (folder / "assignments").is_dir():
            return folder
    pytest.fail(
        f"{check_file}: no folder above it has assignments/. --submission PATH names the module.",
        pytrace=False,
    )


def _imported(slug: str, path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location(slug, path)
    if spec is None or spec.loader is None:
        pytest.fail(f"{slug}: {path} is no Python file, but should be one.", pytrace=False)
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up by name, so it must be there while it is being run.
    monkeypatch.setitem(sys.modules, slug, module)
    spec.loader.exec_module(module)
    return module
