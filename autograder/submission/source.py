"""Tell whether bytes are Python source that every later reader understands in the same way."""

from __future__ import annotations

import codecs
import re

from autograder.errors import SubmissionError
from autograder.sanitise import safe_name

# The spelling of PEP 263; only the first two lines count, the second only after a blank or comment.
_COOKIE = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.ASCII)
_BLANK = re.compile(rb"[ \t\f]*(?:#.*)?\Z", re.DOTALL)
_LINE_END = re.compile(rb"\r\n|\r|\n")
# ASCII is the part of UTF-8 that all agree on, so its name is as good.
_UTF8 = frozenset({"utf-8", "utf8", "utf-8-sig", "ascii", "us-ascii"})
_HINT = "Hint: let your editor save it as UTF-8."


def require_source(where: str, data: bytes) -> None:
    """Refuse what is not UTF-8 text or says it is another encoding; syntax is not looked at."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        place = _place(where, data, error.start)
        raise SubmissionError(
            f"{place} is 0x{data[error.start]:02x} there, but should be UTF-8. {_HINT}"
        ) from error
    if (offset := data.find(b"\0")) >= 0:
        raise SubmissionError(
            f"{_place(where, data, offset)} is NUL, but source should be text without it. {_HINT}"
        )
    _check_cookie(where, data.removeprefix(codecs.BOM_UTF8))


def _place(where: str, data: bytes, offset: int) -> str:
    line = 1 + len(_LINE_END.findall(data, 0, offset))
    return f"{where}:{line}: byte {offset} of the file"


def _check_cookie(where: str, text: bytes) -> None:
    for number, line in enumerate(_LINE_END.split(text, maxsplit=2)[:2], start=1):
        if found := _COOKIE.match(line):
            _check_name(f"{where}:{number}", found[1].decode("ascii"))
            return
        if not _BLANK.match(line):
            return


def _check_name(place: str, name: str) -> None:
    if name.lower().replace("_", "-") not in _UTF8:
        raise SubmissionError(
            f"{place}: the coding is {safe_name(name)}, but should be utf-8. "
            "Hint: save the file as UTF-8 and delete this comment."
        )
