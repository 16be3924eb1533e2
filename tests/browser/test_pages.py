"""Every page on the sample: accessible by axe's rules, without sideways scrolling, without a word from the console.

axe finds a part of all problems; no screen reader was run.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.axe import BY_COLOUR, SIZES, violations
from tests.browser.places import places
from tests.browser.visitor import Visitor
from tests.stack import Stack

pytestmark = pytest.mark.thorough


@pytest.mark.parametrize("size", SIZES)
def test_every_page_is_accessible_and_fits(browser: Browser, sample: Stack, size: str) -> None:
    visitor = Visitor(browser, sample.status["http"], sample.token, size=SIZES[size], reduced_motion="reduce")
    wrong: list[str] = []
    for name, address in places(sample).items():
        visitor.page.emulate_media(color_scheme="light")
        answer = visitor.page.goto(address)
        assert answer is not None
        if answer.status != 200:
            wrong.append(f"{name}: {answer.status}")
            continue
        wrong += [f"{name}: {each}" for each in violations(visitor.page)]
        width = visitor.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        if width[0] > width[1]:
            wrong.append(f"{name}: {width[0]} px wide in a window of {width[1]}")
        visitor.page.emulate_media(color_scheme="dark")
        wrong += [f"{name}, dark: {each}" for each in violations(visitor.page, *BY_COLOUR)]
    assert wrong == []
    visitor.leave()


def test_boxes_are_accessible_too(page: Page, sample: Stack) -> None:
    page.goto(places(sample)["outdated"])
    for name in ("Reject", "Snooze"):
        page.get_by_role("button", name=name, exact=False).first.click()
        assert violations(page) == []
        page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert page.get_by_role("heading", name="Keyboard shortcuts").is_visible()
    assert violations(page) == []


def test_every_link_of_every_page_leads_somewhere(page: Page, sample: Stack) -> None:
    addresses: set[str] = set()
    for address in places(sample).values():
        page.goto(address)
        addresses |= set(page.eval_on_selector_all("a[href^='/']", "all => all.map(each => each.href)"))
    dead: list[tuple[int, str]] = []
    for address in sorted({each.partition("#")[0].partition("?in=")[0] for each in addresses}):
        status = page.request.get(address).status
        if status != 200:
            dead.append((status, address))
    assert dead == []
    assert len(addresses) > 100


def test_the_headers_keep_a_page_to_itself(page: Page, sample: Stack) -> None:
    for address in ("/review", "/review/unknown", "/nowhere", "/sign-in"):
        answer = page.goto(address)
        assert answer is not None
        headers = answer.headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-opener-policy"] == "same-origin"
