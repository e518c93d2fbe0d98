"""Reports with their figures, opened in a browser at the width of a telephone and of a desk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

from autograder import config
from autograder.grade import Desk, Manner, allowed_tiers, grade
from autograder.layout import PACKAGE_ROOT, Layout
from autograder.model import Tier
from autograder.report import as_html
from autograder.sandbox.host import Launcher
from autograder.submission import collect

LAYOUT = Layout(PACKAGE_ROOT)
COURSE = config.load(LAYOUT.grading_file)
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
WIDTHS = {"telephone": 390, "desk": 1280}
SMALLEST_TEXT_PX = 12
SMALLEST_TEXT = """
() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const sizes = [];
  while (walker.nextNode()) {
    const node = walker.currentNode, owner = node.parentElement;
    if (node.textContent.trim() && owner.checkVisibility() && !owner.closest("svg"))
      sizes.push(parseFloat(getComputedStyle(owner).fontSize));
  }
  return Math.min(...sizes);
}
"""
PICTURES = "() => [...document.images].map(one => [one.naturalWidth, one.clientWidth, one.alt])"
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here; make browser gets one")


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> dict[str, Path]:
    """The report of each reference: one task, and all figures."""
    folder = tmp_path_factory.mktemp("pages")
    with Launcher() as launcher:
        desk = Desk(COURSE, LAYOUT, launcher)
        return {slug: _page(desk, slug, folder) for slug in COURSE.slugs}


def _page(desk: Desk, slug: str, folder: Path) -> Path:
    assignment = COURSE.assignment(slug)
    submission = collect(LAYOUT.solution(slug), assignment)
    tasks = frozenset({assignment.tasks[0].name})
    tiers = allowed_tiers(None, Tier.NONE)
    report = grade(desk, slug, submission, Manner(tiers, tasks=tasks, with_figures=True))
    page = folder / f"{slug}.html"
    page.write_text(as_html(report), encoding="utf-8")
    return page


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
@pytest.mark.parametrize("slug", COURSE.slugs)
def test_a_report_is_read_at_this_width(pages, browser, slug, width):
    told: list[str] = []
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.goto(pages[slug].as_uri())
    pictures = page.evaluate(PICTURES)
    assert told == []
    assert len(pictures) == len(LAYOUT.figures(slug)) > 0
    for natural, shown, title in pictures:
        assert natural >= shown > 0.8 * min(width, 300)
        assert title
    assert page.evaluate(OVERFLOW) == 0
    assert page.evaluate(SMALLEST_TEXT) >= SMALLEST_TEXT_PX
    page.close()
