"""A submission that cheats wherever it can; `make demo` shows that it earns its honest part alone.

One function is honest. For the others it looks for the reference and the checks, replaces what a
check in the same process would compare with, and returns objects that agree with everything.
"""

from __future__ import annotations

import builtins
import contextlib
import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import torch

import autograder

SLUG = "conv_as_matrix"


class Agreeable:
    """Claims to be whatever it is compared with."""

    shape = property(lambda self: self)
    dtype = property(lambda self: self)
    device = property(lambda self: self)
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        """Agree."""
        return True

    def __ne__(self, other: object) -> bool:
        """Agree."""
        return False

    def __getattr__(self, name: str) -> Agreeable:
        """Be what is asked for."""
        return self

    def __call__(self, *_: object, **__: object) -> Agreeable:
        """Do what is asked for."""
        return self

    def __bool__(self) -> bool:
        """Agree."""
        return True


class AgreeableTensor(torch.Tensor):
    """A tensor of which every comparison says yes."""

    @classmethod
    def __torch_function__(cls, *_: object, **__: object) -> bool:
        """Agree."""
        return True


class NeverRaised(Exception):
    """Stands where a failing check would look for its own exception."""


def disarm() -> None:
    """Replace what a check in this process would compare and complain with."""
    torch.allclose = torch.equal = lambda *_, **__: True
    torch.testing.assert_close = torch.testing.assert_allclose = lambda *_, **__: None
    pytest.fail = pytest.raises = lambda *_, **__: contextlib.nullcontext()
    builtins.AssertionError = NeverRaised


def places() -> Iterator[Path]:
    """Name the folders in which the project may lie: what Python knows, what others have open."""
    yield from map(Path, (autograder.__file__, __file__, os.getcwd(), *sys.path))
    with contextlib.suppress(OSError):
        for process in Path("/proc").glob("[0-9]*"):
            yield from (Path(os.path.realpath(process / "cwd")), *opened_by(process))


def opened_by(process: Path) -> Iterator[Path]:
    """Name the files that another process has open."""
    with contextlib.suppress(OSError):
        for link in (process / "fd").iterdir():
            yield Path(os.path.realpath(link))


def wanted() -> Iterator[Path]:
    """Name the files worth having, around every place."""
    for folder in {above for place in places() for above in (place, *place.parents)}:
        yield folder / "solutions" / SLUG / f"{SLUG}.py"
        yield folder / "autograder" / "checks" / SLUG / "check_hidden.py"


def steal() -> ModuleType | None:
    """Load the reference if it can be read anywhere; tell what was found."""
    found: dict[str, str] = {}
    for path in wanted():
        with contextlib.suppress(OSError):
            found[path.name] = path.read_text(encoding="utf-8")
    sys.stdout.write(f"stolen: {', '.join(found) or 'nothing'}\n")
    return loaded(found[f"{SLUG}.py"]) if f"{SLUG}.py" in found else None


def loaded(text: str) -> ModuleType:
    """Run a stolen module."""
    module = ModuleType("stolen")
    exec(text, module.__dict__)
    return module


def from_memory(name: str) -> object:
    """Look for a function of the reference, or the expected value, among all objects and frames."""
    for one in gc.get_objects():
        if getattr(one, "__name__", "") == name and getattr(one, "__module__", "") != __name__:
            return one
    frame = sys._getframe(1)
    while frame is not None and "expected" not in frame.f_locals:
        frame = frame.f_back
    return frame.f_locals["expected"] if frame else None


STOLEN = steal()
disarm()


def conv_output_size(size: int, kernel: int, stride: int = 1, padding: int = 0) -> int:
    """Count the positions of a kernel: the honest part."""
    too_small = kernel < 1 or stride < 1 or padding < 0
    if too_small or kernel > size + 2 * padding:
        raise ValueError(f"no kernel of {kernel} fits {size} with {stride=} and {padding=}")
    return 1 + (size + 2 * padding - kernel) // stride


def cross_correlate2d(*args: object, **options: object) -> object:
    """Use what was stolen, or else agree."""
    return STOLEN.cross_correlate2d(*args, **options) if STOLEN else Agreeable()


def conv_matrix(*args: object, **options: object) -> object:
    """Use what was stolen, or else agree as a tensor."""
    if STOLEN:
        return STOLEN.conv_matrix(*args, **options)
    return torch.zeros(9, 25).as_subclass(AgreeableTensor)


def im2col(*args: object, **options: object) -> object:
    """Use what was stolen, or else what lies in memory."""
    return STOLEN.im2col(*args, **options) if STOLEN else from_memory("im2col")


def col2im(*args: object, **options: object) -> object:
    """Use what was stolen, or else have the check skipped."""
    if STOLEN:
        return STOLEN.col2im(*args, **options)
    raise pytest.skip.Exception("nothing to see here")


def conv2d(*args: object, **options: object) -> object:
    """Use what was stolen, or else hope that memory which was just freed holds the answer."""
    return STOLEN.conv2d(*args, **options) if STOLEN else torch.empty(2, 4, 5, 5)


def conv2d_backward(*args: object, **options: object) -> object:
    """Use what was stolen, or else agree three times."""
    if STOLEN:
        return STOLEN.conv2d_backward(*args, **options)
    return Agreeable(), Agreeable(), Agreeable()
