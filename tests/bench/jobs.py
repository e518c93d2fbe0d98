"""Small gradings made for measuring."""

from __future__ import annotations

import json
import time
from pathlib import Path

from autograder.model import Assignment, CheckSpec, Limits, Task, Tier, Visibility
from autograder.sandbox import view
from autograder.sandbox.host import Launcher
from autograder.sandbox.job import Earned, Job

ROOT = Path(__file__).resolve().parents[2]
_CHECKS = Path(__file__).parent / "checks" / "check_speed.py"
_SUBMISSION = "def same(x):\n    return x\n"
_EMPTY_CHECK = '''
@task("speed")
def check_{number}(student):
    """one call in a worker of its own"""
    student.same(1)
'''


def calls(launcher: Launcher) -> dict[str, float]:
    """Return the seconds of one call: small tensor, large tensor, nothing in between."""
    names = ("check_small_tensor", "check_large_tensor", "check_in_process")
    events = launcher.grade(_job(_CHECKS, names))
    results = [event.result for event in events if isinstance(event, Earned)]
    return {result.name.removeprefix("check_"): json.loads(result.message) for result in results}


def checks_of_one_call(launcher: Launcher, folder: Path, count: int) -> float:
    """Return the seconds that `count` checks take, each with a fresh worker and one call."""
    numbers = range(count)
    body = "".join(_EMPTY_CHECK.format(number=number) for number in numbers)
    file = folder / f"check_{count}.py"
    file.write_text(f"from autograder.kit import task\n{body}")
    job = _job(file, tuple(f"check_{number}" for number in numbers))
    start = time.perf_counter()
    passed = [event.result.share for event in launcher.grade(job) if isinstance(event, Earned)]
    if sum(passed) != count:
        raise RuntimeError(f"{count - sum(passed):g} of {count} checks did not pass")
    return time.perf_counter() - start


def _job(file: Path, names: tuple[str, ...]) -> Job:
    specs = tuple(_spec(file, name) for name in names)
    task = Task(name="speed", title="speed", points=1)
    return Job(
        assignment=Assignment(
            slug="bench",
            title="bench",
            files=("bench.py",),
            total=1,
            tasks=(task,),
            limits=Limits(memory_mb=4096),
        ),
        files={"bench.py": _SUBMISSION},
        checks=specs,
        settled={},
        check_files=(file,),
        figure_files=(),
        tiers=tuple(Tier),
        device="cpu",
        visible=view.visible((), hidden=(ROOT,)),
        seed=0,
    )


def _spec(file: Path, name: str) -> CheckSpec:
    return CheckSpec(
        name=name,
        task="speed",
        description=name,
        visibility=Visibility.VISIBLE,
        file=file.name,
        line=1,
    )
