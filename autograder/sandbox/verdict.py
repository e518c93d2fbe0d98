"""What ends a check from outside the student's function: its process, its clock, its rules."""

from __future__ import annotations

import signal
from collections.abc import Sequence

from autograder.model import Outcome, Rule
from autograder.names import nearest
from autograder.sandbox.messages import Ended
from autograder.sanitise import safe_name

_USED = {Rule.CONVOLUTION.value: "torch's convolution", Rule.SOFTMAX.value: "torch's softmax"}


class Verdict(Exception):
    """The check is over with this outcome; no assertion of the check decided it."""

    def __init__(self, outcome: Outcome, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.outcome, self.message, self.hint = outcome, message, hint


class LayerRefusedError(Exception):
    """The worker could not be locked away as asked; the text says which layer and why."""


def missing_name(file: str, name: str, names: Sequence[str]) -> Verdict:
    """The module or object has no such name."""
    close = nearest(name, [safe_name(one) for one in names])
    meant = f"; is {close} meant to be {name}?" if close else ""
    return Verdict(Outcome.FAILED, f"{file}: has no {name}, but should define it{meant}")


def of_another_kind(name: str, kind: str, should: str) -> Verdict:
    """The submission has mere data where something that does something should be."""
    article = "an" if kind[0].lower() in "aeiou" else "a"
    return Verdict(Outcome.FAILED, f"{name}: is {article} {kind}, but should {should}")


def broken_rule(where: str, seen: str) -> Verdict:
    """The function was seen to use what its by-hand rule forbids."""
    rule, _, what = seen.partition(":")
    used = _USED.get(rule, "autograd")
    detail = f" ({safe_name(what)})" if what else ""
    return Verdict(
        Outcome.FAILED,
        f"{where}: uses {used}{detail}, but should be written by hand",
        "the handout lists what this function may not use",
    )


def too_long(where: str, seconds: float, setting: str, last_line: str) -> Verdict:
    """A call did not come back in time; its worker was killed."""
    message = f"{where}: stopped after {seconds:g} s (grading.yml: {setting})."
    if last_line:
        message += f' Last output: "{safe_name(last_line)}"'
    return Verdict(Outcome.TIMEOUT, message, "is there a loop that never ends, or one too many?")


def died(where: str, ended: Ended) -> Verdict:
    """The worker's process ended before it answered."""
    return Verdict(Outcome.KILLED, f"{where}: {_how(ended)}, but should return", _why(ended))


def cut_short(where: str) -> Verdict:
    """A function of the check failed it while the student's code was waiting for its value."""
    return Verdict(Outcome.KILLED, f"{where}: was ended when the check failed")


def away(where: str, device: str) -> Verdict:
    """A tensor came back from another device than the inputs were on."""
    message = f"{where}: returned a tensor on {safe_name(device)}, but should stay with its inputs"
    return Verdict(Outcome.FAILED, message, "make new tensors on the device of the input")


def malformed(where: str, reason: str) -> Verdict:
    """The worker answered with something that is no answer."""
    return Verdict(Outcome.ERROR, f"{where}: returned {safe_name(reason)}, which cannot be read")


def _how(ended: Ended) -> str:
    if ended.signal is None:
        status = "" if ended.status is None else f" (exit status {ended.status})"
        return f"your code ended its own process{status}"
    if ended.signal == signal.SIGSYS:
        return "your code sent its own process a deadly signal"
    return f"your code's process died of {_signal_name(ended.signal)}"


def _why(ended: Ended) -> str:
    if ended.signal == signal.SIGKILL:
        return "the system kills a process that takes too much memory"
    if ended.signal == signal.SIGXCPU:
        return "the limit of processor time was reached"
    if ended.signal in (signal.SIGSEGV, signal.SIGBUS):
        return "a recursion without end, or memory used through ctypes, ends like this"
    return ""


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
