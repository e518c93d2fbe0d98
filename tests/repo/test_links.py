"""Links in the pages lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

NO_PATHS = {"autograder/report/1"}  # the name of a schema
_FENCED = re.compile(r"^ *```.*?^ *```", flags=re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_FOLDERS = ("assignments", "autograder", "datasets", "docs", "examples", "solutions", "tests")
_PATH = re.compile(rf"`((?:{'|'.join(_FOLDERS)})/[\w./-]*)`")
_HEADING = re.compile(r"^#+ +(.+)$", flags=re.MULTILINE)


def test_links_lead_to_files_and_headings_that_are_there(root, pages):
    assert [
        f"{page}: {link}" for page, text in pages.items() for link in dead(root, page, text)
    ] == []


def test_paths_that_pages_name_are_there(pages, tracked):
    named = {path for text in pages.values() for path in _PATH.findall(text)} - NO_PATHS
    files = [f"{path.as_posix()}/" for path in tracked]
    dangling = [
        path
        for path in sorted(named)
        if not any(file.startswith(path.rstrip("/") + "/") for file in files)
    ]
    assert dangling == []


@pytest.mark.parametrize(
    ("link", "is_dead"),
    [("two.md", False), ("two.md#a-b", False), ("#one", False), ("no.md", True), ("#two", True)],
)
def test_a_seeded_dead_link_is_found(tmp_path, link, is_dead):
    (tmp_path / "two.md").write_text("# A `b`\n", encoding="utf-8")
    text = f"# One\n[here]({link})"
    (tmp_path / "one.md").write_text(text, encoding="utf-8")
    assert list(dead(tmp_path, Path("one.md"), text)) == ([link] if is_dead else [])


def dead(root: Path, page: Path, text: str) -> Iterator[str]:
    for link in _LINK.findall(_FENCED.sub("", text)):
        if link.startswith(("http://", "https://")):
            continue  # which hosts may be named is the business of test_tracked
        name, _, heading = link.partition("#")
        target = (root / page).parent / name if name else root / page
        if not target.exists() or (heading and heading not in headings(target)):
            yield link


def headings(page: Path) -> set[str]:
    found = _HEADING.findall(_FENCED.sub("", page.read_text("utf-8")))
    return {re.sub(r"[^\w\- ]", "", one.lower()).strip().replace(" ", "-") for one in found}
