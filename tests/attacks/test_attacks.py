"""Hostile submissions, each in the folder of the outcome it must come to.

The first comment of a file says what it tries. The outcome is that of `double`; `one` is honest,
or searches and returns what it found, unless a line `# one: <outcome>` says otherwise.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from autograder import catalog
from autograder.errors import GraderFault
from autograder.model import Assignment, Limits, Outcome, Task, Tier
from autograder.sandbox import view
from autograder.sandbox.host import Launcher
from autograder.sandbox.job import Earned, Job
from autograder.score import score, total

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ATTACKS = sorted(str(file.relative_to(HERE)) for file in HERE.glob("*/*.py"))
SEARCHES = [name for name in ATTACKS if "\n# control:" in (HERE / name).read_text()]
HONEST = "def double(x):\n    return 2 * x\n\n\ndef one():\n    return 1\n"
CHECKS = """
from autograder.kit import assert_close, assert_equal, call, task

@task("double")
def check_double(student, rng):
    '''double doubles'''
    x = rng.normal(3, 4)
    assert_close(student.double(x), 2 * x, call("double", x=x))

@task("one")
def check_one(student):
    '''one is one'''
    assert_equal(student.one(), 1, call("one"))
"""
PATIENT = Limits(import_s=20, call_s=20, check_s=60, memory_mb=1024, scratch_mb=16, output_kb=4)
HASTY = PATIENT.model_copy(update={"import_s": 1, "call_s": 1})
POINTS = {"double": 70, "one": 30}


@pytest.fixture(scope="module")
def launcher():
    with Launcher() as one:
        yield one


@pytest.fixture(scope="module")
def check_file(tmp_path_factory):
    file = tmp_path_factory.mktemp("checks") / "check_public.py"
    file.write_text(CHECKS)
    return file


@pytest.fixture(scope="module")
def graded(launcher, check_file):
    """Grade a submission in a tier; return the verdicts by task, and the score."""

    def grade(source, tier, limits=PATIENT):
        job = _job(source, check_file, tier, limits)
        results = [e.result for e in launcher.grade(job) if isinstance(e, Earned)]
        points = total(score(job.assignment, results))
        return {result.task: result for result in results}, points

    return grade


@pytest.fixture(scope="module")
def refusals(graded):
    """Why a tier is out of reach on this machine, by tier."""
    return {tier: _refusal(graded, tier) for tier in (Tier.FULL, Tier.REDUCED)}


def _refusal(graded, tier):
    try:
        graded(HONEST, tier)
    except GraderFault as fault:
        return str(fault)
    return ""


def _job(source, check_file, tier, limits):
    tasks = tuple(Task(name=name, title=name, points=points) for name, points in POINTS.items())
    return Job(
        assignment=Assignment(
            slug="toy", title="Toy", files=("toy.py",), limits=limits, tasks=tasks
        ),
        files={"toy.py": source},
        checks=catalog.read_file(check_file),
        settled={},
        check_files=(check_file,),
        figure_files=(),
        tiers=(tier,),
        device="cpu",
        visible=view.visible((), hidden=(ROOT, ROOT / "autograder")),
        seed=3,
    )


@pytest.mark.parametrize("tier", [Tier.FULL, Tier.REDUCED])
@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_earns_what_its_honest_part_earns_and_the_next_submission_all(
    attack, tier, graded, refusals
):
    if refusals[tier]:
        pytest.skip(refusals[tier])
    source = (HERE / attack).read_text()
    expected = Outcome(Path(attack).parent.name)
    noted = re.search(r"^# one: (\w+)$", source, re.MULTILINE)
    for_one = Outcome(noted[1] if noted else "passed")
    results, points = graded(source, tier, HASTY if expected is Outcome.TIMEOUT else PATIENT)
    told = {task: (result.outcome, result.message) for task, result in results.items()}
    outcomes = {task: result.outcome for task, result in results.items()}
    assert (outcomes, told) == ({"double": expected, "one": for_one}, told)
    earned = {"double": expected, "one": for_one}
    assert points == sum(POINTS[task] for task in POINTS if earned[task] is Outcome.PASSED)
    assert graded(HONEST, tier)[1] == 100


@pytest.mark.parametrize("attack", SEARCHES)
def test_a_search_finds_something_where_nothing_is_locked(attack, graded):
    results, _ = graded((HERE / attack).read_text(), Tier.NONE)
    assert results["one"].outcome is Outcome.FAILED


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_says_what_it_tries(attack):
    first = (HERE / attack).read_text().splitlines()[0]
    assert first.startswith("# ")
    assert len(first) > 15


def test_text_of_an_attack_arrives_fit_to_be_shown(graded, refusals):
    tier = next((tier for tier, refusal in refusals.items() if not refusal), Tier.NONE)
    results, _ = graded((HERE / "error" / "exception_with_markup.py").read_text(), tier)
    message = results["double"].message
    assert message.replace("\n", "").isprintable()
    assert "\x1b" not in message
    assert "\u202e" not in message
