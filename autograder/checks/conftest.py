"""The fixtures of checks under bare pytest; when graded, the grader brings its own."""

from autograder.kit.bare import (
    dataset,
    device,
    pytest_addoption,
    pytest_pyfunc_call,
    rng,
    student,
    threshold,
)

__all__ = [
    "dataset",
    "device",
    "pytest_addoption",
    "pytest_pyfunc_call",
    "rng",
    "student",
    "threshold",
]
