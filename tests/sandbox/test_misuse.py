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


ROWS = """
@task('a')
def check_rows(student):
    '''an object of any kind is a row if it has the fields'''
    for row in student.rows():
        assert_record_fields(row, ("name", "macs"), call("rows"))
        assert_equal((row.name, row.macs), ("conv", 9), call("rows"))
"""
KINDS = """
import types
from collections import namedtuple
from dataclasses import dataclass

class Plain:
    def __init__(self, name, macs):
        self.name, self.macs = name, macs

@dataclass
class Data:
    name: str
    macs: int

    def double(self):
        return 2 * self.macs

Named = namedtuple("Named", "macs name")

def rows():
    given = {"name": "conv", "macs": 9}
    return [Plain(**given), Data(**given), Named(**given), types.SimpleNamespace(**given)]
"""


def test_rows_may_be_objects_of_any_kind(toys):
    assert toys.results(KINDS, ROWS)["check_rows"].outcome is Outcome.PASSED


def test_an_object_without_the_field_costs_the_check(toys):
    result = toys.results(KINDS.replace("self.macs = ", "self.mac = "), ROWS)["check_rows"]
    assert result.outcome is Outcome.FAILED
    assert "has no macs" in result.message
