"""The command line as a process of its own, in a copy of the tiny course."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

TESTS = Path(__file__).parents[1]
# -P: the course has a folder `autograder` of its own, which must not pass for the package.
COMMAND = (sys.executable, "-P", "-m", "autograder")
_NOT_OURS = ("FORCE_COLOR", "NO_COLOR", "PY_COLORS", "COLUMNS", "LINES", "GITHUB_ACTIONS", "TERM")


class Ran(NamedTuple):
    """What a run came to."""

    code: int
    out: str
    err: str


def environment(**more: str) -> dict[str, str]:
    """Return this environment without what changes colours and widths."""
    return {name: value for name, value in os.environ.items() if name not in _NOT_OURS} | more


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TESTS / "golden" / "course", tmp_path / "course"))


@pytest.fixture
def submission() -> Callable[[str], str]:
    """Return the path of a submission by the name of its golden."""
    return lambda case: str(TESTS / "golden" / "cases" / case / "submission")


@pytest.fixture
def autograder(root: Path) -> Callable[..., Ran]:
    """Run a verb at the root of the course or in another folder, its output in pipes."""

    def run(*words: str | Path, cwd: Path = root, **more: str) -> Ran:
        done = subprocess.run(
            [*COMMAND, *map(str, words)],
            cwd=cwd,
            env=environment(**more),
            capture_output=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
            check=False,
        )
        assert "\x1b" not in done.stdout + done.stderr
        return Ran(done.returncode, done.stdout, done.stderr)

    return run
