"""What the proofs say that need no grading: folders, names, and files that cannot be read."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from autograder.errors import ConfigError
from autograder.model import TaskScore
from autograder.proofs import folders, names
from autograder.proofs.earning import lost
from autograder.proofs.subject import Subject


@pytest.fixture
def subject(desk):
    def of_the_course_as_it_stands():
        seat = desk()
        return Subject(seat, seat.course.assignment("toy"), pool)

    with ThreadPoolExecutor(1) as pool:
        yield of_the_course_as_it_stands


SOLUTION = "solutions/toy"
# (file, its new text or None to remove it, what the proof of the names says)
DISAGREEMENTS = [
    (
        "questions.yml",
        "",
        "questions.yml:1: is empty, but should be a list.",
    ),
    (
        "questions.yml",
        "[]",
        f"{SOLUTION}/questions.yml: is empty, but should have a question.",
    ),
    (
        "handout.md",
        "\n",
        f"{SOLUTION}/handout.md: is empty, but should say what to do.",
    ),
    (
        "handout.md",
        None,
        f"{SOLUTION}/handout.md: No such file or directory, but should be a file.",
    ),
    (
        "calibration.json",
        "{",
        f"{SOLUTION}/calibration.json: is no JSON, but should be: Expecting property name "
        "enclosed in double quotes: line 1 column 2 (char 1).",
    ),
    (
        "calibration.json",
        "[]",
        f"{SOLUTION}/calibration.json: holds no object, but should hold one.",
    ),
    (
        "toy.py",
        "def area(:\n",
        f"{SOLUTION}/toy.py:1: invalid syntax.",
    ),
]


@pytest.mark.parametrize(("file", "text", "sentence"), DISAGREEMENTS)
def test_a_part_that_cannot_be_read_is_named(file, text, sentence, root, subject):
    path = root / SOLUTION / file
    if text is None:
        path.unlink()
    else:
        path.write_text(text)
    assert list(names.complaints(subject())) == [sentence]


# (what stands in grading.yml, what stands there instead, what the proof of the names says)
CONTRADICTIONS = [
    (
        "    tasks:",
        "    by_hand: {aera: [autograd]}\n    tasks:",
        'grading.yml: assignments.toy.by_hand: the reference has no "aera", but should be "area".',
    ),
    (
        "    tasks:",
        "    by_hand: {Shape.area: [autograd]}\n    tasks:",
        'grading.yml: assignments.toy.by_hand: the reference has no "Shape.area", '
        "but should be one of area, scaled, unit.",
    ),
    (
        "points: 1}",
        "points: 1, thresholds: {accuracy: 0.9}}",
        f"{SOLUTION}/calibration.json: No such file or directory, but should be a file.",
    ),
    (
        "      unit: {",
        "      units: {",
        'autograder/checks/toy/check_public.py:34: check_unit has the task "unit", '
        'but should be "units" (grading.yml).\n'
        "grading.yml: assignments.toy.tasks.units: has no check, but should have one "
        '[@task("units")].',
    ),
]


@pytest.mark.parametrize(("old", "new", "sentence"), CONTRADICTIONS)
def test_a_contradiction_of_the_configuration_is_named(old, new, sentence, root, subject):
    path = root / "grading.yml"
    path.write_text(path.read_text().replace(old, new))
    assert list(names.complaints(subject())) == [sentence]


def test_a_file_of_the_assignment_has_to_exist(root, subject):
    path = root / "grading.yml"
    path.write_text(path.read_text().replace("[toy.py]", "[toy.py, toys.py]"))
    missing = f"{SOLUTION}/toys.py: No such file or directory, but should be a file."
    found = list(names.complaints(subject()))
    assert 'grading.yml: assignments.toy.files: there is no "toys.py", but should be "toy.py".' in (
        found
    )
    assert missing in found


def test_a_solution_without_any_module_has_no_nearest_name(root, subject):
    (root / SOLUTION / "toy.py").unlink()
    sentence = 'grading.yml: assignments.toy.files: there is no "toy.py", but there should be.'
    assert sentence in list(names.complaints(subject()))


def test_methods_are_known_by_their_dotted_names(root, subject):
    module = root / SOLUTION / "toy.py"
    module.write_text(module.read_text() + "\n\nclass Shape:\n    def area(self):\n        ...\n")
    path = root / "grading.yml"
    path.write_text(
        path.read_text().replace("    tasks:", "    by_hand: {Shape.area: [autograd]}\n    tasks:")
    )
    assert list(names.complaints(subject())) == []


def test_a_text_that_is_not_utf8_is_named(root, subject):
    (root / SOLUTION / "handout.md").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match=r"toy/handout\.md: is not UTF-8, but should be\.$"):
        subject().read(root / SOLUTION / "handout.md")


def test_every_assignment_has_its_three_folders(root, desk):
    (root / "assignments" / "toy").rename(root / "toy")
    (root / "assignments" / "empty" / "__pycache__").mkdir(parents=True)
    assert list(folders.complaints(desk(), ["toy"])) == [
        "assignments/toy: is missing, but should be a folder."
    ]


def test_folders_of_assignments_not_asked_for_may_be_missing(root, desk):
    (root / "assignments" / "toy").rename(root / "toy")
    assert list(folders.complaints(desk(), [])) == []


def test_a_task_without_a_check_cannot_be_earned():
    class OneTask:
        tasks = (TaskScore(name="area", title="The area", score=0, max_score=6, checks=()),)

    assert list(lost(OneTask)) == [
        "area earns 0 of 6 points, but should earn all (it has no check)."
    ]
