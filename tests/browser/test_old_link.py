"""Without a sign-in: where an old link leads, and the plan that an owner without an account objects to."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.axe import SIGHTS, violations
from tests.browser.rare import objection
from tests.browser.visitor import PHONE, Visitor
from tests.lessons import lesson, resource
from tests.stack import Stack

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def closed(sample: Stack) -> Iterator[Stack]:
    """One resource is closed to new learners; who had started finishes on it."""
    lms = "https://lms.example.org"
    new, old = sample.put(
        "moorings",
        resource("new", "Mooring a barge", lesson(91), url=f"{lms}/new"),
        resource("old", "Mooring, first edition", lesson(92), url=f"{lms}/old"),
    )
    asked = {"kind": "OUTDATED", "operation": "close_to_new", "members": [old["name"]], "other": new["name"]}
    filed = sample.post("/v1/suggestions", {**asked, "reason": "The ropes are others now."})
    seen = {"revision": filed["revision"], "fingerprint": filed["fingerprint"]}
    assert sample.post(f"/v1/{filed['name']}:accept", seen)["state"] == "APPLIED"
    yield sample
    sample.post(f"/v1/{filed['name']}:undo", {})
    sample.post(f"/v1/{filed['name']}:reject", {"reason": "other", "comment": "Only tried."})


@pytest.mark.parametrize("sight", SIGHTS)
def test_an_old_link_says_why_since_when_and_what_replaces_it(
    browser: Browser, closed: Stack, sight: str
) -> None:
    visitor = Visitor(browser, closed.status["http"], **SIGHTS[sight])
    page = visitor.page
    page.goto("/r/moorings/old")
    expect(page.get_by_role("heading", level=1)).to_have_text("“Mooring a barge” takes its place")
    main = page.get_by_role("main")
    expect(main).to_contain_text("It was no longer right.")
    expect(main).to_contain_text("15 Jun 2026")
    expect(main).not_to_contain_text("first edition")  # what is gone is nobody's to read here
    original = page.get_by_role("status").get_by_role("link")
    expect(original).to_have_attribute("href", "https://lms.example.org/old")
    expect(page.get_by_role("link", name="Go to")).to_have_attribute("href", "https://lms.example.org/new")
    assert violations(page) == []
    width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1]
    page.get_by_role("button", name="I still need this").click()
    expect(page.get_by_role("main")).to_contain_text("is counted")
    assert violations(page) == []
    visitor.leave()


@pytest.fixture
def link(sample: Stack) -> Iterator[str]:
    with objection(sample) as path:
        yield path


@pytest.mark.parametrize("script", [True, False])
def test_an_owner_without_an_account_objects_by_a_link(
    browser: Browser, sample: Stack, link: str, script: bool
) -> None:
    visitor = Visitor(browser, sample.status["http"], size=PHONE, java_script_enabled=script)
    page = visitor.page
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text("A change that affects you")
    assert not script or violations(page) == []
    why = page.get_by_label("Why it should not happen")
    why.fill(" ")
    page.get_by_role("button", name="Object").click()
    expect(page).to_have_title(re.compile("^Error: "))
    expect(why).to_be_focused()
    expect(why).to_have_accessible_description("Say what is wrong with it.")
    assert not script or violations(page) == []
    why.fill("The old weir is still there.")
    page.get_by_role("button", name="Object").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Your objection is filed")
    assert not script or violations(page) == []
    width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]") if script else [0, 0]
    assert width[0] <= width[1]
    visitor.leave()
