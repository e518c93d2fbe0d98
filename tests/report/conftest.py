"""A report as grading yields it, and the same with a nasty string in every field."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Callable

import pytest

from autograder.model import (
    CheckResult,
    Figure,
    GraderIdentity,
    Isolation,
    LeftBehind,
    MissingLayer,
    Outcome,
    Report,
    SubmissionIdentity,
    TaskScore,
    Tier,
    Visibility,
)

SECRET = "worst [0, 2] is 0.8100, but should be 0.2700 [kernel: float32 (3, 3)]"


def _png(width: int = 96, height: int = 64) -> str:
    rows = b"".join(b"\0" + bytes((x * 2 + y) % 256 for x in range(width)) for y in range(height))
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    ]
    parts = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(parts)).decode()


def _check(name: str, task: str, outcome: Outcome, description: str, **more) -> CheckResult:
    return CheckResult(
        name=name,
        task=task,
        description=description,
        outcome=outcome,
        **{
            "share": 1.0 if outcome is Outcome.PASSED else 0.0,
            "visibility": Visibility.VISIBLE,
            "execution_time": 0.21,
            **more,
        },
    )


def _sizes() -> TaskScore:
    checks = (
        _check("check_valid_size", "output_size", Outcome.PASSED, "a valid output is H - k + 1"),
        _check("check_stride", "output_size", Outcome.PASSED, "a stride divides the output"),
        _check(
            "check_strange_sizes",
            "output_size",
            Outcome.PASSED,
            "every size of the formula holds",
            visibility=Visibility.HIDDEN,
        ),
    )
    return TaskScore(name="output_size", title="Output size", score=20, max_score=20, checks=checks)


def _matrix() -> TaskScore:
    checks = (
        _check(
            "check_rows",
            "matrix",
            Outcome.FAILED,
            "each row of the matrix holds the kernel once",
            message="conv_matrix: 12 of 40 entries differ; worst [2, 4] is 0.81, "
            "but should be 0.27 (allowed 1e-05) [kernel: float32 (3, 3), size=(5, 5)]",
            hint="row r belongs to output pixel (r // W, r % W).",
            share=0.5,
            output="building matrix\nrow 0 done\nrow 1 done\n",
        ),
        _check(
            "check_shape",
            "matrix",
            Outcome.ERROR,
            "the matrix is (H_out * W_out, H * W)",
            message="conv_matrix raised IndexError: list index out of range "
            "[conv_as_matrix.py:41, in conv_matrix: row = rows[index]]",
        ),
        _check(
            "check_dtype",
            "matrix",
            Outcome.ERROR,
            "the matrix has the dtype of the kernel",
            message="conv_matrix raised IndexError: list index out of range "
            "[conv_as_matrix.py:41, in conv_matrix: row = rows[index]]",
        ),
        _check(
            "check_random_kernels",
            "matrix",
            Outcome.FAILED,
            "the matrix times the image is the convolution",
            visibility=Visibility.HIDDEN,
            message=SECRET,
            hint="compare with a kernel whose entries all differ.",
            output="debug 0.2700",
        ),
    )
    return TaskScore(name="matrix", title="The matrix", score=12.5, max_score=50, checks=checks)


def _adjoint() -> TaskScore:
    checks = (
        _check(
            "check_adjoint",
            "adjoint",
            Outcome.UNWRITTEN,
            "the adjoint satisfies <Ax, y> = <x, A'y>",
            message="adjoint is still the stub: 0 of 30 points.",
        ),
        _check(
            "check_adjoint_of_stride",
            "adjoint",
            Outcome.BLOCKED,
            "the adjoint of a strided convolution spreads",
            message="not run: it needs check_adjoint, which did not pass.",
        ),
        _check(
            "check_large_images",
            "adjoint",
            Outcome.TIMEOUT,
            "a large image takes seconds",
            message="adjoint: stopped after 10 s (grading.yml: conv_as_matrix.limits.call_s).",
            output="".join(f"step {step}/30\n" for step in range(30)),
        ),
        _check(
            "check_memory",
            "adjoint",
            Outcome.KILLED,
            "a large image fits into memory",
            message="adjoint: the worker ended by signal 9 (out of memory: limit 2048 MB).",
        ),
    )
    return TaskScore(
        name="adjoint",
        title="Adjoint of a strided convolution",
        score=0,
        max_score=30,
        checks=checks,
    )


@pytest.fixture
def report() -> Report:
    return Report(
        assignment="conv_as_matrix",
        title="Convolution as a matrix",
        score=32.5,
        max_score=100,
        device="cpu",
        isolation=Isolation(
            tier=Tier.REDUCED,
            layers=("own session", "resource limits", "system-call filter", "Landlock"),
            missing=(MissingLayer(layer="user namespace", reason="the kernel forbids it"),),
        ),
        grader=GraderIdentity(version="0.1.0", content_hash="5f" * 32),
        submission=SubmissionIdentity(
            content_hash="c0" * 32,
            files=("conv_as_matrix.py",),
            left_behind=(LeftBehind(name="notes.txt", reason="not a file of this assignment"),),
        ),
        started="2025-03-01T10:00:00+00:00",
        execution_time=14.2,
        tasks=(_sizes(), _matrix(), _adjoint()),
        figures=(Figure(title="Your matrix for a 3 by 3 kernel", png_base64=_png()),),
    )


@pytest.fixture
def full_marks(report: Report) -> Report:
    return report.model_copy(update={"score": 20.0, "max_score": 20.0, "tasks": (_sizes(),)})


@pytest.fixture
def with_text(report: Report) -> Callable[[str], Report]:
    """Put one text into every field of the report that is a text of its own."""

    def put(text: str) -> Report:
        tasks = tuple(
            task.model_copy(
                update={
                    "name": text,
                    "title": text,
                    "checks": tuple(_told(check, text) for check in task.checks),
                }
            )
            for task in report.tasks
        )
        return report.model_copy(
            update={
                **dict.fromkeys(("assignment", "title", "device", "started"), text),
                "isolation": Isolation(
                    tier=Tier.REDUCED,
                    layers=(text,),
                    missing=(MissingLayer(layer=text, reason=text),),
                ),
                "grader": GraderIdentity(version=text, content_hash=text),
                "submission": SubmissionIdentity(
                    content_hash=text,
                    files=(text,),
                    left_behind=(LeftBehind(name=text, reason=text),),
                ),
                "tasks": tasks,
                "figures": (Figure(title=text, png_base64=text), *report.figures),
            }
        )

    return put


def _told(check: CheckResult, text: str) -> CheckResult:
    fields = ("name", "task", "description", "message", "hint", "output")
    return check.model_copy(update=dict.fromkeys(fields, text))
