"""Whatever bytes are handed in: the module comes out whole, or one printable sentence does."""

from __future__ import annotations

import io
import random
import struct
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.errors import SubmissionError
from autograder.model import Assignment
from autograder.submission import collect

ASSIGNMENT = Assignment(slug="conv", title="Conv", files=("conv.py",), tasks=())
QUIET = settings(derandomize=True, deadline=None, max_examples=300, database=None)
CODE = b"def f():\n    return 1\n" * 20


def hand_in():
    """Return an ordinary zip: packed, with a name beyond ASCII and an extra field."""
    renamed = ZipInfo("größe.txt")
    renamed.extra = struct.pack("<HHBL", 0x7075, 5, 1, 0)
    buffer = io.BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as file:
        file.writestr("hand-in/conv.py", CODE)
        file.writestr("hand-in/data.bin", random.Random(0).randbytes(300))
        file.writestr(renamed, b"x")
    return buffer.getvalue()


VALID = hand_in()


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz") / "work.zip"


def read_or_refused(path, data):
    path.write_bytes(data)
    try:
        submission = collect(path, ASSIGNMENT)
    except SubmissionError as error:
        sentence = str(error)
    else:
        sentence = ""
        assert submission.files == {"conv.py": CODE}
    assert sentence.isprintable()


@QUIET
@given(data=st.one_of(st.binary(max_size=300), st.binary(max_size=80).map(VALID.__add__)))
def test_any_bytes_are_read_or_refused(place, data):
    read_or_refused(place, data)


@QUIET
@given(
    changes=st.dictionaries(st.integers(0, len(VALID) - 1), st.integers(0, 255), max_size=6),
    cut=st.integers(0, 40),
    at=st.integers(0, len(VALID) - 1),
)
def test_any_change_of_a_zip_is_read_or_refused(place, changes, cut, at):
    forged = bytearray(VALID)
    for offset, value in changes.items():
        forged[offset] = value
    del forged[at : at + cut]
    read_or_refused(place, bytes(forged))
