"""Each kind of error says whose fault it is by its exit code."""

from __future__ import annotations

import pytest

from autograder.errors import (
    AutograderError,
    ConfigError,
    GraderFault,
    ReleaseError,
    SubmissionError,
    UsageError,
)


@pytest.mark.parametrize(
    ("kind", "exit_code"),
    [
        (AutograderError, 3),
        (GraderFault, 3),
        (UsageError, 2),
        (ConfigError, 2),
        (SubmissionError, 2),
    ],
)
def test_the_exit_code_says_whose_fault_it_is(kind, exit_code):
    error = kind("where: what is, but should be what.")
    assert error.exit_code == exit_code
    assert str(error) == "where: what is, but should be what."


@pytest.mark.parametrize("kind", [ConfigError, SubmissionError, ReleaseError])
def test_what_cannot_be_read_is_wrong_usage(kind):
    assert issubclass(kind, UsageError)


def test_our_fault_is_never_taken_for_theirs():
    assert not issubclass(GraderFault, UsageError)


def test_a_refused_release_names_the_line_and_that_nothing_was_written():
    error = ReleaseError("solutions/gan/gan.py", 41, "END SOLUTION has no BEGIN SOLUTION.")
    assert error.exit_code == 2
    assert (error.path, error.line) == ("solutions/gan/gan.py", 41)
    assert str(error) == (
        "solutions/gan/gan.py:41: END SOLUTION has no BEGIN SOLUTION. Nothing was written."
    )
