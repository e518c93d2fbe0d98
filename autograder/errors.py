"""The exception tree: what may go wrong, whose fault it is and which exit code says so."""

from __future__ import annotations

from pathlib import Path


class AutograderError(Exception):
    """Anything this project raises on purpose; its text is a sentence for a person."""

    exit_code = 3


class UsageError(AutograderError):
    """The call, the configuration or the submission cannot be read: exit code 2."""

    exit_code = 2


class ConfigError(UsageError):
    """`grading.yml`, or a file it binds together, contradicts itself."""


class SubmissionError(UsageError):
    """A submission that cannot be read at all."""


class ReleaseError(UsageError):
    """A reference that cannot be turned into a stub; nothing was written."""

    def __init__(self, path: Path | str, line: int, reason: str) -> None:
        super().__init__(f"{path}:{line}: {reason} Nothing was written.")
        self.path, self.line, self.reason = path, line, reason


class GraderFault(AutograderError):
    """Our fault: the grader could not do its work, so no score is written."""

    exit_code = 3
