"""The command line in this process, on the tiny course, with one launcher for all submissions."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import NamedTuple

import pytest

from autograder import cli
from autograder.model import CheckResult, Report
from autograder.report import parse
from autograder.sandbox.host import Launcher

COURSE = Path(__file__).parents[1] / "golden" / "course"
CHECKS = (
    "check_area",
    "check_area_of_a_large_rectangle",
    "check_area_of_a_negative_side",
    "check_scaled",
    "check_scaled_leaves_its_argument",
    "check_counted",
)


class Graded(NamedTuple):
    """What a grading came to; without a report, it could not begin."""

    code: int
    out: str
    err: str
    report: Report | None

    @property
    def checks(self) -> dict[str, CheckResult]:
        """Return the verdicts by name."""
        tasks = self.report.tasks if self.report else ()
        return {check.name: check for task in tasks for check in task.checks}

    @property
    def outcomes(self) -> list[str]:
        """Return the outcomes in the order of `CHECKS`; none may be lost."""
        return [self.checks[name].outcome.value for name in CHECKS]


@pytest.fixture(scope="session")
def launcher() -> Iterator[Launcher]:
    with Launcher() as launcher:
        yield launcher


@pytest.fixture
def grade(launcher, monkeypatch, capsys, tmp_path) -> Callable[[Path], Graded]:
    """Grade a submission by `autograder grade`, everything revealed."""
    record = tmp_path / "report.json"
    monkeypatch.setattr(cli, "_launcher", lambda *_: nullcontext(launcher))
    monkeypatch.chdir(COURSE)

    def run(path: Path) -> Graded:
        words = ("grade", "toy", str(path), "--report", str(record), "--reveal")
        monkeypatch.setattr(sys, "argv", ["autograder", *words])
        with pytest.raises(SystemExit) as end:
            cli.main()
        told = capsys.readouterr()
        report = parse(record.read_text()) if record.exists() else None
        return Graded(end.value.code, told.out, told.err, report)

    return run


@pytest.fixture
def grade_source(grade, tmp_path) -> Callable[[str], Graded]:
    """Grade a module by its text."""

    def run(source: str) -> Graded:
        work = tmp_path / "work"
        work.mkdir()
        (work / "toy.py").write_text(source, encoding="utf-8")
        return grade(work)

    return run
