"""A YAML file becomes plain data with line numbers; everything cleverer than that is refused."""

from __future__ import annotations

import math

import pytest

from autograder.config import document
from autograder.errors import ConfigError

REFUSED = [
    ("a: 1\nb: [1, 2\nc: 3\n", "3: while parsing a flow sequence, expected ',' or ']'"),
    ("a: 1\n\tb: 2\n", "2: while scanning for the next token, found character '\\t'"),
    ("a: &x 1\n", "1: an anchor or alias stands here, but everything should be written out."),
    ("a: 1\nb: *x\n", "2: an anchor or alias stands here, but everything should be written out."),
    ("a: !!python/name:os.system x\n", "1: a tag stands here, but there should be plain data."),
    pytest.param(
        "a:\n  " + "[" * 5000, "2: the nesting is deeper than 20, but should be less.", id="deep"
    ),
    ('a: 1\nb: "\\ud800"\n', "2: the text has half of a character, but should be UTF-8."),
    ('a: 1\n"\\udfff": 2\n', "2: the text has half of a character, but should be UTF-8."),
    ("a: 1\nb: \x07\n", "2: the character 0x07 stands here, but should be escaped."),
    ("a: 1\n---\nb: 2\n", "2: expected a single document in the stream, but found another"),
]


@pytest.fixture
def read(tmp_path):
    def read_text(text):
        path = tmp_path / "grading.yml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return document.read(path)

    return read_text


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("FALSE", False),
        ("no", "no"),
        ("on", "on"),
        ("12", 12),
        ("+012", 12),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("0x10", "0x10"),
        ("1e-4", 1e-4),
        (".5", 0.5),
        ("-1.", -1.0),
        ("1e999", math.inf),
        pytest.param("9" * 5000, math.inf, id="more digits than an int may have"),
        ("-.inf", -math.inf),
        ("2026-01-01", "2026-01-01"),
        ("'12'", "12"),
        ('""', ""),
        ("| \n  text\n", "text\n"),
    ],
)
def test_scalars_are_read_as_editors_read_them(read, written, value):
    data = read(f"a: {written}").data["a"]
    assert data == value
    assert type(data) is type(value)


def test_not_a_number_is_read_as_such(read):
    assert math.isnan(read("a: .NaN").data["a"])


def test_each_entry_has_a_line(read):
    lines = read("a:\n  - 1\n  -\n    b: 2\nc: {d: 3,\n  e: 4}\n").lines
    first = {(): 1, ("a",): 1, ("a", 0): 2, ("a", 1): 4, ("a", 1, "b"): 4}
    assert lines == first | {("c",): 5, ("c", "d"): 5, ("c", "e"): 6}


def test_keys_are_text_as_written(read):
    assert read("1: a\nyes: b\n~: c\n").data == {"1": "a", "yes": "b", "~": "c"}


def test_a_repeated_key_is_a_fault_and_the_first_one_stays(read):
    found = read("a:\n  b: 1\n  b: 2\n")
    assert found.data == {"a": {"b": 1}}
    assert str(found.error()) == (
        "grading.yml:3: a: b stands here again (first on line 2), but should stand once."
    )


@pytest.mark.parametrize("text", ["[a]: b\n", "{a: b}: c\n", "? - a\n: b\n"])
def test_a_key_that_is_no_text_is_a_fault(read, text):
    assert str(read(text).error()) == (
        "grading.yml:1: a key is a list or a mapping, but should be a name."
    )


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_what_is_not_plain_is_refused_by_line(read, text, message):
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert str(caught.value).startswith(f"grading.yml:{message}")
    assert "\n" not in str(caught.value)


def test_an_editor_of_windows_may_have_saved_it(read):
    assert read(b"\xef\xbb\xbfa: 1\r\nb: x\r\n").data == {"a": 1, "b": "x"}


def test_bytes_that_are_no_text_are_refused(read):
    with pytest.raises(ConfigError) as caught:
        read(b"a:\n  b: \xff\n")
    assert str(caught.value) == (
        "grading.yml:2: the byte 0xff stands here, but the file should be UTF-8."
    )


def test_a_large_file_is_refused(read):
    with pytest.raises(ConfigError) as caught:
        read(b"#" * 1_000_001)
    assert str(caught.value) == (
        "grading.yml: is larger than 1000000 bytes, but should be smaller."
    )


@pytest.mark.parametrize(("name", "reason"), [("gone", "No such file"), (".", "Is a directory")])
def test_a_file_that_cannot_be_opened_is_refused(tmp_path, name, reason):
    with pytest.raises(ConfigError, match=rf"{reason}.*, but should be a file of YAML\.$"):
        document.read(tmp_path / name)


def test_a_place_is_shown_on_one_line():
    assert document.shown(("a", "b", 0, "c")) == "a.b[0].c"
    assert document.shown(("a b", "c\n")) == '"a b"."c\\n"'
