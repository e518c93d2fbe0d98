"""The kit as a whole: what it offers, what it imports, its marks and its randomness."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

import autograder.kit
from autograder.kit import Rng, needs, task


def test_the_public_list_is_sorted_and_true():
    names = autograder.kit.__all__
    assert names == sorted(names)
    assert all(hasattr(autograder.kit, name) for name in names)


def test_the_kit_imports_little():
    source = (
        "import sys, torch, pytest; before = set(sys.modules); import autograder.kit;"
        "print(*(n for n in set(sys.modules) - before if not n.startswith('autograder')))"
    )
    run = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=True, timeout=120
    )
    assert {name.partition(".")[0] for name in run.stdout.split()} <= sys.stdlib_module_names


def test_marks_carry_names():
    assert task("im2col").mark == pytest.mark.task("im2col").mark
    assert needs("check_a", "check_b").mark.args == ("check_a", "check_b")


def test_random_inputs_follow_from_the_name():
    first, again, other = Rng.named("check_a[1]"), Rng.named("check_a[1]"), Rng.named("check_a[2]")
    x = first.normal(3, 4)
    assert torch.equal(x, again.normal(3, 4))
    assert not torch.equal(x, other.normal(3, 4))


def test_the_first_numbers_never_change():
    assert Rng.named("check_a").integers(0, 1000, 3).tolist() == [867, 302, 953]


def test_random_inputs_have_their_form():
    rng = Rng(0)
    assert rng.normal(2, 3, dtype=torch.float64).dtype == torch.float64
    assert rng.normal().shape == ()
    assert rng.uniform(100).min() >= 0
    assert rng.uniform(100).max() < 1
    assert rng.uniform(2, dtype=torch.float16).dtype == torch.float16
    integers = rng.integers(-1, 2, 100)
    assert integers.dtype == torch.int64
    assert set(integers.tolist()) == {-1, 0, 1}
    assert {rng.integer(3, 4) for _ in range(50)} == {3, 4}
    assert isinstance(rng.generator, torch.Generator)
