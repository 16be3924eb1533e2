"""What Winnow can do at each source, read without script."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.visitor import Visitor
from tests.stack import Stack

pytestmark = pytest.mark.thorough


def test_each_source_says_what_can_be_read_written_undone_and_verified(
    browser: Browser, sample: Stack
) -> None:
    visitor = Visitor(browser, sample.status["http"], sample.token, java_script_enabled=False)
    page = visitor.page
    page.goto("/imports")
    page.get_by_role("link", name="What Winnow can do there").click()
    files = page.get_by_role("region", name="what comes as files")
    expect(files).to_contain_text("resources, their text, programs, use by learners")
    expect(files).to_contain_text("people carry out the list of changes")
    expect(files).to_contain_text("With the next delivery")
    lms = page.get_by_role("row", name="lms")
    expect(lms).to_contain_text("every 35 days, assumed")
    expect(lms).not_to_contain_text("–")  # it was read, and use of it has come
    for each in sample.get("/v1/sources", pageSize=200)["sources"]:
        expect(page.get_by_role("rowheader", name=each["displayName"], exact=True)).to_be_visible()
    expect(page.get_by_role("row", name="handbook")).to_contain_text("not expected")
    visitor.leave()
