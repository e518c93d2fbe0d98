"""Turns results and points into scores; pure, so that a saved report can be scored again."""

from __future__ import annotations

import math
from collections.abc import Sequence

from autograder.errors import GraderFault
from autograder.model import Assignment, CheckResult, Policy, Task, TaskScore

# Scores are sums of shares: six decimals keep 3 x 33.333333 readable and are never felt.
_DECIMALS = 6


def score(assignment: Assignment, results: Sequence[CheckResult]) -> tuple[TaskScore, ...]:
    """Return each task's score, in order of the configuration.

    Policy `all` gives the task's points times the smallest share among its checks, `share` times
    their mean. A task without a result scores 0 of its points and shows no check, so a run of the
    public checks alone keeps every maximum and promises nothing for what it did not run.
    """
    _demand_known_tasks(assignment, results)
    return tuple(
        _task_score(task, tuple(result for result in results if result.task == task.name))
        for task in assignment.tasks
    )


def total(tasks: Sequence[TaskScore]) -> float:
    """Return the sum of the tasks' scores."""
    return round(math.fsum(task.score for task in tasks), _DECIMALS)


def _demand_known_tasks(assignment: Assignment, results: Sequence[CheckResult]) -> None:
    known = {task.name for task in assignment.tasks}
    for result in results:
        if result.task not in known:
            raise GraderFault(
                f"{result.name}: its task is {result.task}, but should be one of "
                f"{assignment.slug}: {', '.join(sorted(known))}."
            )


def _task_score(task: Task, checks: tuple[CheckResult, ...]) -> TaskScore:
    return TaskScore(
        name=task.name,
        title=task.title,
        score=round(task.points * _share(task.policy, checks), _DECIMALS),
        max_score=round(task.points, _DECIMALS),
        checks=checks,
    )


def _share(policy: Policy, checks: tuple[CheckResult, ...]) -> float:
    shares = [check.share for check in checks]
    if not shares:
        return 0.0
    return min(shares) if policy is Policy.ALL else math.fsum(shares) / len(shares)
