"""Habits of the engine that no linter looks for."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

UNWANTED_NAMES = {"base", "common", "helper", "helpers", "misc", "util", "utils"}
STUB_COMMENT = re.compile(r"# TODO: write this (function|part)")
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX)\b")
# What writes the comment into a stub, or reads it there, has to spell it.
SPELL_IT = (
    "autograder/release/stub.py",
    "tests/release/",
    "tests/proofs/",
    f"tests/repo/{Path(__file__).name}",
)


def test_every_file_opens_with_a_docstring(sources):
    silent = [file for file, text in sources.items() if not ast.get_docstring(ast.parse(text))]
    assert silent == []


def test_only_the_command_line_prints(sources):
    prints = [
        f"{file}:{node.lineno}"
        for file, text in sources.items()
        for node in ast.walk(ast.parse(text))
        if file != "autograder/cli.py" and isinstance(node, ast.Name) and node.id == "print"
    ]
    assert prints == []


def test_the_engine_validates_without_assert(sources):
    found = [
        f"{file}:{node.lineno}"
        for file, text in sources.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Assert)
    ]
    assert found == []


def test_public_names_are_listed_in_order(sources):
    lists = {file: exported(text) for file, text in sources.items()}
    assert [file for file, names in lists.items() if names != sorted(set(names))] == []


def test_no_file_is_named_for_nothing(sources):
    names = {file: file.removesuffix(".py").rpartition("/")[2] for file in sources}
    assert [file for file, name in names.items() if name in UNWANTED_NAMES] == []


def test_nothing_is_left_for_later(root, tracked):
    assert list(unfinished(root, tracked)) == []


def test_a_seeded_note_for_later_is_found(tmp_path):
    (tmp_path / "one.py").write_text(f"x = 1  # {'TO' + 'DO'}: think\n", encoding="utf-8")
    assert list(unfinished(tmp_path, ["one.py"])) == ["one.py:1"]


def exported(text: str) -> list[str]:
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return ast.literal_eval(node.value)
    return []


def unfinished(root: Path, files: Iterable[Path | str]) -> Iterator[str]:
    """Yield the lines that put something off; the comment of a generated stub is not one."""
    for file in map(str, files):
        if not file.endswith((".py", ".yml", ".toml", "Makefile")) or file.startswith(SPELL_IT):
            continue
        for number, line in enumerate((root / file).read_text("utf-8").splitlines(), 1):
            if UNFINISHED.search(STUB_COMMENT.sub("", line)):
                yield f"{file}:{number}"
