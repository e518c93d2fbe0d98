"""A folder, a `.py` file or a zip becomes a `Submission`: its wanted files, as bytes."""

from __future__ import annotations

from autograder.submission.intake import collect

__all__ = ["collect"]
