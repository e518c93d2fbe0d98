"""`autograder grade`: its reports, its forms and what it keeps to itself."""

from __future__ import annotations

import json

import jsonschema
import pytest
import torch

from autograder.report import parse

from .conftest import TESTS

SCHEMA = json.loads((TESTS.parent / "docs/schema/report.schema.json").read_text())
# What the hidden checks of the course compare with, and what the submission prints on the way.
VALUES = ("80.5", "11.5", "width=7", "height=2", "area of 7", "77.0", "sides=tensor")


def leaks(text):
    return [value for value in VALUES if value in text]


def test_the_reference_earns_everything_in_every_file(autograder, root):
    ran = autograder(
        *("grade", "toy", "solutions/toy", "--format", "json"),
        *("--report", "report.json", "--html", "report.html"),
    )
    written = (root / "report.json").read_text()
    assert ran.code == 0
    assert ran.err == "wrote report.json\nwrote report.html\n"
    assert ran.out == written
    jsonschema.validate(json.loads(written), SCHEMA)
    report = parse(written)
    assert (report.score, report.max_score, report.device) == (10, 10, "cpu")
    assert [one.name for one in report.submission.left_behind] == ["handout.md"]
    assert "Rectangles" in (root / "report.html").read_text()
    assert sorted(path.name for path in root.iterdir() if path.is_file()) == [
        *("grading.yml", "report.html", "report.json"),
    ]


def test_points_missing_is_exit_code_1_and_no_value_of_a_hidden_check_is_told(
    autograder, root, submission
):
    ran = autograder(
        *("grade", "toy", submission("hidden_mistake")),
        *("--report", "report.json", "--html", "report.html"),
    )
    assert ran.code == 1
    assert "Score 4.5 of 10  (3 passed, 3 failed)" in ran.out
    assert "hidden check: this does not hold for your code: a negative side is refused." in ran.out
    assert leaks(ran.out + ran.err) == []
    assert leaks((root / "report.json").read_text()) == []
    assert leaks((root / "report.html").read_text()) == []
    jsonschema.validate(json.loads((root / "report.json").read_text()), SCHEMA)


@pytest.mark.parametrize("form", ["markdown", "gradescope", "html"])
def test_other_forms_tell_the_score_and_no_hidden_value(autograder, submission, form):
    ran = autograder("grade", "toy", submission("hidden_mistake"), "--format", form)
    assert (ran.code, ran.err) == (1, "")
    assert "4.5" in ran.out
    assert leaks(ran.out) == []


def test_a_ta_may_see_the_values_but_gradescope_never(autograder, root, submission):
    ran = autograder(
        *("grade", "toy", submission("hidden_mistake"), "--reveal"),
        *("--report", "report.json", "--format", "gradescope"),
    )
    revealed = (root / "report.json").read_text()
    results = json.loads(ran.out)
    assert "77.0, but should be 80.5 [width=7, height=11.5]" in revealed
    assert "area of 7" in revealed
    assert leaks(ran.out) == []
    assert results["score"] == 4.5
    assert [(test["score"], test["max_score"]) for test in results["tests"]] == [
        *((0, 4), (1.5, 3), (3, 3)),
    ]


@pytest.mark.parametrize("tier", ["full", "reduced", "none"])
def test_a_tier_asked_for_is_had_or_refused(autograder, root, tier):
    ran = autograder(
        "grade", "toy", "solutions/toy", "--isolation", tier, "--report", "report.json"
    )
    if ran.code == 3:
        assert f"no isolation that is allowed here ({tier}: " in ran.err
        assert not (root / "report.json").exists()
        assert tier != "none"
    else:
        assert ran.code == 0
        assert parse((root / "report.json").read_text()).isolation.tier == tier


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has the device")
def test_a_device_that_is_not_there_is_our_fault(autograder, root):
    words = ("--device", "cuda", "--report", "report.json", "--html", "report.html")
    ran = autograder("grade", "toy", "solutions/toy", *words)
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.startswith("The grader failed, not your code: there is no CUDA device here")
    assert ran.err.endswith("No score was recorded.\n")
    assert not list(root.glob("report.json")) + list(root.glob("report.html"))


def test_a_fault_of_a_check_costs_no_point_and_writes_no_report(autograder, root):
    hidden = root / "autograder/checks/toy/check_hidden.py"
    broken = hidden.read_text().replace("student.area(7, 11.5)", "student.area(7, 11.5) + None")
    hidden.write_text(broken)
    ran = autograder("grade", "toy", "solutions/toy", "--report", "report.json")
    assert (ran.code, ran.out) == (3, "")
    assert "The grader failed, not your code: " in ran.err
    assert "check_area_of_a_large_rectangle" in ran.err
    assert "TypeError: unsupported operand" in ran.err
    assert ran.err.endswith("No score was recorded.\n")
    assert not (root / "report.json").exists()


@pytest.mark.parametrize("option", ["--report", "--html"])
@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("nowhere/report", "No such file or directory"),
        ("solutions", "Is a directory"),
        ("grading.yml/report", "Not a directory"),
    ],
)
def test_a_report_that_cannot_be_written_is_refused_first(autograder, root, option, path, why):
    before = sorted(root.rglob("*"))
    ran = autograder("grade", "toy", "solutions/toy", option, path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        f"{path}: cannot be written ({why}), but should be a file in a writable folder.\n"
    )
    assert sorted(root.rglob("*")) == before


def test_a_journal_that_cannot_be_written_is_refused(autograder, root):
    (root / "report.json.partial").mkdir()
    ran = autograder("grade", "toy", "solutions/toy", "--report", "report.json")
    assert (ran.code, ran.out) == (2, "")
    assert "report.json.partial: cannot be written (Is a directory)" in ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["tyo", "solutions/toy"], 'tyo: is no assignment, but should be "toy".'),
        (["toy", "nowhere"], "nowhere: is not there"),
        (["toy"], "Missing argument"),
        (["toy", "solutions/toy", "--format", "xml"], "'gradescope'"),
        (["toy", "solutions/toy", "--device", "tpu"], "'cuda'"),
        (["toy", "solutions/toy", "--isolation", "some"], "'reduced'"),
    ],
)
def test_wrong_usage(autograder, words, said):
    ran = autograder("grade", *words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
