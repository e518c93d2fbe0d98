"""The one exception by which a check says no."""

from __future__ import annotations


class CheckFailed(AssertionError):
    """A property does not hold: one sentence, perhaps a hint, and the share earned all the same."""

    def __init__(self, message: str, hint: str = "", share: float = 0.0) -> None:
        super().__init__(message)
        self.message, self.hint, self.share = message, hint, share

    def __str__(self) -> str:
        return f"{self.message}\nHint: {self.hint}" if self.hint else self.message


class FellShort(CheckFailed):
    """A number stayed below its threshold, which with other random numbers it might not."""
