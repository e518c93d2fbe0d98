"""What a folder or a zip holds by name: where the wanted files lie, and what is left behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from autograder.errors import SubmissionError
from autograder.model import LeftBehind
from autograder.names import nearest
from autograder.sanitise import safe_name

MAX_ENTRIES = 10_000
_MOST_LISTED = 200
_MOST_FOUND = 5
# The second is what editors and browsers make of the first.
_SOURCE_ENDINGS = (".py", ".py.txt")


class Kind(StrEnum):
    """What an entry is, in the words of a message."""

    FILE = "a file"
    FOLDER = "a folder"
    LINK = "a link"
    SPECIAL = "a device, pipe or socket"


@dataclass(frozen=True)
class Inventory:
    """The entries of a submission by their path from its top, with `/` between the parts."""

    where: str
    kinds: dict[str, Kind]
    complete: bool = True


def is_ours(folder: str) -> bool:
    """Tell whether a folder may be the student's: not hidden, and no cache or macOS shadow."""
    return not folder.startswith((".", "__"))


def pick(inventory: Inventory, wanted: tuple[str, ...]) -> dict[str, str]:
    """Return where each wanted file lies: all at the top, or all in one and the same folder."""
    base = _base(inventory, wanted)
    places = {name: base + name for name in wanted}
    for name, place in places.items():
        kind = inventory.kinds.get(place)
        if kind is None:
            raise SubmissionError(_missing(inventory, base, name))
        if kind is not Kind.FILE:
            raise SubmissionError(
                f"{inventory.where}/{safe_name(place)}: is {kind}, but should be a file itself."
            )
    return places


def left_behind(inventory: Inventory, places: dict[str, str]) -> tuple[LeftBehind, ...]:
    """Return what is not taken along, each with its reason; a long list is cut and says so."""
    looked_into = {name.rpartition("/")[0] for name in inventory.kinds}
    skipped = looked_into | set(places.values())
    names = [name for name in sorted(inventory.kinds) if name not in skipped]
    listed = [
        LeftBehind(name=safe_name(name), reason=_reason(name, inventory.kinds[name], places))
        for name in names[:_MOST_LISTED]
    ]
    return (*listed, *_more(len(names) - len(listed), inventory.complete))


def _base(inventory: Inventory, wanted: tuple[str, ...]) -> str:
    present = [name for name, kind in inventory.kinds.items() if kind is not Kind.FOLDER]
    if any(name in wanted for name in present):
        return ""
    folders = sorted(set(_folders_with(wanted, present)))
    if len(folders) > 1:
        shown = " and in ".join(f"{safe_name(folder)}/" for folder in folders[:2])
        raise SubmissionError(
            f"{inventory.where}: {wanted[0]} lies in {shown}, but should be there once. "
            "Hint: hand in the folder that is meant."
        )
    return f"{folders[0]}/" if folders else ""


def _folders_with(wanted: tuple[str, ...], present: Iterable[str]) -> Iterator[str]:
    for name in present:
        folder, _, rest = name.partition("/")
        if rest in wanted and is_ours(folder):
            yield folder


def _missing(inventory: Inventory, base: str, name: str) -> str:
    if not inventory.kinds:
        return f"{inventory.where}: is empty, but should hold {name}."
    files = sorted(one for one, kind in inventory.kinds.items() if kind is not Kind.FOLDER)
    found = files or sorted(inventory.kinds)
    shown = ", ".join(safe_name(one) for one in found[:_MOST_FOUND])
    more = f" and {len(found) - _MOST_FOUND} more" if len(found) > _MOST_FOUND else ""
    wish = safe_name(base + name)
    return f"{inventory.where}: holds {shown}{more}, but should hold {wish}.{_hint(files, wish)}"


def _hint(files: Iterable[str], wish: str) -> str:
    sources = {}
    for place in files:
        if place.lower().endswith(_SOURCE_ENDINGS):
            sources[place.rpartition("/")[2]] = place
    name = wish.rpartition("/")[2]
    if name in sources:
        return f" Hint: move {safe_name(sources[name])} to {wish}."
    close = nearest(name, sources)
    return f" Hint: rename {safe_name(sources[close])} to {wish}." if close else ""


def _reason(name: str, kind: Kind, places: dict[str, str]) -> str:
    if kind is not Kind.FILE:
        return f"is {kind}"
    taken = places.get(name.rpartition("/")[2])
    return f"a second one; {safe_name(taken)} was taken" if taken else "not part of the assignment"


def _more(count: int, complete: bool) -> Iterator[LeftBehind]:
    if count > 0 or not complete:
        number = f"{count} more" if complete else "more"
        yield LeftBehind(name=f"and {number}", reason="only the first are listed")
