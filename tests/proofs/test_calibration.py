"""Thresholds are measured by grading, and evidence that does not part right from wrong is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autograder import config
from autograder.errors import ConfigError
from autograder.proofs import calibrate, verify
from autograder.proofs.evidence import Goal, complaints, dump, goals, weigh

CHECK = '''

@task("scaling")
def check_scaled_grows(student, rng, threshold):
    """three times as long is three times as much"""
    sides = rng.uniform(2, 1).repeat(1, 2)
    got = student.scaled(sides, 3.0)
    where = call("scaled", sides=sides, factor=3.0)
    assert_shape(got, (2, 2), where)
    assert_reaches(float(got.sum() / sides.sum()), threshold("growth"), where)
    assert_reaches(float(got[0].sum() / sides[0].sum()), threshold("growth"), where)
'''
SCALING = "scaling: {title: Many rectangles, points: 3, policy: share"
NAME = "scaling.growth"
RIGHT, WRONG = (3.0,) * 20, (2.0,) * 5
PATH = Path("calibration.json")


@pytest.fixture
def measured(root):
    """The small course with a threshold and a check that holds a number against it."""
    grading = root / "grading.yml"
    threshold = SCALING + ", thresholds: {growth: 2.5}"
    grading.write_text(grading.read_text().replace(SCALING, threshold))
    file = root / "autograder/checks/toy/check_public.py"
    text = file.read_text().replace("likely, task", "likely, task, assert_reaches, assert_shape")
    file.write_text(text + CHECK)
    return root


def test_calibrating_grades_right_and_wrong_answers_over_many_seeds(measured, desk):
    found = {one.candidate.name: one for one in calibrate(desk(), "toy")}
    assert str(found["reference"]) == "reference (20 seeds): scaling.growth 3 to 3"
    assert found["first_side_only"].reached == {NAME: (2.0,) * 5}
    assert "perimeter" not in found  # costs no task with a threshold

    written = json.loads((measured / "solutions/toy/calibration.json").read_text())
    entry = written["thresholds"][NAME]
    assert entry["reference"] == [3.0] * 20
    assert entry["alternatives"] == {"by_matrix": [3.0] * 5, "by_sum": [3.0] * 5}
    assert entry["mistakes"]["nothing_written"] == [0.0] * 5
    assert (entry["threshold"], entry["right_at_least"], entry["wrong_at_most"]) == (2.5, 3.0, 2.0)


def test_verify_wants_evidence_and_takes_what_calibrating_wrote(measured, desk):
    def names_agree():
        (proof,) = [one for one in verify(desk(), ["toy"]) if one.name.startswith("names")]
        return proof

    assert "calibration.json: No such file or directory" in names_agree().detail
    list(calibrate(desk(), "toy"))
    assert names_agree().detail == ""
    grading = measured / "grading.yml"
    grading.write_text(grading.read_text().replace("growth: 2.5", "growth: 3.5"))
    assert "growth: is stale, but should be about 3.5" in names_agree().detail


def test_a_budget_is_written_down_with_what_the_reference_took(measured, desk):
    grading = measured / "grading.yml"
    grading.write_text(grading.read_text().replace(SCALING, f"{SCALING}, budget_steps: 10"))
    list(calibrate(desk(), "toy"))
    written = json.loads((measured / "solutions/toy/calibration.json").read_text())
    seconds = written["training"]["scaling"].pop("reference_s")
    assert written["training"] == {"scaling": {"reference_steps": 0, "budget_steps": 10}}
    assert seconds >= 0


def test_what_else_the_file_says_is_kept(tmp_path):
    path = tmp_path / "calibration.json"
    path.write_text('{"how": "by hand", "thresholds": {"old": 1}}')
    written = json.loads(dump(path, {NAME: weigh(Goal(2.5), RIGHT, {}, {"halved": WRONG})}, {}))
    assert written["how"] == "by hand"
    assert list(written["thresholds"]) == [NAME]


@pytest.fixture
def assignment(measured):
    return config.load(measured / "grading.yml").assignment("toy")


def test_full_marks_ask_for_the_last_step(measured):
    grading = measured / "grading.yml"
    steps = "growth: [{at_least: 1, share: 0.5}, {at_least: 2, share: 1}]"
    grading.write_text(grading.read_text().replace("growth: 2.5", steps))
    assert goals(config.load(grading).assignment("toy")) == {NAME: Goal(2.0)}


@pytest.mark.parametrize(
    ("reference", "alternatives", "mistakes", "sentence"),
    [
        (RIGHT[1:], {}, {"halved": WRONG}, "the reference has 19 seeds, but should have 20"),
        (RIGHT, {"other": (2.4,)}, {"halved": WRONG}, "a right answer reaches 2.4, but should"),
        (RIGHT, {}, {"harmless": (3.0,) * 5}, "no mistake stays below 2.5, but one should"),
        (RIGHT, {}, {"halved": WRONG[:4]}, "halved has 4 seeds, but should have 5"),
        (RIGHT, {}, {"halved": (2.4, 2.6) * 3}, "halved reaches 2.4 to 2.6, but should stay on"),
    ],
)
def test_weak_evidence_is_told(assignment, reference, alternatives, mistakes, sentence):
    data = {"thresholds": {NAME: weigh(Goal(2.5), reference, alternatives, mistakes).model_dump()}}
    (told,) = complaints(assignment, PATH, data)
    assert told.startswith(f"calibration.json: {NAME}: {sentence}")


def test_strong_evidence_has_nothing_to_be_told(assignment):
    mistakes = {"halved": WRONG, "harmless": (3.0,) * 5}
    data = {"thresholds": {NAME: weigh(Goal(2.5), RIGHT, {"other": (2.6,)}, mistakes).model_dump()}}
    assert list(complaints(assignment, PATH, data)) == []


def test_of_several_attempts_one_may_fall_short_and_wrong_answers_are_measured_more_often(measured):
    grading = measured / "grading.yml"
    grading.write_text(grading.read_text().replace(SCALING, f"{SCALING}, attempts: 2"))
    assignment = config.load(grading).assignment("toy")
    (goal,) = goals(assignment).values()
    assert goal == Goal(2.5, 2)

    def told(reference, mistakes):
        data = {"thresholds": {NAME: weigh(goal, reference, {}, mistakes).model_dump()}}
        return [one.partition("growth: ")[2] for one in complaints(assignment, PATH, data)]

    assert told((2.4, *RIGHT[1:]), {"halved": WRONG * 4}) == []
    assert told((2.4,) * 3 + RIGHT[3:], {"halved": WRONG * 4}) == [
        "a right answer reaches 2.4, but should reach 2.5."
    ]
    assert told(RIGHT, {"halved": WRONG}) == ["halved has 5 seeds, but should have 20."]


@pytest.mark.parametrize("data", [{}, [], {"thresholds": {}}])
def test_a_threshold_without_evidence_is_told(assignment, data):
    assert list(complaints(assignment, PATH, data)) == [
        f"calibration.json: has nothing on {NAME}, but should (autograder calibrate)."
    ]


def test_evidence_for_no_threshold_is_told(assignment):
    entry = weigh(Goal(2.5), RIGHT, {}, {"halved": WRONG}).model_dump()
    told = list(complaints(assignment, PATH, {"thresholds": {NAME: entry, "scaling.grwth": entry}}))
    assert told == [
        'calibration.json: scaling.grwth is no threshold, but should be "scaling.growth".'
    ]


def test_evidence_of_another_form_is_refused(assignment):
    entry = {**weigh(Goal(2.5), RIGHT, {}, {"halved": WRONG}).model_dump(), "reference": "many"}
    with pytest.raises(ConfigError, match=r"calibration\.json: scaling\.growth\.reference: Input"):
        list(complaints(assignment, PATH, {"thresholds": {NAME: entry}}))
