"""What became of one proof, and the line that tells it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from rich.text import Text

from autograder.errors import AutograderError, GraderFault

Complaints = Callable[[], Iterable[str]]
_MOST_TOLD = 3


@dataclass(frozen=True)
class Proof:
    """A promise about an assignment, or about the whole course, and whether it holds."""

    slug: str
    name: str
    holds: bool
    detail: str = ""
    seconds: float = 0.0


def prove(slug: str, name: str, complaints: Complaints) -> Proof:
    """Run one proof: it holds if it has no complaint; an error of ours is its complaint."""
    clock = time.monotonic()
    found = list(_heard(complaints))
    seconds = round(time.monotonic() - clock, 3)
    return Proof(slug, name, holds=not found, detail=_told(found), seconds=seconds)


def line(proof: Proof) -> Text:
    """Return the one line that tells a proof; its colours are seen on a terminal only."""
    word, style = ("ok", "green") if proof.holds else ("FAIL", "bold red")
    told = f"{proof.name}: {proof.detail}" if proof.detail else proof.name
    return Text.assemble((f"{word:<4}", style), f" {proof.slug}  {told}")


def fault_sentence(fault: GraderFault) -> str:
    """Return a fault as one sentence, without the traceback that may follow or precede it."""
    lines = [text.strip() for text in str(fault).splitlines() if text.strip()]
    is_trace = lines[0].startswith("Traceback")
    return f"the grader failed: {lines[-1 if is_trace else 0]}"


def _heard(complaints: Complaints) -> Iterator[str]:
    try:
        yield from complaints()
    except GraderFault as fault:
        yield fault_sentence(fault)
    except AutograderError as error:
        yield str(error)


def _told(found: list[str]) -> str:
    told = [" ".join(sentence.split()) for sentence in islice(found, _MOST_TOLD)]
    more = [f"(and {len(found) - _MOST_TOLD} more)"] if len(found) > _MOST_TOLD else []
    return " ".join([*told, *more])
