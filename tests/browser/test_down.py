"""When the curator is down people go on deciding; when the catalog is, the page says that nothing is lost."""

from __future__ import annotations

import os
import signal

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.visitor import COOKIE, Visitor
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


def test_while_the_catalog_is_down_a_page_says_so_and_tries_again(sample: Stack) -> None:
    pid = sample.pid("catalog")
    assert pid is not None
    with httpx.Client(
        base_url=sample.status["http"], cookies={COOKIE: sample.token}, timeout=30, trust_env=False
    ) as client:
        os.kill(pid, signal.SIGSTOP)
        try:
            told = client.get("/review")
        finally:
            os.kill(pid, signal.SIGCONT)
        assert told.status_code == 503
        assert "The catalog cannot be reached" in told.text
        assert "Nothing you decided is lost." in told.text
        assert told.headers["refresh"] == "10"
        assert client.get("/review").status_code == 200
