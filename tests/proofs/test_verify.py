"""On a course that is green as it stands, one small edit makes one proof fail, in its sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from autograder.grade import Desk
from autograder.proofs import Proof, verify

FOLDERS = "every folder is an assignment"
NAMES = "names agree everywhere"
RELEASE = "assignments/ is what release writes"
LEAK = "no line of an answer is released"
COVERED = "every task is cost by a mistake"
REFERENCE = "reference earns everything"
REPEAT = "two gradings give the same report"
ALTERNATIVES = "alternatives earn everything"
STUB = "no check passes on the stub"
JUNK = "junk answers earn nothing"
MISTAKES = "mistakes cost exactly their tasks"
ALL = [
    FOLDERS,
    NAMES,
    RELEASE,
    LEAK,
    COVERED,
    REFERENCE,
    REPEAT,
    ALTERNATIVES,
    STUB,
    JUNK,
    MISTAKES,
]

SOLUTION = "solutions/toy"
PUBLIC, HIDDEN = (f"autograder/checks/toy/check_{kind}.py" for kind in ("public", "hidden"))
FIGURE = "autograder/checks/toy/figure.py"
SECOND_SIDE = (
    'assert_close(student.scaled(sides, 2.0), 2 * sides, call("scaled", sides=sides, factor=2.0))'
)
UNGUARDED = """\
got = student.scaled(sides, 2.0)
    if got is not None:
        assert_close(got + 0, 2 * sides, call("scaled", sides=sides, factor=2.0))"""
DRAWS_NOTHING = """\
from autograder.kit import assert_equal, call

TITLE = "Nothing"


def draw(student, figure):
    assert_equal(student.unit(), "m²", call("unit"))
"""
DRAWS_THE_TIME = """\
import time

TITLE = "The time"


def draw(student, figure):
    figure.text(0.5, 0.5, str(time.time_ns()))
"""
DRAWS_A_PANORAMA = """\
TITLE = "A panorama"


def draw(student, figure):
    figure.set_size_inches(6, 1)
    figure.text(0.5, 0.5, student.unit())
"""
METRES = """\
- name: metres
  why: another unit
  edits: [{find: "{UNIT}²", replace: "m²"}]
  costs: [unit]
  says: but should be 'cm²'

"""
SQUARE_AND_HALVED = """\
- name: square
  why: the width is taken twice
  edits: [{find: float(width * height), replace: float(width * width)}]
  costs: [area]
  says: width twice

- name: halved
  why: a triangle's area
  edits: [{find: float(width * height), replace: float(width * height / 2)}]
  costs: [area]
  says: triangle

"""


class Edit(NamedTuple):
    """A change of one file: `old` empty writes a new one, `new` None removes it."""

    file: str
    old: str
    new: str | None

    def make(self, root: Path) -> None:
        path = root / self.file
        if self.new is None:
            path.unlink()
            return
        path.parent.mkdir(exist_ok=True)
        text = path.read_text() if self.old else ""
        assert text.count(self.old) == 1
        path.write_text(text.replace(self.old, self.new))


def fails(name: str, edit: Edit, *sentences: str, also: str = "") -> object:
    """A course with this edit fails this proof (and `also` one that it cannot but fail)."""
    return pytest.param(edit, name, sentences, also, id=name)


FAILURES = [
    fails(
        FOLDERS,
        Edit("solutions/tyo/tyo.py", "", "x = 1\n"),
        'solutions/tyo: is no assignment, but should be "toy" (grading.yml).',
    ),
    fails(
        NAMES,
        Edit(f"{SOLUTION}/questions.yml", "points: 2", "points: 3"),
        "questions.yml:4: [0].rubric: its points add up to 2, but should be 3.",
    ),
    fails(
        RELEASE,
        Edit("assignments/toy/README.md", "Measure and", "Measure or"),
        'assignments/toy/README.md:5: reads "Measure or scale rectangles.", but should read '
        '"Measure and scale rectangles." [autograder release].',
    ),
    fails(
        LEAK,
        Edit("assignments/notes.md", "", "Hint: `stretched = sides * factor`.\n"),
        "assignments/notes.md:1: holds a line of the solution of toy, but should not: "
        '"stretched = sides * factor".',
    ),
    fails(
        COVERED,
        Edit(f"{SOLUTION}/mistakes.yml", METRES, ""),
        "mistakes.yml: no mistake costs unit, but one should.",
    ),
    fails(
        REFERENCE,
        Edit(f"{SOLUTION}/toy.py", "{UNIT}²", "{UNIT}³"),
        "toy.py: unit earns 0 of 1 points, but should earn all (check_unit is failed: "
        "unit: the result is 'cm³', but should be 'cm²').",
        also=MISTAKES,  # each of them costs the unit, too
    ),
    fails(
        REFERENCE,
        Edit(FIGURE, "", DRAWS_NOTHING),
        f"{FIGURE}: draw 0 of 1 figures of the reference, but should draw all.",
    ),
    fails(
        REFERENCE,
        Edit(FIGURE, "", DRAWS_A_PANORAMA),
        'the figure "A panorama" is 1200 pixels wide, but should be at most 1000: text shrinks',
    ),
    fails(
        REPEAT,
        Edit(FIGURE, "", DRAWS_THE_TIME),
        "figures[0].png_base64: is 'iVBOR",
        "but should be the same.",
    ),
    fails(
        ALTERNATIVES,
        Edit(f"{SOLUTION}/alternatives/by_sum.py", "cm²", "cm"),
        "alternatives/by_sum.py: unit earns 0 of 1 points, but should earn all (check_unit",
    ),
    fails(
        ALTERNATIVES,
        Edit(f"{SOLUTION}/alternatives/by_sum.py", "", None),
        "solutions/toy/alternatives: the alternatives are 1, but should be at least 2.",
    ),
    fails(
        STUB,
        Edit(HIDDEN, 'student.area(1, 1), 1.0, call("area"', 'student.UNIT, "cm", call("UNIT"'),
        "the stub: check_area_of_a_unit is passed, but should be unwritten or blocked.",
    ),
    fails(
        JUNK,
        Edit(HIDDEN, SECOND_SIDE, UNGUARDED),
        "everything returns None: scaling earns 1 of 3 points, but should earn none "
        "(by check_scaled_second_side).",
        'everything returns "x": the grader failed: check_scaled_second_side: the check raised '
        "TypeError: can only concatenate str",
    ),
    fails(
        MISTAKES,
        Edit(f"{SOLUTION}/mistakes.yml", "costs: [area, scaling]", "costs: [area, unit]"),
        "nothing_written: costs area, scaling, but should cost area, unit.",
    ),
    fails(
        MISTAKES,
        Edit(f"{SOLUTION}/mistakes.yml", "says: triangle", "says: pyramid"),
        'halved: a student reads "area: the result is 7.5, but should be 15.0 [width=3, height=5] '
        'half of it is a triangle the area is width times height", but should read "pyramid".',
    ),
    fails(
        MISTAKES,
        Edit(
            f"{SOLUTION}/mistakes.yml",
            "find: sides * factor, replace: sides + factor",
            "find: sides, replace: factor",
        ),
        'added_factor: edit 1 matches the reference 5 times, but should match once: "sides".',
    ),
    fails(
        MISTAKES,
        Edit(f"{SOLUTION}/mistakes.yml", SQUARE_AND_HALVED, ""),
        "mistakes.yml: the mistakes are 7, but should be at least 8.",
    ),
]


@pytest.fixture
def proofs(desk: Callable[[], Desk]) -> Callable[[], list[Proof]]:
    return lambda: list(verify(desk(), ["toy"]))


def test_a_course_in_order_passes_every_proof(proofs):
    found = proofs()
    assert [proof.name for proof in found] == ALL
    assert [proof.detail for proof in found] == [""] * len(ALL)
    assert all(proof.holds for proof in found)
    assert [proof.slug for proof in found] == ["grading.yml"] + ["toy"] * (len(ALL) - 1)


@pytest.mark.parametrize(("edit", "name", "sentences", "also"), FAILURES)
def test_an_edit_fails_its_proof(edit, name, sentences, also, root, proofs):
    edit.make(root)
    failed = {proof.name: proof.detail for proof in proofs() if not proof.holds}
    assert failed.keys() == {name, also} - {""}
    for sentence in sentences:
        assert sentence in failed[name]
