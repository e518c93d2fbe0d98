"""Where data lies: what comes with the project, and what was fetched for this machine."""

from __future__ import annotations

import os
from pathlib import Path

EMBEDDED = Path(__file__).resolve().parents[2] / "datasets"
HELD_OUT = EMBEDDED / "held_out"
VARIABLE = "AUTOGRADER_DATA"


def local_folder() -> Path:
    """Return the folder of what is too large to come along: `$AUTOGRADER_DATA` or the default."""
    return Path(os.environ.get(VARIABLE) or EMBEDDED / "local")
