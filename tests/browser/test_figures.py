"""Every figure that is a link counts what the list behind it shows."""

from __future__ import annotations

import csv
import io
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.decided import decided
from tests.browser.visitor import Visitor
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
        # Learners are in no list; the log has each decision of those who decide, the figure each suggestion once.
        # What is on the page itself is seen there.
        if to in but or to.startswith(("/programs/", "/activity?who=", "#")):
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


def test_another_period_is_chosen_in_a_form_and_goes_into_the_file(anyone: Visitor) -> None:
    page = anyone.page
    page.goto("/insights")
    period = page.get_by_label("Months of learning and of decisions")
    expect(period.locator(":checked")).to_have_text("Last 12 months")
    period.select_option("Last 6 months")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile(r"/insights\?period=6$"))
    expect(period.locator(":checked")).to_have_text("Last 6 months")
    expect(page.get_by_text("Programs with most learners in the last 6 months")).to_be_visible()
    sheet = page.request.get(page.get_by_role("link", name="CSV").get_attribute("href") or "").text()
    reach = [row for row in csv.DictReader(io.StringIO(sheet)) if row["figure"] == "reach"]
    assert {row["months"] for row in reach} == {"6"}
    most = max((row for row in reach if row["value"]), key=lambda row: float(row["value"]))
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name=most["title"], exact=True))
    learners = row.get_by_role("link", name=f"{float(most['value']):,.0f}", exact=True)
    expect(learners).to_have_attribute("href", f"/{most['of']}#months")
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_each_figure_of_the_statement_counts_its_list(page: Page, sample: Stack) -> None:
    decided(sample)
    quarter = sample.get("/v1/statement")["quarter"]
    # Indexes rest on what they lead to, and count none of it.
    indexes = ("/accuracy", f"/activity?what=decided&quarter={quarter}")
    assert wrong(page, "/statement", *indexes) == []
