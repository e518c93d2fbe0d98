"""A course of two small assignments in a folder of its own."""

from __future__ import annotations

import pytest

from autograder.layout import Layout
from autograder.model import Assignment, Course, Policy, Rule, Step, Task

ADDING = '''\
"""Add numbers."""


# BEGIN SOLUTION
def _halved(first, second):
    return (first + second) / 2


# END SOLUTION
def mean(first, second):
    """Return the mean of two numbers."""
    # BEGIN SOLUTION
    return _halved(first, second)  # the helper does it
    # END SOLUTION
'''

TAKING = '''\
"""Subtract numbers."""


def gap(first, second, scale=1):
    """Return how far apart two numbers are."""
    # BEGIN SOLUTION
    larger = max(first, second)
    distance = larger - min(first, second)
    return distance * scale["gap"] / first
    # END SOLUTION
'''

CHECKS = '''\
from autograder.kit import task


@task("{task}")
def check_{name}(student):
    """two numbers give one"""
'''


def assignment(slug, title, task):
    """An assignment with one task."""
    return Assignment(slug=slug, title=title, files=(f"{slug}.py",), tasks=(task,))


@pytest.fixture
def course():
    """Two assignments with a task each."""
    mean = Task(name="mean", title="The mean | of two", points=100)
    gap = Task(name="gap", title="The gap", points=100, policy=Policy.SHARE)
    return Course(
        title="Numbers",
        assignments=(assignment("adding", "Adding", mean), assignment("taking", "Taking", gap)),
    )


@pytest.fixture
def layout(tmp_path):
    """The tree of the course, with nothing released yet."""
    made = Layout(tmp_path)
    for slug, source, task in (("adding", ADDING, "mean"), ("taking", TAKING, "gap")):
        made.solution(slug).mkdir(parents=True)
        made.checks(slug).mkdir(parents=True)
        made.reference(slug).write_text(source)
        made.handout(slug).write_text(f"# All about {slug}\n\nUse two numbers.\n")
        made.check_public(slug).write_text(CHECKS.format(task=task, name="shown"))
        made.check_hidden(slug).write_text(CHECKS.format(task=task, name="kept"))
    return made


@pytest.fixture
def rich_assignment():
    """An assignment that uses everything that a README tells."""
    return Assignment(
        slug="adding",
        title="Adding",
        files=("adding.py",),
        total=30.5,
        by_hand={"mean": (Rule.AUTOGRAD, Rule.CONVOLUTION)},
        tasks=(
            Task(name="mean", title="The mean | of two", points=20.5),
            Task(
                name="train",
                title="Training",
                points=10,
                policy=Policy.SHARE,
                time_limit_s=120,
                attempts=2,
                budget_steps=2000,
                thresholds={
                    "accuracy": (Step(at_least=0.5, share=0.5), Step(at_least=0.75, share=1)),
                    "margin": 0.1,
                },
            ),
        ),
    )
