"""Saves each verdict as it is earned, so that a kill costs only the check that was running.

One JSON line per verdict beside the report, after a first line that says what they belong to. A
later run of the same submission by the same grader goes on where this one stopped.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Self

from pydantic import ValidationError

from autograder.files import unwritable
from autograder.model import CheckResult


class Journal:
    """The verdicts of one grading, on disk as they come; or nowhere, without a path."""

    def __init__(self, path: Path | None, key: str) -> None:
        self._path = path
        self._key = key

    @classmethod
    def beside(cls, report: Path | None, key: str) -> Self:
        """Return the journal of the report at this path."""
        return cls(report.with_name(report.name + ".partial") if report else None, key)

    def earned(self) -> tuple[CheckResult, ...]:
        """Return what an interrupted run with the same key has left; start anew otherwise."""
        if self._path is None:
            return ()
        results = self._read(self._path)
        self._write("w", json.dumps({"key": self._key}))
        for result in results:
            self.add(result)
        return results

    def add(self, result: CheckResult) -> None:
        """Save one verdict before the next check starts."""
        self._write("a", result.model_dump_json())

    def done(self) -> None:
        """Remove the journal: the report stands."""
        if self._path:
            self._path.unlink(missing_ok=True)

    def _write(self, mode: str, line: str) -> None:
        if self._path is None:
            return
        try:
            with self._path.open(mode, encoding="utf-8") as file:
                file.write(line + "\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise unwritable(self._path, error) from error

    def _read(self, path: Path) -> tuple[CheckResult, ...]:
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        lines = text.split("\n")
        if lines[0] != json.dumps({"key": self._key}):
            return ()
        results = []
        for line in lines[1:]:
            try:
                results.append(CheckResult.model_validate_json(line))
            except ValidationError:  # the line that was being written when the run was killed
                break
        return tuple(results)
