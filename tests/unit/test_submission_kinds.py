"""Links, pipes, devices, unreadable and huge files: none is followed, opened or read whole."""

from __future__ import annotations

import os
import socket

import pytest

from autograder.errors import SubmissionError
from autograder.model import Assignment
from autograder.submission import collect, reading
from autograder.submission.reading import MAX_FILE_BYTES, open_regular, read_capped

ASSIGNMENT = Assignment(slug="conv", title="Conv", files=("conv.py",), tasks=())
CODE = b"def f():\n    return 1\n"


def refusal(path):
    with pytest.raises(SubmissionError) as caught:
        collect(path, ASSIGNMENT)
    return str(caught.value).replace(str(path), "work")


def listed(submission):
    return {one.name: one.reason for one in submission.left_behind}


@pytest.fixture
def work(tmp_path):
    path = tmp_path / "work"
    path.mkdir()
    return path


@pytest.mark.parametrize("name", ["/dev/null", "/dev/zero"])
def test_a_device(name, tmp_path):
    os.symlink(name, tmp_path / "link.py")
    with pytest.raises(SubmissionError, match=f"^{name}: is a device, pipe or socket, but should"):
        collect(type(tmp_path)(name), ASSIGNMENT)
    assert refusal(tmp_path / "link.py") == (
        "work: is a link, but should be a folder, a .py file or a zip."
    )


def test_a_link_to_a_folder_is_not_followed(work, tmp_path):
    (work / "conv.py").write_bytes(CODE)
    os.symlink(work, tmp_path / "link")
    assert refusal(tmp_path / "link") == (
        "work: is a link, but should be a folder, a .py file or a zip."
    )


def test_a_link_in_the_place_of_the_module(work, tmp_path):
    (tmp_path / "reference.py").write_bytes(CODE)
    os.symlink(tmp_path / "reference.py", work / "conv.py")
    assert refusal(work) == "work/conv.py: is a link, but should be a file itself."


def test_a_linked_folder_is_not_entered(work, tmp_path):
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "conv.py").write_bytes(CODE)
    os.symlink(tmp_path / "solutions", work / "conv")
    assert refusal(work) == "work: holds conv, but should hold conv.py."


def test_pipes_sockets_and_folders_are_never_opened(work):
    os.mkfifo(work / "conv.py")
    assert (
        refusal(work) == "work/conv.py: is a device, pipe or socket, but should be a file itself."
    )
    os.unlink(work / "conv.py")
    (work / "conv.py").mkdir()
    assert refusal(work) == "work/conv.py: is a folder, but should be a file itself."


def test_a_socket_beside_the_module_is_left_behind(work, monkeypatch):
    (work / "conv.py").write_bytes(CODE)
    os.mkfifo(work / "pipe")
    os.symlink("/etc/passwd", work / "link")
    monkeypatch.chdir(work)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("sock")
        submission = collect(work, ASSIGNMENT)
    assert listed(submission) == {
        "pipe": "is a device, pipe or socket",
        "sock": "is a device, pipe or socket",
        "link": "is a link",
    }


def test_a_file_swapped_for_another_kind_after_the_look(work):
    os.mkfifo(work / "pipe")
    (work / "folder").mkdir()
    os.symlink("/etc/passwd", work / "link")
    for name, words in (("pipe", "is a device"), ("folder", "is a folder"), ("link", "cannot be")):
        with pytest.raises(SubmissionError, match=f"^here: {words}"):
            open_regular(work / name, "here")


def test_an_unreadable_module(work, monkeypatch):
    (work / "conv.py").write_bytes(CODE)
    deny(monkeypatch, reading.os, "conv.py")
    assert refusal(work) == (
        "work/conv.py: cannot be opened (Permission denied), but should be a readable file."
    )


def test_an_unreadable_folder_is_left_behind(work, monkeypatch):
    (work / "conv.py").write_bytes(CODE)
    (work / "locked").mkdir()
    deny(monkeypatch, reading.os, "locked")
    assert listed(collect(work, ASSIGNMENT)) == {"locked": "is a folder"}


def test_an_unreadable_top(work, monkeypatch):
    deny(monkeypatch, reading.os, work)
    assert refusal(work) == (
        "work: cannot be read (Permission denied), but should be a readable "
        "folder, .py file or zip."
    )


def deny(monkeypatch, module, name):
    genuine = os.open

    def guarded(path, *args, **kwargs):
        if path == name:
            raise PermissionError(13, "Permission denied")
        return genuine(path, *args, **kwargs)

    monkeypatch.setattr(module, "open", guarded)


def test_fifty_megabytes(work):
    with open(work / "conv.py", "wb") as file:
        file.truncate(52_428_800)
    sentence = (
        "is 52,428,800 bytes, but should be at most 1,000,000 bytes. "
        "Hint: hand in the module without data, outputs or weights."
    )
    assert refusal(work) == f"work/conv.py: {sentence}"
    assert refusal(work / "conv.py") == f"work: {sentence}"


def test_the_limit_itself_is_allowed(work):
    (work / "conv.py").write_bytes(b"#" * MAX_FILE_BYTES)
    assert len(collect(work, ASSIGNMENT).files["conv.py"]) == MAX_FILE_BYTES
    (work / "conv.py").write_bytes(b"#" * (MAX_FILE_BYTES + 1))
    assert "is 1,000,001 bytes, but should be at most 1,000,000" in refusal(work)


def test_a_file_that_grows_while_it_is_read():
    with (
        open("/dev/zero", "rb") as endless,
        pytest.raises(SubmissionError, match=r"^here: is still growing, but should be at most"),
    ):
        read_capped(endless, "here", 0)
