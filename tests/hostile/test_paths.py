"""A submission that cannot be read at all: one sentence, exit code 2, no report."""

from __future__ import annotations

import os
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from .conftest import COURSE

HONEST = (COURSE / "solutions/toy/toy.py").read_bytes()


@pytest.fixture
def work(tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def refused(grade):
    """Grade what cannot be read and return the sentence."""

    def run(path):
        graded = grade(path)
        assert (graded.code, graded.out, graded.report) == (2, "", None)
        assert graded.err.startswith(str(path))
        assert graded.err.count("\n") == 1
        return graded.err.removeprefix(str(path)).strip()

    return run


@pytest.fixture
def archive(tmp_path):
    """Make a zip of members: name to content, or (ZipInfo, content)."""

    def make(*members, method=zipfile.ZIP_DEFLATED):
        path = tmp_path / "work.zip"
        with zipfile.ZipFile(path, "w", method) as file:
            for name, content in members:
                file.writestr(name, content)
        return path

    return make


def linked(name):
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def test_an_empty_folder(refused, work):
    assert refused(work) == ": is empty, but should hold toy.py."


def test_a_wrong_file_name(refused, work):
    (work / "toi.py").write_bytes(HONEST)
    assert refused(work) == ": holds toi.py, but should hold toy.py. Hint: rename toi.py to toy.py."


def test_nothing_there(refused, work):
    said = refused(work / "nowhere")
    assert said == ": is not there, but should be a folder, a .py file or a zip."


def test_bytes_that_are_no_text(refused, work):
    (work / "toy.py").write_bytes(HONEST + b"# caf\xe9\n")
    line = HONEST.count(b"\n") + 1
    said = refused(work)
    assert said.startswith(f"/toy.py:{line}: byte ")
    assert "is 0xe9 there, but should be UTF-8." in said


def test_nul_bytes(refused, work):
    (work / "toy.py").write_bytes(b"x = 1\n\0\n" + HONEST)
    said = refused(work)
    assert said.startswith("/toy.py:2: byte 6 of the file is NUL, but source should be text")


def test_utf_16(refused, work):
    (work / "toy.py").write_bytes("x = 1\n".encode("utf-16"))
    assert "is 0xff there, but should be UTF-8." in refused(work)


def test_a_file_of_50_megabytes(refused, work):
    with (work / "toy.py").open("wb") as file:
        file.truncate(50_000_000)
    said = refused(work)
    assert said.startswith("/toy.py: is 50,000,000 bytes, but should be at most 1,000,000 bytes.")


def test_a_file_of_50_megabytes_by_its_own_path(refused, work):
    with (work / "toy.py").open("wb") as file:
        file.truncate(50_000_000)
    assert refused(work / "toy.py").startswith(": is 50,000,000 bytes")


def test_a_folder_called_like_the_module(refused, work):
    (work / "toy.py").mkdir()
    assert refused(work) == "/toy.py: is a folder, but should be a file itself."


def test_a_folder_called_like_a_module_as_the_submission(refused, work):
    (work / "toy.py").mkdir()
    assert refused(work / "toy.py") == ": is empty, but should hold toy.py."


def test_a_link_to_the_reference(refused, work):
    (work / "toy.py").symlink_to(COURSE / "solutions/toy/toy.py")
    assert refused(work) == "/toy.py: is a link, but should be a file itself."


def test_a_pipe(refused, work):
    os.mkfifo(work / "toy.py")
    assert refused(work) == "/toy.py: is a device, pipe or socket, but should be a file itself."


def test_a_device(refused):
    assert "is a device, pipe or socket" in refused(Path("/dev/zero"))


def test_a_text_called_zip(refused, work):
    (work / "work.zip").write_text("not packed")
    assert refused(work / "work.zip").startswith(": is something else, but should be a folder")


def test_half_a_zip(refused, archive):
    path = archive(("toy.py", HONEST))
    path.write_bytes(path.read_bytes()[:-30])
    assert refused(path).startswith(": is a zip without its end, but should be whole.")


@pytest.mark.parametrize(
    "name", ["/etc/toy.py", "../toy.py", "a/../../toy.py", "C:/toy.py", "..\\toy.py"]
)
def test_a_zip_with_a_path_that_leads_out(refused, archive, name, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    path = archive(("toy.py", HONEST), (name, b"x = 1\n"))
    said = refused(path)
    assert "but a submission should hold plain files and folders only." in said
    assert "Nothing was read." in said
    assert sorted(tmp_path.rglob("*")) == sorted([*before, path])


def test_a_zip_with_a_link(refused, archive):
    said = refused(archive((linked("toy.py"), b"/etc/passwd")))
    assert said.startswith(
        ": its member toy.py is a link, but a submission should hold plain files"
    )


def test_a_zip_bomb(refused, archive):
    said = refused(archive(("toy.py", b"\n" * 50_000_000)))
    assert said.startswith("/toy.py: is 50,000,000 bytes, but should be at most 1,000,000 bytes.")


def test_a_zip_bomb_that_lies_about_its_size(refused, archive):
    path = archive(("toy.py", b"\n" * 50_000_000))
    packed = path.read_bytes().replace(struct.pack("<L", 50_000_000), struct.pack("<L", 10))
    path.write_bytes(packed)
    assert "but should" in refused(path)


def test_a_zip_of_too_many_members(refused, archive):
    said = refused(archive(*((f"file{number}.txt", b"") for number in range(10_001))))
    assert "has 10,001 members, but should have at most 10,000." in said


def test_a_zip_without_the_module(refused, archive):
    assert "holds notes.txt, but should hold toy.py" in refused(archive(("notes.txt", b"")))


def test_a_zip_in_a_folder_of_its_own_with_notes_is_fine(grade, archive):
    graded = grade(archive(("work/toy.py", HONEST), ("work/notes.txt", b"hello")))
    assert graded.code == 0
    assert graded.report.score == 10
    assert [one.name for one in graded.report.submission.left_behind] == ["work/notes.txt"]


def test_a_path_with_control_characters_is_shown_escaped(grade, work):
    folder = work / "\x1b[31mred\n"
    folder.mkdir()
    graded = grade(folder)
    assert graded.code == 2
    assert "\x1b" not in graded.err
    assert "\\x1b[31mred\\n: is empty" in graded.err
