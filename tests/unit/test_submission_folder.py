"""A folder or a `.py` file gives the wanted files; what else lies around is listed, not read."""

from __future__ import annotations

import os
import re

import pytest

from autograder.errors import SubmissionError
from autograder.model import Assignment, LeftBehind
from autograder.submission import collect, folder

ASSIGNMENT = Assignment(slug="conv", title="Conv", files=("conv.py",), tasks=())
PAIR = Assignment(slug="conv", title="Conv", files=("conv.py", "layers.py"), tasks=())
CODE = b"def f():\n    return 1\n"


def refusal(path, assignment=ASSIGNMENT):
    with pytest.raises(SubmissionError) as caught:
        collect(path, assignment)
    return str(caught.value).replace(str(path), "work")


def listed(submission):
    return {one.name: one.reason for one in submission.left_behind}


@pytest.fixture
def work(tmp_path):
    path = tmp_path / "work"
    path.mkdir()
    return path


def test_the_module_is_taken_and_the_rest_left_behind(work):
    for name in ("conv.py", "conftest.py", "torch.py", "bad\n\u202ename.txt"):
        (work / name).write_bytes(CODE)
    submission = collect(work, ASSIGNMENT)
    assert submission.files == {"conv.py": CODE}
    assert submission.source == str(work)
    assert listed(submission) == dict.fromkeys(
        ["conftest.py", "torch.py", "bad\\n\\u202ename.txt"], "not part of the assignment"
    )


def test_the_module_may_lie_in_one_folder(work):
    (work / "conv").mkdir()
    (work / "conv" / "conv.py").write_bytes(CODE)
    (work / "conv" / "notes").mkdir()
    (work / "README").write_bytes(b"")
    submission = collect(work, ASSIGNMENT)
    assert submission.files == {"conv.py": CODE}
    assert listed(submission) == {
        "README": "not part of the assignment",
        "conv/notes": "is a folder",
    }


def test_the_top_comes_before_a_folder(work):
    (work / "conv.py").write_bytes(CODE)
    (work / "old").mkdir()
    (work / "old" / "conv.py").write_bytes(b"")
    submission = collect(work, ASSIGNMENT)
    assert submission.files == {"conv.py": CODE}
    assert listed(submission) == {"old/conv.py": "a second one; conv.py was taken"}


@pytest.mark.parametrize("shadow", [".ipynb_checkpoints", "__MACOSX"])
def test_shadow_folders_are_not_looked_into(work, shadow):
    (work / "conv").mkdir()
    (work / "conv" / "conv.py").write_bytes(CODE)
    (work / shadow).mkdir()
    (work / shadow / "conv.py").write_bytes(b"")
    submission = collect(work, ASSIGNMENT)
    assert submission.files == {"conv.py": CODE}
    assert listed(submission) == {shadow: "is a folder"}


def test_several_files_come_from_one_place(work):
    (work / "conv.py").write_bytes(CODE)
    (work / "sub").mkdir()
    (work / "sub" / "layers.py").write_bytes(CODE)
    assert refusal(work, PAIR) == (
        "work: holds conv.py, sub/layers.py, but should hold layers.py."
        " Hint: move sub/layers.py to layers.py."
    )
    (work / "layers.py").write_bytes(b"")
    assert collect(work, PAIR).files == {"conv.py": CODE, "layers.py": b""}


def test_two_folders_leave_no_choice_to_us(work):
    for name in ("a", "b"):
        (work / name).mkdir()
        (work / name / "conv.py").write_bytes(CODE)
    assert refusal(work) == (
        "work: conv.py lies in a/ and in b/, but should be there once."
        " Hint: hand in the folder that is meant."
    )


def test_a_file_is_the_module_whatever_its_name(tmp_path):
    path = tmp_path / "solution.py"
    path.write_bytes(CODE)
    submission = collect(path, ASSIGNMENT)
    assert submission.files == {"conv.py": CODE}
    assert submission.left_behind == ()


def test_one_file_is_not_two(tmp_path):
    (tmp_path / "conv.py").write_bytes(CODE)
    assert refusal(tmp_path / "conv.py", PAIR) == (
        "work: is a single file, but should be a folder or a zip with conv.py, layers.py."
    )


def test_an_empty_module_is_a_module(work):
    (work / "conv.py").write_bytes(b"")
    assert collect(work, ASSIGNMENT).files == {"conv.py": b""}


def test_a_syntax_error_is_for_the_checks_to_say(work):
    (work / "conv.py").write_bytes(b"def f(:\n")
    assert collect(work, ASSIGNMENT).files == {"conv.py": b"def f(:\n"}


def test_an_empty_folder(work):
    assert refusal(work) == "work: is empty, but should hold conv.py."


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (
            ["convv.py"],
            "holds convv.py, but should hold conv.py. Hint: rename convv.py to conv.py.",
        ),
        (["CONV.PY"], "holds CONV.PY, but should hold conv.py. Hint: rename CONV.PY to conv.py."),
        (
            ["conv.py.txt"],
            "holds conv.py.txt, but should hold conv.py. Hint: rename conv.py.txt to conv.py.",
        ),
        (["conv.ipynb"], "holds conv.ipynb, but should hold conv.py."),
        (["x\x1b.md"], "holds x\\x1b.md, but should hold conv.py."),
        (list("abcdefg"), "holds a, b, c, d, e and 2 more, but should hold conv.py."),
    ],
)
def test_a_wrong_name_is_shown_with_the_right_one(work, names, sentence):
    for name in names:
        (work / name).write_bytes(CODE)
    assert refusal(work) == f"work: {sentence}"


def test_only_folders(work):
    (work / "data").mkdir()
    assert refusal(work) == "work: holds data, but should hold conv.py."


def test_a_missing_path(tmp_path):
    assert refusal(tmp_path / "none") == (
        "work: is not there, but should be a folder, a .py file or a zip."
    )


def test_a_path_that_no_file_can_have(tmp_path):
    sentence = "cannot be read ({}), but should be a readable folder, .py file or zip."
    assert sentence.format("embedded null byte") in refusal(tmp_path / "a\0b")
    assert sentence.format("File name too long") in refusal(tmp_path / ("a" * 300))


def test_a_long_path_is_cut_in_messages(tmp_path):
    with pytest.raises(SubmissionError, match="…: cannot be read"):
        collect(tmp_path / ("a" * 3000), ASSIGNMENT)


def test_a_long_list_is_cut(work):
    (work / "conv.py").write_bytes(CODE)
    for number in range(230):
        (work / f"{number:03}.txt").touch()
    left = collect(work, ASSIGNMENT).left_behind
    assert len(left) == 201
    assert left[199].name == "199.txt"
    assert left[200] == LeftBehind(name="and 30 more", reason="only the first are listed")


def test_a_crowd_does_not_hide_the_module(work, monkeypatch):
    monkeypatch.setattr(folder, "MAX_ENTRIES", 3)
    (work / "sub").mkdir()
    (work / "sub" / "conv.py").write_bytes(CODE)
    for number in range(9):
        (work / "sub" / f"{number}.png").touch()
    submission = collect(work, ASSIGNMENT)
    assert submission.files == {"conv.py": CODE}
    assert len(submission.left_behind) <= 3
    assert submission.left_behind[-1].name == "and more"


def test_no_descriptor_stays_open(work):
    (work / "conv.py").write_bytes(CODE)
    (work / "sub").mkdir()
    before = len(os.listdir("/proc/self/fd"))
    collect(work, ASSIGNMENT)
    (work / "conv.py").unlink()
    assert re.match("work: holds sub", refusal(work))
    assert len(os.listdir("/proc/self/fd")) == before
