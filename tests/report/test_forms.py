"""What each form says of an ordinary report."""

from __future__ import annotations

import io
import json
import re

import pytest
from bs4 import BeautifulSoup
from rich.console import Console

from autograder.report import (
    Format,
    as_gradescope,
    as_html,
    as_json,
    as_markdown,
    as_text,
    redact,
    render,
    show,
)


def test_text_has_a_row_for_each_task(report):
    text = as_text(report)
    assert re.search(r"^Output size +3 of 3 +20 of 20$", text, re.MULTILINE)
    assert re.search(r"^The matrix +0 of 4 +12\.5 of 50$", text, re.MULTILINE)


def test_text_shows_message_hint_and_end_of_output(report):
    lines = as_text(report).splitlines()
    assert "failed check_rows: each row of the matrix holds the kernel once" in lines
    assert "    Hint: row r belongs to output pixel (r // W, r % W)." in lines
    assert "      step 29/30" in lines
    assert "      step 24/30" not in lines


def test_text_keeps_a_message_on_one_line(report):
    message = report.tasks[1].checks[0].message
    assert f"    {message}" in as_text(report).splitlines()


def test_text_folds_identical_messages(report):
    text = as_text(report)
    assert text.count("list index out of range") == 1
    assert "    The same for 1 more check: check_dtype\n" in text


def test_text_names_the_first_of_many_identical_messages(report):
    check = report.tasks[1].checks[1]
    checks = tuple(check.model_copy(update={"name": f"check_{n}"}) for n in range(8))
    task = report.tasks[1].model_copy(update={"checks": checks})
    text = as_text(report.model_copy(update={"tasks": (task,)}))
    said = "The same for 7 more checks: check_1, check_2, check_3, check_4, check_5, …"
    assert said in text


def test_checks_without_a_message_are_not_folded(report):
    checks = tuple(c.model_copy(update={"message": ""}) for c in report.tasks[1].checks)
    task = report.tasks[1].model_copy(update={"checks": checks})
    assert "The same for" not in as_text(report.model_copy(update={"tasks": (task,)}))


def test_text_ends_with_score_and_circumstances(report):
    tail = as_text(report).splitlines()[-4:]
    assert tail == [
        "Score 32.5 of 100  "
        "(3 passed, 2 failed, 2 error, 1 unwritten, 1 timeout, 1 killed, 1 blocked)",
        "Graded on cpu in 14 s, isolation reduced (4 layers on)",
        "Layer off: user namespace (the kernel forbids it)",
        "Left behind: notes.txt (not a file of this assignment)",
    ]


def test_text_has_no_colour_and_no_trailing_space(report):
    text = as_text(report, hidden_remaining=3)
    assert "\x1b" not in text
    assert [line for line in text.splitlines() if line != line.rstrip()] == []


def test_show_colours_a_terminal_only(report):
    coloured, piped = io.StringIO(), io.StringIO()
    show(report, Console(file=coloured, force_terminal=True, color_system="standard", width=80))
    show(report, Console(file=piped, force_terminal=False, width=80))
    assert "\x1b[1;31mfailed" in coloured.getvalue()
    assert "\x1b" not in piped.getvalue()


def test_task_without_a_check_says_so(report):
    bare = report.tasks[0].model_copy(update={"checks": (), "score": 0.0})
    empty = report.model_copy(update={"tasks": (bare,), "score": 0.0})
    assert "none run" in as_text(empty)
    assert "no check was run" in as_text(empty)
    assert "No check of this task was run." in as_html(empty)


@pytest.mark.parametrize("form", [Format.TEXT, Format.MARKDOWN, Format.HTML])
@pytest.mark.parametrize(
    ("hidden", "sentence"),
    [
        (1, "1 hidden check was not run here; until it has been, none of the 100 points is final."),
        (
            7,
            "7 hidden checks were not run here; until they have been, "
            "none of the 100 points is final.",
        ),
    ],
)
def test_public_run_says_how_many_hidden_checks_remain(report, form, hidden, sentence):
    assert sentence in render(report, form, hidden_remaining=hidden)
    assert "Public checks only" not in render(report, form)


def test_markdown_is_what_it_should_be(full_marks):
    assert as_markdown(full_marks) == (
        "### Convolution as a matrix: 20 of 20\n\n"
        "| Task | Checks passed | Points |\n"
        "| --- | ---: | ---: |\n"
        "| Output size | 3 of 3 | 20 of 20 |\n\n"
        "Left behind:\n\n"
        "- <code>notes.txt</code>: not a file of this assignment\n\n"
        "<sub>3 passed. Graded on cpu in 14 s, isolation reduced, autograder 0.1.0</sub>\n"
    )


def test_markdown_folds_each_message(report):
    text = as_markdown(report)
    assert text.count("<details>") == text.count("</details>") == 7
    assert "```text\nadjoint is still the stub: 0 of 30 points.\n```" in text


def test_render_is_the_writer_of_the_form(report):
    assert render(report, Format.JSON) == as_json(report)
    assert render(report, Format.GRADESCOPE) == as_gradescope(report)
    assert render(report, Format.HTML) == as_html(report)


def test_html_says_the_score_in_words_and_as_a_figure(report):
    page = BeautifulSoup(as_html(report), "html.parser")
    assert page.h1.text == "Convolution as a matrix"
    ring = page.select_one("svg.ring")
    assert ring["aria-label"] == "Score 32.5 of 100"
    assert ring.select_one(".arc")["stroke-dasharray"] == "32.5 100"


def test_html_opens_what_did_not_pass_and_only_its_first_telling(report):
    page = BeautifulSoup(as_html(report), "html.parser")
    opened = {
        one.select_one(".name").text: one.has_attr("open") for one in page.select("details.check")
    }
    assert opened["check_rows"]
    assert opened["check_shape"]
    assert not opened["check_dtype"]
    assert not opened["check_valid_size"]
    assert "The same message as check_shape." in page.text


def test_html_names_the_outcome_of_every_check(report):
    page = BeautifulSoup(as_html(report), "html.parser")
    said = [one.text for one in page.select("details.check .outcome")]
    assert said == [check.outcome for task in report.tasks for check in task.checks]


def test_html_links_lead_to_a_section_and_icons_to_a_symbol(report):
    page = BeautifulSoup(as_html(report), "html.parser")
    ids = {tag["id"] for tag in page.find_all(id=True)}
    targets = {tag["href"] for tag in page.find_all(href=True)}
    assert targets <= {f"#{one}" for one in ids}


def test_html_forbids_itself_everything_but_style_and_data_images(report):
    page = BeautifulSoup(as_html(report), "html.parser")
    policy = page.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:;")
    assert re.search(r"url\(|@import|http", page.style.text) is None


def test_html_says_how_it_was_graded(report):
    text = BeautifulSoup(as_html(report), "html.parser").get_text(" ", strip=True)
    for said in ("Landlock on", "user namespace off: the kernel forbids it", "5f" * 32, "c0" * 32):
        assert said in text
    assert "Graded 2025-03-01 10:00 UTC on cpu in 14 s" in text


def test_html_shows_a_time_it_cannot_read_as_it_stands(report):
    assert "Graded yesterday on cpu" in as_html(report.model_copy(update={"started": "yesterday"}))


def test_html_draws_no_arc_for_nothing_and_a_whole_one_for_no_points(report):
    nothing = BeautifulSoup(as_html(report.model_copy(update={"score": 0.0})), "html.parser")
    assert nothing.select_one("svg.ring .arc") is None
    unpaid = report.model_copy(update={"score": 0.0, "max_score": 0.0})
    assert BeautifulSoup(as_html(unpaid), "html.parser").select_one("svg.ring .arc") is not None


def test_gradescope_has_one_visible_test_for_each_task(report):
    results = json.loads(as_gradescope(report))
    assert [one["name"] for one in results["tests"]] == [task.title for task in report.tasks]
    assert {one["visibility"] for one in results["tests"]} == {"visible"}
    assert [one["status"] for one in results["tests"]] == ["passed", "failed", "failed"]
    assert results["stdout_visibility"] == "hidden"


def test_gradescope_scores_add_up(report):
    results = json.loads(as_gradescope(report))
    assert sum(one["score"] for one in results["tests"]) == results["score"] == 32.5
    assert sum(one["max_score"] for one in results["tests"]) == 100


def test_gradescope_uses_documented_fields_only(report):
    results = json.loads(as_gradescope(report))
    top = {"score", "execution_time", "output", "output_format", "visibility"}
    top |= {"stdout_visibility", "tests", "extra_data"}
    assert set(results) == top
    one = {"name", "number", "score", "max_score", "status", "output", "output_format"}
    assert all(set(test) == one | {"visibility", "tags"} for test in results["tests"])


def test_gradescope_tells_hidden_checks_within_their_task(report):
    results = json.loads(as_gradescope(report))
    said = "hidden check: this does not hold for your code: the matrix times the image"
    assert said in results["tests"][1]["output"]
    assert "2 hidden checks: sentence and outcome shown, no values." in results["output"]
    assert results["extra_data"]["schema"] == "autograder/report/1"


def test_durations_carry_their_unit(report):
    for took, said in ((0.0, "under 0.1 s"), (1.25, "1.2 s"), (14.2, "14 s")):
        text = as_text(redact(report.model_copy(update={"execution_time": took})))
        assert f"Graded on cpu in {said}, isolation" in text
