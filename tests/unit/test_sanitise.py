"""Text from a submission comes out printable, short, and the same when cleaned twice."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.sanitise import safe_name, sanitise

QUIET = settings(derandomize=True, deadline=None, max_examples=200, database=None)
SURROGATES_TOO = st.characters(categories=["L", "N", "P", "S", "Z", "Cc", "Cf", "Cs", "Cn"])
NASTY = st.lists(
    st.one_of(
        SURROGATES_TOO,
        st.sampled_from(["\x1b[31m", "\x1b[", "\x1b]8;;http://x\x07", "\x1b]0;", "\r\n", "\x1b"]),
    ),
    max_size=60,
).map("".join)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("Fehler: größer ≥ 3 😀", "Fehler: größer ≥ 3 😀"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text\x1b]8;;x\x1b\\link", "textlink"),
        ("\x1b\x1b[0m[0m", "\\x1b[0m"),
        ("bell\x07 nul\0 c1\x9b1m", "bell\\x07 nul\\x00 c1\\x9b1m"),
        ("10%\r20%\r\ndone", "10%\n20%\ndone"),
        ("abc\u202ecba\u2066x\u200f", "abc\\u202ecba\\u2066x\\u200f"),
        ("half\ud800", "half\\ud800"),
        ("one\u2028two\u2029three\x85", "one\\u2028two\\u2029three\\x85"),
        ("a\xa0b\u3000c", "a b c"),
        ("\ufeff\uffff\U000e0041", "\\ufeff\\uffff\\U000e0041"),
    ],
)
def test_each_kind_of_character(raw, shown):
    assert sanitise(raw, 1000) == shown


def test_long_text_is_cut_and_says_by_how_much():
    note = "… (cut; 1 more)"
    assert sanitise("x" * 101, 100) == "x" * (100 - len(note)) + note
    assert sanitise("x" * 100, 100) == "x" * 100


def test_a_name_is_one_line_and_shows_what_was_in_it():
    assert safe_name("a\nb\tc\x1b[31m.py") == "a\\nb\\tc\\x1b[31m.py"
    assert safe_name("x" * 121) == "x" * 119 + "…"
    assert safe_name("x" * 120) == "x" * 120


@pytest.mark.parametrize("limit", [0, 1, 5, 40])
def test_the_limit_holds_however_small(limit):
    assert len(sanitise("y" * 50, limit)) == limit
    assert len(safe_name("y" * 50, limit)) == limit


def test_an_endless_terminal_sequence_is_escaped_not_followed():
    assert sanitise("\x1b[" + "0" * 100_000, 10_000).startswith("\\x1b[000")


@QUIET
@given(NASTY, st.integers(0, 80))
def test_nothing_unprintable_passes(text, limit):
    shown, name = sanitise(text, limit), safe_name(text, limit)
    shown.encode("utf-8")
    name.encode("utf-8")
    assert len(shown) <= limit
    assert len(name) <= limit
    left = set(shown) - set("\n\t") | set(name)
    assert not [char for char in left if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Cn"}]


@QUIET
@given(NASTY, st.integers(0, 80))
def test_a_second_time_changes_nothing(text, limit):
    once = sanitise(text, limit)
    assert sanitise(once, limit) == once
    assert safe_name(safe_name(text, limit), limit) == safe_name(text, limit)
