"""Steps of optimizers are told while a submission trains, and change nothing else."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from autograder.model import Outcome
from autograder.progress import Watcher
from autograder.sandbox.job import Earned, Started, Trained
from autograder.sandbox.steps import Seldom

SUBMISSION = """
import threading, time
import torch

def train(steps, seconds=0.0):
    weight = torch.nn.Parameter(torch.ones(2))
    optimizer = torch.optim.SGD([weight], lr=0.1)
    for _ in range(steps):
        optimizer.zero_grad()
        (weight ** 2).sum().backward()
        optimizer.step()
        time.sleep(seconds)
    return steps

def train_aside(steps):
    thread = threading.Thread(target=train, args=(steps, 0.01))
    thread.start()
    return steps

def train_and_fail():
    train(3)
    raise ValueError("no")
"""
CHECK = """
@task("a")
def check_it(student):
    '''passed'''
    {body}
"""
PATIENT = {"call_s": 20, "check_s": 60, "memory_mb": 4096}  # an optimizer imports for seconds


def told(toys, *lines):
    events = toys.events(
        toys.job(SUBMISSION, CHECK.format(body="\n    ".join(lines)), limits=PATIENT)
    )
    (result,) = [event.result for event in events if isinstance(event, Earned)]
    return result, [event.steps for event in events if isinstance(event, Trained)]


def test_a_long_training_is_heard_while_it_goes_on_and_counted_to_its_end(toys):
    result, steps = told(toys, "assert_equal(student.train(20, 0.05), 20, call('train'))")
    assert (result.outcome, result.message) == (Outcome.PASSED, "")
    assert steps == sorted(steps)
    assert len(steps) >= 3
    assert (steps[0] < 20, steps[-1]) == (True, 20)


def test_calls_are_counted_together(toys):
    _, steps = told(toys, *["student.train(1)"] * 3)
    assert (steps[0], steps[-1]) == (1, 3)


def test_steps_of_another_thread_do_not_garble_the_answer(toys):
    lines = ["for _ in range(8):", "    assert_equal(student.train_aside(9), 9, call('t'))"]
    result, steps = told(toys, *lines)
    assert (result.outcome, result.message) == (Outcome.PASSED, "")
    assert all(0 < number <= 72 for number in steps)


def test_an_error_after_some_steps_is_an_error(toys):
    result, steps = told(
        toys, "with raises(ValueError, call('t')):", "    student.train_and_fail()"
    )
    assert result.outcome is Outcome.PASSED
    assert steps == [1, 3]


def test_of_many_numbers_few_are_passed_on():
    heard = []
    tell = Seldom(heard.append)
    for number in range(1000):
        tell(number)
    assert heard[0] == 0
    assert len(heard) < 100


@pytest.mark.parametrize(("budget", "shown"), [(2000, "500/2000"), (None, "500/?")])
def test_a_terminal_shows_steps_against_the_budget_while_a_check_trains(budget, shown):
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100)
    with Watcher(console, {"check_it": budget}) as watcher:
        watcher.hear(Started(name="check_it"))
        watcher.hear(Trained(steps=500))
    assert shown in screen.getvalue()
    assert "steps of training" in screen.getvalue()
