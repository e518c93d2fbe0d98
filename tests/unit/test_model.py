"""The nouns are strict, immutable, and a submission is known by its content."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from autograder import model
from autograder.model import (
    Assignment,
    CheckResult,
    Course,
    GraderIdentity,
    Isolation,
    Limits,
    Noun,
    Report,
    Submission,
    SubmissionIdentity,
    Task,
    Tier,
)

NOUNS = sorted(
    (kind for kind in vars(model).values() if isinstance(kind, type) and issubclass(kind, Noun)),
    key=lambda kind: kind.__name__,
)
TASK = Task(name="size", title="Size", points=100)
CONV = Assignment(slug="conv", title="Convolution", files=("conv.py",), tasks=(TASK,))
FILES = st.dictionaries(st.text("a1:", max_size=3), st.binary(max_size=3), max_size=3)


def result(**changes):
    fields = {
        "name": "check_size",
        "task": "size",
        "description": "sizes are right",
        "outcome": "passed",
        "share": 1,
        "visibility": "visible",
    }
    return CheckResult(**(fields | changes))


def report():
    return Report(
        assignment="conv",
        title="Convolution",
        score=1,
        max_score=1,
        device="cpu",
        isolation=Isolation(tier=Tier.FULL),
        grader=GraderIdentity(version="1", content_hash="a"),
        submission=SubmissionIdentity(content_hash="b", files=("conv.py",)),
        started="2026-01-01T00:00:00Z",
        execution_time=0,
        tasks=(),
    )


@pytest.mark.parametrize("noun", NOUNS)
def test_a_noun_knows_no_field_but_its_own(noun):
    with pytest.raises(ValidationError) as caught:
        noun(no_field_of_any_noun=1)
    assert "extra_forbidden" in [error["type"] for error in caught.value.errors()]


def test_a_noun_does_not_change():
    with pytest.raises(ValidationError, match="frozen"):
        TASK.points = 1


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_is_a_part_of_one(share):
    with pytest.raises(ValidationError):
        result(share=share)


@pytest.mark.parametrize("points", [-1, float("inf"), float("nan")])
def test_points_are_finite_and_not_negative(points):
    with pytest.raises(ValidationError):
        Task(name="size", title="Size", points=points)


@pytest.mark.parametrize("limits", [{"call_s": 0}, {"memory_mb": 1}, {"threads": 0}])
def test_limits_leave_room_to_run(limits):
    with pytest.raises(ValidationError):
        Limits(**limits)


def test_parts_are_found_by_name():
    course = Course(title="C", assignments=(CONV,))
    assert course.assignment("conv") is CONV
    assert CONV.task("size") is TASK


@pytest.mark.parametrize("find", [CONV.task, Course(title="C", assignments=(CONV,)).assignment])
def test_a_part_that_is_not_there_is_a_key_error(find):
    with pytest.raises(KeyError, match="gone"):
        find("gone")


def test_a_report_is_read_back_as_it_was_written():
    written = report().model_dump_json(by_alias=True)
    assert json.loads(written)["schema"] == "autograder/report/1"
    assert Report.model_validate_json(written) == report()


def test_a_report_of_another_version_is_refused():
    data = report().model_dump(by_alias=True) | {"schema": "autograder/report/2"}
    with pytest.raises(ValidationError):
        Report.model_validate(data)


@settings(derandomize=True, deadline=None)
@given(first=FILES, second=FILES)
def test_the_hash_tells_different_submissions_apart(first, second):
    hashes = {Submission(source="", files=files).content_hash for files in (first, second)}
    assert len(hashes) == (1 if first == second else 2)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"a.py": b"x"}, {"b.py": b"x"}),
        ({"a.py": b"x"}, {"a.py": b"y"}),
        ({"a": b"bc"}, {"ab": b"c"}),
        ({"a": b"1:b:1:x"}, {"a": b"", "b": b"x"}),
        ({"a": b""}, {}),
        ({"a": b"x", "b": b""}, {"a": b"", "b": b"x"}),
    ],
)
def test_the_hash_sees_names_contents_and_boundaries(first, second):
    hashes = {Submission(source="", files=files).content_hash for files in (first, second)}
    assert len(hashes) == 2


def test_the_hash_sees_neither_order_nor_source():
    first = Submission(source="zip", files={"a": b"1", "b": b"2"})
    second = Submission(source="folder", files={"b": b"2", "a": b"1"})
    assert first.content_hash == second.content_hash
