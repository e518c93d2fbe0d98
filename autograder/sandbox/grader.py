"""The grader process: forked from the launcher, and only then told its job."""

from __future__ import annotations

import os
import socket
import traceback
from collections.abc import Callable

import pytest
import torch

from autograder import data
from autograder.errors import GraderFault
from autograder.sandbox import figure, linux
from autograder.sandbox.descriptors import keep_only
from autograder.sandbox.job import Began, Device, Drawn, Event, Faulted, Finished, Job, Refused
from autograder.sandbox.judge import Judge
from autograder.sandbox.ward import Ward

_ARGUMENTS = (
    *("-c", os.devnull, "--noconftest", "--import-mode=importlib", "--assert=plain"),
    *("-p", "no:cacheprovider", "-qq", "--no-summary", "-p", "no:logging", "-p", "pytest_timeout"),
    *("-o", "python_files=check_*.py", "-o", "python_functions=check_*", "--strict-markers"),
    *("-o", "markers=task(name)\nneeds(*checks)\ngpu", "-o", "filterwarnings=default"),
)


def run(job_descriptor: int, zygote_descriptor: int) -> None:
    """Read the job, grade it, tell every event; a fault of ours is told as one."""
    linux.prctl(linux.PR_SET_DUMPABLE, 0)
    talking, asking = keep_only(job_descriptor, zygote_descriptor)
    talk = socket.socket(fileno=talking).makefile("rwb")
    zygote = socket.socket(fileno=asking)

    def tell(event: Event) -> None:
        talk.write(event.model_dump_json().encode() + b"\n")
        talk.flush()

    try:
        job = Job.model_validate_json(talk.readline())
        data.require(job.data)
        _grade(job, zygote, tell)
    except data.DataError as error:
        tell(Refused(reason=str(error)))
    except GraderFault as fault:
        tell(Faulted(reason=str(fault)))
    except Exception:  # noqa: BLE001 - whatever else goes wrong here is our fault too
        tell(Faulted(reason=traceback.format_exc(limit=-4)))


def _grade(job: Job, zygote: socket.socket, tell: Callable[[Event], None]) -> None:
    device = _device(job.device)
    ward = Ward(zygote, job, device, tell)
    tell(Began(isolation=ward.open(), device=device))
    judge = Judge(job, ward, device, tell)
    try:
        _run_checks(job, judge)
        judge.close()
        for file in job.figure_files:
            drawn = figure.draw(file, ward, job.seed)
            if drawn:
                tell(Drawn(figure=drawn))
    finally:
        ward.close()
    tell(Finished())


def _run_checks(job: Job, judge: Judge) -> None:
    if not job.checks:
        return
    status = pytest.main([*_ARGUMENTS, *map(str, job.check_files)], plugins=[judge])
    if judge.fault:
        raise GraderFault(judge.fault)
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise GraderFault(f"pytest could not run the checks (exit status {int(status)})")


def _device(wanted: str) -> Device:
    """Return the device to grade on; `GraderFault` when it was asked for and is not there."""
    if wanted == "cpu":
        return "cpu"
    if torch.cuda.is_available():
        return "cuda"
    if wanted == "cuda":
        raise GraderFault("there is no CUDA device here, and --device cuda asks for one")
    return "cpu"
