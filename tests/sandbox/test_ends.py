"""Every way in which a submission can end has its outcome, and costs its own check only."""

from __future__ import annotations

import pytest

from autograder.model import Outcome
from autograder.sandbox.verdict import Verdict
from autograder.sandbox.ward import Ward

CHECKS = """
@task("a")
def check_double(student, rng):
    '''double doubles'''
    x = rng.normal(3, 4)
    assert_close(student.double(x), 2 * x, call("double", x=x))

@task("a")
def check_one(student):
    '''one is one'''
    assert_equal(student.one(), 1, call("one"))
"""
HEAD = """
import ctypes, functools, os, resource, signal, sys, threading, time
import torch

def one():
    return 1

"""
ENDS = {
    "value": ("return 2 * x", "passed", ""),
    "wrong": ("return 3 * x", "failed", "double: 12 of 12 entries differ"),
    "other_kind": ("return None", "failed", "double: the result is None, but should be a tensor"),
    "exception": ("return x.nothing", "error", "AttributeError: 'Tensor' object has no attribute"),
    "stub": ("raise NotImplementedError('toy.double')", "unwritten", "double is still the stub"),
    "exit": ("sys.exit(0)", "error", "SystemExit: 0 (toy.py:"),
    "interrupt": ("raise KeyboardInterrupt", "error", "KeyboardInterrupt"),
    "input": ("input()", "error", "EOFError"),
    "recursion": ("return double(x)", "error", "RecursionError: maximum recursion depth"),
    "exit_at_once": ("os._exit(0)", "killed", "double: your code ended its own process (exit"),
    "exit_with_status": ("os._exit(3)", "killed", "(exit status 3)"),
    "abort": ("os.abort()", "killed", "sent its own process a deadly signal"),
    "kill": ("os.kill(os.getpid(), signal.SIGKILL)", "killed", "a deadly signal"),
    "segfault": ("ctypes.string_at(0)", "killed", "SIGSEGV"),
    "stack": (
        # In a thread of little stack: from Python 3.12 on, the main stack is watched.
        "sys.setrecursionlimit(10**9); threading.stack_size(1 << 16)\n"
        "    f = lambda *_: functools.reduce(f, (1, 2))\n"
        "    thread = threading.Thread(target=f); thread.start(); thread.join()",
        "killed",
        "double: your code's process died of SIGSEGV, but should return",
    ),
    "hang_up": ("os.close(3); os._exit(0)", "killed", "ended its own process"),
    "memory": ("return torch.ones(8 * 1024**3)", "error", "RuntimeError"),
    "python_memory": ("return bytearray(8 * 1024**3)", "error", "MemoryError"),
    "loop": ("while True: pass", "timeout", "double: stopped after 1 s (grading.yml: toy.limits"),
    "sleep": ("time.sleep(99)", "timeout", "double: stopped after 1 s"),
    "prints_for_ever": ("while True: print('x' * 999)", "timeout", 'Last output: "xxx'),
    "blocks_signals": (
        "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65)); threading.Event().wait()",
        "timeout",
        "stopped after 1 s",
    ),
    "processor_time": (
        "resource.setrlimit(resource.RLIMIT_CPU, (0, 0))\n    while True: pass",
        "killed",
        "",
    ),
    "deep": ("l = []\n    for _ in range(99): l = [l]\n    return l", "error", "deeper than 8"),
    "circle": ("l = []; l.append(l); return l", "error", "nested deeper than 8"),
    "large_number": ("return 10**400", "error", "more than 64 bits"),
    "many_numbers": ("return list(range(200_000))", "error", "which cannot be read"),
    "large_tensor": ("return torch.ones(9 * 1024**2)", "error", "bytes of tensors (allowed"),
    "garbage": ("os.write(3, b'\\xff' * 999); return 2 * x", "error", "a header of"),
    "thread": (
        "threading.Thread(target=time.sleep, args=(99,)).start(); return 2 * x",
        "passed",
        "",
    ),
    "prints_much": ("print('x' * 9_000_000); return 2 * x", "passed", ""),
    "closes_its_output": ("os.close(1); os.close(2); return 2 * x", "passed", ""),
    "odd_exception": (
        "raise type('E', (Exception,), {'__str__': lambda s: 1 / 0})()",
        "error",
        "E (toy.py:",
    ),
    "exception_that_ends": (
        "raise type('E', (Exception,), {'__str__': lambda s: os._exit(0)})()",
        "killed",
        "",
    ),
}


@pytest.mark.parametrize("end", ENDS)
def test_an_end_has_its_outcome_and_the_next_check_a_worker(end, toys):
    body, outcome, message = ENDS[end]
    source = f"{HEAD}def double(x):\n    {body}\n"
    results = toys.results(source, CHECKS, limits={"call_s": 1})
    assert (results["check_double"].outcome, results["check_one"].outcome) == (outcome, "passed")
    assert message in results["check_double"].message
    assert results["check_double"].share == (outcome == "passed")


IMPORTS = {
    "syntax": ("def double(x:", "error", "SyntaxError: '(' was never closed (toy.py:"),
    "indentation": ("if True:\nreturn", "error", "IndentationError: expected an indented block"),
    "null": ("x = '\0'", "error", "SyntaxError: source code string cannot contain null bytes"),
    "exception": ("1 / 0", "error", "ZeroDivisionError: division by zero (toy.py:1: `1 / 0`)"),
    "missing_package": (
        "import panda_bear",
        "error",
        "ModuleNotFoundError: No module named 'panda_bear' (toy.py:1",
    ),
    "exit": ("exit()", "error", "SystemExit"),
    "input": ("input('name?')", "error", "EOFError"),
    "exit_at_once": ("import os; os._exit(0)", "killed", "toy.py: your code ended its own process"),
    "segfault": (
        "import ctypes; ctypes.string_at(0)",
        "killed",
        "toy.py: your code's process died",
    ),
    "loop": ("while True: pass", "timeout", "toy.py: stopped after 1 s (grading.yml: toy.limits"),
    "stub": ("raise NotImplementedError", "unwritten", ""),
    "nothing": ("", "failed", "toy.py: has no double, but should define it"),
    "deep": ("x = " + "(" * 500 + ")" * 500, "error", "SyntaxError: too many nested parentheses"),
    "huge_expression": ("x = " + "-" * 100_000 + "1", "error", ""),
}


@pytest.mark.parametrize("end", IMPORTS)
def test_an_import_that_fails_is_told_for_every_check(end, toys):
    source, outcome, message = IMPORTS[end]
    first, second = toys.results(source, CHECKS, limits={"import_s": 1}).values()
    assert first.outcome == outcome
    assert message in first.message
    assert second.outcome == outcome
    assert first.message.replace("double", "one") == second.message.replace("double", "one")


class Unloadable:
    """A locked worker in which no submission can be imported."""

    output = ""

    def load(self, files, seed):
        raise Verdict(Outcome.TIMEOUT, "toy.py: stopped")

    def close(self):
        pass


def test_an_import_that_fails_is_not_tried_for_every_check(toys):
    ward = Ward(None, toys.job("", CHECKS), "cpu", print)
    ward._first = Unloadable()
    for _ in range(3):  # the second admission would ask for a worker, and there is no zygote
        with pytest.raises(Verdict, match="stopped"):
            ward.admit(1)


@pytest.mark.parametrize(
    ("prints", "shown"),
    [
        ("print('hello')", "hello\n"),
        ("print('a\\x1b[31mb\\x00')", "ab\\x00\n"),
        ("os.write(1, b'\\xff\\xfe')", "��"),
        ("sys.stderr.write('to stderr')", "to stderr"),
        ("os.system('echo no')", ""),
    ],
)
def test_what_is_printed_is_kept_and_changes_nothing(prints, shown, toys):
    source = f"{HEAD}def double(x):\n    {prints}\n    return 2 * x\n"
    result = toys.results(source, CHECKS)["check_double"]
    assert (result.outcome, result.output) == (Outcome.PASSED, shown)


def test_output_is_capped_and_says_so(toys):
    source = f"{HEAD}print('y' * 50_000)\n\ndef double(x):\n    return 2 * x\n"
    result = toys.results(source, CHECKS)["check_double"]
    assert result.outcome is Outcome.PASSED
    assert result.output.startswith("y" * 4000)
    assert len(result.output) < 4200
    assert result.output.endswith("more bytes were printed and dropped")
