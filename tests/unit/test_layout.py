"""Slugs become paths in one place, and the course is found from anywhere inside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder import layout as module
from autograder.errors import ConfigError
from autograder.layout import Layout, find_root

PLACES = {
    "solution": "solutions/fgsm",
    "reference": "solutions/fgsm/fgsm.py",
    "handout": "solutions/fgsm/handout.md",
    "questions": "solutions/fgsm/questions.yml",
    "mistakes": "solutions/fgsm/mistakes.yml",
    "alternatives": "solutions/fgsm/alternatives",
    "calibration": "solutions/fgsm/calibration.json",
    "checks": "autograder/checks/fgsm",
    "check_public": "autograder/checks/fgsm/check_public.py",
    "check_hidden": "autograder/checks/fgsm/check_hidden.py",
    "assignment": "assignments/fgsm",
    "stub": "assignments/fgsm/fgsm.py",
    "readme": "assignments/fgsm/README.md",
}
LAYOUT = Layout(Path("/course"))


@pytest.mark.parametrize(("name", "place"), PLACES.items())
def test_each_role_has_one_place(name, place):
    assert LAYOUT.shown(getattr(LAYOUT, name)("fgsm")) == place


def test_course_wide_places():
    assert LAYOUT.shown(LAYOUT.grading_file) == "grading.yml"


def test_figures_are_found_in_order_of_name(tmp_path):
    folder = tmp_path / "autograder" / "checks" / "fgsm"
    folder.mkdir(parents=True)
    for name in ("figure_b.py", "check_public.py", "figure.py", "figure_a.py", "figure_a.txt"):
        (folder / name).touch()
    names = [path.name for path in Layout(tmp_path).figures("fgsm")]
    assert names == ["figure.py", "figure_a.py", "figure_b.py"]


def test_a_path_elsewhere_is_shown_whole():
    assert LAYOUT.shown(Path("/elsewhere/fgsm.py")) == "/elsewhere/fgsm.py"


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("slug", ["", "..", "../x", "Fgsm", "2d", "a-b", "a/b", "a\n", "a.py", "é"])
def test_what_is_no_slug_has_no_path(name, slug):
    with pytest.raises(ConfigError, match="is no assignment's name, but should be lower-case"):
        getattr(LAYOUT, name)(slug)


@pytest.fixture
def course(tmp_path):
    (tmp_path / "course" / "assignments" / "fgsm").mkdir(parents=True)
    (tmp_path / "course" / "grading.yml").touch()
    return tmp_path / "course"


@pytest.mark.parametrize("start", [".", "assignments", "assignments/fgsm", "grading.yml", "gone"])
def test_the_root_is_found_from_anywhere_inside(course, start):
    assert find_root(course / start) == course


def test_outside_of_any_course_the_installed_one_is_meant(course, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "PACKAGE_ROOT", course)
    assert find_root(tmp_path) == course


def test_without_any_course_the_sentence_says_what_to_do(course, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "PACKAGE_ROOT", tmp_path)
    with pytest.raises(ConfigError) as caught:
        find_root(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: there is no grading.yml here or in a folder above, but there should be one. "
        "Hint: call autograder inside the folder of the course."
    )
