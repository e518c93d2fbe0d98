"""One launcher for all tests here, and toy gradings on it."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
import torch

from autograder import catalog
from autograder.errors import GraderFault
from autograder.model import Assignment, Limits, Policy, Task, Tier
from autograder.sandbox import view, wire
from autograder.sandbox.answer import WorkerObjects
from autograder.sandbox.host import Launcher
from autograder.sandbox.job import Began, Earned, Job
from autograder.sandbox.messages import Value

ROOT = Path(__file__).resolve().parents[2]
SUBMISSIONS = Path(__file__).parent / "submissions"
SHORT = Limits(import_s=2, call_s=2, check_s=6, output_kb=4, reply_mb=8, memory_mb=1024)
HEAD = "import json, math, os, signal, time\nimport pytest, torch\nfrom autograder.kit import *\n"
VALUE = """
@task("a")
def check_value(student):
    '''tells what the submission returns'''
    raise CheckFailed(json.dumps(student.probe{arguments}))
"""


class Toys:
    """Grades toy submissions by checks that a test writes."""

    def __init__(self, launcher, folder):
        self.launcher = launcher
        self.folder = folder
        self._count = 0

    def job(self, source, checks, *, tiers=tuple(Tier), policy=Policy.ALL, by_hand=None, **changes):
        """Make a job of a submission's text and the text of its checks."""
        file = self.write(checks)
        specs = catalog.read_file(file)
        names = dict.fromkeys(spec.task for spec in specs)
        limits = SHORT.model_copy(update=changes.pop("limits", {}))
        seconds = changes.pop("time_limit_s", None)
        tasks = tuple(
            Task(name=name, title=name, points=1, policy=policy, time_limit_s=seconds)
            for name in names
        )
        assignment = Assignment(
            slug="toy",
            title="Toy",
            files=("toy.py",),
            total=len(tasks),
            by_hand=by_hand or {},
            limits=limits,
            tasks=tasks,
        )
        fields = {
            "assignment": assignment,
            "files": {"toy.py": source},
            "checks": specs,
            "settled": {},
            "check_files": (file,),
            "figure_files": (),
            "tiers": tiers,
            "device": "cpu",
            "visible": view.visible((), hidden=(ROOT, ROOT / "autograder")),
            "seed": 7,
        }
        return Job(**fields | changes)

    def write(self, checks):
        """Write a check file of its own."""
        self._count += 1
        folder = self.folder / str(self._count)
        folder.mkdir()
        file = folder / "check_public.py"
        file.write_text(HEAD + checks)
        return file

    def events(self, job):
        """Grade a job."""
        return list(self.launcher.grade(job))

    def results(self, source, checks, **options):
        """Grade and return the verdicts by name."""
        events = self.events(self.job(source, checks, **options))
        return {event.result.name: event.result for event in events if isinstance(event, Earned)}

    def value(self, source, *arguments, **options):
        """Return what the submission's `probe` returns."""
        checks = VALUE.format(arguments=tuple(arguments))
        return json.loads(self.results(source, checks, **options)["check_value"].message)


@pytest.fixture(scope="session")
def launcher():
    """One import of torch for every test."""
    with Launcher() as one:
        yield one


@pytest.fixture(scope="session")
def toys(launcher, tmp_path_factory):
    """The toy gradings."""
    return Toys(launcher, tmp_path_factory.mktemp("toys"))


@pytest.fixture(scope="session")
def isolations(toys):
    """What each tier comes to on this machine: its layers, or why it is out of reach."""
    return {tier: _isolation(toys, tier) for tier in Tier}


def _isolation(toys, tier):
    checks = "\n@task('a')\ndef check_nothing(student):\n    '''nothing'''\n"
    try:
        (began,) = [e for e in toys.events(toys.job("", checks, tiers=(tier,))) if _has_begun(e)]
    except GraderFault as fault:
        return str(fault)
    return began.isolation


def _has_begun(event):
    return isinstance(event, Began)


@pytest.fixture(params=[Tier.FULL, Tier.REDUCED])
def tier(request, isolations):
    """Each tier that locks, where this machine has it."""
    if isinstance(isolations[request.param], str):
        pytest.skip(isolations[request.param])
    return request.param


@pytest.fixture
def submission():
    """Read one of the submissions written for these tests."""
    return lambda name: (SUBMISSIONS / f"{name}.py").read_text()


class GraderObjects:
    """The grader's side, without a session: an object of the worker stays a node."""

    keeps_layout = True
    home = torch.device("cpu")

    def pack(self, value):
        raise wire.WireError(f"a {type(value).__name__}")

    def unpack(self, node):
        return node


@pytest.fixture
def grader_side():
    """What stands behind objects in a grader."""
    return GraderObjects()


@pytest.fixture
def worker_side():
    """What stands behind objects in a worker."""
    return WorkerObjects(GraderObjects.home, print)


@pytest.fixture(params=["to the worker", "to the grader"])
def sides(request, grader_side, worker_side):
    """Sender and receiver, in either direction."""
    pair = (grader_side, worker_side)
    return pair if request.param == "to the worker" else pair[::-1]


@pytest.fixture
def travel():
    """Send a value through messages and bytes."""
    return _travel


def _travel(value, sides):
    sender, receiver = sides
    packer = wire.Packer(sender)
    header = wire.ENCODER.encode(packer.pack(value))
    payload = memoryview(bytearray(b"".join(packer.blobs)))
    unpacker = wire.Unpacker(receiver, payload)
    result = unpacker.unpack(msgspec.msgpack.decode(header, type=Value))
    unpacker.finish()
    return result
