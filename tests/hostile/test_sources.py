"""A module that can be read but behaves badly: every promised check gets its verdict."""

from __future__ import annotations

import pytest

from .conftest import COURSE

HONEST = (COURSE / "solutions/toy/toy.py").read_text()
ALL_PASS = ["passed"] * 6

# name: source, the outcome of every check that is run, words of its sentence
AT_IMPORT = {
    "syntax error": ("def area(width, height:\n", "error", "'(' was never closed (toy.py:1"),
    "tab error": ("if True:\n\tx = 1\n        y = 2\n", "error", "TabError"),
    "exit()": ("exit()\n", "error", "SystemExit"),
    "sys.exit with a text": ("import sys\nsys.exit('bye')\n", "error", "SystemExit: bye"),
    "os._exit": ("import os\nos._exit(3)\n", "killed", "ended its own process (exit status 3)"),
    "os._exit(0)": ("import os\nos._exit(0)\n", "killed", "ended its own process"),
    "os.abort": ("import os\nos.abort()\n", "killed", "but should return"),
    "input()": ("name = input('who? ')\n", "error", "EOFError"),
    "a loop": (
        "while True:\n    pass\n",
        "timeout",
        "stopped after 2 s (grading.yml: toy.limits.import_s)",
    ),
    "a sleep": ("import time\ntime.sleep(1000)\n", "timeout", "stopped after 2 s"),
    "a missing package": (
        "import tensorflow_probability\n",
        "error",
        "ModuleNotFoundError: No module named 'tensorflow_probability'",
    ),
    "a missing file": ("open('weights.bin')\n", "error", "FileNotFoundError"),
    "its own import": ("from toy import area\n", "error", "ImportError"),
    "the checks": ("import check_hidden\n", "error", "ModuleNotFoundError"),
    "parentheses": (
        "x = " + "(" * 10_000 + ")" * 10_000 + "\n",
        "error",
        "too many nested parentheses",
    ),
    "a long sum": ("x = " + "+".join(["1"] * 25_000) + "\n", "error", "RecursionError"),
    "a cast": ("raise BaseException('x' * 10_000_000)\n", "error", "BaseException: xxx"),
    "an exception without a text": (
        "class Silent(Exception):\n    def __str__(self):\n        raise ValueError\n"
        "raise Silent\n",
        "error",
        "Silent",
    ),
    "a keyboard interrupt": ("raise KeyboardInterrupt\n", "error", "KeyboardInterrupt"),
    "endless recursion": ("def f():\n    f()\nf()\n", "error", "RecursionError"),
    "all memory": ("x = bytearray(1 << 40)\n", "error", "MemoryError"),
    "a segmentation fault": ("import ctypes\nctypes.string_at(0)\n", "killed", "died of SIGSEGV"),
    "a lazy name that raises": (
        "def __getattr__(name):\n    raise RuntimeError('not today: ' + name)\n",
        "error",
        "RuntimeError: not today",
    ),
}
# name: source, outcome of every check that is run, words of its sentence
AT_CALLS = {
    "nothing": ("", "failed", "toy.py: has no area, but should define it"),
    "only a comment": ("# soon\n", "failed", "toy.py: has no area, but should define it"),
    "deleted functions": (HONEST + "\ndel area, scaled, counted\n", "failed", "has no area"),
    "None in their place": (
        "area = scaled = counted = None\n",
        "failed",
        "area: is a NoneType, but should be a function or a class",
    ),
    "numbers in their place": ("area = scaled = counted = 15.0\n", "failed", "area: is a float"),
    "lists in their place": ("area = scaled = counted = [15.0]\n", "failed", "area: is a list"),
    "no argument": (
        "def area(): pass\ndef scaled(): pass\ndef counted(): pass\n",
        "error",
        "TypeError",
    ),
    "a lie about equality": (
        "class Same:\n    def __eq__(self, other):\n        return True\n"
        "    __float__ = __int__ = __index__ = lambda self: 1\n"
        "def area(*_):\n    return Same()\nscaled = counted = area\n",
        "failed",
        "",
    ),
    "exit() in a call": (
        "def area(*_):\n    exit()\nscaled = counted = area\n",
        "error",
        "SystemExit",
    ),
    "os._exit in a call": (
        "import os\ndef area(*_):\n    os._exit(0)\nscaled = counted = area\n",
        "killed",
        "ended its own process",
    ),
    "input() in a call": (
        "def area(*_):\n    return input()\nscaled = counted = area\n",
        "error",
        "EOFError",
    ),
    "not written": (
        "def area(*_):\n    raise NotImplementedError\nscaled = counted = area\n",
        "unwritten",
        "still the stub",
    ),
    "generators": ("def area(*_):\n    yield 15.0\nscaled = counted = area\n", None, ""),
    "coroutines": ("async def area(*_):\n    return 15.0\nscaled = counted = area\n", None, ""),
    "modules": ("import os\ndef area(*_):\n    return os\nscaled = counted = area\n", None, ""),
    "itself within itself": (
        "def area(*_):\n    loop = []\n    loop.append(loop)\n    return loop\n"
        "scaled = counted = area\n",
        None,
        "",
    ),
    "a number without end": (
        "def area(*_):\n    return 10 ** 100_000\nscaled = counted = area\n",
        None,
        "",
    ),
    "a type that fools isinstance": (
        "class Fake:\n    @property\n    def __class__(self):\n        return float\n"
        "def area(*_):\n    return Fake()\nscaled = counted = area\n",
        None,
        "",
    ),
    "not a number": (
        "def area(*_):\n    return float('nan')\nscaled = counted = area\n",
        "failed",
        "nan",
    ),
}


def none_runs(outcome):
    return [outcome, "blocked", "blocked", outcome, outcome, outcome]


@pytest.mark.parametrize("name", AT_IMPORT)
def test_what_goes_wrong_at_import(grade_source, name):
    source, outcome, said = AT_IMPORT[name]
    graded = grade_source(source)
    assert graded.outcomes == none_runs(outcome)
    assert (graded.code, graded.report.score) == (1, 0)
    assert said in graded.checks["check_area"].message
    assert len(graded.out) < 100_000


@pytest.mark.parametrize("name", AT_CALLS)
def test_what_goes_wrong_in_calls(grade_source, name):
    source, outcome, said = AT_CALLS[name]
    graded = grade_source(source)
    assert "passed" not in graded.outcomes
    assert (graded.code, graded.report.score) == (1, 0)
    if outcome:
        assert graded.outcomes == none_runs(outcome)
    assert said in graded.checks["check_area"].message


def test_a_loop_in_one_function_costs_its_task_only(grade_source):
    graded = grade_source(
        HONEST.replace("return sides * factor", "print('round')\n    while True: pass")
    )
    assert graded.outcomes == [*["passed"] * 3, "timeout", "timeout", "passed"]
    assert graded.report.score == 7
    message = graded.checks["check_scaled"].message
    assert "scaled: stopped after 2 s (grading.yml: toy.limits.call_s)" in message
    assert 'Last output: "round"' in message


def test_a_function_that_ends_its_process_costs_its_task_only(grade_source):
    graded = grade_source(HONEST.replace("return sides * factor", "import os; os._exit(0)"))
    assert graded.outcomes == [*["passed"] * 3, "killed", "killed", "passed"]
    assert graded.report.score == 7


def test_megabytes_at_import_are_cut_and_cost_nothing(grade_source):
    noise = "for i in range(200):\n    print('z' * 50_000)\n"
    graded = grade_source(HONEST.replace("import torch\n", f"import torch\n\n{noise}", 1))
    assert graded.outcomes == ALL_PASS
    assert graded.code == 0
    for check in graded.checks.values():
        assert 1_000 < len(check.output) < 64_000


def test_megabytes_on_the_error_stream_of_a_failing_call_are_cut(grade_source):
    noise = "import sys; sys.stderr.write('z' * 20_000_000); return 0.0"
    graded = grade_source(HONEST.replace("return float(width * height)", noise))
    assert graded.checks["check_area"].outcome == "failed"
    assert graded.report.score == 6
    assert len(graded.out) < 100_000


@pytest.mark.parametrize("size", [60_000, 990_000])
def test_a_long_line_is_read(grade_source, size):
    graded = grade_source(HONEST + f"TEXT = '{'y' * size}'\n")
    assert graded.outcomes == ALL_PASS


def test_a_class_in_the_place_of_a_function_is_called(grade_source):
    graded = grade_source(HONEST + "\nclass counted:\n    def __init__(self, start, more): ...\n")
    assert graded.outcomes == [*["passed"] * 5, "failed"]
    assert "counted" in graded.checks["check_counted"].message


def test_a_class_that_gives_the_number_is_as_good(grade_source):
    source = "\nclass counted:\n    def __new__(cls, start, more):\n        return start + more\n"
    assert grade_source(HONEST + source).outcomes == ALL_PASS


def test_redefined_builtins_change_nothing(grade_source):
    source = (
        "import builtins, sys, math, time\n"
        "for name in ('print', 'len', 'isinstance', 'type', 'repr', 'getattr', 'open', 'abs'):\n"
        "    setattr(builtins, name, lambda *a, **k: True)\n"
        "time.monotonic = lambda: 0.0\n"
        "sys.exit = sys.settrace = None\n"
        "def area(width, height):\n    return 14.0\n"
        "def scaled(sides, factor):\n    return sides * 3\n"
        "def counted(start, more):\n    return start - more\n"
    )
    graded = grade_source(source)
    assert "passed" not in graded.outcomes[:4]
    assert graded.checks["check_counted"].outcome != "passed"
    assert graded.code == 1


def test_functions_that_delete_themselves_are_there_for_the_next_check(grade_source):
    graded = grade_source(
        HONEST.replace("return sides * factor", "del globals()['scaled']; return sides * factor")
    )
    assert graded.outcomes == ALL_PASS


def test_a_state_of_one_check_is_not_there_in_the_next(grade_source):
    source = HONEST.replace("return start + more", "calls.append(1); return start + more")
    graded = grade_source(source + "\ncalls = []\n" + _ONCE)
    assert graded.outcomes == ALL_PASS


_ONCE = """
honest = scaled


def scaled(sides, factor):
    calls.append(1)
    return honest(sides, factor) if len(calls) == 1 else sides
"""


def test_a_module_that_cannot_be_imported_twice_earns_what_it_earned(grade_source):
    source = (
        "import os\nif os.path.exists('been'):\n    raise RuntimeError\nopen('been', 'w').close()\n"
    )
    graded = grade_source(source + HONEST.replace("from __future__ import annotations", ""))
    assert graded.outcomes == ALL_PASS


def test_text_of_a_submission_is_shown_escaped(grade_source):
    graded = grade_source("raise ValueError('\\x1b[2J\\x07 <b> [red]x[/red] ::error:: \\u202e')\n")
    shown = graded.checks["check_area"].message
    assert "\x1b" not in graded.out + shown
    assert "\x07" not in graded.out + shown
    assert "\u202e" not in graded.out + shown
    assert "[red]x[/red]" in graded.out
