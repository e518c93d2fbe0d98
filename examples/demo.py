"""Grade three sample submissions of conv_as_matrix and tell what became of each: `make demo`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder import config
from autograder.layout import Layout
from autograder.proofs import mistake_file

SLUG = "conv_as_matrix"
MISTAKE = "weight_indexed_by_image_position"
HONEST_TASK = "output_size"  # the one function that the cheating sample does write

LAYOUT = Layout(Path(__file__).resolve().parents[1])
BUILD = Path("build", "demo")
_LONGEST = 200
Report = dict[str, Any]


class Sample(NamedTuple):
    """A submission, what it is, and what must become of it."""

    name: str
    what: str
    path: Path
    expected: str
    is_expected: Callable[[Report], bool]


def main() -> int:
    """Grade, show, and return the exit code: 0 when every sample earns what it should."""
    os.chdir(LAYOUT.root)
    console = Console(width=None if sys.stdout.isatty() else 110)
    graded = list(_graded(console))
    console.print(_table(graded))
    for sample, _ in graded:
        console.print(Text(str(_page(sample))))
    return _verdict(console, graded)


def _samples() -> tuple[Sample, ...]:
    return (
        Sample(
            "reference",
            "the reference",
            Path("solutions", SLUG),
            "all points",
            lambda report: report["score"] == report["max_score"],
        ),
        Sample(
            "mistake",
            "one mistake: kernel entries by their place in the image",
            _write_mistake(),
            "some points, not all",
            lambda report: 0 < report["score"] < report["max_score"],
        ),
        Sample(
            "cheat",
            "tries to cheat; one of its seven functions is honest",
            Path("examples", "cheat"),
            "what its honest function is worth",
            lambda report: _earning(report) == [HONEST_TASK],
        ),
    )


def _write_mistake() -> Path:
    """Write the reference with a known mistake edited into it, and return the file."""
    assignment = config.load(LAYOUT.grading_file).assignment(SLUG)
    known = mistake_file.load(LAYOUT.mistakes(SLUG), assignment)
    mistake = next(one for one in known if one.name == MISTAKE)
    file = f"{SLUG}.py"
    texts = {file: LAYOUT.reference(SLUG).read_text(encoding="utf-8")}
    path = BUILD / "mistake" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(mistake_file.edited(texts, mistake)[file], encoding="utf-8")
    return path


def _graded(console: Console) -> Iterator[tuple[Sample, Report]]:
    for sample in _samples():
        with console.status(f"grading {sample.what}"):
            yield sample, _grade(sample)


def _grade(sample: Sample) -> Report:
    record = BUILD / f"{sample.name}.json"
    record.unlink(missing_ok=True)
    command = [sys.executable, "-m", "autograder", "grade", SLUG, str(sample.path)]
    command += ["--html", str(_page(sample)), "--report", str(record)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not record.exists():
        raise SystemExit(f"{sample.name}: was not graded (exit {done.returncode})\n{done.stderr}")
    report: Report = json.loads(record.read_text(encoding="utf-8"))
    return report


def _page(sample: Sample) -> Path:
    return BUILD / f"{sample.name}.html"


def _table(graded: list[tuple[Sample, Report]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title=f"{SLUG}: three submissions", title_justify="left")
    table.add_column("submission", max_width=34)
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("what became of it")
    for sample, report in graded:
        score = f"{report['score']:g} of {report['max_score']:g}"
        table.add_row(sample.what, score, Text(_story(report)))
    return table


def _story(report: Report) -> str:
    """Tell in one sentence what the checks said."""
    checks = [check for task in report["tasks"] for check in task["checks"]]
    failing = [check for check in checks if check["outcome"] != "passed"]
    if not failing:
        return f"all {len(checks)} checks passed"
    first = next((check for check in failing if check["visibility"] == "visible"), failing[0])
    message = first["message"].partition("\n")[0][:_LONGEST]
    hint = f" Hint: {first['hint']}" if first["hint"] else ""
    return f"{len(failing)} of {len(checks)} checks did not pass; the first: {message}.{hint}"


def _earning(report: Report) -> list[str]:
    return [task["name"] for task in report["tasks"] if task["score"] > 0]


def _verdict(console: Console, graded: list[tuple[Sample, Report]]) -> int:
    wrong = [(sample, report) for sample, report in graded if not sample.is_expected(report)]
    for sample, report in wrong:
        score = f"{report['score']:g} of {report['max_score']:g} points"
        console.print(f"{sample.name}: earned {score}, but should earn {sample.expected}.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
