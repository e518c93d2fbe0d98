"""The journal of verdicts: what an interrupted run leaves is read back whole."""

from __future__ import annotations

import pytest

from autograder.journal import Journal
from autograder.model import CheckResult, Outcome, Visibility


def verdict(name, message=""):
    return CheckResult(
        name=name,
        task="area",
        description="a sentence",
        outcome=Outcome.FAILED,
        share=0,
        visibility=Visibility.VISIBLE,
        message=message,
    )


@pytest.fixture
def report(tmp_path):
    return tmp_path / "report.json"


@pytest.mark.parametrize("message", ["plain", "a\nb", "a\u2028b\x85c", "\x1b\x00", "日本"])
def test_verdicts_come_back_as_they_were(report, message):
    first = Journal.beside(report, "key")
    assert first.earned() == ()
    first.add(verdict("one", message))
    first.add(verdict("two"))
    assert Journal.beside(report, "key").earned() == (verdict("one", message), verdict("two"))


def test_another_key_starts_anew(report):
    first = Journal.beside(report, "key")
    first.earned()
    first.add(verdict("one"))
    assert Journal.beside(report, "other").earned() == ()
    assert Journal.beside(report, "key").earned() == ()


@pytest.mark.parametrize("rest", [b"", b"\xff\xfe\n", b'{"name"', b"\n"])
def test_what_is_no_verdict_ends_the_reading(report, rest):
    first = Journal.beside(report, "key")
    first.earned()
    first.add(verdict("one"))
    with report.with_name("report.json.partial").open("ab") as file:
        file.write(rest)
    assert Journal.beside(report, "key").earned() == (verdict("one"),)


def test_what_is_no_journal_is_replaced(report):
    report.with_name("report.json.partial").write_bytes(b"\xff\x00")
    journal = Journal.beside(report, "key")
    assert journal.earned() == ()
    journal.done()
    assert not report.with_name("report.json.partial").exists()


def test_without_a_report_there_is_no_journal():
    journal = Journal.beside(None, "key")
    assert journal.earned() == ()
    journal.add(verdict("one"))
    journal.done()


def test_only_the_json_report_ends_its_journal(autograder, submission, tmp_path):
    other = tmp_path / "page.html.partial"
    other.write_text("of somebody else")
    ran = autograder(
        *("grade", "toy", submission("perfect")),
        *("--report", tmp_path / "report.json", "--html", tmp_path / "page.html"),
    )
    assert ran.code == 0
    assert other.read_text() == "of somebody else"
    assert not (tmp_path / "report.json.partial").exists()
