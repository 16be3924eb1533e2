"""A small catalog: from the terminal's link to a first decision and its undo, and pages full of strange texts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.axe import SIZES, violations
from tests.browser.visitor import COOKIE, DESKTOP, Visitor
from tests.lessons import lesson, resource
from tests.stack import Json, Stack

LADDERS = """# Before you climb

Look at the stiles, the rungs and the feet of the ladder. A ladder with a bent stile, a loose rung or a missing foot is
not used again: put the red tag on it and bring it to the store the same day.

Set the foot of the ladder one metre out for every four metres of height. The ground must be level and firm. If it is
not, use another way up; do not level a ladder with bricks, boards or a colleague.

# On the ladder

Keep three points of contact and face the rungs. Carry tools in the belt, not in your hands. Work for no longer than
{} and never stand on the three rungs at the top.
"""


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Nothing is read yet; until `small` is asked for."""
    running = Stack(tmp_path_factory.mktemp("small") / "data").up()
    yield running
    running.down()


@pytest.fixture(scope="module")
def small(empty: Stack, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """Two editions of one page, so that the test waits for little."""
    folder = tmp_path_factory.mktemp("ladders")
    for year, limit in ((2024, "half an hour in one place"), (2025, "twenty minutes in one place")):
        front = f"---\ntitle: Working on ladders ({year} edition)\n---\n"
        (folder / f"{year}.md").write_text(front + LADDERS.format(limit))
    empty.winnow("import", str(folder), "--source", "handbook")
    empty.wait()
    return empty


@pytest.mark.thorough  # axe on each page in two sizes
@pytest.mark.parametrize("size", SIZES)
def test_before_anything_is_read_every_page_says_how_to_begin(
    browser: Browser, empty: Stack, size: str
) -> None:
    """Comes before the tests of `small`."""
    visitor = Visitor(browser, empty.status["http"], empty.token, size=SIZES[size])
    page = visitor.page
    for address in ("/changes", "/programs", "/insights", "/activity", "/tasks", "/people", "/imports"):
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200
        assert violations(page) == []
    expect(page.get_by_role("heading", name="Bring in your catalog")).to_be_visible()
    page.goto("/")
    expect(page.get_by_role("heading", name="Bring in your catalog")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("It only reads: nothing in your LMS changes.")
    expect(page.get_by_role("main")).to_contain_text("winnow import …")
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
    page.get_by_role("link", name="Upload files").click()
    page.get_by_role("button", name="Add files").first.click()
    expect(page.get_by_role("dialog", name="Add files").get_by_label("Files")).to_be_visible()
    visitor.leave()


def test_the_link_leads_to_a_first_decision_and_its_undo_in_a_few_clicks(
    browser: Browser, small: Stack
) -> None:
    """Five clicks; by visible text and accessible names alone, the only address is the link that was printed."""
    visitor = Visitor(browser, small.status["http"])
    page = visitor.page
    clicked: list[Locator] = []

    def click(what: Locator) -> None:
        clicked.append(what)
        what.click()

    page.goto(small.link)
    click(page.get_by_role("button", name="Sign in"))
    expect(page.get_by_role("heading", name="Review")).to_be_visible()
    click(page.get_by_role("link", name="Working on ladders").first)
    expect(page.get_by_role("heading", name="If you accept")).to_be_visible()
    click(page.get_by_role("button", name="Accept"))
    expect(page.get_by_role("status")).to_contain_text("Accepted.")
    assert small.suggestions("APPLIED")
    click(page.get_by_role("button", name="Undo"))
    expect(page.get_by_role("status")).to_contain_text("Taken back.")
    assert small.suggestions("OPEN")
    assert not small.suggestions("APPLIED")
    assert len(clicked) <= 10
    # Signing out ends the session itself, wherever its cookie was kept.
    kept: Any = {name: page.context.cookies()[0].get(name) for name in ("name", "value", "domain", "path")}
    assert kept["name"] == COOKIE
    page.goto("/account")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in to Winnow")).to_be_visible()
    page.context.add_cookies([kept])
    page.goto("/review")
    expect(page.get_by_role("heading", name="Sign in to Winnow")).to_be_visible()
    visitor.leave()


def test_what_changed_while_it_was_read_is_shown_anew_and_not_decided(browser: Browser, small: Stack) -> None:
    visitor = Visitor(browser, small.status["http"], small.token)
    page = visitor.page
    seen = small.suggestions("OPEN")[0]
    page.goto("/review/" + seen["name"].removeprefix("suggestions/"))
    other, kept = sorted(seen["members"], key=lambda member: member["survivor"])
    small.post(f"/v1/{seen['name']}:edit", {"revision": seen["revision"], "survivor": other["resource"]})
    page.get_by_role("button", name="Accept").click()
    told = page.get_by_role("alert")
    expect(told).to_contain_text("This has changed since you looked.")
    # Marked is what accepting would do now, and nothing that was there before.
    mark = page.locator(".tag", has_text="Changed since you looked")
    expect(page.get_by_role("main").locator(mark)).to_have_count(1)
    expect(page.get_by_role("listitem").filter(has=mark)).to_contain_text(
        f"“{kept['title']}” is marked as replaced"
    )
    expect(page.get_by_role("columnheader").filter(has_text="Suggested")).to_contain_text(other["title"])
    assert not small.suggestions("APPLIED")
    again = {"revision": small.suggestions("OPEN")[0]["revision"], "survivor": kept["resource"]}
    small.post(f"/v1/{seen['name']}:edit", again)
    visitor.leave()


def _seen(suggestion: Json) -> Json:
    return {"revision": suggestion["revision"], "fingerprint": suggestion["fingerprint"]}


STRANGE = (
    "W" * 180,
    "\u202eמדריך בטיחות دليل السلامة \u202c" * 4,
    "<script>window.ran=1</script><img src=x onerror=window.ran=1>{{7*7}}</title></textarea>",
    "🧯👩🏽\u200d🚒" * 30,
    '=HYPERLINK("https://example.org","ladder")',
)
"""Titles of which each is there twice: one long word, right to left, markup, emoji, a formula."""


@pytest.fixture(scope="module")
def strange(small: Stack) -> Stack:
    """The same catalog with such texts in every field that somebody can fill."""
    long = " ".join(STRANGE)
    small.post(
        "/v1/people", {"email": "strange@example.org", "displayName": STRANGE[2], "roles": ["SPECIALIST"]}
    )
    pairs = [
        {
            **resource(f"s{number}-{copy}", title, [*lesson(200 + number, 3), title]),
            "description": (long * 30)[:10_000],
            "owner": "strange@example.org",
            "version": title[:60],
            "kind": "course",
        }
        for number, title in enumerate(STRANGE)
        for copy in "ab"
    ]
    made = small.put(STRANGE[0][:90], *pairs)
    program = {"source": STRANGE[0][:90], "key": "p", "title": STRANGE[2] + STRANGE[1]}
    small.post("/v1/programs:upsert", {**program, "items": [{"resource": each["name"]} for each in made]})
    small.wait()
    for each in small.suggestions("OPEN", "HELD"):
        small.post(f"/v1/{each['name']}/notes", {"text": (long * 9)[:4000]})
    asked, refused = [each for each in small.suggestions("OPEN") if each["members"][0]["title"] in STRANGE][
        :2
    ]
    small.post(f"/v1/{asked['name']}:askOwner", {"question": (long * 9)[:4000]})
    why = {"reason": "other", "comment": (long * 5)[:2000]}
    small.post(f"/v1/{refused['name']}:reject", {**_seen(refused), **why})
    return small


@pytest.mark.thorough
def test_strange_texts_break_no_page_and_run_nothing(browser: Browser, strange: Stack) -> None:
    visitor = Visitor(browser, strange.status["http"], strange.token)
    page = visitor.page
    page.on("dialog", lambda dialog: visitor.complaints.append(f"dialog: {dialog.message}"))
    program = strange.get("/v1/programs", pageSize=1)["programs"][0]["name"]
    resources = strange.get("/v1/resources", pageSize=200)["resources"]
    about = [each for each in strange.suggestions("OPEN", "HELD", "REJECTED") if each["kind"] == "DUPLICATE"]
    lists = [
        "/review?whose=all",
        "/review?q=" + STRANGE[0],
        "/resources",
        "/programs",
        "/tasks?whose=all",
        "/activity",
    ]
    lists += [
        "/people",
        "/suppressions",
        "/insights",
        "/search?q=" + STRANGE[0],
        "/suppressions/why?a=" + STRANGE[0],
    ]
    ones = [f"/review/{each['name'].removeprefix('suggestions/')}" for each in about]
    ones += [f"/{each['name']}" for each in resources if each["title"] in STRANGE][::4]
    wrong: list[str] = []
    for address in (*lists, f"/{program}", f"/{program}/checkup", *ones):
        answer = page.goto(address)
        assert answer is not None
        if answer.status != 200:
            wrong.append(f"{address}: {answer.status}")
        for size in (DESKTOP, (320, 640)):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            width = page.evaluate("document.documentElement.scrollWidth")
            if width > size[0]:
                wrong.append(f"{address}: {width} px wide in a window of {size[0]}")
        if page.evaluate("window.ran"):
            wrong.append(f"{address}: ran a text")
    assert wrong == []
    page.goto(f"/{program}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("{{7*7}}</title>")  # as it was written
    visitor.leave()
