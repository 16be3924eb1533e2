"""Every page on the sample: accessible by axe's rules, without sideways scrolling, without a word from the console.

axe finds a part of all problems; no screen reader was run.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.places import places
from tests.browser.visitor import Visitor
from tests.stack import Stack

pytestmark = pytest.mark.thorough

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SIGHTS: dict[str, dict[str, Any]] = {
    "desktop, light": {"size": (1440, 900), "color_scheme": "light"},
    "desktop, dark": {"size": (1440, 900), "color_scheme": "dark"},
    "phone, light": {"size": (320, 640), "color_scheme": "light"},
}


def violations(page: Page) -> list[str]:
    page.evaluate(AXE)
    found = page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})",
        RULES,
    )
    return [
        f"{each['id']}: {node['target']} {node['failureSummary'][:200]}"
        for each in found["violations"]
        for node in each["nodes"][:3]
    ]


@pytest.mark.parametrize("sight", SIGHTS)
def test_every_page_is_accessible_and_fits(browser: Browser, sample: Stack, sight: str) -> None:
    visitor = Visitor(browser, sample.status["http"], sample.token, **SIGHTS[sight])
    wrong: list[str] = []
    for name, address in places(sample).items():
        answer = visitor.page.goto(address)
        assert answer is not None
        if answer.status != 200:
            wrong.append(f"{name}: {answer.status}")
            continue
        wrong += [f"{name}: {each}" for each in violations(visitor.page)]
        width = visitor.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        if width[0] > width[1]:
            wrong.append(f"{name}: {width[0]} px wide in a window of {width[1]}")
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
    dead = []
    for address in sorted({each.partition("#")[0] for each in addresses}):
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
