"""Which is the current one, is it there already, and publishing: by what is on the screen, without script too."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.browser.axe import SIGHTS, violations
from tests.browser.visitor import Visitor
from tests.lessons import lesson, resource
from tests.stack import Stack

pytestmark = pytest.mark.thorough


@pytest.fixture
def strict(sample: Stack) -> Iterator[Stack]:
    """House rules that ask for an owner of what is published."""
    before = sample.get("/v1/houseRules")
    sample.post("/v1/houseRules:set", {"houseRules": {**before, "requiredFields": ["owner"], "etag": ""}})
    yield sample
    sample.post("/v1/houseRules:set", {"houseRules": {**before, "etag": ""}})


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).first.click()


def file_of(name: str, text: str) -> FilePayload:
    return {"name": name, "mimeType": "text/html", "buffer": text.encode()}


def upload(page: Page, name: str, html: str) -> None:
    """From the review page to what the file would bring."""
    page.goto("/review")
    page.get_by_role("link", name="Search", exact=True).first.click()
    page.get_by_role("link", name="Is it there already?").first.click()
    page.get_by_label("Source").fill("uploads")
    page.get_by_label("Files").set_input_files(file_of(name, html))
    press(page, "Look at them")
    expect(page.get_by_role("heading", name="What the files would bring")).to_be_visible()


def html(title: str, *paragraphs: str) -> str:
    text = "".join(f"<p>{each}</p>" for each in paragraphs)
    return f'<!DOCTYPE html><html lang="en"><head><title>{title}</title></head><body><h1>{title}</h1>{text}'


@pytest.fixture(scope="module")
def lamps(sample: Stack) -> Iterator[tuple[str, str]]:
    """Titles of one that has taken the place of another."""
    new, old = sample.put(
        "lamps",
        resource("new", "Hurricane lamps", lesson(71)),
        resource("old", "Hurricane lamps, as they were", lesson(72)),
    )
    filed = sample.post(
        "/v1/suggestions",
        {
            "kind": "OUTDATED",
            "operation": "deprecate",
            "members": [old["name"]],
            "other": new["name"],
            "reason": "The wicks are other ones now.",
        },
    )
    seen = {"revision": filed["revision"], "fingerprint": filed["fingerprint"]}
    assert sample.post(f"/v1/{filed['name']}:accept", seen)["state"] == "APPLIED"
    sample.wait()
    yield new["title"], old["title"]
    sample.post(f"/v1/{filed['name']}:undo", {})
    sample.post(f"/v1/{filed['name']}:reject", {"reason": "other", "comment": "Only tried."})


def test_the_current_one_comes_first_and_what_it_replaced_says_so(
    anyone: Visitor, lamps: tuple[str, str]
) -> None:
    new, old = lamps
    page = anyone.page
    page.goto("/search")
    page.get_by_role("searchbox").fill("hurricane lamps")
    press(page, "Search")
    hits = page.get_by_role("main").get_by_role("listitem")
    expect(hits.first).to_contain_text(f"It has replaced {old}")
    past = hits.filter(has_text="No longer current").first
    expect(past).to_contain_text(old)
    expect(past).to_contain_text(f"Replaced by {new}")


def test_a_pasted_text_is_told_that_it_is_there_already(anyone: Visitor, sample: Stack) -> None:
    there = next(
        each
        for each in sample.get("/v1/resources", pageSize=50, source="handbook")["resources"]
        if each["lifecycle"] == "PUBLISHED"
    )
    text = "\n\n".join(part["text"] for part in sample.get("/v1/" + there["name"])["outline"])
    page = anyone.page
    page.goto("/publish")
    page.get_by_label("Text", exact=True).fill(text)
    press(page, "Check the text")
    nearest = page.get_by_role("listitem").filter(has_text="word for word").first
    expect(nearest).to_contain_text(there["title"])
    expect(page.get_by_role("main")).to_contain_text("Use the one that is there")
    page.goto("/publish")
    page.get_by_label("Text", exact=True).fill(" ".join(lesson(4711)))
    press(page, "Check the text")
    expect(page.get_by_role("main")).to_contain_text("Nothing in the catalog is like it.")


def test_uploaded_checked_completed_and_published(anyone: Visitor, strict: Stack) -> None:
    page = anyone.page
    name = f"sluice-{id(anyone)}"
    title = f"Opening a sluice by hand {id(anyone)}"
    upload(page, f"{name}.html", html(title, *lesson(903)))
    page.get_by_role("link", name=title).click()
    expect(page.get_by_role("main")).to_contain_text("House rules require owner")
    press(page, "Publish")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("nothing was published")
    expect(alert.get_by_role("link", name="Owner")).to_be_visible()
    expect(page).to_have_title(re.compile("^Error:"))
    owner = page.get_by_label("Owner")
    expect(owner).to_have_attribute("aria-invalid", "true")
    owner.fill("priya.nair@tarnwickwater.example")
    press(page, "Publish")
    expect(page.get_by_role("status")).to_contain_text("Published.")
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    found = strict.get("/v1/resources", source="uploads", externalId=name)["resources"]
    assert [each["owner"] for each in found] in ([], ["priya.nair@tarnwickwater.example"])
    strict.wait()
    page.goto("/search?q=" + title.replace(" ", "+"))
    expect(page.get_by_role("main").get_by_role("link", name=title).first).to_be_visible()


def test_whoever_may_not_publish_is_told_who_may(browser: Browser, sample: Stack) -> None:
    token = sample.winnow("token", "create", "--person", "helen.garside@tarnwickwater.example")["token"]
    visitor = Visitor(browser, sample.status["http"], token)
    upload(visitor.page, "gate.html", html("Gates", *lesson(904)))
    visitor.page.get_by_role("link", name="Gates").click()
    press(visitor.page, "Publish")
    alert = visitor.page.get_by_role("alert")
    expect(alert).to_contain_text("It is for: a learning leader")
    visitor.leave()


def test_a_programs_owner_publishes_into_it(browser: Browser, sample: Stack) -> None:
    token = sample.joined("wendy@tarnwickwater.example")
    (first,) = sample.put("locks", resource("first", "Locks", lesson(906)))
    program = {"source": "locks", "key": "locks", "title": "Working at locks"}
    owned = {"owners": ["wendy@tarnwickwater.example"], "items": [{"resource": first["name"]}]}
    made = sample.post("/v1/programs:upsert", {**program, **owned})
    visitor = Visitor(browser, sample.status["http"], token)
    page = visitor.page
    upload(page, "paddles.html", html("Paddles", *lesson(907)))
    page.get_by_role("link", name="Paddles").click()
    press(page, "Publish")
    expect(page.get_by_role("alert")).to_contain_text("owner")
    page.get_by_label("Into your program").select_option("Working at locks")
    assert violations(page) == []
    press(page, "Publish")
    expect(page.get_by_role("status")).to_contain_text("Published.")
    items = sample.get("/v1/" + made["name"])["items"]
    assert [item.get("mandatory") for item in items] == [items[0].get("mandatory"), False]
    assert page.url.split("?")[0].endswith(items[1]["resource"])
    visitor.leave()


@pytest.mark.parametrize("sight", SIGHTS)
def test_the_pages_of_a_draft_are_accessible_and_fit(browser: Browser, strict: Stack, sight: str) -> None:
    visitor = Visitor(browser, strict.status["http"], strict.token, **SIGHTS[sight])
    page = visitor.page
    page.goto("/publish")
    page.get_by_label("Source").fill("uploads")
    page.get_by_label("Files").set_input_files(file_of("a.html", html("Sluices", *lesson(905))))
    press(page, "Look at them")
    page.get_by_role("link", name="Sluices").wait_for()
    assert violations(page) == []
    page.get_by_role("link", name="Sluices").click()
    press(page, "Publish")
    expect(page.get_by_role("alert")).to_contain_text("nothing was published")
    assert violations(page) == []
    width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1]
    visitor.leave()
