"""Checks under bare pytest: the submission is found, imported afresh, and missed in a sentence."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import autograder.checks

pytest_plugins = ["pytester"]

CONFTEST = Path(next(iter(autograder.checks.__path__))) / "conftest.py"

SETTINGS = """
[pytest]
python_files = check_*.py
python_functions = check_*
addopts = --import-mode=importlib --strict-markers
markers =
    task(name): x
    needs(names): x
"""

CHECKS = """
import pytest
from autograder.kit import assert_equal, call, needs, task

@task("a")
def check_double(student, device):
    "double doubles"
    assert_equal(student.double(2), 4, call("double", x=2), hint="look")
    student.MEMORY.append(1)
    assert device.type == "cpu"

@task("a")
@needs("check_double")
@pytest.mark.parametrize("n", [1, 2])
def check_fresh(student, rng, n):
    "the module is fresh"
    assert_equal(student.MEMORY, [], call("import"))
    assert_equal(student.Row(n).n, n, call("Row"))
    print("drawn", n, rng.integer(0, 10**9))
"""

SUBMISSION = """
from __future__ import annotations
from dataclasses import dataclass
MEMORY = []

@dataclass
class Row:
    n: int

def double(x):
    return 2 * x
"""


@pytest.fixture
def course(pytester, monkeypatch):
    """A course with one assignment, graded from its root."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    checks = pytester.mkdir("autograder") / "checks"
    (checks / "twice").mkdir(parents=True)
    shutil.copy(CONFTEST, checks)
    (checks / "twice" / "check_public.py").write_text(CHECKS)
    pytester.path.joinpath("pytest.ini").write_text(SETTINGS)
    (pytester.mkdir("assignments") / "twice").mkdir()
    write(pytester.path / "assignments" / "twice" / "twice.py", SUBMISSION)
    return pytester


def write(path, text):
    path.write_text(text)


def test_the_submission_is_found_from_the_folder_of_the_check(course):
    result = course.runpytest("autograder/checks/twice")
    result.assert_outcomes(passed=3)


def test_every_run_draws_the_same(course):
    runs = [course.runpytest("-s", "-q", "autograder/checks/twice") for _ in range(2)]
    drawn = [[line for line in run.outlines if "drawn" in line] for run in runs]
    assert len(drawn[0]) == 2
    assert drawn[0] == drawn[1]


def test_a_failure_reads_as_a_sentence_with_its_hint(course):
    write(course.path / "assignments" / "twice" / "twice.py", SUBMISSION.replace("2 *", "3 *"))
    result = course.runpytest("autograder/checks/twice")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        ["*double: the result is 6, but should be 4 ?x=2?", "*Hint: look", "*check_public.py:8:*"]
    )


@pytest.mark.parametrize("path", ["elsewhere/mine.py", "elsewhere"])
def test_another_submission_is_named(course, path):
    folder = course.mkdir("elsewhere")
    for name in ("mine.py", "twice.py"):
        write(folder / name, "from beside import *\n")
    write(folder / "beside.py", SUBMISSION.replace("2 *", "3 *"))
    result = course.runpytest("autograder/checks/twice", "--submission", path, "-k", "double")
    result.assert_outcomes(failed=1)


def test_a_missing_submission_is_a_sentence(course):
    (course.path / "assignments" / "twice" / "twice.py").unlink()
    result = course.runpytest("autograder/checks/twice")
    result.assert_outcomes(errors=3)
    result.stdout.fnmatch_lines(
        ["twice: *twice.py is missing, but should be the module to check. --submission PATH names*"]
    )


def test_a_submission_that_is_no_python_file_is_a_sentence(course):
    write(course.path / "notes.txt", "")
    result = course.runpytest("autograder/checks/twice", "--submission", "notes.txt")
    result.stdout.fnmatch_lines(["twice: notes.txt is no Python file, but should be one."])


def test_a_check_outside_a_course_is_a_sentence(course):
    shutil.rmtree(course.path / "assignments")
    result = course.runpytest("autograder/checks/twice")
    result.stdout.fnmatch_lines(["*check_public.py: no folder above it has assignments/.*"])
