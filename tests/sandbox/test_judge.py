"""What becomes of a check: needs, policies, clocks, and faults of our own."""

from __future__ import annotations

from collections import deque

import pytest

from autograder.errors import GraderFault
from autograder.model import Outcome, Policy, Tier
from autograder.sandbox.job import Began, Earned, Finished, Started

HONEST = "def double(x):\n    return 2 * x\n\n\ndef one():\n    return 1\n"
NEEDS = """
@task("a")
def check_right(student):
    '''right'''
    assert_equal(student.one(), 1, call("one"))

@task("a")
@needs("check_right")
def check_after_right(student):
    '''after right'''
    assert_equal(student.one(), 1, call("one"))

@task("a")
def check_wrong(student):
    '''wrong'''
    assert_equal(student.one(), 2, call("one"))

@task("a")
@needs("check_right", "check_wrong")
def check_after_wrong(student):
    '''after wrong'''
    assert_equal(student.one(), 1, call("one"))

@task("a")
@needs("check_after_wrong")
def check_after_blocked(student):
    '''after blocked'''
    assert_equal(student.one(), 1, call("one"))
"""
CASES = """
@task("a")
@pytest.mark.parametrize("n", [1, 2, 3, 4])
def check_cases(student, n):
    '''every case'''
    assert_equal(student.answer(n), n, call("answer", n=n))

@task("a")
def check_next(student):
    '''the next check'''
    assert_equal(student.answer(1), 1, call("answer"))
"""
DYING = """
import os

def answer(n):
    if n == 2:
        os._exit(5)
    if n == 3:
        raise ValueError("three")
    return n
"""
CALLS = """
@task("a")
def check_many_calls(student):
    '''many calls'''
    while True:
        student.double(1)

@task("a")
def check_one(student):
    '''one'''
    assert_equal(student.one(), 1, call("one"))
"""
SLOW = "import time\n\ndef double(x):\n    time.sleep({seconds})\n\ndef one():\n    return 1\n"


def test_a_check_is_blocked_by_a_need_that_did_not_pass(toys):
    results = toys.results(HONEST, NEEDS)
    assert {name: result.outcome.value for name, result in results.items()} == {
        "check_right": "passed",
        "check_after_right": "passed",
        "check_wrong": "failed",
        "check_after_wrong": "blocked",
        "check_after_blocked": "blocked",
    }
    blocked = results["check_after_wrong"]
    assert blocked.message == "not run: it needs check_wrong, which is failed"
    assert blocked.hint == "it says nothing about your code"
    assert (blocked.share, blocked.output) == (0, "")


def test_a_need_settled_before_counts(toys):
    job = toys.job(HONEST, NEEDS, settled={"check_right": Outcome.TIMEOUT})
    only = tuple(spec for spec in job.checks if spec.name == "check_after_right")
    (earned,) = [
        event
        for event in toys.events(job.model_copy(update={"checks": only}))
        if isinstance(event, Earned)
    ]
    assert earned.result.outcome is Outcome.BLOCKED
    assert earned.result.message == "not run: it needs check_right, which is timeout"


@pytest.mark.parametrize(("policy", "share"), [(Policy.ALL, 0), (Policy.SHARE, 0.5)])
def test_a_worker_that_dies_in_one_case_is_replaced_for_the_next(policy, share, toys):
    results = toys.results(DYING, CASES, policy=policy)
    result = results["check_cases"]
    assert (result.outcome, result.share) == (Outcome.KILLED, share)
    assert "(exit status 5)" in result.message
    assert results["check_next"].outcome is Outcome.PASSED


@pytest.mark.parametrize("policy", Policy)
def test_cases_that_all_pass_earn_everything(policy, toys):
    result = toys.results("def answer(n):\n    return n\n", CASES, policy=policy)["check_cases"]
    assert (result.outcome, result.share, result.message) == (Outcome.PASSED, 1, "")


@pytest.mark.parametrize(("policy", "share"), [(Policy.ALL, 0.25), (Policy.SHARE, 0.625)])
def test_a_case_may_earn_a_share_of_its_own(policy, share, toys):
    checks = """
@task("a")
@pytest.mark.parametrize("share", [0.25, 1.0])
def check_steps(student, share):
    '''steps'''
    if share < 1:
        raise CheckFailed("some", "more would be better", share)
"""
    result = toys.results(HONEST, checks, policy=policy)["check_steps"]
    assert (result.outcome, result.share) == (Outcome.FAILED, share)
    assert (result.message, result.hint) == ("some", "more would be better")


def test_events_come_in_order(toys):
    events = toys.events(toys.job(HONEST, CASES.replace("answer(n)", "double(n) // 2")))
    assert isinstance(events[0], Began)
    assert isinstance(events[-1], Finished)
    names = [event.name for event in events if isinstance(event, Started)]
    assert names == ["check_cases"] * 4 + ["check_next"]


def test_only_the_checks_of_a_job_are_run(toys):
    job = toys.job(HONEST, NEEDS)
    job = job.model_copy(update={"checks": job.checks[2:3]})
    earned = [event.result.name for event in toys.events(job) if isinstance(event, Earned)]
    assert earned == ["check_wrong"]


def test_a_job_without_checks_is_finished_at_once(toys):
    job = toys.job(HONEST, NEEDS).model_copy(update={"checks": ()})
    assert [event.kind for event in toys.events(job)] == ["began", "finished"]


@pytest.mark.parametrize(
    ("seconds", "calls", "limits", "where"),
    [
        (9, "call_s", {"call_s": 9, "check_s": 1}, "grading.yml: toy.limits.check_s"),
        (0.01, "check_s", {"check_s": 1}, "grading.yml: toy.limits.check_s"),
        (9, "call_s", {"call_s": 1}, "grading.yml: toy.limits.call_s"),
    ],
)
def test_a_check_that_outlives_its_time_is_a_timeout(seconds, calls, limits, where, toys):
    results = toys.results(SLOW.format(seconds=seconds), CALLS, limits=limits)
    late = results["check_many_calls"]
    assert late.outcome is Outcome.TIMEOUT
    assert f"stopped after 1 s ({where})" in late.message
    assert results["check_one"].outcome is Outcome.PASSED


def test_a_task_may_have_a_time_limit_of_its_own(toys):
    results = toys.results(SLOW.format(seconds=0.01), CALLS, time_limit_s=1)
    assert "(grading.yml: toy.tasks.a.time_limit_s)" in results["check_many_calls"].message


def test_an_import_longer_than_a_check_is_no_fault_of_ours(toys):
    results = toys.results("while True: pass", CALLS, limits={"import_s": 1.5, "check_s": 0.5})
    assert {result.outcome for result in results.values()} == {Outcome.TIMEOUT}
    assert "toy.limits.import_s" in results["check_one"].message


FAULTS = {
    "type_error": ("    len(5)", "check_broken: the check raised TypeError: object of type 'int'"),
    "assertion": ("    assert student.one() == 2", "check_broken: the check raised AssertionError"),
    "skip": ("    pytest.skip('not today')", "check_broken: the check raised Skipped"),
    "exit": ("    raise SystemExit(0)", "check_broken: the check raised SystemExit"),
    "slow": ("    while True: pass", "check_broken: the check itself took more than 1 s"),
    "unsendable": ("    student.double(object())", "a object, which is neither data nor named"),
    "no_fixture": ("    pass\n\n@pytest.fixture\ndef rng(nothing): pass", ""),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_no_student_can_cause_is_a_fault_of_ours(fault, toys):
    body, reason = FAULTS[fault]
    checks = f"""
@task("a")
def check_right(student):
    '''right'''

@task("a")
def check_broken(student, rng):
    '''broken'''
{body}

@task("a")
def check_never_run(student):
    '''never run'''
"""
    told = deque()
    with pytest.raises(GraderFault) as caught:
        told.extend(toys.launcher.grade(toys.job(HONEST, checks, limits={"check_s": 1})))
    assert reason in str(caught.value)
    assert "check_never_run" not in str(told)


def test_what_was_earned_before_a_fault_was_told(toys):
    checks = NEEDS + "\n@task('a')\ndef check_broken(student):\n    '''broken'''\n    len(5)\n"
    told = deque()
    with pytest.raises(GraderFault, match="TypeError"):
        told.extend(toys.launcher.grade(toys.job(HONEST, checks)))
    assert sum(isinstance(event, Earned) for event in told) == 5


def test_a_check_file_that_cannot_be_imported_is_a_fault_of_ours(toys):
    with pytest.raises(GraderFault, match="pytest could not run the checks"):
        toys.results(HONEST, "import nothing_of_this_name\n" + CALLS)


def test_a_promised_check_that_is_not_there_is_a_fault_of_ours(toys):
    job = toys.job(HONEST, CALLS)
    absent = job.checks[0].model_copy(update={"name": "check_absent"})
    with pytest.raises(GraderFault, match="pytest could not run the checks"):
        toys.events(job.model_copy(update={"checks": (absent,)}))


def test_a_tier_out_of_reach_is_a_fault_of_ours_with_a_remedy(toys):
    job = toys.job(HONEST, CALLS, visible=("/no/such/place",))
    refused = job.model_copy(update={"tiers": (Tier.FULL,)})
    with pytest.raises(GraderFault, match=r"no isolation that is allowed here .*autograder doctor"):
        toys.events(refused)


def test_a_device_that_is_not_there_is_a_fault_of_ours(toys):
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("there is one")
    with pytest.raises(GraderFault, match="no CUDA device"):
        toys.results(HONEST, CALLS, device="cuda")
