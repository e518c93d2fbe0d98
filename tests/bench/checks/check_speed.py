"""Measures calls from inside the grader; the figures travel as the message of a check."""

import json
import statistics
import time

import torch

from autograder.kit import CheckFailed, task

_CALLS = 2000
_LARGE_CALLS = 7
_LARGE_BYTES = 100_000_000


def _seconds(function, argument):
    start = time.perf_counter()
    function(argument)
    return time.perf_counter() - start


@task("speed")
def check_small_tensor(student):
    """one call with a small tensor"""
    same, small = student.same, torch.ones(4, 4)
    times = [_seconds(same, small) for _ in range(_CALLS)]
    raise CheckFailed(json.dumps(statistics.median(times)))


@task("speed")
def check_large_tensor(student):
    """one call with a tensor of 100 MB, there and back"""
    same, large = student.same, torch.ones(_LARGE_BYTES // 4)
    times = [_seconds(same, large) for _ in range(_LARGE_CALLS)]
    raise CheckFailed(json.dumps(statistics.median(times)))


@task("speed")
def check_in_process(student):
    """the same function without a worker"""
    small = torch.ones(4, 4)
    times = [_seconds(lambda x: x, small) for _ in range(_CALLS)]
    raise CheckFailed(json.dumps(statistics.median(times)))
