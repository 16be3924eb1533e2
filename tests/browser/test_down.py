"""When the curator is down people go on deciding; when the catalog is, the page says that nothing is lost."""

from __future__ import annotations

import os
import signal

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.visitor import Visitor
from tests.stack import Stack

pytestmark = pytest.mark.thorough


def test_a_curator_that_is_down_stops_no_decision(browser: Browser, sample: Stack) -> None:
    visitor = Visitor(browser, sample.status["http"], sample.token)
    page = visitor.page
    pid = sample.pid("curator")
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        page.wait_for_timeout(6_000)  # what the page knew of the curator is forgotten after five seconds
        page.goto("/review?whose=all")
        expect(page.get_by_role("main")).to_contain_text("The curator is not answering")
        expect(page.locator("[data-row]").first).to_be_visible()
    finally:
        os.kill(pid, signal.SIGCONT)
    visitor.leave()
