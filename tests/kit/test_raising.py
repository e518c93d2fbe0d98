"""The assertion that a call refuses its input, here and in a worker."""

from __future__ import annotations

import pytest

from autograder.errors import GraderFault
from autograder.kit import CheckFailed, StudentError, call, raises

F = call("f", stride=0)


class Refused(ValueError):
    pass


REMOTE = StudentError("Refused", "no", ("Refused", "ValueError", "Exception"))


@pytest.mark.parametrize("error", [ValueError("no"), Refused("no"), REMOTE])
def test_the_right_exception_passes(error):
    with raises(ValueError, F):
        raise error


def test_no_exception_fails():
    with pytest.raises(CheckFailed) as caught, raises(ValueError, F, hint="look"):
        pass
    assert caught.value.message == "f: raised nothing, but should raise ValueError [stride=0]"
    assert caught.value.hint == "look"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (TypeError("no"), ""),
        (
            StudentError("TypeError", "no\x1b[31m", ("TypeError", "Exception")),
            r' ("no\x1b[31m")',
        ),
    ],
)
def test_another_exception_fails(error, said):
    with pytest.raises(CheckFailed) as caught, raises(ValueError, F):
        raise error
    sentence = f"f: raised TypeError{said}, but should raise ValueError [stride=0]"
    assert caught.value.message == sentence
    assert caught.value.hint == ""


@pytest.mark.parametrize(
    "error",
    [
        NotImplementedError("f is still the stub"),
        StudentError("NotImplementedError", "", ("NotImplementedError", "RuntimeError")),
        CheckFailed("g: another failure"),
        GraderFault("the worker did not start"),
        KeyboardInterrupt(),
    ],
)
def test_stubs_and_what_is_not_the_students_pass_through(error):
    with pytest.raises(type(error)) as caught, raises(RuntimeError, F):
        raise error
    assert caught.value is error
