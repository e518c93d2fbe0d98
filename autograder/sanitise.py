"""Make text that came from a submission safe to show: what cannot be printed is spelt out."""

from __future__ import annotations

import re

_LINE_END = re.compile(r"\r+\n?")
# Colours and cursor moves (CSI), titles and links (OSC). Possessive, so that no text is slow.
_TERMINAL_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*+[ -/]*+[@-~]|\][^\x00-\x1f]*+(?:\x07|\x1b\\))")


def sanitise(text: str, limit: int) -> str:
    r"""Return `text` without terminal sequences, the unprintable escaped, in `limit` characters.

    Newlines and tabs stay, a carriage return becomes a newline, and control characters, bidi
    marks, lone surrogates and whatever else has no picture become escapes such as `\x1b`.
    A second call with the same limit changes nothing.
    """
    plain = _TERMINAL_SEQUENCE.sub("", _LINE_END.sub("\n", text))
    shown = _escaped(plain, kept="\n\t")
    if len(shown) <= limit:
        return shown
    note = f"… (cut; {len(shown) - limit} more)"
    return shown[: max(limit - len(note), 0)] + note[:limit]


def safe_name(text: str, limit: int = 120) -> str:
    """Return `text` as one line of printable characters, cut to `limit` with an ellipsis."""
    shown = _escaped(text, kept="")
    return shown if len(shown) <= limit else shown[: max(limit - 1, 0)] + "…"[:limit]


def _escaped(text: str, kept: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if char in kept else _visible(char) for char in text)


def _visible(char: str) -> str:
    if char.isprintable():
        return char
    # Spaces of every width look alike; line and paragraph separators must not part a line.
    if char.isspace() and char > "\x9f" and char not in "\u2028\u2029":
        return " "
    return char.encode("unicode_escape").decode("ascii")
