"""`make bench`: prints each figure beside its goal; measures, judges nothing."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from autograder.sandbox.host import Launcher
from tests.bench import jobs

_PAIRS = 7
_WORKERS = 100
_ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}  # as a worker has it: a fair comparison
_SLUGS = ("conv_as_matrix", "parameter_counting")


def main() -> None:
    """Measure and print."""
    table = Table(title="autograder bench", box=box.SIMPLE_HEAD, title_justify="left")
    for column in ("what", "measured", "goal", "of"):
        table.add_column(column)
    for row in _rows():
        table.add_row(*row)
    Console(width=120 if not sys.stdout.isatty() else None).print(table)


def _rows() -> Iterator[tuple[str, str, str, str]]:
    for slug in _SLUGS:
        yield from _against_bare_pytest(slug)
    yield from _inside_one_launcher()


def _against_bare_pytest(slug: str) -> Iterator[tuple[str, str, str, str]]:
    isolated, bare = _isolated(slug), _bare(slug)
    _run(isolated), _run(bare)
    pairs = [(_run(isolated), _run(bare)) for _ in range(_PAIRS)]
    ratio = statistics.median(a.seconds / b.seconds for a, b in pairs)
    seconds = statistics.median(a.seconds for a, _ in pairs)
    others = statistics.median(b.seconds for _, b in pairs)
    of = f"{seconds:.2f} s against {others:.2f} s, {_PAIRS} pairs"
    yield f"{slug}: isolated grading against bare pytest", f"{ratio:.2f}×", "≤ 1.25×", of
    memory = statistics.median(a.peak_mb / b.peak_mb for a, b in pairs)
    yield f"{slug}: peak memory of the largest process", f"{memory:.2f}×", "", "the same pairs"


def _isolated(slug: str) -> list[str]:
    autograder = [sys.executable, "-m", "autograder", "grade", slug, f"solutions/{slug}"]
    return [*autograder, "--format", "json"]


def _bare(slug: str) -> list[str]:
    pytest = [sys.executable, "-m", "pytest", "-q", f"autograder/checks/{slug}"]
    return [*pytest, "--submission", f"solutions/{slug}/{slug}.py"]


class _Measured:
    """Seconds and peak megabytes of one whole command."""

    def __init__(self, command: list[str]) -> None:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=jobs.ROOT, env=_ENVIRONMENT, stdout=subprocess.DEVNULL
        )
        _, status, usage = os.wait4(process.pid, 0)
        self.seconds = time.perf_counter() - start
        self.peak_mb = usage.ru_maxrss / 1024
        if status != 0:
            raise RuntimeError(f"{' '.join(command)} ended with {status}")


_run: Callable[[list[str]], _Measured] = _Measured


def _inside_one_launcher() -> Iterator[tuple[str, str, str, str]]:
    fresh_import = statistics.median(
        _run([sys.executable, "-c", "import torch"]).seconds for _ in range(_PAIRS)
    )
    with Launcher() as launcher, tempfile.TemporaryDirectory() as folder:
        call = jobs.calls(launcher)
        many = jobs.checks_of_one_call(launcher, Path(folder), 1 + _WORKERS)
        one = jobs.checks_of_one_call(launcher, Path(folder), 1)
    worker = (many - one) / _WORKERS
    of = f"{1000 * worker:.1f} ms a check with its worker against {1000 * fresh_import:.0f} ms"
    yield (
        "a fresh worker against a fresh import of torch",
        f"1/{fresh_import / worker:.0f}",
        "≤ 1/50",
        of,
    )
    small, alone = call["small_tensor"], call["in_process"]
    of = f"{small / alone:.0f} times a call in the same process"
    yield "one call with a 4×4 tensor", f"{1000 * small:.3f} ms", "< 0.5 ms", of
    rate = 2 * 0.1 / call["large_tensor"]
    yield "a 100 MB tensor there and back", f"{rate:.2f} GB/s", "> 1 GB/s", "both ways counted"


main()
