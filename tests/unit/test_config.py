"""`grading.yml`: what is right loads, and each fault names its line, its place and the way out."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from autograder import config
from autograder.errors import ConfigError
from autograder.model import Limits, Policy, Rule, Step, Tier

ROOT = Path(__file__).resolve().parents[2]
SCHEMA_FILE = ROOT / "docs" / "schema" / "grading.schema.json"

COURSE = """\
course:
  title: Deep learning
  isolation: {check: none, grade: full}
  limits: {call_s: 5, memory_mb: 4096}
assignments:
  conv:
    title: Convolution
    files: [conv.py]
    total: 100
    by_hand:
      conv2d: [autograd, convolution]
    limits: {call_s: 7.5}
    tasks:
      size: {title: Output size, points: 10}
      matrix:
        title: The matrix
        points: 90
        policy: share
        time_limit_s: 30
        thresholds:
          accuracy: 0.9
          loss:
            - {at_least: 0.5, share: 0.25}
            - {at_least: 0.75, share: 1}
"""
MATRIX = "assignments.conv.tasks.matrix"

# (what stands in COURSE, what stands there instead, the whole message after "grading.yml:")
EXPRESSIBLE = [
    (
        "policy: share",
        "polcy: share",
        f'18: {MATRIX}: the key is "polcy", but should be "policy".',
    ),
    (
        "Deep learning",
        "Deep learning\n  zzz: 1",
        '3: course: the key is "zzz", but should be one of title, isolation, data, limits.',
    ),
    (
        "    title: Convolution\n",
        "",
        "6: assignments.conv: title is missing, but should be given.",
    ),
    ("points: 90", "points: ten", f'17: {MATRIX}: points is "ten", but should be a number.'),
    ("points: 90", "points: true", f"17: {MATRIX}: points is true, but should be a number."),
    ("points: 90", "points: '90'", f'17: {MATRIX}: points is "90", but should be a number.'),
    ("points: 90", "points:", f"17: {MATRIX}: points is empty, but should be a number."),
    ("points: 90", "points: -1", f"17: {MATRIX}: points is -1, but should be at least 0."),
    ("total: 100", "total: 0", "9: assignments.conv: total is 0, but should be more than 0."),
    ("policy: share", "policy: al", f'18: {MATRIX}: policy is "al", but should be "all".'),
    ("policy: share", "policy: 7", f"18: {MATRIX}: policy is 7, but should be one of all, share."),
    (
        "[autograd, convolution]",
        "[autograd, loops]",
        "11: assignments.conv.by_hand: "
        'conv2d[1] is "loops", but should be one of autograd, convolution, softmax.',
    ),
    (
        "[autograd, convolution]",
        "autograd",
        '11: assignments.conv.by_hand: conv2d is "autograd", but should be a list.',
    ),
    (
        "conv2d: [autograd, convolution]",
        "2d: [autograd]",
        '11: assignments.conv.by_hand: the key is "2d", but should be the name of a function.',
    ),
    ("grade: full", "grade: ful", '3: course.isolation: grade is "ful", but should be "full".'),
    (
        "memory_mb: 4096",
        "memory_mb: 1.5",
        "4: course.limits: memory_mb is 1.5, but should be a whole number.",
    ),
    ("{call_s: 7.5}", "", "12: assignments.conv: limits is empty, but should be a mapping."),
    (
        "{call_s: 7.5}",
        "{cal_s: 7.5}",
        '12: assignments.conv.limits: the key is "cal_s", but should be "call_s".',
    ),
    (
        "title: Convolution",
        "title: 1984",
        "7: assignments.conv: title is 1984, but should be text (in quotes).",
    ),
    ("title: Convolution", 'title: ""', "7: assignments.conv: title is empty, but should be text."),
    (
        "[conv.py]",
        "[]",
        "8: assignments.conv: files is empty, but should be at least one entry.",
    ),
    (
        "[conv.py]",
        "[conv.py, ../grades.db]",
        '8: assignments.conv: files[1] is "../grades.db", '
        "but should be a plain file name without folders.",
    ),
    (
        "[conv.py]",
        "[conv.py, conv.py]",
        "8: assignments.conv.files: conv.py is listed twice, but should be once.",
    ),
    (
        "  conv:\n",
        "  Conv-2d:\n",
        '6: assignments: the key is "Conv-2d", '
        "but should be lower-case letters, digits and _, starting with a letter.",
    ),
    (
        "accuracy: 0.9",
        "accuracy: high",
        f'21: {MATRIX}.thresholds: accuracy is "high", but should be a number or a list of steps.',
    ),
    (
        "accuracy: 0.9",
        "accuracy: []",
        f"21: {MATRIX}.thresholds: accuracy is empty, but should be at least one entry.",
    ),
    (
        "share: 0.25",
        "share: 1.25",
        f"23: {MATRIX}.thresholds.loss[0]: share is 1.25, but should be at most 1.",
    ),
    (
        "at_least: 0.5",
        "at_leats: 0.5",
        f'23: {MATRIX}.thresholds.loss[0]: the key is "at_leats", but should be "at_least".',
    ),
]
BEYOND_A_SCHEMA = [
    (
        "points: 90",
        "points: 80",
        "6: assignments.conv: the points of the tasks add up to 90, but should be 100 (total).",
    ),
    ("points: 90", "points: .nan", f"17: {MATRIX}: points is NaN, but should be a finite number."),
    (
        "total: 100",
        "total: .inf",
        "9: assignments.conv: total is Infinity, but should be a finite number.",
    ),
    (
        "[conv.py]",
        "[cov.py]",
        "8: assignments.conv: files has no conv.py, but the module should be named like its slug.",
    ),
    (
        "at_least: 0.75",
        "at_least: 0.5",
        f"22: {MATRIX}.thresholds.loss: the step at_least 0.5, share 1 follows "
        "at_least 0.5, share 0.25, but both numbers should rise.",
    ),
    (
        "share: 1}",
        "share: 0.25}",
        f"22: {MATRIX}.thresholds.loss: the step at_least 0.75, share 0.25 follows "
        "at_least 0.5, share 0.25, but both numbers should rise.",
    ),
    (
        "policy: share",
        "points: 90",
        f"18: {MATRIX}: points stands here again (first on line 17), but should stand once.",
    ),
    (
        "policy: share",
        "[a]: b",
        f"18: {MATRIX}: a key is a list or a mapping, but should be a name.",
    ),
]
NO_MAPPINGS = [
    ("", "1: the file is empty, but should be a mapping."),
    ("- a\n- b\n", "1: the file is a list, but should be a mapping."),
    ("a: &x 1\n", "1: an anchor or alias stands here, but everything should be written out."),
]


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "grading.yml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def faults_of(folder: Path, text: str | bytes) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        config.load(write(folder, text))
    return str(caught.value).split("\n")


def edited(old: str, new: str) -> str:
    assert COURSE.count(old) == 1
    return COURSE.replace(old, new)


def test_a_right_file_becomes_a_course(tmp_path):
    course = config.load(write(tmp_path, COURSE))
    conv = course.assignment("conv")
    assert (course.title, course.isolation.grade) == ("Deep learning", Tier.FULL)
    assert [task.name for task in conv.tasks] == ["size", "matrix"]
    assert conv.files == ("conv.py",)
    assert conv.by_hand == {"conv2d": (Rule.AUTOGRAD, Rule.CONVOLUTION)}
    assert conv.task("matrix").policy is Policy.SHARE
    assert conv.task("matrix").thresholds == {
        "accuracy": 0.9,
        "loss": (Step(at_least=0.5, share=0.25), Step(at_least=0.75, share=1)),
    }


def test_limits_of_an_assignment_override_the_course_field_by_field(tmp_path):
    limits = config.load(write(tmp_path, COURSE)).assignment("conv").limits
    assert limits == Limits(call_s=7.5, memory_mb=4096)


def test_slugs_and_tasks_keep_the_order_of_the_file(tmp_path):
    second = "  alpha: {title: A, files: [alpha.py], tasks: {z: {title: Z, points: 99.5}, "
    course = config.load(write(tmp_path, COURSE + second + "a: {title: A, points: .5}}}\n"))
    assert [one.slug for one in course.assignments] == ["conv", "alpha"]
    assert [task.name for task in course.assignment("alpha").tasks] == ["z", "a"]


def test_three_thirds_are_a_whole(tmp_path):
    thirds = ", ".join(f"{name}: {{title: T, points: 33.3333333}}" for name in "abc")
    text = (
        f"course: {{title: C}}\nassignments:\n  x: {{title: X, files: [x.py], tasks: {{{thirds}}}}}"
    )
    assert len(config.load(write(tmp_path, text)).assignment("x").tasks) == 3


@pytest.mark.parametrize(("old", "new", "message"), EXPRESSIBLE + BEYOND_A_SCHEMA)
def test_a_fault_names_line_place_and_way_out(tmp_path, old, new, message):
    assert f"grading.yml:{message}" in faults_of(tmp_path, edited(old, new))


@pytest.mark.parametrize(("text", "message"), NO_MAPPINGS)
def test_what_is_no_plain_mapping_is_refused(tmp_path, text, message):
    assert faults_of(tmp_path, text) == [f"grading.yml:{message}"]


def test_all_faults_are_told_in_order_of_the_file(tmp_path):
    text = edited("total: 100", "totl: 100").replace("points: 10}", "points: x}")
    text = text.replace("Deep learning", "{}") + "    title: again\nextra: 1\n"
    lines = [fault.split(":")[1] for fault in faults_of(tmp_path, text)]
    assert lines == ["2", "9", "14", "25", "26"]


def test_an_entry_with_a_fault_is_not_called_empty_too(tmp_path):
    assert len(faults_of(tmp_path, edited("[conv.py]", "[a/b.py]"))) == 1


def test_an_assignment_without_tasks_is_refused(tmp_path):
    text = "course: {title: C}\nassignments:\n  x: {title: X, files: [x.py], tasks: {}}\n"
    assert faults_of(tmp_path, text) == [
        "grading.yml:3: assignments.x: tasks is empty, but should be at least one entry."
    ]


def test_a_strange_key_is_shown_on_one_line(tmp_path):
    fault = faults_of(tmp_path, edited("total: 100", '"a\\nb\\e[31m": {c: 1}'))[0]
    assert '"a\\nb\\u001b[31m"' in fault


def test_a_long_text_is_shortened(tmp_path):
    assert len(faults_of(tmp_path, edited("points: 90", f"points: {'x' * 5000}"))[0]) < 200


def test_the_published_schema_is_the_one_of_the_code():
    assert SCHEMA_FILE.read_text() == json.dumps(config.schema(), indent=2) + "\n"


@pytest.mark.parametrize("course", ["example", "ours"])
def test_the_schema_is_a_schema_and_takes_what_loads(tmp_path, course):
    text = COURSE if course == "example" else (ROOT / "grading.yml").read_text()
    config.load(write(tmp_path, text))
    jsonschema.Draft202012Validator.check_schema(config.schema())
    jsonschema.Draft202012Validator(config.schema()).validate(yaml.safe_load(text))


@pytest.mark.parametrize(("old", "new", "message"), EXPRESSIBLE)
def test_the_schema_refuses_what_a_schema_can(old, new, message):
    data = yaml.safe_load(edited(old, new))
    assert not jsonschema.Draft202012Validator(config.schema()).is_valid(data)
