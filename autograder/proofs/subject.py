"""The assignment that is being proved: its reference, and gradings side by side."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from autograder.errors import ConfigError, GraderFault
from autograder.grade import Desk, Manner, allowed_tiers, grade
from autograder.layout import Layout
from autograder.model import Assignment, Report, Submission
from autograder.proofs.proof import fault_sentence

Files = dict[str, str]
# Deadlines run on the grader's clock: more gradings than cores would make slow ones too slow.
_FEWEST_AT_ONCE, _MOST_AT_ONCE = 2, 8


class Attempt(NamedTuple):
    """A submission that a proof makes, by name, and what it has to say of the report."""

    name: str
    files: Files
    complain: Callable[[Report], Iterable[str]]


@dataclass(frozen=True)
class Subject:
    """An assignment under proof."""

    desk: Desk
    assignment: Assignment
    pool: Executor

    @property
    def layout(self) -> Layout:
        """Return where the files of the course are."""
        return self.desk.layout

    @property
    def slug(self) -> str:
        """Return the assignment's name."""
        return self.assignment.slug

    @cached_property
    def reference(self) -> Files:
        """Return the files of the reference, by name."""
        folder = self.layout.solution(self.slug)
        return {name: self.read(folder / name) for name in self.assignment.files}

    @property
    def module(self) -> str:
        """Return the text of the reference's module, the one with the marked answers."""
        return self.reference[f"{self.slug}.py"]

    @property
    def tree(self) -> ast.Module:
        """Return the syntax tree of the reference's module."""
        try:
            return ast.parse(self.module)
        except SyntaxError as error:
            where = self.layout.shown(self.layout.reference(self.slug))
            raise ConfigError(f"{where}:{error.lineno or 1}: {error.msg}.") from error

    @cached_property
    def reference_reports(self) -> tuple[Report, Report]:
        """Return two gradings of the reference, each with its figure."""
        first, second = (self._submit(self.reference, with_figures=True) for _ in range(2))
        return first.result(), second.result()

    def with_module(self, text: str) -> Files:
        """Return a submission: the reference with another module."""
        return self.reference | {f"{self.slug}.py": text}

    def complaints(self, attempts: Iterable[Attempt]) -> Iterator[str]:
        """Grade all attempts side by side; yield what there is to say of each, after its name."""
        running = [(attempt, self._submit(attempt.files)) for attempt in attempts]
        for attempt, report in running:
            try:
                sentences = attempt.complain(report.result())
                yield from (f"{attempt.name}: {sentence}" for sentence in sentences)
            except GraderFault as fault:
                yield f"{attempt.name}: {fault_sentence(fault)}"

    def read(self, path: Path) -> str:
        """Return the text of a file of the course; `ConfigError` where that is not possible."""
        try:
            return path.read_bytes().decode("utf-8-sig")
        except OSError as error:
            what = f"{error.strerror}, but should be a file"
            raise ConfigError(f"{self.layout.shown(path)}: {what}.") from error
        except UnicodeDecodeError as error:
            what = "is not UTF-8, but should be"
            raise ConfigError(f"{self.layout.shown(path)}: {what}.") from error

    def _submit(self, files: Files, *, with_figures: bool = False) -> Future[Report]:
        submission = Submission(
            source="proofs", files={name: text.encode() for name, text in files.items()}
        )
        tiers = allowed_tiers(None, self.desk.course.isolation.grade)
        manner = Manner(tiers, hidden=True, with_figures=with_figures)
        return self.pool.submit(grade, self.desk, self.slug, submission, manner)


@contextmanager
def subject_of(desk: Desk, slug: str) -> Iterator[Subject]:
    """Put an assignment under proof, with as many gradings at once as this machine has cores."""
    pool = ThreadPoolExecutor(_at_once(), thread_name_prefix="grading")
    try:
        yield Subject(desk, desk.course.assignment(slug), pool)
    finally:
        pool.shutdown(cancel_futures=True)


def _at_once() -> int:
    cores = len(os.sched_getaffinity(0))
    return min(max(cores, _FEWEST_AT_ONCE), _MOST_AT_ONCE)
