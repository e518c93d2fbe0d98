"""The decorators of a check: its task, and the checks it needs."""

from __future__ import annotations

import pytest


def task(name: str) -> pytest.MarkDecorator:
    """Mark a check as part of the task `name` of `grading.yml`; `name` is a string literal."""
    return pytest.mark.task(name)


def needs(*names: str) -> pytest.MarkDecorator:
    """Mark a check as blocked until the checks `names` passed; they are string literals."""
    return pytest.mark.needs(*names)
