"""`check` on a module that is half done: what is missing is named, what is done is credited."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STUB = ROOT / "assignments" / "fgsm" / "fgsm.py"
REFERENCE = ROOT / "solutions" / "fgsm" / "fgsm.py"
UNWRITTEN = ("pgd", "fooling_image", "one_pixel_attack")


def functions(path):
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    return {
        node.name: "\n".join(lines[node.lineno - 1 : node.end_lineno])
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef)
    }


@pytest.fixture(scope="module")
def half_done(tmp_path_factory):
    """The reference with three functions still stubs, and the name of one misspelt."""
    text, stubs, written = REFERENCE.read_text("utf-8"), functions(STUB), functions(REFERENCE)
    for name in UNWRITTEN:
        text = text.replace(written[name], stubs[name])
    text = text.replace("def accuracy_under_attack(", "def accuracy_under_atack(")
    folder = tmp_path_factory.mktemp("half")
    (folder / "fgsm.py").write_text(text, encoding="utf-8")
    return folder


def test_what_is_missing_is_named_and_what_is_done_is_credited(autograder, half_done):
    ran = autograder("check", "fgsm", half_done, cwd=ROOT)
    assert ran.code == 1
    for name in UNWRITTEN:
        assert f"    {name} is still the stub" in ran.out.splitlines()
    assert (
        "fgsm.py: has no accuracy_under_attack, but should define it; "
        "is accuracy_under_atack meant to be accuracy_under_attack?"
    ) in ran.out
    rows = {line[:30].strip(): line.split()[-3:] for line in ran.out.splitlines() if " of " in line}
    assert rows["One step, FGSM"] == ["20", "of", "20"]
    assert rows["Noise as a control"] == ["10", "of", "10"]
    assert rows["Many steps, PGD"] == ["0", "of", "20"]
    assert rows["Accuracy under attack"] == ["0", "of", "10"]
