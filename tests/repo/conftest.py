"""The tree that these tests are about."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILT = {"__pycache__", "build", "dist"}


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def tracked() -> tuple[Path, ...]:
    """Return what a clone would hold, from the root: by git, or by walking where there is none."""
    names = _by_git() if shutil.which("git") and (ROOT / ".git").exists() else _by_walking()
    return tuple(sorted(Path(name) for name in names if (ROOT / name).is_file()))


@pytest.fixture(scope="session")
def sources(tracked: tuple[Path, ...]) -> dict[str, str]:
    """Return the Python files of the engine by their path from the root."""
    found = [path for path in tracked if path.parts[0] == "autograder" and path.suffix == ".py"]
    return {path.as_posix(): (ROOT / path).read_text(encoding="utf-8") for path in found}


@pytest.fixture(scope="session")
def pages(tracked: tuple[Path, ...]) -> dict[Path, str]:
    """Return the Markdown files by their path from the root, but for those of a test's course."""
    found = [path for path in tracked if path.suffix == ".md" and "course" not in path.parts]
    return {path: (ROOT / path).read_text(encoding="utf-8") for path in found}


def _by_git() -> list[str]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.split("\0") if name]


def _by_walking() -> list[str]:
    names = []
    for folder, inner, files in os.walk(ROOT):
        inner[:] = [one for one in inner if not one.startswith(".") or one == ".ci"]
        inner[:] = [one for one in inner if one not in BUILT and not one.endswith(".egg-info")]
        names += [os.path.relpath(os.path.join(folder, one), ROOT) for one in files]
    return names
