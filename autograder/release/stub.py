"""Turn a reference into the stub that a student fills in, and prove it."""

from __future__ import annotations

from pathlib import Path

from autograder.release.kept import prove
from autograder.release.reference import split
from autograder.release.regions import Region, find

_LINE_LENGTH = 100


def make(source: str, path: Path | str) -> str:
    """Return the stub of a reference, everything outside regions kept byte for byte.

    A region in a function becomes a comment and a `NotImplementedError` that names file and
    function; any other region vanishes. `ReleaseError` where that is not possible.
    """
    regions = find(source, path)
    lines = list(split(source))
    for region in reversed(regions):
        if region.in_function:
            lines[region.begin - 1 : region.end] = _unwritten(region, path, _newline(lines, region))
        else:
            _remove(lines, region)
    stub = "".join(lines)
    prove(source, stub, regions, path)
    return stub


def _unwritten(region: Region, path: Path | str, newline: str) -> list[str]:
    part = "function" if region.whole_body else "part"
    message = f'"{Path(path).name}: {region.owner} is not written yet"'
    raising = [f"raise NotImplementedError({message})"]
    if len(region.indent) + len(raising[0]) > _LINE_LENGTH:
        raising = ["raise NotImplementedError(", f"    {message}", ")"]
    wanted = [f"# TODO: write this {part}", *raising]
    return [f"{region.indent}{line}{newline}" for line in wanted]


def _newline(lines: list[str], region: Region) -> str:
    return "\r\n" if lines[region.begin - 1].endswith("\r\n") else "\n"


def _remove(lines: list[str], region: Region) -> None:
    start, stop = region.begin - 1, region.end
    above, below = start, stop
    while above > 0 and not lines[above - 1].strip():
        above -= 1
    while below < len(lines) and not lines[below].strip():
        below += 1
    blank = max(lines[above:start], lines[stop:below], key=len)
    if region.opens_block or below == len(lines):
        blank = lines[above:start] if below < len(lines) else []
    lines[above:below] = blank
