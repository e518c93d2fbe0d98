"""Imports a submission from its text, under fixed names, from no folder at all."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.util
import sys
import traceback
from collections.abc import Mapping, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType, TracebackType

from autograder.sandbox.messages import Frame

_MAX_FRAMES = 16
_MAX_LINE = 200


class Sources(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Finds and loads the modules of one submission, and knows which lines are the student's."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._texts = {name.removesuffix(".py"): text for name, text in files.items()}

    def load(self, name: str) -> ModuleType:
        """Import the module called `name` of this submission."""
        sys.meta_path.insert(0, self)
        return importlib.import_module(name)

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Answer for the submission's own modules only."""
        if fullname not in self._texts:
            return None
        spec = importlib.util.spec_from_loader(fullname, self, origin=f"{fullname}.py")
        if spec is not None:
            spec.has_location = True
        return spec

    def get_source(self, fullname: str) -> str:
        """Return a module's text, for tracebacks and `inspect`."""
        return self._texts[fullname]

    def exec_module(self, module: ModuleType) -> None:
        """Compile and run a module under its file name."""
        code = compile(self._texts[module.__name__], f"{module.__name__}.py", "exec")
        exec(code, module.__dict__)

    def frames(self, trace: TracebackType | None) -> tuple[Frame, ...]:
        """Return the lines of the submission that an exception passed through."""
        codes = ((frame.f_code, line) for frame, line in traceback.walk_tb(trace))
        return tuple(
            Frame(line, code.co_name[:_MAX_LINE], self._line(code.co_filename, line))
            for code, line in codes
            if code.co_filename.removesuffix(".py") in self._texts
        )[-_MAX_FRAMES:]

    def _line(self, file: str, number: int) -> str:
        lines = self._texts[file.removesuffix(".py")].splitlines()
        return lines[number - 1].strip()[:_MAX_LINE] if 0 < number <= len(lines) else ""

    def syntax_frame(self, error: SyntaxError) -> tuple[Frame, ...]:
        """Return the line at which a module of the submission does not parse."""
        file, number = error.filename or "", error.lineno or 0
        if file.removesuffix(".py") not in self._texts:
            return ()
        return (Frame(number, "<module>", self._line(file, number)),)
