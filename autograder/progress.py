"""Shows that a grading is going on: a live line on a terminal, nothing in a pipe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from autograder.sandbox.job import Earned, Event, Started, Trained


class Watcher:
    """Draws the events of a grading."""

    def __init__(self, console: Console, budgets: Mapping[str, int | None]) -> None:
        """Follow these checks; where one trains, a bar shows its steps against its budget."""
        self._budgets = budgets
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("starting", total=len(budgets))
        self._training = self._progress.add_task("  steps of training", visible=False, total=None)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def hear(self, event: Event) -> None:
        """Follow one event."""
        if isinstance(event, Started):
            self._progress.update(self._task, description=event.name)
            budget = self._budgets.get(event.name)
            self._progress.reset(self._training, total=budget, visible=False)
        elif isinstance(event, Trained):
            self._progress.update(self._training, completed=event.steps, visible=True)
        elif isinstance(event, Earned):
            self._progress.advance(self._task)
