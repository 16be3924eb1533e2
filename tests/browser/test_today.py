"""One thing today: everyone finds one primary action, does it in three clicks, and the next takes its place."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.axe import SIGHTS, violations
from tests.browser.places import KINDS
from tests.browser.rare import unused
from tests.browser.visitor import Visitor
from tests.stack import Json, Stack

pytestmark = pytest.mark.thorough

PEOPLE = {
    "administrator": "stuart.hallam",
    "learning leader": "callum.birkett",
    "instructional designer": "priya.nair",
    "specialist": "helen.garside",
}


def token(stack: Stack, name: str) -> str:
    return stack.winnow("token", "create", "--person", f"{name}@tarnwickwater.example")["token"]


def thing(page: Page) -> Locator:
    return page.locator("main .thing")


@pytest.mark.parametrize("role", PEOPLE)
def test_each_role_finds_one_thing_of_a_few_minutes(browser: Browser, sample: Stack, role: str) -> None:
    visitor = Visitor(browser, sample.status["http"], token(sample, PEOPLE[role]))
    page = visitor.page
    page.goto("/")
    expect(page.locator("main .btn.primary")).to_have_count(1)
    expect(thing(page).get_by_role("heading")).to_be_visible()
    (minutes,) = re.findall(r"at most (\d+) minute", thing(page).inner_text())
    assert int(minutes) <= 5
    assert len(thing(page).inner_text().splitlines()) >= 3  # what, how long, what is gained by it
    page.locator("main .btn.primary").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    visitor.leave()


def test_it_is_done_in_three_clicks_and_the_next_takes_its_place(anyone: Visitor, sample: Stack) -> None:
    page = anyone.page
    page.goto("/")
    first = thing(page).get_by_role("heading").inner_text()
    page.locator("main .btn.primary").click()
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_role("status").first).to_contain_text("Accepted.")
    expect(page).to_have_url(re.compile("/review[?]did="))
    expect(thing(page).get_by_role("heading")).not_to_have_text(first)
    expect(page.locator("main .btn.primary")).to_have_count(1)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("Taken back.")


@pytest.fixture(params=sorted(KINDS))
def asked(sample: Stack, request: pytest.FixtureRequest) -> Iterator[tuple[Json, str]]:
    """A suggestion of each kind that is all that waits for a designer, the quickest of its kind; a token of hers."""
    kind: str = request.param
    unused(sample)
    found = [
        each
        for each in sample.suggestions("OPEN")
        if each["kind"] == kind and each["mayDecide"] and not each["plan"]["safeguards"]
    ]
    seen = min(found, key=lambda each: each["plan"]["risk"])
    email = f"{kind.lower()}@today.example"
    designer = sample.joined(email, "INSTRUCTIONAL_DESIGNER")
    sample.post(f"/v1/{seen['name']}:assign", {"assignee": email})
    yield seen, designer
    if seen["assignee"]:
        sample.post(f"/v1/{seen['name']}:assign", {"assignee": seen["assignee"]})


def test_it_can_be_a_suggestion_of_each_kind_that_takes_minutes(
    browser: Browser, sample: Stack, asked: tuple[Json, str]
) -> None:
    seen, designer = asked
    visitor = Visitor(browser, sample.status["http"], designer)
    page = visitor.page
    page.goto("/review")
    title = page.locator("[data-row]").get_attribute("title") or ""  # the one that waits for her
    expect(page.locator("main .btn.primary")).to_have_count(1)
    heading = thing(page).get_by_role("heading")
    if seen["plan"]["risk"] not in ("R0", "R1"):  # whatever changes a program takes longer than five minutes
        assert seen["kind"] == "PROGRAM"
        expect(heading).not_to_have_text(title)
        visitor.leave()
        return
    expect(heading).to_have_text(title)
    expect(thing(page)).to_contain_text("It waits for you.")
    page.locator("main .btn.primary").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_role("status").first).to_contain_text("Accepted.")
    expect(heading).not_to_have_text(title)
    expect(page.locator("main .btn.primary")).to_have_count(1)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("Taken back.")
    assert sample.get("/v1/" + seen["name"])["state"] == "OPEN"
    visitor.leave()


@pytest.mark.parametrize("sight", SIGHTS)
def test_the_first_screen_is_accessible_and_fits(browser: Browser, sample: Stack, sight: str) -> None:
    for name in ("stuart.hallam", "helen.garside"):
        visitor = Visitor(browser, sample.status["http"], token(sample, name), **SIGHTS[sight])
        visitor.page.goto("/")
        assert violations(visitor.page) == []
        width = visitor.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert width[0] <= width[1]
        visitor.leave()
