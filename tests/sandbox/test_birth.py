"""A worker is born clean: nothing of the command line or of a job is in its reach."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.model import Tier
from autograder.sandbox.host import Launcher

from .conftest import Toys

SUBMISSIONS = Path(__file__).parent / "submissions"
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("tier", [Tier.FULL, Tier.NONE])
def test_a_word_held_by_the_command_line_and_the_checks_is_not_in_a_worker(
    tier, isolations, tmp_path
):
    if isinstance(isolations[tier], str) or "/proc" in str(isolations[tier].missing):
        pytest.skip("a worker cannot read its own memory here")
    word = secrets.token_hex(16)
    program, scanner = SUBMISSIONS / "grade_with_a_secret.py", SUBMISSIONS / "scanner.py"
    ended = subprocess.run(
        [sys.executable, program, word, tmp_path, scanner, tier.value],
        env={**os.environ, "CANARY": word, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    copies, in_environment, results = json.loads(ended.stdout)
    assert (copies, in_environment) == (100, True)
    assert json.loads(results["check_finds_nothing"]) == [32, []]
    assert json.loads(results["check_finds_what_is_planted"]) == [32, True]


@pytest.mark.parametrize(
    "module", ["autograder.sandbox.host", "autograder.grade", "autograder.sandbox.view"]
)
def test_the_command_line_does_not_import_torch(module):
    heavy = "{'torch', 'numpy', 'pytest', 'matplotlib'}"
    code = f"import sys, {module}; print(sorted({heavy} & set(sys.modules)))"
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    assert ended.stdout == "[]\n"


@pytest.mark.parametrize("trains", [True, False])
def test_optimizers_are_loaded_before_the_fork_where_submissions_train(trains, tmp_path):
    probe = "import sys\ndef probe():\n    return 'torch._dynamo' in sys.modules\n"
    with Launcher(trains=trains) as launcher:
        assert Toys(launcher, tmp_path).value(probe) is trains
