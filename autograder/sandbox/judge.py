"""The pytest plugin of the grader: gives checks their student, turns what happens into verdicts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
import torch

from autograder import data
from autograder.errors import GraderFault
from autograder.kit import Rng
from autograder.kit.attempts import try_check
from autograder.kit.thresholds import Stairs, Threshold
from autograder.model import CheckResult, CheckSpec, Outcome, Policy, Step, Task
from autograder.sandbox.cases import Case, case_of, passed
from autograder.sandbox.job import Device, Earned, Event, Job, Measured, Started, Trained
from autograder.sandbox.proxy import Student
from autograder.sandbox.session import Session
from autograder.sandbox.verdict import Verdict
from autograder.sandbox.ward import Ward

_STUDENTS_HALF = 0.5


class Judge:
    """Runs the checks of one job; tells each verdict as soon as it stands."""

    def __init__(self, job: Job, ward: Ward, device: Device, tell: Callable[[Event], None]) -> None:
        self._job, self._ward, self._device, self._tell = job, ward, device, tell
        self._specs = {spec.name: spec for spec in job.checks}
        self._outcomes = dict(job.settled)
        self._session: Session | None = None
        self._cases: list[Case] = []
        self._output = ""
        self._since = 0.0
        self.fault = ""

    @pytest.fixture
    def student(self, request: pytest.FixtureRequest) -> Student:
        """The submission, in a worker that this check has for itself."""
        if self._session is None or self._session.is_over:
            self._end_session()
            self._session = self._admit()
        return Student(self._session)

    @pytest.fixture
    def rng(self, request: pytest.FixtureRequest) -> Rng:
        """Random inputs, decided by the submission and the check."""
        return Rng.named(f"{self._job.seed}:{request.node.name}")

    @pytest.fixture
    def device(self) -> torch.device:
        """Where the tensors of a check are; the worker has them on its own device."""
        return torch.device("cpu")

    @pytest.fixture
    def dataset(self) -> Callable[[data.Split], data.Dataset]:
        """The data set that was chosen, by split; labels of its test part stay in this process."""
        return lambda split: data.load(self._job.data, split)

    @pytest.fixture
    def threshold(self, request: pytest.FixtureRequest) -> Callable[[str], Threshold]:
        """The thresholds of the check's task, by name: a number, or steps with their shares."""
        task = self._task(request.node)

        def named(name: str) -> Threshold:
            def hear(value: float) -> None:
                self._tell(Measured(task=task.name, threshold=name, value=value))

            return Threshold(_stairs(task.thresholds[name]), hear)

        return named

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the job's checks, each with its clock; an import has a deadline of its own."""
        items[:] = [item for item in items if _check_name(item) in self._specs]
        for item in items:
            clock = pytest.mark.timeout(self._seconds(item), method="signal", func_only=True)
            item.add_marker(clock)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Iterator[None]:
        """Open a check with its first case and close it with its last; tell every case."""
        name = _check_name(item)
        if not self._cases:
            self._since = time.monotonic()
        self._tell(Started(name=name))
        result = yield
        if nextitem is None or _check_name(nextitem) != name:
            self._close_check(self._specs[name])
        return result

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Block a check whose needs are not met."""
        spec = self._specs[_check_name(item)]
        for needed in spec.needs:
            outcome = self._outcomes.get(needed, Outcome.PASSED)
            if outcome is not Outcome.PASSED:
                message = f"not run: it needs {needed}, which is {outcome}"
                raise Verdict(Outcome.BLOCKED, message, "it says nothing about your code")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> pytest.TestReport:
        """Turn what ended a phase of a case into a verdict, or into our own fault."""
        if call.excinfo is not None:
            self._judge(item, call.excinfo.value)
        elif call.when == "call":
            self._cases.append(passed())
        return _phase(item, call)

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool:
        """Run a check as often as its task allows."""
        try_check(pyfuncitem, self._task(pyfuncitem).attempts)
        return True

    def _judge(self, item: pytest.Item, error: BaseException) -> None:
        try:
            self._cases.append(self._case(item, error))
        except GraderFault as fault:
            self.fault = f"{_check_name(item)}: {fault}"
            item.session.shouldstop = "the grader failed"

    def _admit(self) -> Session:
        try:
            return self._ward.admit(self._job.seed)
        finally:
            self._output += self._ward.take_lost_output()

    def _case(self, item: pytest.Item, error: BaseException) -> Case:
        if isinstance(error, pytest.fail.Exception) and "Timeout" in str(error):
            error = self._over_time(item)
        elif self._session:
            error = self._session.misused(error) or error
        return case_of(error, self._job.assignment, self._task(item))

    def _over_time(self, item: pytest.Item) -> BaseException:
        seconds = self._seconds(item)
        if self._session is None or self._session.waited_s < _STUDENTS_HALF * seconds:
            return GraderFault(f"the check itself took more than {seconds:g} s")
        return self._session.too_long(_check_name(item), seconds, self._clock_setting(item))

    def _seconds(self, item: pytest.Item) -> float:
        return self._task(item).time_limit_s or self._job.assignment.limits.check_s

    def _task(self, item: pytest.Item) -> Task:
        return self._job.assignment.task(self._specs[_check_name(item)].task)

    def _clock_setting(self, item: pytest.Item) -> str:
        task = self._task(item)
        where = f"tasks.{task.name}.time_limit_s" if task.time_limit_s else "limits.check_s"
        return f"{self._job.assignment.slug}.{where}"

    def close(self) -> None:
        """End the worker that served a whole submission."""
        self._end_session()

    def _close_check(self, spec: CheckSpec) -> None:
        if self._device == "cpu":  # a new CUDA context for each check would cost most of its time
            self._end_session()
        cases, self._cases = self._cases, []
        output, self._output = self._output, ""
        if self.fault or not cases:
            return
        policy = self._job.assignment.task(spec.task).policy
        result = _result(spec, policy, cases, output, time.monotonic() - self._since)
        self._outcomes[spec.name] = result.outcome
        self._tell(Earned(result=result))

    def _end_session(self) -> None:
        if self._session:
            self._session.close()
            self._output += self._session.output
            if self._session.steps:
                self._tell(Trained(steps=self._session.steps))
            self._session = None


def _phase(item: pytest.Item, call: pytest.CallInfo[None]) -> pytest.TestReport:
    """Report a phase to pytest without the picture of the traceback, which takes long to draw."""
    return pytest.TestReport(
        nodeid=item.nodeid,
        location=item.location,
        keywords={},
        outcome="failed" if call.excinfo else "passed",
        longrepr=None,
        when=call.when,  # type: ignore[arg-type] # never "collect" here
    )


def _stairs(given: float | tuple[Step, ...]) -> Stairs:
    if isinstance(given, tuple):
        return [(step.at_least, step.share) for step in given]
    return given


def _check_name(item: pytest.Item) -> str:
    return getattr(item, "originalname", None) or item.name


def _result(
    spec: CheckSpec, policy: Policy, cases: list[Case], output: str, seconds: float
) -> CheckResult:
    """Sum up the cases of a check: the first one that did not pass speaks for it."""
    speaks = next((case for case in cases if case.outcome is not Outcome.PASSED), cases[0])
    shares = [case.share for case in cases]
    share = sum(shares) / len(shares) if policy is Policy.SHARE else min(shares)
    return CheckResult(
        name=spec.name,
        task=spec.task,
        description=spec.description,
        outcome=speaks.outcome,
        share=share,
        visibility=spec.visibility,
        message=speaks.message,
        hint=speaks.hint,
        execution_time=round(seconds, 4),
        output=output,
    )
