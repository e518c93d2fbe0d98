"""Functions to be written by hand: what they must not use is seen, what they may use is not."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from autograder.model import Outcome, Rule

SOURCE = (Path(__file__).parent / "submissions" / "by_hand.py").read_text()
PATIENT = {"call_s": 20, "check_s": 60}  # torch.func alone takes a second to import
NAMES = [
    node.name
    for node in ast.parse(SOURCE).body
    if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
]
CHECK = """
@task("a")
def check_{name}(student, rng):
    '''the value is right'''
    x = rng.normal(4, 4)
    assert_close(student.{name}(x), 2 * x, call("{name}"), rtol=1e-3, atol=1e-3)
"""


@pytest.fixture(scope="module")
def results(toys):
    checks = "".join(CHECK.format(name=name) for name in NAMES)
    by_hand = {name: tuple(Rule) for name in NAMES}
    return toys.results(SOURCE, checks, by_hand=by_hand, limits=PATIENT)


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("convolution")])
def test_a_convolution_is_seen_and_costs_the_check_though_the_value_is_right(name, results):
    result = results[f"check_{name}"]
    assert (result.outcome, result.share) == (Outcome.FAILED, 0)
    assert result.message.startswith(f"{name}: uses torch's convolution (")
    assert result.message.endswith("), but should be written by hand")


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("softmax")])
def test_a_softmax_is_seen_and_costs_the_check_though_the_value_is_right(name, results):
    result = results[f"check_{name}"]
    assert (result.outcome, result.share) == (Outcome.FAILED, 0)
    assert result.message.startswith(f"{name}: uses torch's softmax (")


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("autograd")])
def test_autograd_is_seen_and_costs_the_check_though_the_value_is_right(name, results):
    result = results[f"check_{name}"]
    assert (result.outcome, result.share) == (Outcome.FAILED, 0)
    assert result.message.startswith(f"{name}: uses autograd (")


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith(("honest", "convers"))])
def test_honest_code_is_not_suspected(name, results):
    assert (results[f"check_{name}"].outcome, results[f"check_{name}"].message) == ("passed", "")


def test_without_a_rule_everything_may_be_used(toys):
    checks = "".join(CHECK.format(name=name) for name in ("autograd_grad", "convolution_unfold"))
    wrong = toys.results(SOURCE, checks, by_hand={"autograd_grad": (Rule.CONVOLUTION,)})
    assert wrong["check_convolution_unfold"].outcome is Outcome.PASSED
    assert "uses" not in wrong["check_autograd_grad"].message
