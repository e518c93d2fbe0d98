"""Whatever text a submission brings, each form stays well formed and does nothing but show it."""

from __future__ import annotations

import json
import re

import pytest
from bs4 import BeautifulSoup
from markdown_it import MarkdownIt
from rich.console import Console

from autograder.report import (
    Format,
    as_gradescope,
    as_html,
    as_json,
    as_markdown,
    as_text,
    parse,
    render,
    show,
)

NASTY = {
    "ansi": "\x1b[31mred\x1b[2J\x1b[1A gone",
    "osc": "\x1b]0;title\x07 \x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\",
    "c1": "\x9b31m \x85 next",
    "html": "</pre></details><h1 onclick=alert(1)>x</h1><img src=x onerror=alert(1)>",
    "script": "</style></title><script>alert(1)</script><svg onload=alert(1)>",
    "attribute": "\" autofocus onfocus='alert(1)' style='color:red' href=\"javascript:alert(1)",
    "template": "{{ 7 * 7 }}{% include 'x' %}${7*7}",
    "comment": "<!-- --> <!--[if IE]> ]]> <?xml?> <!DOCTYPE x [<!ENTITY a 'b'>]> &lt;b&gt;",
    "image": "![x](http://evil.example/a.png) [y](javascript:alert(1)) <http://evil.example>",
    "mention": "@octocat see org/repo#12 and #34, www.evil.example http://evil.example a@b.co",
    "fence": "x\n```\n</details>\n# heading\n~~~\n````text\n| a | b |\n",
    "emphasis": "*a* _b_ **c** ~~d~~ `e` | f | \\ [^1] \n- item\n> quote",
    "command": "x\n::error file=a::boo\n  ::set-env name=a::b\r::warning::w ##[error]c ##vso[d]e",
    "formula": "=cmd|' /C calc'!A0\n+1\n-1\n@SUM(1)",
    "bidi": "a\u202eb\u2066c\u200f\u061c",
    "invisible": "a\u200bb\ufeff\u2028c\u2029d\u00ad",
    "nul": "a\x00b\x07\x08\x7f",
    "surrogate": "a\ud800b\udfff",
    "markup": "[bold red]x[/] [link=http://evil.example]y[/link] [/nothing] :smile:",
    "blank": " \n\t\n ",
    "long": "<b>" + "x" * 5_000,
    "lines": "::error::x\n" * 500,
}
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]")


@pytest.fixture(params=sorted(NASTY))
def nasty(request, with_text):
    return with_text(NASTY[request.param])


@pytest.mark.parametrize("form", Format)
def test_no_form_holds_a_control_character_and_all_encode(nasty, form):
    text = render(nasty, form, hidden_remaining=2)
    assert CONTROL.search(text) is None
    assert text.encode("utf-8")


def test_html_holds_no_active_element_and_only_png_images(nasty):
    page = BeautifulSoup(as_html(nasty), "html.parser")
    active = "script iframe object embed link base form input button a:not([href^='#task-'])"
    assert page.select(",".join(active.split(" "))) == []
    assert [image["src"].split(",")[0] for image in page("img")] == ["data:image/png;base64"]


def test_html_holds_only_attributes_of_the_template(nasty, report):
    def attributes(source):
        tags = BeautifulSoup(as_html(source), "html.parser").find_all(True)
        return {(tag.name, name) for tag in tags for name in tag.attrs}

    assert attributes(nasty) <= attributes(report)


def test_html_has_the_sections_of_the_template(nasty, report):
    def headings(source):
        return len(BeautifulSoup(as_html(source), "html.parser")(["h1", "h2"]))

    assert headings(nasty) == headings(report)


@pytest.mark.parametrize("name", ["html", "script", "attribute", "template"])
def test_html_shows_the_text_as_it_is(with_text, name):
    page = BeautifulSoup(as_html(with_text(NASTY[name])), "html.parser")
    assert page.select_one("pre.message").text == NASTY[name]


def test_markdown_holds_no_element_but_its_own(nasty):
    page = _rendered(as_markdown(nasty))
    own = "h3 p table thead tbody tr th td details summary b code pre sub ul li"
    assert {tag.name for tag in page.find_all(True)} <= set(own.split())
    assert len(page("table")) == len(page("h3")) == 1
    assert len(page("details")) == len(page("summary"))


def test_markdown_mentions_and_links_nothing_outside_code(nasty):
    page = _rendered(as_markdown(nasty))
    for code in page(["pre", "code"]):
        code.extract()
    assert re.search(r"@\w|#\d|://|www\.", page.get_text()) is None


def test_markdown_fits_a_comment(nasty):
    assert len(as_markdown(nasty)) < 65_536


@pytest.mark.parametrize("form", Format)
def test_a_megabyte_is_cut(report, form):
    text = "<b>" + "x" * 1_000_000
    check = report.tasks[1].checks[0].model_copy(update={"message": text, "output": text})
    task = report.tasks[1].model_copy(update={"checks": (check,)})
    written = render(report.model_copy(update={"tasks": (task,)}), form)
    assert len(written) < 150_000
    assert " more)" in written


def test_markdown_counts_the_messages_that_do_not_fit(report):
    tasks = tuple(
        task.model_copy(
            update={
                "checks": tuple(
                    check.model_copy(
                        update={"name": f"check_{number}", "message": f"{number} " * 900}
                    )
                    for number in range(10, 40)
                    for check in task.checks[:1]
                )
            }
        )
        for task in report.tasks[1:2]
    )
    text = as_markdown(report.model_copy(update={"tasks": tasks}))
    shown = text.count("<details>")
    assert 0 < shown < 30
    assert f"{30 - shown} further messages left out for length" in text


@pytest.mark.parametrize("form", [Format.TEXT, Format.MARKDOWN])
def test_no_line_is_a_command_to_a_ci_runner(nasty, form):
    lines = render(nasty, form).splitlines()
    assert [line for line in lines if line.lstrip().startswith("::")] == []
    assert [line for line in lines if "##[" in line or "##vso[" in line] == []


@pytest.mark.parametrize("write", [as_json, as_gradescope])
def test_json_forms_parse_and_hold_no_command(nasty, write):
    text = write(nasty)
    assert isinstance(json.loads(text), dict)
    assert "##" not in text
    assert [line for line in text.splitlines() if line.lstrip().startswith("::")] == []


def test_json_reads_back_as_what_was_written(nasty):
    text = as_json(nasty)
    assert as_json(parse(text)) == text


def test_terminal_writes_only_its_own_colours(nasty):
    console = Console(
        force_terminal=True, color_system="standard", width=80, record=True, quiet=True
    )
    show(nasty, console)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", console.export_text(styles=True))
    assert CONTROL.search(plain) is None


def test_terminal_reads_no_markup(with_text):
    assert NASTY["markup"] in as_text(with_text(NASTY["markup"]))


def _rendered(markdown: str) -> BeautifulSoup:
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    return BeautifulSoup(parser.render(markdown), "html.parser")
