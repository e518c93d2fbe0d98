"""Prove the assignments and their checks on the tree: the grader of the graders."""

from __future__ import annotations

from autograder.proofs.calibration import calibrate
from autograder.proofs.proof import Proof, line
from autograder.proofs.verify import verify

__all__ = ["Proof", "calibrate", "line", "verify"]
