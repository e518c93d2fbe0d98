"""What the end of one case means: an outcome and a sentence, or a fault of ours."""

from __future__ import annotations

import traceback
from typing import NamedTuple

from autograder.errors import GraderFault
from autograder.kit import CheckFailed, StudentError
from autograder.model import Assignment, Outcome, Policy, Task
from autograder.sandbox.verdict import Verdict

_NO_MEMORY = ("can't allocate memory", "Cannot allocate memory", "DefaultCPUAllocator")
_HINTS = {
    "EOFError": "nobody types while grading; take values as arguments instead of input()",
    "SystemExit": "a function returns its result; exit() ends the whole program",
    "ModuleNotFoundError": "grading has Python, torch, torchvision and numpy, and your own file",
    "PermissionError": "a submission may read Python's own files and write its scratch folder",
    "RecursionError": "does the recursion reach its end?",
}


class Case(NamedTuple):
    """The verdict on one parametrisation of a check."""

    outcome: Outcome
    share: float
    message: str
    hint: str


def passed() -> Case:
    """The check returned."""
    return Case(Outcome.PASSED, 1.0, "", "")


def case_of(error: BaseException, assignment: Assignment, task: Task) -> Case:
    """Turn what a case raised into its verdict; `GraderFault` for what no student can cause."""
    if isinstance(error, CheckFailed):
        return Case(Outcome.FAILED, error.share, error.message, error.hint)
    if isinstance(error, Verdict):
        return Case(error.outcome, 0.0, error.message, error.hint)
    if isinstance(error, StudentError):
        return _raised(error, assignment, task)
    if isinstance(error, GraderFault):
        raise error
    last = "".join(traceback.format_exception(error)[-3:])
    raise GraderFault(f"the check raised {type(error).__name__}: {error}\n{last}") from error


def _raised(error: StudentError, assignment: Assignment, task: Task) -> Case:
    if "NotImplementedError" in error.bases:
        return Case(Outcome.UNWRITTEN, 0.0, _unwritten(error, task), "")
    if error.type_name == "MemoryError" or any(sign in error.text for sign in _NO_MEMORY):
        return Case(Outcome.ERROR, 0.0, _where(error, assignment), _memory_limit(assignment))
    return Case(Outcome.ERROR, 0.0, _where(error, assignment), _HINTS.get(error.type_name, ""))


def _memory_limit(assignment: Assignment) -> str:
    setting = f"grading.yml: {assignment.slug}.limits.memory_mb"
    return f"the memory limit is {assignment.limits.memory_mb} MB ({setting})"


def _unwritten(error: StudentError, task: Task) -> str:
    function = error.frames[-1][1] if error.frames else ""
    if not function:
        return error.text
    lost = f": 0 of {task.points:g} points" if task.policy is Policy.ALL else ""
    return f"{function} is still the stub{lost}"


def _where(error: StudentError, assignment: Assignment) -> str:
    """Say what was raised, and at which line of the student's own file."""
    what = f"{error.type_name}: {error.text}" if error.text else error.type_name
    if not error.frames:
        return what
    line, function, source = error.frames[-1]
    inside = f", in {function}" if function != "<module>" else ""
    return f"{what} ({assignment.files[0]}:{line}{inside}: `{source}`)"
