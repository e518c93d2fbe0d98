"""Writes the reports of all cases anew: `python -m tests.golden`, then read the difference."""

from __future__ import annotations

from autograder.sandbox.host import Launcher
from tests.golden.gradings import CASES, FOLDER, reports

with Launcher() as launcher:
    for case in CASES:
        for name, text in reports(launcher, case).items():
            (FOLDER / "cases" / case / name).write_text(text, encoding="utf-8")
