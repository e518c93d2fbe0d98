"""Examines this machine by doing: what Python and torch are here, and which layers hold."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from rich import box
from rich.table import Table
from rich.text import Text

from autograder import catalog
from autograder.errors import GraderFault
from autograder.model import Assignment, CheckResult, Isolation, Outcome, Task, Tier
from autograder.sandbox import view
from autograder.sandbox.host import Launcher
from autograder.sandbox.job import Began, Earned, Job

_FOLDER = Path(__file__).resolve().parent
_CHECKS = _FOLDER / "check_layers.py"
_PROBE = _FOLDER / "probe.py"


_REMEDIES = {
    "namespaces": "User namespaces are off: allow them (on Ubuntu: "
    "sysctl kernel.apparmor_restrict_unprivileged_userns=0), or run as root with CAP_SYS_ADMIN.",
    "landlock": "Use a kernel of 5.13 or later with Landlock among its security modules.",
    "syscall-filter": "Run on x86_64 or aarch64 where seccomp is not forbidden.",
}


@dataclass(frozen=True)
class TierExamination:
    """Whether a tier holds here, layer by layer, and what a submission could do in it."""

    tier: Tier
    isolation: Isolation | None
    refusal: str
    results: tuple[CheckResult, ...]

    @property
    def holds(self) -> bool:
        """Whether the tier can be had and every attempt from inside was refused."""
        return self.isolation is not None and not self.broken()

    def broken(self) -> tuple[CheckResult, ...]:
        """Return the promises that the probe could break."""
        lacking = {one.layer for one in self.isolation.missing} if self.isolation else set()
        excused = {"check_threads_are_bounded"} if "thread-limit" in lacking else set()
        failed = (one for one in self.results if one.outcome is not Outcome.PASSED)
        return tuple(one for one in failed if one.name not in excused)


@dataclass(frozen=True)
class Examination:
    """What the doctor found."""

    device: str
    tiers: tuple[TierExamination, ...]

    @property
    def is_well(self) -> bool:
        """Whether some tier above `none` holds."""
        return any(one.holds for one in self.tiers)

    def parts(self) -> Iterator[Table | Text]:
        """Yield what to print: versions, a table for each tier, the verdict."""
        yield _versions(self.device)
        for one in self.tiers:
            yield _table(one)
        best = next((one.tier for one in self.tiers if one.holds), Tier.NONE)
        yield Text(f"isolation here: {best}")


def examine() -> Examination:
    """Lock a worker by each tier and let a hostile submission try every layer from inside."""
    with Launcher() as launcher:
        tiers = tuple(_examine(launcher, tier) for tier in (Tier.FULL, Tier.REDUCED))
        device = _device(launcher, tiers)
    return Examination(device, tiers)


def _examine(launcher: Launcher, tier: Tier) -> TierExamination:
    isolation, results = None, []
    try:
        for event in launcher.grade(_job((tier,))):
            if isinstance(event, Began):
                isolation = event.isolation
            elif isinstance(event, Earned):
                results.append(event.result)
    except GraderFault as fault:
        return TierExamination(tier, None, str(fault), ())
    return TierExamination(tier, isolation, "", tuple(results))


def _device(launcher: Launcher, tiers: tuple[TierExamination, ...]) -> str:
    """Return the device that `--device auto` takes, asked of a grader."""
    held = tuple(one.tier for one in tiers if one.holds)
    job = _job((*held, Tier.NONE)).model_copy(update={"device": "auto", "checks": ()})
    events = (event for event in launcher.grade(job) if isinstance(event, Began))
    return next((event.device for event in events), "cpu")


def _job(tiers: tuple[Tier, ...]) -> Job:
    checks = catalog.read_file(_CHECKS)
    tasks = tuple(Task(name=one.task, title=one.description, points=1) for one in checks)
    return Job(
        assignment=Assignment(
            slug="doctor", title="doctor", files=("probe.py",), total=len(tasks), tasks=tasks
        ),
        files={"probe.py": _PROBE.read_text(encoding="utf-8")},
        checks=checks,
        settled={},
        check_files=(_CHECKS,),
        figure_files=(),
        tiers=tiers,
        device="cpu",
        visible=view.visible((), hidden=(_FOLDER.parents[1], _FOLDER.parent)),
        seed=0,
    )


def _versions(device: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("what")
    table.add_column("here")
    table.add_row("Python", platform.python_version())
    for package in ("torch", "torchvision", "numpy", "pytest"):
        table.add_row(package, version(package))
    table.add_row("kernel", f"{platform.system()} {platform.release()}")
    table.add_row("device", device)
    return table


def _table(examined: TierExamination) -> Table:
    table = Table(
        title=f"tier {examined.tier}: {'holds' if examined.holds else 'does not hold'}",
        title_justify="left",
        box=box.SIMPLE_HEAD,
    )
    for column in ("layer or promise", "state", "what is missing"):
        table.add_column(column)
    if examined.isolation is None:
        table.add_row("worker", "refused", Text(f"{examined.refusal} {_remedy(examined.refusal)}"))
        return table
    for layer in examined.isolation.layers:
        table.add_row(layer, "on", "")
    for missing in examined.isolation.missing:
        table.add_row(missing.layer, "off", Text(missing.reason))
    for result in examined.results:
        held = result.outcome is Outcome.PASSED
        table.add_row(result.description, "kept" if held else "BROKEN", Text(result.message))
    return table


def _remedy(refusal: str) -> str:
    return next((text for layer, text in _REMEDIES.items() if f"{layer}:" in refusal), "")
