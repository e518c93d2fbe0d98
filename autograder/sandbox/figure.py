"""Draws what the student's own code produced; a picture costs no points and earns none."""

from __future__ import annotations

import base64
import importlib.util
import io
from pathlib import Path
from types import ModuleType

from autograder.errors import GraderFault
from autograder.kit import CheckFailed, StudentError
from autograder.model import Figure
from autograder.sandbox.proxy import Student
from autograder.sandbox.verdict import Verdict
from autograder.sandbox.ward import Ward

_DOTS_PER_INCH = 200
_INCHES = (4.8, 3.6)  # narrow: text of 10 points is still read on a telephone


def draw(path: Path, ward: Ward, seed: int) -> Figure | None:
    """Run the assignment's `draw` on a worker of its own; None where the code is not ready."""
    try:
        session = ward.admit(seed)
    except (Verdict, StudentError):
        return None
    try:
        return _draw(_module(path), Student(session))
    except (Verdict, StudentError, CheckFailed):
        return None
    finally:
        session.close()


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"{path.stem}_of_{path.parent.name}", path)
    if spec is None or spec.loader is None:
        raise GraderFault(f"{path.name}: cannot be imported")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _draw(module: ModuleType, student: Student) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Canvas

    canvas = Canvas(layout="constrained", figsize=_INCHES)
    FigureCanvasAgg(canvas)
    module.draw(student, canvas)
    image = io.BytesIO()
    canvas.savefig(image, format="png", dpi=_DOTS_PER_INCH)
    return Figure(title=module.TITLE, png_base64=base64.b64encode(image.getvalue()).decode())
