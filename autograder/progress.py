"""Shows that a grading is going on: a live line on a terminal, nothing in a pipe."""

from __future__ import annotations

from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from autograder.sandbox.job import Earned, Event, Started


class Watcher:
    """Draws the events of a grading."""

    def __init__(self, console: Console, checks: int) -> None:
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("starting", total=checks)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def hear(self, event: Event) -> None:
        """Follow one event."""
        if isinstance(event, Started):
            self._progress.update(self._task, description=event.name)
        elif isinstance(event, Earned):
            self._progress.advance(self._task)
