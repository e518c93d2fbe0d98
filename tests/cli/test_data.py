"""`--data`, `fetch` and `calibrate` as commands."""

from __future__ import annotations

import json
import shutil

import pytest

from .conftest import TESTS


@pytest.mark.parametrize("verb", ["check", "grade"])
def test_an_unknown_data_set_is_told_the_nearest_name(autograder, submission, verb):
    ran = autograder(verb, "toy", submission("perfect"), "--data", "digit")
    assert ran.code == 2
    assert 'there is no data set "digit", and no folder of this name in' in ran.err
    assert 'Did you mean "digits"?' in ran.err


def test_missing_data_is_told_where_it_goes(autograder, submission, tmp_path):
    words = ("--data", "mnist", "--data-folder", tmp_path)
    ran = autograder("grade", "toy", submission("perfect"), *words)
    assert ran.code == 2
    path = tmp_path / "MNIST" / "raw" / "t10k-images-idx3-ubyte.gz"
    assert f"{path}: is missing, but should be there." in ran.err.replace("\n", " ")


def test_the_report_names_the_data(autograder, submission, tmp_path):
    path = tmp_path / "report.json"
    words = ("--data", "small_digits", "--report", path)
    assert autograder("grade", "toy", submission("perfect"), *words).code == 0
    assert json.loads(path.read_text())["data"] == "small_digits"


def test_the_course_chooses_the_data(autograder, submission, root):
    grading = root / "grading.yml"
    grading.write_text(grading.read_text().replace("course:\n", "course:\n  data: small_digit\n"))
    ran = autograder("check", "toy", submission("perfect"))
    assert ran.code == 2
    assert 'Did you mean "small_digits"?' in ran.err


def test_what_cannot_be_fetched_is_told_the_nearest_name(autograder, tmp_path):
    ran = autograder("fetch", "resnet81", "--data-folder", tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == 'fetch: there is no classifier "resnet81". Did you mean "resnet18"?\n'


def test_without_thresholds_there_is_nothing_to_calibrate(autograder, root):
    ran = autograder("calibrate", "toy")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "toy: no task has a threshold, but calibrating measures thresholds.\n"


def test_calibrating_writes_what_it_measured(autograder, tmp_path):
    course = shutil.copytree(TESTS / "proofs" / "course", tmp_path / "measured")
    grading = course / "grading.yml"
    scaling = "scaling: {title: Many rectangles, points: 3"
    threshold = f"{scaling}, thresholds: {{growth: 1}}"
    grading.write_text(grading.read_text().replace(scaling, threshold))
    ran = autograder("calibrate", "toy", cwd=course)
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0] == "reference (20 seeds): nothing was measured"
    assert lines[-1] == "wrote solutions/toy/calibration.json"
    written = json.loads((course / "solutions/toy/calibration.json").read_text())
    assert written["thresholds"] == {}
