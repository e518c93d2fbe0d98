"""A check may give the submission a function: its calls come back to the grader as data."""

from __future__ import annotations

import pytest

from autograder.errors import GraderFault
from autograder.model import Outcome

SUBMISSION = """
import torch

def twice(f, x):
    return f(x) + f(x=x)

def caught(f, x):
    try:
        f(x)
    except Exception as error:
        return [type(error).__name__, str(error)]

def again():
    return KEPT(torch.ones(2))

def keep(f):
    global KEPT
    KEPT = f
    return f.__name__

def returned(f):
    return f

def forged(f):
    f._number = 7
    return f(1)

def sends_itself(f):
    return f(f)

def forever(f):
    while True:
        f(1)
"""
CHECKS = """
X = torch.arange(3.0)

@task("a")
def check_values(student):
    '''passed'''
    seen = []

    def double(x):
        seen.append(x)
        return 2 * x

    assert_close(student.twice(double, X), 4 * X, call("twice"))
    assert_equal(len(seen), 2, call("twice"))
    assert_close(seen[0], X, call("twice"))

@task("a")
def check_exceptions(student):
    '''passed'''
    def refuses(x):
        raise ValueError(str(x))

    def odd(x):
        raise UnicodeDecodeError("utf-8", b"x", 0, 1, "why")

    assert_equal(student.caught(refuses, 1), ["ValueError", "1"], call("caught"))
    assert_equal(student.caught(lambda: 1, 1)[0], "TypeError", call("caught"))
    assert_equal(student.caught(odd, 1)[0], "RuntimeError", call("caught"))

@task("a")
def check_kept(student):
    '''passed'''
    def triple(x):
        return 3 * x

    assert_equal(student.keep(triple), "triple", call("keep"))
    assert_close(student.again(), torch.full((2,), 3.0), call("again"))

@task("a")
def check_handles(student):
    '''passed'''
    def kind(x):
        return type(x).__name__

    assert_equal(student.sends_itself(kind), "RemoteObject", call("sends_itself"))
    assert_equal(type(student.returned(kind)).__name__, "RemoteObject", call("returned"))

@task("a")
def check_unknown(student):
    '''error'''
    student.forged(len)

@task("a")
def check_fails_inside(student):
    '''failed'''
    def asserts(x):
        assert_equal(x, 2, call("twice"), what="x")

    student.twice(asserts, 1)

@task("a")
def check_forever(student):
    '''timeout'''
    student.forever(lambda x: x)
"""


@pytest.fixture(scope="module")
def found(toys):
    return toys.results(SUBMISSION, CHECKS, limits={"call_s": 1})


NAMES = ["values", "exceptions", "kept", "handles", "unknown", "fails_inside", "forever"]


@pytest.mark.parametrize("name", NAMES)
def test_a_function_of_the_check_is_called_back(found, name):
    result = found[f"check_{name}"]
    assert result.outcome.value == result.description, result.message


def test_what_the_function_asserts_is_what_the_student_reads(found):
    assert found["check_fails_inside"].message == "twice: x is 1, but should be 2"


def test_a_function_that_was_never_given_cannot_be_called(found):
    assert "a call of a function that was never given" in found["check_unknown"].message


ASKS = """
@task("a")
def check_nested(student):
    '''a function of the check uses the submission'''
    student.twice(lambda x: student.again(), 1)
"""
UNSENDABLE = """
@task("a")
def check_unsendable(student):
    '''a function of the check returns what cannot travel'''
    student.twice(lambda x: {1, 2}, 1)
"""


@pytest.mark.parametrize(
    ("check", "sentence"),
    [
        (ASKS, "a function of the check asked something of the submission"),
        (UNSENDABLE, "a function of the check returned a set"),
    ],
)
def test_a_function_that_cannot_be_answered_is_our_fault(toys, check, sentence):
    with pytest.raises(GraderFault, match=sentence):
        toys.results(SUBMISSION, check)


def test_a_check_after_one_that_was_cut_short_is_judged(toys):
    after = CHECKS.replace("def check_fails_inside", "def check_a_fails_inside")
    found = toys.results(SUBMISSION, after, limits={"call_s": 1})
    assert found["check_values"].outcome is Outcome.PASSED
