"""`autograder check`: the public checks only, wherever it is called."""

from __future__ import annotations

import subprocess
import sys

import pytest

from .conftest import environment

REMAIN = "hidden checks were not run here"
_WITHOUT_TORCH = """\
import sys
from autograder.cli import main
try:
    main()
finally:
    sys.stderr.write("torch is in" if "torch" in sys.modules else "no torch")
"""
_TRAP = """\
from pathlib import Path
Path({trap!r}).touch()
"""


@pytest.fixture
def released(root, autograder):
    """The course with its stub."""
    assert autograder("release").code == 0
    return root


def test_in_the_folder_of_the_assignment_its_stub_is_meant(autograder, released):
    ran = autograder("check", cwd=released / "assignments" / "toy")
    assert (ran.code, ran.err) == (1, "")
    assert "area is still the stub: 0 of 4 points" in ran.out
    assert "Score 0 of 10  (3 unwritten)" in ran.out
    assert f"3 {REMAIN}" in ran.out


def test_a_right_answer_passes_and_no_hidden_check_runs(autograder, root, tmp_path):
    trap = tmp_path / "sprung"
    hidden = root / "autograder/checks/toy/check_hidden.py"
    hidden.write_text(hidden.read_text() + _TRAP.format(trap=str(trap)))
    ran = autograder("check", "toy", "solutions/toy")
    assert (ran.code, ran.err) == (0, "")
    assert "Score 10 of 10  (3 passed)" in ran.out
    assert f"Public checks only: 3 {REMAIN}" in ran.out
    assert "none of the 10 points is final" in ran.out
    assert not trap.exists()


def test_a_path_alone_and_one_task(autograder, submission, tmp_path):
    work = tmp_path / "toy.py"
    work.write_text(_source(submission("mixed")))
    ran = autograder("check", work, "--task", "scaling")
    assert ran.code == 0
    assert "Score 3 of 10  (1 passed)" in ran.out
    assert "1 hidden check was not run here" in ran.out


def test_every_assignment_at_the_root(autograder, released):
    _second_assignment(released)
    ran = autograder("check")
    assert ran.code == 1
    assert "Rectangles (toy)" in ran.out
    assert "Squares (coy)" in ran.out


def test_a_task_is_for_one_assignment(autograder, released):
    _second_assignment(released)
    ran = autograder("check", "--task", "area")
    assert (ran.code, ran.out) == (2, "")
    assert "--task area: is asked of toy, coy, but should be of one assignment." in ran.err


def test_a_course_in_a_folder_named_like_an_assignment_is_still_whole(autograder, released):
    _second_assignment(released)
    moved = released.rename(released.parent / "coy")
    ran = autograder("check", "--task", "area", cwd=moved)
    assert "is asked of toy, coy" in ran.err


def test_at_the_root_of_the_file_system_nothing_breaks(autograder):
    ran = autograder("check", "--task", "nothing", cwd="/")
    assert ran.code == 2
    assert "--task nothing: is asked of" in ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["tyo"], 'tyo: is no assignment, but should be "toy".'),
        (["toy", "nowhere"], "nowhere: is not there, but should be a folder, a .py file or a zip."),
        (["grading.yml"], "grading.yml: belongs to no assignment by its name"),
        (["toy", "--task", "aera"], 'aera: is no task of toy, but should be "area".'),
        (["toy"], "assignments/toy/toy.py: is not there"),
        (["toy", "--isolation", "fuller"], "--isolation"),
    ],
)
def test_wrong_usage(autograder, words, said):
    ran = autograder("check", *words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


@pytest.mark.parametrize(("words"), [["list", "toy"], ["check", "solutions/toy"]])
def test_the_command_line_imports_no_torch(root, words):
    command = [sys.executable, "-P", "-c", _WITHOUT_TORCH, *words]
    done = subprocess.run(
        command, cwd=root, env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stderr == "no torch"


def _source(folder):
    with open(f"{folder}/toy.py", encoding="utf-8") as file:
        return file.read()


def _second_assignment(root):
    for part in ("assignments", "autograder/checks"):
        (root / part / "coy").mkdir()
    (root / "assignments/coy/coy.py").write_text(_source(root / "assignments/toy"))
    checks = root / "autograder/checks"
    for name in ("check_public.py", "check_hidden.py"):
        (checks / "coy" / name).write_text((checks / "toy" / name).read_text())
    grading = (root / "grading.yml").read_text()
    toy = grading[grading.index("  toy:") :]
    coy = toy.replace("toy", "coy").replace("title: Rectangles", "title: Squares")
    (root / "grading.yml").write_text(grading + coy)
