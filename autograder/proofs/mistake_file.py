"""Known wrong answers: edits of the reference, the tasks each costs, the words that tell it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints

from autograder.model import Assignment, Noun
from autograder.names import alternatives
from autograder.proofs.listing import Fault, once
from autograder.proofs.listing import load as load_list

Text = Annotated[str, StringConstraints(min_length=1)]
_LONGEST = 60


class Edit(Noun):
    """A place of the reference, found by its text, and what stands there instead."""

    find: Text
    replace: str


class Mistake(Noun):
    """A wrong answer that students are known to give."""

    name: Text
    why: Text
    edits: Annotated[tuple[Edit, ...], Field(min_length=1)]
    costs: Annotated[tuple[Text, ...], Field(min_length=1)]
    says: Text


class StaleEditError(Exception):
    """The reference has changed under an edit; the text is a sentence."""


def load(path: Path, assignment: Assignment) -> tuple[Mistake, ...]:
    """Return the mistakes of an assignment, or raise every fault of the file."""
    tasks = [task.name for task in assignment.tasks]

    def faults(mistakes: tuple[Mistake, ...]) -> Iterator[Fault]:
        yield from once(mistake.name for mistake in mistakes)
        for index, mistake in enumerate(mistakes):
            yield from _unknown_tasks(index, mistake, tasks)

    return load_list(path, Mistake, faults)


def edited(files: Mapping[str, str], mistake: Mistake) -> dict[str, str]:
    """Return the files with the edits made in their order, each at the one place it matches."""
    texts = dict(files)
    for number, edit in enumerate(mistake.edits, 1):
        matches = {name: text.count(edit.find) for name, text in texts.items()}
        if sum(matches.values()) != 1:
            raise StaleEditError(_stale(number, edit, sum(matches.values())))
        name = next(name for name, count in matches.items() if count)
        texts[name] = texts[name].replace(edit.find, edit.replace)
    return texts


def _unknown_tasks(index: int, mistake: Mistake, tasks: Iterable[str]) -> Iterator[Fault]:
    for position, task in enumerate(mistake.costs):
        if task not in tasks:
            yield (index, "costs", position), f'is "{task}", {alternatives(task, tasks)}.'


def _stale(number: int, edit: Edit, count: int) -> str:
    found = " ".join(edit.find.split())[:_LONGEST]
    return f'edit {number} matches the reference {count} times, but should match once: "{found}".'
