"""`mistakes.yml` and `questions.yml`, read strictly: each fault by line and place."""

from __future__ import annotations

import pytest

from autograder.errors import ConfigError
from autograder.model import Assignment, Task
from autograder.proofs import mistake_file, question_file
from autograder.proofs.mistake_file import Edit, Mistake, StaleEditError, edited

TOY = Assignment(
    slug="toy",
    title="Toy",
    files=("toy.py",),
    tasks=(Task(name="area", title="Area", points=60), Task(name="unit", title="Unit", points=40)),
)
MISTAKES = """\
- name: perimeter
  why: the sides are added
  edits:
    - find: w * h
      replace: w + h
  costs: [area]
  says: perimeter
- name: metres
  why: another unit
  edits: [{find: cm, replace: m}]
  costs: [area, unit]
  says: cm
"""
QUESTIONS = """\
- name: units
  question: Which unit?
  points: 2
  rubric:
    - {points: 1.5, text: A square.}
    - {points: 0.5, text: Of a centimetre.}
"""


def test_mistakes_load(tmp_path):
    path = tmp_path / "mistakes.yml"
    path.write_text(MISTAKES)
    perimeter, metres = mistake_file.load(path, TOY)
    assert perimeter == Mistake(
        name="perimeter",
        why="the sides are added",
        edits=(Edit(find="w * h", replace="w + h"),),
        costs=("area",),
        says="perimeter",
    )
    assert metres.costs == ("area", "unit")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  says: perimeter\n", "", "mistakes.yml:1: [0]: says is missing, but should be given."),
        (
            "  says: cm",
            "  says: cm\n  say: m",
            'mistakes.yml:13: [1].say: is no known key, but should be "says".',
        ),
        (
            "replace: w + h",
            "replace: w + h\n      fnd: x",
            'mistakes.yml:6: [0].edits[0].fnd: is no known key, but should be "find".',
        ),
        (
            "costs: [area]",
            "costs: area",
            'mistakes.yml:6: [0].costs: is "area", but should be a list.',
        ),
        (
            "costs: [area]",
            "costs: []",
            "mistakes.yml:6: [0].costs: is empty, but should be a list with at least one entry.",
        ),
        (
            "costs: [area]",
            "costs: [aera]",
            'mistakes.yml:6: [0].costs[0]: is "aera", but should be "area".',
        ),
        (
            "says: perimeter",
            "says: 16",
            "mistakes.yml:7: [0].says: is 16, but should be text (in quotes).",
        ),
        (
            "says: perimeter",
            "says: [sum]",
            "mistakes.yml:7: [0].says: is a list, but should be text (in quotes).",
        ),
        (
            "says: perimeter",
            'says: ""',
            "mistakes.yml:7: [0].says: is empty, but should be text.",
        ),
        (
            "[{find: cm, replace: m}]",
            "[cm]",
            'mistakes.yml:10: [1].edits[0]: is "cm", but should be a mapping.',
        ),
        (
            "name: metres",
            "name: perimeter",
            'mistakes.yml:8: [1].name: is "perimeter" again, but each name should stand once.',
        ),
        (
            "  says: cm\n",
            "  says: cm\n  says: m\n",
            "mistakes.yml:13: [1]: says stands here again (first on line 12), but should stand "
            "once.",
        ),
        (MISTAKES, "perimeter: area", "mistakes.yml:1: is a mapping, but should be a list."),
    ],
)
def test_a_fault_of_the_mistakes_names_its_place(tmp_path, old, new, message):
    path = tmp_path / "mistakes.yml"
    path.write_text(MISTAKES.replace(old, new))
    with pytest.raises(ConfigError) as error:
        mistake_file.load(path, TOY)
    assert str(error.value) == message


def test_all_faults_are_told_in_order_of_the_file(tmp_path):
    path = tmp_path / "mistakes.yml"
    path.write_text(MISTAKES.replace("[area]", "[aera]").replace("metres", "perimeter"))
    with pytest.raises(ConfigError) as error:
        mistake_file.load(path, TOY)
    assert [line.split(":")[1] for line in str(error.value).splitlines()] == ["6", "8"]


def mistake(*edits: tuple[str, str]) -> Mistake:
    made = tuple(Edit(find=find, replace=replace) for find, replace in edits)
    return Mistake(name="m", why="w", edits=made, costs=("area",), says="s")


def test_edits_are_made_in_their_order_across_the_files():
    files = {"toy.py": "a = b\n", "more.py": "c = d\n"}
    wrong = edited(files, mistake(("a = b", "x = b"), ("x = ", "y = "), ("c", "z")))
    assert wrong == {"toy.py": "y = b\n", "more.py": "z = d\n"}
    assert files == {"toy.py": "a = b\n", "more.py": "c = d\n"}


@pytest.mark.parametrize(
    ("find", "count"), [("nowhere to\n be found", 0), ("a", 2)], ids=["gone", "twice"]
)
def test_an_edit_matches_exactly_once(find, count):
    with pytest.raises(StaleEditError) as error:
        edited({"toy.py": "a = 1\n", "more.py": "a = 2\n"}, mistake(("1", "3"), (find, "b")))
    shown = " ".join(find.split())
    assert str(error.value) == (
        f'edit 2 matches the reference {count} times, but should match once: "{shown}".'
    )


def test_questions_load(tmp_path):
    path = tmp_path / "questions.yml"
    path.write_text(QUESTIONS)
    (question,) = question_file.load(path)
    assert (question.points, [one.points for one in question.rubric]) == (2, [1.5, 0.5])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "points: 2",
            "points: 3",
            "questions.yml:4: [0].rubric: its points add up to 2, but should be 3.",
        ),
        (
            "points: 2",
            'points: "2"',
            'questions.yml:3: [0].points: is "2", but should be a number.',
        ),
        (
            "points: 2",
            "points: -2",
            "questions.yml:3: [0].points: is -2, but should be at least 0.",
        ),
        (
            "points: 2",
            "points: .inf",
            "questions.yml:3: [0].points: is Infinity, but should be a finite number.",
        ),
        (
            "points: 1.5,",
            "pints: 1.5,",
            "questions.yml:5: [0].rubric[0]: points is missing, but should be given.\n"
            'questions.yml:5: [0].rubric[0].pints: is no known key, but should be "points".',
        ),
        (
            QUESTIONS,
            QUESTIONS + QUESTIONS,
            'questions.yml:7: [1].name: is "units" again, but each name should stand once.',
        ),
    ],
)
def test_a_fault_of_the_questions_names_its_place(tmp_path, old, new, message):
    path = tmp_path / "questions.yml"
    path.write_text(QUESTIONS.replace(old, new))
    with pytest.raises(ConfigError) as error:
        question_file.load(path)
    assert str(error.value) == message
