"""What keeps findings away, the house rules and how right the suggestions were: read by all, changed by whom the
policy names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.places import page_of
from tests.browser.test_deciding import one, state
from tests.browser.visitor import Visitor
from tests.stack import Stack, eventually

pytestmark = pytest.mark.thorough
COUNTED = re.compile(r"[1-9]\d* suggestions? that waits? for a decision")
SAME = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def specialist(browser: Browser, sample: Stack) -> Iterator[Visitor]:
    """Somebody who reads all of it and sets none of it."""
    token = sample.joined("sam.specialist@example.org", "SPECIALIST")
    made = Visitor(browser, sample.status["http"], token)
    yield made
    made.leave()


def restored(sample: Stack, name: str) -> None:
    """Takes a rule back, so that the sample is as before."""
    sample.post(f"/v1/{name}:restore", {})


def test_a_refusal_stands_in_the_ledger_and_what_it_hid_is_shown_again(
    anyone: Visitor, sample: Stack
) -> None:
    seen = one(sample, "DUPLICATE", relation="IDENTICAL")
    sample.post(f"/v1/{seen['name']}:reject", {"reason": "not_same", "comment": "Two different sites."})
    page = anyone.page
    page.goto(page_of(seen))
    page.get_by_role("link", name="What it keeps away").click()
    expect(page.get_by_role("row").filter(has_text="Two different sites.").first).to_be_visible()
    page.goto("/activity")
    page.get_by_role("link", name="Kept away").click()
    row = page.get_by_role("row").filter(has_text="Two different sites.").first
    expect(row).to_contain_text("These are not the same content")
    row.get_by_role("button", name="Show again").click()
    expect(page.get_by_role("row").filter(has_text="Two different sites.").first).to_contain_text(
        "shown again on"
    )
    assert state(sample, seen) == "OPEN"


def test_by_filter_it_says_how_many_it_would_hide_before_it_does(anyone: Visitor, sample: Stack) -> None:
    seen = one(sample, "DUPLICATE", relation="IDENTICAL")
    page = anyone.page
    page.goto("/suppressions")
    page.get_by_role("link", name="Keep away by filter").click()
    page.get_by_label("Words in the title").fill(seen["members"][0]["title"])
    page.get_by_label("Why").fill("Kept on purpose in every branch.")
    page.get_by_role("button", name="Show how many it would hide").click()
    expect(page.get_by_role("main")).to_contain_text(COUNTED)
    assert state(sample, seen) == "OPEN"
    page.get_by_role("button", name="Keep these away").click()
    row = page.get_by_role("row").filter(has_text="Kept on purpose in every branch.").first
    expect(row).to_contain_text(seen["members"][0]["title"])
    assert state(sample, seen) == "WITHDRAWN"
    row.get_by_role("button", name="Show again").click()
    expect(page.get_by_role("heading", name="What is kept away")).to_be_visible()
    assert eventually(lambda: state(sample, seen) in ("OPEN", "HELD"))


def test_one_suggestion_is_kept_away_without_a_verdict(anyone: Visitor, sample: Stack) -> None:
    seen = one(sample, "DUPLICATE", relation="IDENTICAL")
    page = anyone.page
    page.goto(page_of(seen))
    page.get_by_role("button", name="Reject").first.click()
    page.get_by_role("link", name="keep it away without a verdict").click()
    page.get_by_label("Exactly this suggestion").check()
    page.get_by_label("Why").fill("Both sites want their own.")
    page.get_by_role("button", name="Show how many it would hide").click()
    expect(page.get_by_role("main")).to_contain_text(COUNTED)
    page.get_by_role("button", name="Keep these away").click()
    row = page.get_by_role("row").filter(has_text="Both sites want their own.").first
    expect(row).to_contain_text("Exactly these")
    assert state(sample, seen) == "WITHDRAWN"
    row.get_by_role("button", name="Show again").click()
    expect(page.get_by_role("heading", name="What is kept away")).to_be_visible()
    assert eventually(lambda: state(sample, seen) in ("OPEN", "HELD"))


def test_a_designer_proposes_a_filter_and_the_leader_judges_it_with_its_count(
    anyone: Visitor, browser: Browser, sample: Stack
) -> None:
    seen = one(sample, "DUPLICATE", relation="IDENTICAL")
    rule: dict[str, Any] = {
        "scope": "FILTER",
        "filter": {"title": seen["members"][0]["title"]},
        "comment": "Branches differ.",
    }
    designer = sample.client(sample.joined("ida@example.org", "INSTRUCTIONAL_DESIGNER"))
    designer.post("/v1/suppressions", json={"suppression": rule}).raise_for_status()
    page = anyone.page
    page.goto("/suppressions?state=proposed")
    page.get_by_role("row").filter(has_text="Branches differ.").first.get_by_role(
        "link", name="Look at it"
    ).click()
    expect(page.get_by_role("main")).to_contain_text("ida proposed it on")
    expect(page.get_by_role("main")).to_contain_text("for a decision")
    page.get_by_role("button", name="Keep these away").click()
    page.get_by_role("row").filter(has_text="Branches differ.").first.get_by_role(
        "button", name="Show again"
    ).click()
    expect(page.get_by_role("heading", name="What is kept away")).to_be_visible()
    assert eventually(lambda: state(sample, seen) in ("OPEN", "HELD"))


def test_whoever_misses_something_is_told_why_it_is_not_shown(anyone: Visitor, sample: Stack) -> None:
    seen = one(sample, "DUPLICATE", relation="REVISED")
    first, second = seen["members"][:2]
    page = anyone.page
    page.goto(f"/{first['resource']}")
    page.get_by_role("link", name="Ask why a copy or a finding is missing here").click()
    page.get_by_label("And the other").fill(second["resource"])
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("main")).to_contain_text("It is shown")
    page.get_by_role("link", name="See the suggestion").first.click()
    expect(page).to_have_url(re.compile(page_of(seen)))


def test_rules_are_tried_on_the_past_year_before_they_are_set(anyone: Visitor, sample: Stack) -> None:
    page = anyone.page
    page.goto("/people")
    page.get_by_role("link", name="House rules").click()
    page.get_by_role("link", name="Change the rules").click()
    page.get_by_label("objectives").check()
    page.get_by_label("compliance").fill("11")
    page.get_by_role("button", name="Try on the past 12 months").click()
    expect(page.get_by_role("heading", name="What these rules would have touched since")).to_be_visible()
    assert sample.get("/v1/houseRules")["requiredFields"] == []
    page.get_by_role("button", name="Set these rules").click()
    expect(page.get_by_role("row").filter(has_text="Required to publish").first).to_contain_text("objectives")
    rules = sample.get("/v1/houseRules")
    assert rules["requiredFields"] == ["objectives"]
    assert rules["reviewIntervals"] == [{"contentClass": "compliance", "months": 11}]
    page.get_by_role("row").filter(has_text="Required to publish").first.get_by_role("link").click()
    expect(page.get_by_role("heading", name="What breaks “Required to publish”")).to_be_visible()
    sample.post("/v1/houseRules:set", {"houseRules": {}, "updateMask": "requiredFields,reviewIntervals"})


def test_a_paused_kind_goes_on_when_a_leader_says_so(anyone: Visitor, sample: Stack) -> None:
    page = anyone.page
    page.goto("/insights")
    page.get_by_role("link", name="Accuracy").first.click()
    page.get_by_role("button", name="Pause this kind Unused").click()
    expect(page.locator("#unused")).to_contain_text("paused it on")
    page.get_by_role("button", name="Let it go on Unused").click()
    expect(page.locator("#unused")).not_to_contain_text("paused it on")
    page.get_by_text("How suggestions are put in order").click()
    expect(page.get_by_text("Hours lost if wrong")).to_be_visible()


@pytest.mark.parametrize(
    ("place", "button", "form"),
    [
        ("/rules", "Change the rules", {"etag": ""}),
        ("/accuracy", "Pause", {"kind": "UNUSED", "verb": "suspend"}),
        ("/suppressions", "Keep away by filter", {"title": "a", "comment": "Because."}),
    ],
)
def test_who_may_not_change_it_sees_no_control_and_is_refused(
    specialist: Visitor, place: str, button: str, form: dict[str, str | float | bool]
) -> None:
    page = specialist.page
    page.goto(place)
    main = page.get_by_role("main")
    expect(main.get_by_role("heading", level=1)).to_be_visible()
    assert (
        main.get_by_role("button", name=button).count() + main.get_by_role("link", name=button).count() == 0
    )
    posts = {"/accuracy": "/accuracy/pace", "/suppressions": "/suppressions/new"}
    refused = page.request.post(posts.get(place, place), form=form, headers=SAME)
    assert refused.status == 403
    assert "This is not yours to decide." in refused.text()
