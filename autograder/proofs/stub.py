"""On the stub no check passes: each is unwritten, or blocked by one that is."""

from __future__ import annotations

from collections.abc import Iterator

from autograder.model import Outcome, Report
from autograder.proofs.earning import checks
from autograder.proofs.subject import Attempt, Subject
from autograder.release import stub

_EXPECTED = (Outcome.UNWRITTEN, Outcome.BLOCKED)


def complaints(subject: Subject) -> Iterator[str]:
    """Yield each check that says anything else of the stub, as it is made from the reference."""
    path = subject.layout.shown(subject.layout.reference(subject.slug))
    files = subject.with_module(stub.make(subject.module, path))
    yield from subject.complaints([Attempt("the stub", files, _wrong_outcomes)])


def _wrong_outcomes(report: Report) -> Iterator[str]:
    for check in checks(report):
        if check.outcome not in _EXPECTED:
            yield f"{check.name} is {check.outcome}, but should be unwritten or blocked."
