"""What becomes of one proof: a line, whatever the complaints are."""

from __future__ import annotations

import pytest
from rich.text import Text

from autograder.errors import ConfigError, GraderFault
from autograder.proofs import Proof, line
from autograder.proofs.proof import fault_sentence, prove


def test_a_proof_without_complaints_holds():
    proof = prove("toy", "two is even", list)
    assert (proof.slug, proof.name, proof.holds, proof.detail) == ("toy", "two is even", True, "")
    assert proof.seconds >= 0


def test_complaints_are_told_in_one_line_and_the_rest_counted():
    proof = prove("toy", "all are even", lambda: [f"{n} is\nodd." for n in (1, 3, 5, 7, 9)])
    assert not proof.holds
    assert proof.detail == "1 is odd. 3 is odd. 5 is odd. (and 2 more)"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (GraderFault("the disk is full"), "the grader failed: the disk is full"),
        (ConfigError("grading.yml:3: is odd.\ngrading.yml:4: too."), "grading.yml:3: is odd. grad"),
    ],
)
def test_an_error_of_ours_fails_the_proof_that_meets_it(error, sentence):
    def complaints():
        yield "1 is odd."
        raise error

    proof = prove("toy", "all are even", complaints)
    assert not proof.holds
    assert proof.detail.startswith(f"1 is odd. {sentence}")


def test_a_bug_is_no_failed_proof():
    with pytest.raises(ZeroDivisionError):
        prove("toy", "all are even", lambda: [str(1 // 0)])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "check_a: the check raised KeyError: 'x'\n  File ...",
            "check_a: the check raised KeyError: 'x'",
        ),
        ("Traceback (most recent call last):\n  File ...\nKeyError: 'x'\n", "KeyError: 'x'"),
    ],
)
def test_a_fault_is_told_without_its_traceback(text, sentence):
    assert fault_sentence(GraderFault(text)) == f"the grader failed: {sentence}"


@pytest.mark.parametrize(
    ("proof", "plain"),
    [
        (Proof("toy", "two is even", holds=True), "ok   toy  two is even"),
        (
            Proof("toy", "all are even", holds=False, detail="1 is [odd], but should be 2."),
            "FAIL toy  all are even: 1 is [odd], but should be 2.",
        ),
    ],
)
def test_a_line_is_plain_text_with_a_coloured_word(proof, plain):
    told = line(proof)
    assert isinstance(told, Text)
    assert told.plain == plain
    assert [span.start for span in told.spans] == [0]
