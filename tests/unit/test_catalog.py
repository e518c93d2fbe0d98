"""The catalog reads what checks promise without running them, and refuses what it cannot read."""

from __future__ import annotations

import pytest

from autograder import catalog
from autograder.errors import ConfigError
from autograder.layout import Layout
from autograder.model import Assignment, CheckSpec, Task, Visibility

HEADER = "from autograder.kit import needs, task\n\n\n"
PUBLIC = '''\
raise RuntimeError("a check file is never run")


@task("size")
@pytest.mark.parametrize("stride", [1, 2])
def check_size(student, stride):
    """sizes are rounded down

    A line for teaching assistants.
    """


@needs("check_size")
@kit.task("matrix")
def check_matrix(student):
    """the matrix has a row per output"""

    def check_inside():
        pass


def helper():
    pass
'''
HIDDEN = '''\
@task("matrix")
@needs("check_size", "check_matrix")
def check_gradient(student):
    """the transpose is the gradient"""
'''
CHECK = '@task("size")\ndef check_a(student):\n    """it works"""\n'
FILE = "autograder/checks/conv/check_public.py"


@pytest.fixture
def layout(tmp_path):
    return Layout(tmp_path)


def write(layout, public, hidden=None):
    layout.checks("conv").mkdir(parents=True)
    layout.check_public("conv").write_text(public)
    if hidden is not None:
        layout.check_hidden("conv").write_text(hidden)


def fault(layout, **options):
    with pytest.raises(ConfigError) as caught:
        catalog.read(layout, "conv", **options)
    return str(caught.value)


def conv(*tasks):
    return Assignment(
        slug="conv",
        title="Convolution",
        files=("conv.py",),
        tasks=tuple(Task(name=name, title=name, points=1) for name in tasks),
    )


def test_checks_come_in_order_of_writing_public_ones_first(layout):
    write(layout, PUBLIC, HIDDEN)
    assert catalog.read(layout, "conv") == (
        CheckSpec(
            name="check_size",
            task="size",
            description="sizes are rounded down",
            visibility=Visibility.VISIBLE,
            file=FILE,
            line=6,
        ),
        CheckSpec(
            name="check_matrix",
            task="matrix",
            description="the matrix has a row per output",
            visibility=Visibility.VISIBLE,
            needs=("check_size",),
            file=FILE,
            line=15,
        ),
        CheckSpec(
            name="check_gradient",
            task="matrix",
            description="the transpose is the gradient",
            visibility=Visibility.HIDDEN,
            needs=("check_size", "check_matrix"),
            file="autograder/checks/conv/check_hidden.py",
            line=3,
        ),
    )


def test_hidden_checks_are_left_out_when_asked(layout):
    write(layout, PUBLIC, "this is ( not Python")
    assert len(catalog.read(layout, "conv", hidden=False)) == 2


def test_a_tree_without_hidden_checks_is_a_students_tree(layout):
    write(layout, PUBLIC)
    assert len(catalog.read(layout, "conv")) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '@task("size")\ndef check_a(student):\n    pass\n',
            ":2: check_a has no docstring, but should have the sentence that a student reads.",
        ),
        (
            '@task("size")\ndef check_a(student):\n    """ """\n',
            ":2: check_a has no docstring, but should have the sentence that a student reads.",
        ),
        (
            'def check_a(student):\n    """it works"""\n',
            ':1: check_a has 0 tasks, but should have one [@task("...")].',
        ),
        (
            '@task("matrix")\n' + CHECK,
            ':3: check_a has 2 tasks, but should have one [@task("...")].',
        ),
        (
            CHECK.replace('"size"', "SIZE"),
            ':2: check_a names no task in quotes, but should [@task("...")].',
        ),
        (
            CHECK.replace('("size")', ""),
            ':2: check_a names no task in quotes, but should [@task("...")].',
        ),
        (
            CHECK.replace('"size"', 'name="size"'),
            ':2: check_a names no task in quotes, but should [@task("...")].',
        ),
        (
            CHECK.replace('"size"', '"size", "matrix"'),
            ':2: check_a names no task in quotes, but should [@task("...")].',
        ),
        (
            "@needs()\n" + CHECK,
            ':3: check_a names no checks in quotes, but should [@needs("check_...")].',
        ),
        (
            "@needs(*EARLIER)\n" + CHECK,
            ':3: check_a names no checks in quotes, but should [@needs("check_...")].',
        ),
        (
            CHECK + CHECK,
            ":5: check_a is a second check of this name, but should have its own "
            f"(the first: {FILE}:2).",
        ),
        (
            CHECK + CHECK.replace("@", '@needs("check_aa")\n@').replace("_a(", "_b("),
            ':6: check_b needs "check_aa", but should be "check_a".',
        ),
        (
            CHECK + CHECK.replace("@", '@needs("zzz")\n@').replace("_a(", "_b("),
            ':6: check_b needs "zzz", but should be one of check_a.',
        ),
        (
            '@needs("check_a")\n' + CHECK,
            ":3: check_a needs check_a, but should need earlier checks only.",
        ),
        (
            '@needs("check_b")\n' + CHECK + CHECK.replace("_a(", "_b("),
            ":3: check_a needs check_b, but should need earlier checks only.",
        ),
        (
            '@needs("check_size")\n' + CHECK,
            ':3: check_a needs "check_size", but no check stands before it.',
        ),
        (
            CHECK.replace("check_a", "test_a"),
            ":2: test_a is a test, but should be called check_a.",
        ),
        (
            CHECK.replace("def", "async def"),
            ":2: check_a is asynchronous, but should be a plain function.",
        ),
        (
            "if True:\n    def check_a(student):\n        pass\n",
            ":2: check_a stands in a class or a block, but should stand at module level.",
        ),
        (
            "class TestA:\n    def check_a(self):\n        pass\n",
            ":2: check_a stands in a class or a block, but should stand at module level.",
        ),
        ("x = = 1\n", ":1: invalid syntax."),
        ("x = 1\0\n", ":1: source code string cannot contain null bytes."),
    ],
)
def test_what_cannot_be_promised_is_refused_by_line(layout, text, message):
    write(layout, text)
    assert fault(layout) == FILE + message


def test_a_name_stands_once_in_both_files(layout):
    write(layout, CHECK, "\n" + CHECK)
    assert fault(layout) == (
        "autograder/checks/conv/check_hidden.py:3: check_a is a second check of this name, "
        f"but should have its own (the first: {FILE}:2)."
    )


def test_a_public_check_cannot_need_a_hidden_one(layout):
    write(layout, '@needs("check_b")\n' + CHECK, CHECK.replace("_a(", "_b("))
    assert "check_a needs check_b, but should need earlier checks only." in fault(layout)


def test_several_faults_are_told_together(layout):
    write(layout, CHECK.replace("check_a", "test_a"), CHECK.replace('"size"', ""))
    assert [line.split(": ")[0] for line in fault(layout).split("\n")] == [
        f"{FILE}:2",
        "autograder/checks/conv/check_hidden.py:2",
    ]


def test_public_checks_must_be_there(layout):
    assert fault(layout) == f"{FILE}: No such file or directory, but should be a file of checks."


def test_tasks_and_checks_that_match_are_bound(layout):
    write(layout, PUBLIC, HIDDEN)
    catalog.bind(conv("size", "matrix"), catalog.read(layout, "conv"))


def test_a_check_of_an_unknown_task_is_refused_with_the_nearest(layout):
    write(layout, PUBLIC)
    with pytest.raises(ConfigError) as caught:
        catalog.bind(conv("sizes", "matrix"), catalog.read(layout, "conv"))
    assert str(caught.value) == (
        f'{FILE}:6: check_size has the task "size", but should be "sizes" (grading.yml).'
    )


def test_a_task_without_a_check_is_refused_once_hidden_checks_are_read(layout):
    write(layout, PUBLIC, HIDDEN)
    with pytest.raises(ConfigError) as caught:
        catalog.bind(conv("size", "matrix", "speed"), catalog.read(layout, "conv"))
    assert str(caught.value) == (
        "grading.yml: assignments.conv.tasks.speed: has no check, but should have one "
        '[@task("speed")].'
    )


def test_public_checks_alone_need_not_reach_every_task(layout):
    write(layout, PUBLIC, HIDDEN)
    catalog.bind(conv("size", "matrix", "speed"), catalog.read(layout, "conv", hidden=False))


def test_a_check_that_asks_for_thresholds_measures(tmp_path):
    file = tmp_path / "check_public.py"
    checks = "".join(
        f'@task("a")\ndef check_{name}({arguments}):\n    """it holds"""\n\n\n'
        for name, arguments in (("plain", "student"), ("measured", "student, threshold"))
    )
    file.write_text(HEADER + checks)
    assert [check.measures for check in catalog.read_file(file)] == [False, True]
