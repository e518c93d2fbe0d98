"""`release`, `verify` and `doctor` as commands."""

from __future__ import annotations

import shutil

import pytest

from .conftest import TESTS

LAYERS = ("clean-birth", "limits", "no-new-privileges", "landlock", "syscall-filter")


def test_release_writes_and_then_compares(autograder, root):
    missing = autograder("release", "--check")
    assert missing.code == 1
    assert missing.out.splitlines() == [
        "assignments/toy/toy.py: is missing, but should be there [autograder release].",
        "assignments/toy/README.md: is missing, but should be there [autograder release].",
    ]
    assert not (root / "assignments").exists()

    written = autograder("release")
    assert (written.code, written.err) == (0, "")
    assert written.out == "wrote assignments/toy/toy.py\nwrote assignments/toy/README.md\n"
    assert "raise NotImplementedError" in (root / "assignments/toy/toy.py").read_text()

    assert autograder("release", "toy") == (0, "", "")
    assert autograder("release", "--check") == (0, "", "")


def test_release_in_the_folder_of_an_assignment(autograder, root):
    ran = autograder("release", cwd=root / "solutions" / "toy")
    assert ran.code == 0
    assert "wrote assignments/toy/toy.py" in ran.out


def test_release_check_names_the_line_that_differs(autograder, root):
    autograder("release")
    stub = root / "assignments/toy/toy.py"
    stub.write_text(stub.read_text().replace("import torch", "import numpy"))
    ran = autograder("release", "toy", "--check")
    assert ran.code == 1
    assert 'reads "import numpy", but should read "import torch"' in ran.out


def test_release_refuses_a_broken_reference(autograder, root):
    reference = root / "solutions/toy/toy.py"
    reference.write_text(reference.read_text().replace("# END SOLUTION", "", 1))
    ran = autograder("release")
    assert (ran.code, ran.out) == (2, "")
    assert "solutions/toy/toy.py:" in ran.err
    assert "Nothing was written." in ran.err
    assert not (root / "assignments").exists()


@pytest.mark.parametrize("verb", ["release", "verify"])
def test_the_nearest_name_is_suggested(autograder, verb):
    ran = autograder(verb, "tyo")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == 'tyo: is no assignment, but should be "toy".\n'


def test_verify_prints_a_line_for_each_proof_and_fails_with_one(autograder, root):
    ran = autograder("verify")
    lines = ran.out.splitlines()
    assert ran.code == 1
    assert any("reference earns everything" in line for line in lines)
    assert any("is what release writes" in line and "missing" in line for line in lines)


@pytest.mark.slow
def test_verify_of_a_course_that_is_whole(autograder, tmp_path):
    whole = shutil.copytree(TESTS / "proofs" / "course", tmp_path / "whole")
    ran = autograder("verify", cwd=whole)
    assert (ran.code, ran.err) == (0, "")


def test_doctor_examines_every_layer(autograder):
    ran = autograder("doctor")
    assert (ran.code, ran.err) == (0, "")
    for word in ("Python", "torch", "device", "tier full", "tier reduced", *LAYERS):
        assert word in ran.out
    assert "a submission cannot start a process" in ran.out
    assert "isolation here: " in ran.out
