"""What a student reads of a hidden check: its sentence and outcome, no value of it."""

from __future__ import annotations

import pytest

from autograder.model import Outcome, Visibility
from autograder.report import Format, as_gradescope, redact, render

SECRET = "weights[3, 1] is 0.8117, should be 0.2741 <seed 90210>"


def _hide(report, **fields):
    """Return the report with every check hidden and changed."""
    tasks = tuple(
        task.model_copy(
            update={
                "checks": tuple(
                    check.model_copy(update={"visibility": Visibility.HIDDEN, **fields})
                    for check in task.checks
                )
            }
        )
        for task in report.tasks
    )
    return report.model_copy(update={"tasks": tasks})


def _first(report, outcome):
    return redact(_hide(report, outcome=outcome, message=SECRET)).tasks[0].checks[0]


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("form", Format)
def test_no_form_holds_a_piece_of_a_hidden_message_or_output(report, outcome, form):
    text = render(redact(_hide(report, outcome=outcome, message=SECRET, output=SECRET)), form)
    pieces = {SECRET[start : start + 7] for start in range(len(SECRET) - 6)}
    assert [piece for piece in pieces if piece in text] == []


def test_gradescope_is_redacted_without_being_asked(report):
    text = as_gradescope(_hide(report, outcome=Outcome.FAILED, message=SECRET, output=SECRET))
    assert "0.8117" not in text
    assert "90210" not in text


@pytest.mark.parametrize(
    ("outcome", "sentence"),
    [
        (Outcome.PASSED, ""),
        (
            Outcome.FAILED,
            "hidden check: this does not hold for your code: a valid output is H - k + 1.",
        ),
        (
            Outcome.ERROR,
            "hidden check: your code raised an exception; try shapes and values of your own.",
        ),
        (Outcome.UNWRITTEN, "hidden check: what it calls is still the stub."),
        (Outcome.TIMEOUT, "hidden check: your code was stopped at its time limit."),
        (
            Outcome.KILLED,
            "hidden check: your code ended its process, "
            "or used memory or a system call beyond its limits.",
        ),
        (Outcome.BLOCKED, "hidden check: not run, because a check it needs did not pass."),
    ],
)
def test_each_outcome_has_its_sentence(report, outcome, sentence):
    assert _first(report, outcome).message == sentence


def test_sentence_ends_in_one_full_stop(report):
    hidden = _hide(report, outcome=Outcome.FAILED, description="rows sum to one.")
    assert redact(hidden).tasks[0].checks[0].message.endswith("your code: rows sum to one.")


def test_name_description_hint_outcome_and_points_stay(report):
    hidden = _hide(report, outcome=Outcome.FAILED, hint="sum over time.")
    before, after = hidden.tasks[1].checks[0], redact(hidden).tasks[1].checks[0]
    kept = ("name", "description", "hint", "outcome", "share", "execution_time")
    assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]


def test_visible_checks_stay_as_they_are(report):
    visible = report.tasks[1].checks[0]
    assert redact(report).tasks[1].checks[0] == visible


def test_redacting_twice_changes_nothing_more(report):
    assert redact(redact(report)) == redact(report)


def test_message_that_a_public_check_shows_as_well_stays(report):
    public, hidden = report.tasks[1].checks[1], report.tasks[1].checks[3]
    same = hidden.model_copy(update={"outcome": Outcome.ERROR, "message": public.message})
    redacted = redact(_with_checks(report, public, same)).tasks[1].checks[1]
    assert redacted.message == public.message
    assert redacted.output == ""


def test_hidden_check_without_a_message_gets_a_sentence_beside_a_passed_one(report):
    passed, hidden = report.tasks[0].checks[0], report.tasks[1].checks[3]
    silent = hidden.model_copy(update={"message": ""})
    redacted = redact(_with_checks(report, passed, silent)).tasks[1].checks[1]
    assert redacted.message.startswith("hidden check: this does not hold")


def _with_checks(report, *checks):
    task = report.tasks[1].model_copy(update={"checks": checks})
    return report.model_copy(update={"tasks": (report.tasks[0], task)})
