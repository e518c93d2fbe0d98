"""Written questions, graded by people: each with its points and the rubric they add up from."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints

from autograder.model import Noun, Points
from autograder.proofs.listing import Fault, once
from autograder.proofs.listing import load as load_list

Text = Annotated[str, StringConstraints(min_length=1)]
# Points are written by hand: 3 x 0.3333333 may stand for 1.
_POINTS_TOLERANCE = 1e-6


class Criterion(Noun):
    """What an answer should say, and what that is worth."""

    points: Points
    text: Text


class Question(Noun):
    """A question of the handout."""

    name: Text
    question: Text
    points: Points
    rubric: Annotated[tuple[Criterion, ...], Field(min_length=1)]


def load(path: Path) -> tuple[Question, ...]:
    """Return the questions of an assignment, or raise every fault of the file."""
    return load_list(path, Question, _faults)


def _faults(questions: tuple[Question, ...]) -> Iterator[Fault]:
    yield from once(question.name for question in questions)
    for index, question in enumerate(questions):
        added = math.fsum(criterion.points for criterion in question.rubric)
        if abs(added - question.points) > _POINTS_TOLERANCE:
            yield (
                (index, "rubric"),
                f"its points add up to {added:g}, but should be {question.points:g}.",
            )
