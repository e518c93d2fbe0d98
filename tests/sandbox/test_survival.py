"""Whoever dies, what was earned stays, and nothing stays behind."""

from __future__ import annotations

import os
import select
import threading
from pathlib import Path

import pytest

from autograder.errors import GraderFault
from autograder.grade import Desk, Manner, grade
from autograder.layout import Layout
from autograder.model import Assignment, Course, Outcome, Submission, Task, Tier
from autograder.sandbox.host import GraderDiedError, Launcher
from autograder.sandbox.job import Earned, Started

HONEST = b"def one():\n    return 1\n"
CHECKS = """
import os, signal
from pathlib import Path
from autograder.kit import *

NOTES = Path(__file__).parent

def note(name):
    with (NOTES / name).open("a") as file:
        file.write("x")
    return len((NOTES / name).read_text())

@task("a")
def check_first(student):
    '''first'''
    note("first")
    assert_equal(student.one(), 1, call("one"))

@task("a")
def check_deadly(student):
    '''deadly'''
    if note("deadly") <= {deaths}:
        os.kill({victim}, signal.SIGKILL)
        signal.pause()
    assert_equal(student.one(), 1, call("one"))

@task("a")
@needs("check_first")
def check_last(student):
    '''last'''
    assert_equal(student.one(), 1, call("one"))
"""
LOOP = """
@task("a")
def check_pid(student):
    '''tells who grades'''
    raise CheckFailed(str(os.getpid()))

@task("a")
def check_loop(student):
    '''loops'''
    student.loop()
"""


@pytest.fixture
def desk(tmp_path, launcher):
    """A course of one assignment, with checks that kill."""
    layout = Layout(tmp_path)
    layout.grading_file.write_text("")
    layout.checks("toy").mkdir(parents=True)
    toy = Assignment(
        slug="toy",
        title="Toy",
        files=("toy.py",),
        tasks=(Task(name="a", title="a", points=100),),
    )
    return Desk(Course(title="Toys", assignments=(toy,)), layout, launcher)


def write_checks(desk, deaths, victim="os.getpid()"):
    file = desk.layout.check_public("toy")
    file.write_text(CHECKS.format(deaths=deaths, victim=victim))


def graded(desk, path):
    submission = Submission(source="toy", files={"toy.py": HONEST})
    return grade(desk, "toy", submission, Manner(tuple(Tier)), report_path=path)


def notes(desk, name):
    return (desk.layout.checks("toy") / name).read_text()


def test_a_grader_that_is_killed_is_tried_again_from_where_it_was(desk, tmp_path):
    write_checks(desk, deaths=1)
    report = graded(desk, tmp_path / "report.json")
    assert report.score == 100
    assert [check.outcome for check in report.tasks[0].checks] == [Outcome.PASSED] * 3
    assert (notes(desk, "first"), notes(desk, "deadly")) == ("x", "xx")


def test_a_grader_that_is_killed_twice_is_a_fault_and_what_was_earned_is_kept(desk, tmp_path):
    write_checks(desk, deaths=2)
    path = tmp_path / "report.json"
    with pytest.raises(GraderFault, match="ended before its last check"):
        graded(desk, path)
    (journal,) = tmp_path.glob("report.json*")
    assert '"check_first"' in journal.read_text()
    assert '"check_deadly"' not in journal.read_text()
    assert graded(desk, path).score == 100
    assert (notes(desk, "first"), notes(desk, "deadly")) == ("x", "xxx")


def test_a_journal_of_other_work_is_not_used(desk, tmp_path):
    write_checks(desk, deaths=2)
    path = tmp_path / "report.json"
    with pytest.raises(GraderDiedError):
        graded(desk, path)
    write_checks(desk, deaths=0)
    assert graded(desk, path).score == 100
    assert notes(desk, "first") == "xx"


def test_a_launcher_that_is_killed_is_started_again(desk, tmp_path):
    write_checks(desk, deaths=1, victim="os.getppid()")
    with Launcher() as launcher:
        first = launcher._process.pid
        report = graded(desk._replace(launcher=launcher), tmp_path / "report.json")
        assert launcher._process.pid != first
    assert report.score == 100
    assert notes(desk, "first") == "x"


def test_nothing_is_left_behind_when_a_launcher_is_closed_in_the_middle(toys):
    launcher = Launcher()
    events = launcher.grade(toys.job("def loop():\n    while True: pass\n", LOOP))
    for event in events:
        if isinstance(event, Started) and event.name == "check_loop":
            break
    family = _family(launcher, 3)  # a grader, its worker and the spare one
    watched = [os.pidfd_open(pid) for pid in family]
    launcher.close()
    events.close()
    assert [_has_ended(one) for one in watched] == [True] * len(watched)
    for one in watched:
        os.close(one)


def test_the_worker_of_a_grader_that_is_killed_dies_with_it(toys):
    checks = LOOP.replace("raise CheckFailed(str(os.getpid()))", "os.kill(os.getpid(), 9)")
    with Launcher() as launcher:
        with pytest.raises(GraderDiedError):
            list(launcher.grade(toys.job("", checks)))
        list(launcher.grade(toys.job("", LOOP).model_copy(update={"checks": ()})))
        remaining = {pid: os.pidfd_open(pid) for pid in _descendants(launcher._process.pid)}
        launcher.close()
        assert all(_has_ended(one) for one in remaining.values())
    for one in remaining.values():
        os.close(one)


def test_a_grader_that_has_ended_is_buried(toys):
    job = toys.job("def loop():\n    pass\n", LOOP)
    grading = toys.launcher.grade(job)
    pid = next(int(e.result.message) for e in grading if isinstance(e, Earned))
    ending = os.pidfd_open(pid)
    list(grading)
    assert _has_ended(ending)
    os.close(ending)
    toys.events(job.model_copy(update={"checks": ()}))
    assert not Path(f"/proc/{pid}").exists()


def test_jobs_at_the_same_time_do_not_disturb_each_other(toys):
    checks = "\n@task('a')\ndef check_one(student):\n    '''one'''\n"
    checks += "    raise CheckFailed(json.dumps(student.one()))\n"
    found = {}

    def grade_one(number):
        results = toys.results(f"def one():\n    return {number}\n", checks)
        found[number] = results["check_one"].message

    threads = [threading.Thread(target=grade_one, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: str(number) for number in range(4)}


def test_a_launcher_can_be_closed_at_once():
    with Launcher() as launcher:
        process = launcher._process
    assert process.returncode is not None


def _family(launcher, count):
    for _ in range(600):
        found = _descendants(launcher._process.pid)
        if len(found) >= count:
            return found
        select.select([], [], [], 0.05)  # it starts a check, and forks for it
    raise AssertionError(found)


def _descendants(pid):
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [*map(int, children), *(one for child in children for one in _descendants(int(child)))]


def _has_ended(process):
    return bool(select.select([process], [], [], 30)[0])
