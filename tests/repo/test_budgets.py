"""Files and functions are short; a longer one has its reason here."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator

FILE_LINES = 300
CHECK_FILE_LINES = 400
FUNCTION_LINES = 30
MEDIAN_LINES = 10

LONGER = {
    "autograder/grade.py: grade": "the straight path, from submission to report, in one piece",
}


def test_files_are_short(sources):
    lines = {file: text.count("\n") for file, text in sources.items()}
    assert [file for file, count in lines.items() if count > allowed(file)] == []


def test_functions_are_short(sources):
    longer = {name for name, count in functions(sources) if count > FUNCTION_LINES}
    assert longer - LONGER.keys() == set()


def test_a_reason_is_not_kept_for_a_function_that_is_short_by_now(sources):
    lengths = dict(functions(sources))
    assert [name for name in LONGER if lengths.get(name, 0) <= FUNCTION_LINES] == []


def test_half_of_the_functions_fit_ten_lines(sources):
    assert statistics.median(count for _, count in functions(sources)) <= MEDIAN_LINES


def test_a_seeded_long_function_is_counted_without_its_docstring():
    body = "    x = 1\n" * 40
    text = f'def long():\n    """Say.\n\n    More.\n    """\n{body}'
    assert list(functions({"one.py": text})) == [("one.py: long", 41)]


def allowed(file: str) -> int:
    return CHECK_FILE_LINES if file.startswith("autograder/checks/") else FILE_LINES


def functions(files: dict[str, str]) -> Iterator[tuple[str, int]]:
    """Yield each function with its lines, decorators and docstring left out."""
    for file, text in files.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = node.end_lineno - node.lineno + 1
                if ast.get_docstring(node):
                    lines -= node.body[0].end_lineno - node.body[0].lineno + 1
                yield f"{file}: {node.name}", lines
