"""Every figure that is a link counts what the list behind it shows."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.decided import decided
from tests.stack import Stack

pytestmark = pytest.mark.thorough

ROWS = ".queue tbody tr, .stack tbody tr, .line"
NUMBER = re.compile(r"[\d,]*\d%?")
LEADS = "dd.figure a, td.num a, a.pill:has(span)"


def listed(page: Page, address: str) -> int:
    """How many rows the list at an address has on all its pages."""
    page.goto(address)
    count = 0
    while True:
        count += page.locator(ROWS).count()
        following = page.locator(".pager").get_by_role("link", name=re.compile("^(Next|Earlier)"))
        if not following.count():
            return count
        page.goto(following.get_attribute("href") or "")


def wrong(page: Page, address: str, *but: str) -> list[str]:
    """Figures of a page that count another number than their list has; shares are of all resources."""
    every = listed(page, "/resources")
    page.goto(address)
    figures = [
        (link.get_attribute("href") or "", NUMBER.findall(link.inner_text()))
        for link in page.locator(LEADS).all()
    ]
    assert len(figures) > 1
    found: list[str] = []
    for to, numbers in figures:
        if to in but:
            continue
        # Beside a number stands what it counts: after it in a table, before it on a chip.
        told = numbers[-1 if "kind=" in to and to.startswith("/resources") else 0].replace(",", "")
        count = listed(page, to)
        said = f"{100 * count / every:.0f}%" if told.endswith("%") else str(count)
        if said != told:
            found.append(f"{to}: {told}, but {count} of {every}")
    return found


def test_each_figure_of_insights_counts_its_list(page: Page, sample: Stack) -> None:
    decided(sample)
    # Hours are of what they lead to, and count none of it.
    assert wrong(page, "/insights", "/review?whose=applied", "/review?whose=scheduled") == []
    page.goto("/insights")
    page.get_by_role("link", name=re.compile("%$")).first.click()
    expect(page.get_by_role("link", name="Twice, outdated or trivial")).to_have_attribute(
        "aria-current", "true"
    )


def test_each_figure_of_the_statement_counts_its_list(page: Page, sample: Stack) -> None:
    decided(sample)
    quarter = sample.get("/v1/statement")["quarter"]
    # Indexes rest on what they lead to, and count none of it.
    indexes = ("/accuracy", f"/activity?what=decided&quarter={quarter}")
    assert wrong(page, "/statement", *indexes) == []
