"""The assertion that a call refuses its input."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from autograder.kit.call import Call
from autograder.kit.remote import StudentError
from autograder.kit.shown import escaped

__tracebackhide__ = True  # bare pytest then points into the check


@contextmanager
def raises(exception_type: type[Exception], call: Call, *, hint: str = "") -> Iterator[None]:
    """Fail unless the body raises `exception_type`, here or in the worker.

    A stub's `NotImplementedError` and the project's own exceptions (a failed assertion of the
    body, a worker that died) pass through.
    """
    should = exception_type.__name__
    try:
        yield
    except Exception as error:
        names = _names(error)
        if "NotImplementedError" in names or _is_ours(error):
            raise
        if should in names:
            return
        sentence = f"raised {escaped(names[0])}{_text(error)}, but should raise {should}"
        raise call.failed(sentence, hint) from error
    raise call.failed(f"raised nothing, but should raise {should}", hint)


def _names(error: Exception) -> tuple[str, ...]:
    if isinstance(error, StudentError):
        return (error.type_name, *error.bases)
    return tuple(cls.__name__ for cls in type(error).__mro__)


def _is_ours(error: Exception) -> bool:
    modules = [cls.__module__ for cls in type(error).__mro__]
    ours = any(module.startswith("autograder.") for module in modules)
    return ours and not isinstance(error, StudentError)


def _text(error: Exception) -> str:
    if isinstance(error, StudentError):
        return f' ("{escaped(error.text)}")'
    return ""
