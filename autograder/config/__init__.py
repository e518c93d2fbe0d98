"""`grading.yml`, read strictly: every fault by line and place, with the nearest right name."""

from __future__ import annotations

from autograder.config.loading import load, schema

__all__ = ["load", "schema"]
