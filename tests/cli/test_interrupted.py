"""A grading that is interrupted leaves no process, keeps what was earned, and can go on."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from autograder.report import parse

from .conftest import COMMAND, environment

WORDS = ("grade", "toy", "work", "--report", "report.json")
_PATIENCE_S = 100
_CHECKS = """\
from pathlib import Path

from autograder.kit import assert_equal, call, task

FOLDER = Path({folder!r})


def note(name):
    with (FOLDER / "ran").open("a") as file:
        file.write(name + " ")


@task("area")
def check_first(student):
    \"\"\"the first is quick\"\"\"
    note("first")
    assert_equal(student.area(2, 3), 6.0, call("area", width=2, height=3))


@task("scaling")
def check_second(student):
    \"\"\"the second stops for ever while the pipe is there\"\"\"
    note("second")
    student.area(1, 1)
    if (FOLDER / "pipe").exists():
        (FOLDER / "pipe").write_text("it runs")
        student.forever()


@task("counting")
def check_third(student):
    \"\"\"the third is quick\"\"\"
    note("third")
    assert_equal(student.area(1, 1), 1.0, call("area", width=1, height=1))
"""
_WORK = """\
def area(width, height):
    return float(width * height)


def forever():
    while True:
        pass
"""


class Running(NamedTuple):
    """A grading in the middle of its second check."""

    command: subprocess.Popen[str]
    descendants: dict[int, int]

    def end_by(self, number: signal.Signals) -> str:
        """Send a signal to the command line's group; return what it said last."""
        os.killpg(self.command.pid, number)
        return self.command.communicate(timeout=_PATIENCE_S)[1]

    def survivors(self) -> list[int]:
        """Return the processes that do not end."""
        return [pid for pid, descriptor in self.descendants.items() if not _readable(descriptor)]


@pytest.fixture
def slow(root: Path) -> Path:
    """The course with three public checks, of which the second can be made to hang."""
    checks = root / "autograder/checks/toy"
    (checks / "check_hidden.py").unlink()
    (checks / "check_public.py").write_text(_CHECKS.format(folder=str(root)))
    (root / "work").mkdir()
    (root / "work/toy.py").write_text(_WORK)
    grading = root / "grading.yml"
    patient = grading.read_text().replace("call_s: 2", "call_s: 250")
    grading.write_text(patient.replace("check_s: 10", "check_s: 250"))
    os.mkfifo(root / "pipe")
    return root


@pytest.fixture
def running(slow: Path) -> Iterator[Running]:
    pipe = os.open(slow / "pipe", os.O_RDWR | os.O_NONBLOCK)
    # Tests that a shell runs in the background ignore Ctrl-C, and hand that on.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    command = subprocess.Popen(
        [*COMMAND, *WORDS],
        cwd=slow,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )
    signal.signal(signal.SIGINT, before)
    with command:
        try:
            assert _readable(pipe)
            descendants = {pid: os.pidfd_open(pid) for pid in _descendants(command.pid)}
            (slow / "pipe").unlink()
            yield Running(command, descendants)
        finally:
            command.kill()
    for descriptor in (pipe, *descendants.values()):
        os.close(descriptor)


def _readable(descriptor: int) -> bool:
    return bool(select.select([descriptor], [], [], _PATIENCE_S)[0])


def _descendants(pid: int) -> list[int]:
    parents = {int(stat.parent.name): _parent(stat) for stat in Path("/proc").glob("[0-9]*/stat")}
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found[1:]


def _parent(stat: Path) -> int:
    try:
        return int(stat.read_text().rpartition(")")[2].split()[1])
    except OSError:  # it ended just now
        return 0


def _journal(root: Path) -> list[str]:
    lines = (root / "report.json.partial").read_text().splitlines()
    return [json.loads(line).get("name", "key") for line in lines]


def test_ctrl_c_leaves_no_process_and_the_next_run_goes_on(autograder, slow, running):
    assert len(running.descendants) >= 3
    said = running.end_by(signal.SIGINT)
    assert running.command.returncode == 130
    assert "Traceback" not in said
    assert running.survivors() == []
    assert not (slow / "report.json").exists()
    assert _journal(slow) == ["key", "check_first"]
    assert (slow / "ran").read_text() == "first second "

    _resumes(autograder, slow)


def test_a_kill_leaves_no_process_and_the_next_run_goes_on(autograder, slow, running):
    running.end_by(signal.SIGKILL)
    assert running.survivors() == []
    assert not (slow / "report.json").exists()
    assert _journal(slow) == ["key", "check_first"]
    with (slow / "report.json.partial").open("a") as journal:
        journal.write('{"name": "check_se')  # as a kill in the middle of a line leaves it

    _resumes(autograder, slow)


def _resumes(autograder, slow):
    ran = autograder(*WORDS)
    assert ran.code == 0
    assert (slow / "ran").read_text() == "first second second third "
    assert parse((slow / "report.json").read_text()).score == 10
    assert not (slow / "report.json.partial").exists()


def test_another_submission_starts_anew(autograder, slow, running):
    running.end_by(signal.SIGKILL)
    (slow / "work/toy.py").write_text(_WORK.replace("def forever", "def for_ever"))
    assert autograder(*WORDS).code == 0
    assert (slow / "ran").read_text() == "first second first second third "
