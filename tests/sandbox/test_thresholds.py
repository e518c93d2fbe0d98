"""Thresholds of the configuration reach a check, when graded and under bare pytest."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from autograder.model import Outcome, Step

CHECK = """
@task("a")
def check_accuracy(student, threshold):
    '''the accuracy is high'''
    assert_reaches(student.accuracy(), threshold("accuracy"), call("accuracy"))
"""
STEPS = (Step(at_least=0.8, share=0.5), Step(at_least=0.9, share=1))
COURSE = """
assignments:
  toy:
    tasks:
      a: {thresholds: {accuracy: [{at_least: 0.8, share: 0.5}, {at_least: 0.9, share: 1}]}}
"""


@pytest.mark.parametrize(
    ("accuracy", "share", "outcome"),
    [(0.95, 1.0, Outcome.PASSED), (0.85, 0.5, Outcome.FAILED), (0.5, 0.0, Outcome.FAILED)],
)
def test_a_graded_check_earns_the_step_it_reached(toys, accuracy, share, outcome):
    job = toys.job(f"def accuracy():\n    return {accuracy}\n", CHECK)
    (task,) = job.assignment.tasks
    tasks = (task.model_copy(update={"thresholds": {"accuracy": STEPS}}),)
    assignment = job.assignment.model_copy(update={"tasks": tasks})
    events = toys.events(job.model_copy(update={"assignment": assignment}))
    (result,) = [event.result for event in events if event.kind == "earned"]
    assert (result.outcome, result.share) == (outcome, share)


@pytest.mark.parametrize(
    ("accuracies", "attempts", "status"), [([0.95], 1, 0), ([0.85], 1, 1), ([0.85, 0.95], 2, 0)]
)
def test_bare_pytest_reads_the_same_configuration(tmp_path, accuracies, attempts, status):
    folder = tmp_path / "autograder" / "checks" / "toy"
    folder.mkdir(parents=True)
    (tmp_path / "assignments" / "toy").mkdir(parents=True)
    stub = tmp_path / "assignments" / "toy" / "toy.py"
    stub.write_text(f"LEFT = {accuracies}\n\ndef accuracy():\n    return LEFT.pop(0)\n")
    (tmp_path / "grading.yml").write_text(COURSE.replace("a: {", f"a: {{attempts: {attempts}, "))
    (folder / "check_public.py").write_text(f"from autograder.kit import *\n{CHECK}")
    conftest = Path(__file__).parents[2] / "autograder" / "checks" / "conftest.py"
    (folder / "conftest.py").write_text(conftest.read_text())
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\npython_files = check_*.py\npython_functions = check_*\n"
        "markers =\n    task(x): x\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == status, ended.stdout
    assert ("should be at least 0.9" in ended.stdout) == bool(status)


CHANCE = """
@task("a")
def check_luck(student, rng, threshold):
    '''the number is high'''
    got = student.luck(rng.integer(0, 10**6))
    assert_equal(isinstance(got, float), True, call("luck"))
    assert_reaches(got, threshold("accuracy"), call("luck"))
"""
LUCK = """
SEEN = []

def luck(seed):
    assert seed not in SEEN
    SEEN.append(seed)
    return ({},)[len(SEEN) - 1]
"""


@pytest.mark.parametrize(
    ("numbers", "attempts", "share", "message"),
    [
        ("0.5, 0.95", 1, 0.0, "the result is 0.5, but should be at least 0.9"),
        ("0.5, 0.95", 2, 1.0, ""),
        ("0.95, 0.5", 2, 1.0, ""),
        ("0.85, 0.5, 0.6", 3, 0.5, "0.85, but should be at least 0.9 (the best of 3"),
        ("0.5, 0.6, 0.95", 2, 0.0, "0.5, but should be at least 0.9 (the best of 2"),
        ("0.5, 'x', 0.95", 3, 0.0, "the result is False, but should be True"),
        ("0.5", 2, 0.0, "IndexError"),
    ],
)
def test_what_falls_short_may_be_tried_again(toys, numbers, attempts, share, message):
    job = toys.job(LUCK.format(numbers), CHANCE)
    (task,) = job.assignment.tasks
    changes = {"thresholds": {"accuracy": STEPS}, "attempts": attempts}
    assignment = job.assignment.model_copy(update={"tasks": (task.model_copy(update=changes),)})
    events = toys.events(job.model_copy(update={"assignment": assignment}))
    (result,) = [event.result for event in events if event.kind == "earned"]
    assert result.share == share
    assert message in result.message
