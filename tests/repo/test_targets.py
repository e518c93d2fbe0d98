"""CI calls the developer's own targets, in the order of what a reader wants to know first."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

CI_ORDER = ["browser", "lint", "types", "demo", "verify", "test", "test-slow"]


def test_ci_calls_targets_in_order(root):
    text = (root / ".ci" / "run").read_text("utf-8")
    assert re.findall(r"^make ([a-z-]+)", text, flags=re.MULTILINE) == CI_ORDER


def test_ci_can_be_called(root):
    assert (root / ".ci" / "run").stat().st_mode & 0o111


def test_every_target_is_listed_and_phony(root):
    text = (root / "Makefile").read_text("utf-8")
    described = re.findall(r"^([a-z-]+):.*## ", text, flags=re.MULTILINE)
    (phony,) = re.findall(r"^\.PHONY: (.+)$", text, flags=re.MULTILINE)
    assert sorted(described) == sorted(phony.split())
    assert set(CI_ORDER) <= set(described)


def test_make_alone_lists_the_targets(root):
    # Also below another make, which would have this one tell where it is.
    command = ["make", "--no-print-directory"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert [line.split()[0] for line in done.stdout.splitlines()][:3] == ["help", "demo", "test"]


@pytest.mark.parametrize("target", CI_ORDER)
def test_make_knows_the_target(root, target):
    subprocess.run(["make", "--dry-run", target], cwd=root, capture_output=True, check=True)


def test_no_check_of_a_submission_is_taken_for_a_test(root, tracked):
    checks = [path for path in tracked if path.parts[0] == "tests" and path.match("check_*.py")]
    folders = {str(Path(*path.parts[:2])) for path in checks}
    assert folders
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", *sorted(folders)]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert [line for line in listed.stdout.splitlines() if "::check_" in line] == []
