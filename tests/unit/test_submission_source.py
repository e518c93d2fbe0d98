"""Only UTF-8 source passes; the sentence names line and byte of what is not."""

from __future__ import annotations

import pytest

from autograder.errors import SubmissionError
from autograder.submission.source import require_source

SAVE = "Hint: let your editor save it as UTF-8."
DROP = "Hint: save the file as UTF-8 and delete this comment."


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x = 1\r\n",
        "x = 'größer'\n".encode(),
        "\ufeffx = 'größer'\n".encode(),
        b"# -*- coding: utf-8 -*-\n",
        b"#!/usr/bin/python\n# vim: set fileencoding=UTF8 :\n",
        b"\xef\xbb\xbf# coding: utf_8\n",
        b"# coding: us-ascii\n",
        b"x = 1\n# coding: latin-1\n",
        b"\n\n# coding: latin-1\n",
        b"text = '# coding: latin-1'\n",
        b"def f(:\n",
    ],
)
def test_what_passes(data):
    assert require_source("conv.py", data) is None


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (
            b"a\r\nb\rx = 'gr\xf6\xdfer'\n",
            f"conv.py:3: byte 12 of the file is 0xf6 there, but should be UTF-8. {SAVE}",
        ),
        (
            "x = 1\n".encode("utf-16"),
            f"conv.py:1: byte 0 of the file is 0xff there, but should be UTF-8. {SAVE}",
        ),
        (
            b"x = 1\ny\0",
            f"conv.py:2: byte 7 of the file is NUL, but source should be text without it. {SAVE}",
        ),
        (
            b"# coding: latin-1\n",
            f"conv.py:1: the coding is latin-1, but should be utf-8. {DROP}",
        ),
        (
            b"\xef\xbb\xbf\n  # -*- coding: cp1252 -*-\n",
            f"conv.py:2: the coding is cp1252, but should be utf-8. {DROP}",
        ),
        (
            b"# coding=rot13\r# coding: utf-8\n",
            f"conv.py:1: the coding is rot13, but should be utf-8. {DROP}",
        ),
        (
            b"#coding:" + b"x" * 500,
            f"conv.py:1: the coding is {'x' * 119}…, but should be utf-8. {DROP}",
        ),
    ],
)
def test_what_is_refused(data, sentence):
    with pytest.raises(SubmissionError) as caught:
        require_source("conv.py", data)
    assert str(caught.value) == sentence
