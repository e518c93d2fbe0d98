"""What happens at the other end of standard output is no fault of the grader."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_a_reader_that_leaves_early_is_no_grader_fault():
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        ended = subprocess.run(
            [sys.executable, "-P", "-m", "autograder", "list"],
            cwd=ROOT,
            stdout=closed,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ended.returncode in (1, 141)
    assert "grader failed" not in ended.stderr
    assert "Traceback" not in ended.stderr
