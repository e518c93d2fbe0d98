"""Data where a check expects something callable costs the check; it is no fault of the grader."""

from __future__ import annotations

import pytest

from autograder.model import Outcome

CALLED = "\n@task('a')\ndef check_it(student):\n    '''it is used'''\n    {use}\n"


@pytest.mark.parametrize(
    ("source", "use", "sentence"),
    [
        ("f = None", "student.f(1)", "f: is a NoneType, but should be a function or a class"),
        (
            "class Scale:\n    forward = 5",
            "student.Scale().forward(1)",
            "forward: is an int, but should be a function or a class",
        ),
        (
            "def make():\n    return 3",
            "student.make()(1)",
            "make(...): is an int, but should be a function or a class",
        ),
        (
            "def make():\n    return None",
            "student.make().after(4)",
            "make(...): is a NoneType, but should have after",
        ),
    ],
)
def test_data_in_the_place_of_a_function_is_the_submissions_failure(toys, source, use, sentence):
    result = toys.results(source, CALLED.format(use=use))["check_it"]
    assert (result.outcome, result.message) == (Outcome.FAILED, sentence)


def test_what_a_module_prints_before_its_import_fails_is_kept_once(toys):
    checks = CALLED.format(use="student.f()") + CALLED.format(use="student.f()").replace(
        "_it", "_2"
    )
    results = toys.results("print('so far')\nraise ValueError('here')", checks)
    assert [result.outcome for result in results.values()] == [Outcome.ERROR] * 2
    assert [result.output for result in results.values()] == ["so far\n", ""]
