"""The reports of known submissions stay as they are, until `python -m tests.golden` is called."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from autograder.sandbox.host import Launcher

from .gradings import CASES, FOLDER, reports


@pytest.fixture(scope="module")
def launcher() -> Iterator[Launcher]:
    with Launcher() as launcher:
        yield launcher


@pytest.mark.parametrize("case", CASES)
def test_the_reports_are_the_stored_ones(launcher, case):
    for name, text in reports(launcher, case).items():
        assert text == (FOLDER / "cases" / case / name).read_text(encoding="utf-8")
