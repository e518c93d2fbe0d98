"""Where everything about an assignment lives: slug to paths; no file is opened."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import ConfigError
from autograder.names import NAME_PATTERN

GRADING_FILE = "grading.yml"
PACKAGE_ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Layout:
    """The paths of a course; a student's tree has no `solutions/` and no hidden checks."""

    root: Path

    @property
    def grading_file(self) -> Path:
        """Return the path of the course's configuration."""
        return self.root / GRADING_FILE

    def solution(self, slug: str) -> Path:
        """Return the folder that is the source of truth, never released."""
        return self.root / "solutions" / _checked(slug)

    def reference(self, slug: str) -> Path:
        """Return the module with the marked answers."""
        return self.solution(slug) / f"{slug}.py"

    def handout(self, slug: str) -> Path:
        """Return the text of the assignment."""
        return self.solution(slug) / "handout.md"

    def questions(self, slug: str) -> Path:
        """Return the written questions with their rubric."""
        return self.solution(slug) / "questions.yml"

    def mistakes(self, slug: str) -> Path:
        """Return the known wrong answers."""
        return self.solution(slug) / "mistakes.yml"

    def alternatives(self, slug: str) -> Path:
        """Return the folder of other right answers."""
        return self.solution(slug) / "alternatives"

    def calibration(self, slug: str) -> Path:
        """Return the evidence for the thresholds."""
        return self.solution(slug) / "calibration.json"

    def checks(self, slug: str) -> Path:
        """Return the folder of the checks."""
        return self.root / "autograder" / "checks" / _checked(slug)

    def check_public(self, slug: str) -> Path:
        """Return the checks that are released."""
        return self.checks(slug) / "check_public.py"

    def check_hidden(self, slug: str) -> Path:
        """Return the checks that are never released."""
        return self.checks(slug) / "check_hidden.py"

    def figures(self, slug: str) -> tuple[Path, ...]:
        """Return the modules that draw what the student's code produced, in order of name."""
        return tuple(sorted(self.checks(slug).glob("figure*.py")))

    def assignment(self, slug: str) -> Path:
        """Return the generated folder that a student receives."""
        return self.root / "assignments" / _checked(slug)

    def stub(self, slug: str) -> Path:
        """Return the module that a student edits."""
        return self.assignment(slug) / f"{slug}.py"

    def readme(self, slug: str) -> Path:
        """Return the generated text of the assignment."""
        return self.assignment(slug) / "README.md"

    def shown(self, path: Path) -> str:
        """Return `path` as messages show it: from the root where it lies below it."""
        below = path.is_relative_to(self.root)
        return (path.relative_to(self.root) if below else path).as_posix()


def find_root(start: Path) -> Path:
    """Return the folder of the course around `start`, or else the one this package lies in."""
    start = start.resolve()
    for folder in (start, *start.parents, PACKAGE_ROOT):
        if (folder / GRADING_FILE).is_file():
            return folder
    raise ConfigError(
        f"{start}: there is no {GRADING_FILE} here or in a folder above, but there should be one. "
        "Hint: call autograder inside the folder of the course."
    )


def _checked(slug: str) -> str:
    if re.fullmatch(NAME_PATTERN, slug):
        return slug
    raise ConfigError(
        f"{slug!r} is no assignment's name, but should be lower-case letters, digits and _, "
        "starting with a letter."
    )
