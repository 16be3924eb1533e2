"""Every page on the sample: accessible by axe's rules, without sideways scrolling, without a word from the console.

axe finds a part of all problems; no screen reader was run.
"""

from __future__ import annotations

import re
from functools import partial

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import Route as PageRoute

from services.gateway.web.rendering import failed, trying_again
from services.gateway.web.words import say
from tests.browser.axe import BY_COLOUR, SIZES, violations
from tests.browser.decided import decided
from tests.browser.places import once, page_of, places
from tests.browser.visitor import CHROMIUM, COOKIE, DESKTOP, Visitor
from tests.stack import Patient, Stack

pytestmark = pytest.mark.thorough

MAIN = (
    "first screen",
    "review",
    "duplicate, revised",
    "outdated",
    "program suggestion",
    "changes",
    "overlap",
    "program",
    "check-up",
    "insights",
    "activity",
    "people",
)
"""The pages that most of the work is done on."""
LARGER: dict[int, tuple[str, ...]] = {
    150: ("duplicate, revised",),
    200: ("review", "duplicate, revised", "program suggestion", "program", "overlap", "insights", "people"),
}
"""Pages to see with the browser's text at so many in 100 (WCAG 1.4.4)."""
CUT = """[...document.querySelectorAll(".btn, .pill, .tag, .tabs a, .nav a, h1, h2, th, dt, dd")]
    .filter(each => each.clientHeight && getComputedStyle(each).clipPath === "none"
        && (each.scrollHeight > each.clientHeight + 1 || each.scrollWidth > each.clientWidth + 1)
        && getComputedStyle(each).overflow !== "visible")
    .map(each => each.textContent.trim().slice(0, 60))"""
ROLES = ("ADMINISTRATOR", "LEARNING_LEADER", "INSTRUCTIONAL_DESIGNER", "SPECIALIST", "")
CONTROLS = {
    ("people", "Add a person"): {"ADMINISTRATOR"},
    ("people", "End their access"): {"ADMINISTRATOR"},
    ("mode", "See what it would come to"): {"ADMINISTRATOR", "LEARNING_LEADER"},
    ("webhooks", 'name="url"'): {"ADMINISTRATOR"},
    ("program", 'name="stage"'): {"LEARNING_LEADER"},
    ("check-up", ">Record the check-up</button>"): {"LEARNING_LEADER", "INSTRUCTIONAL_DESIGNER"},
    ("house rules", 'href="/rules/change'): {"LEARNING_LEADER"},
    ("accuracy", 'action="/accuracy/pace"'): {"LEARNING_LEADER"},
}
"""What stands on a page for whoever may do it and for nobody else (behaviour.md §2); no duty is held."""
FOR_SOME = {
    "webhooks",
    "keep this away",
    "keep away, counted",
    "kept away, to be judged",
    "person removal",
}
"""Pages that only do something: who may not do it does not see them."""
NEEDS_SCRIPT = "button:not(form button, [form], [popovertarget]), a:not([href]), [onclick]"
"""Controls that would do nothing for whoever has no script."""


def _wrong(visitor: Visitor, name: str, address: str, *, themes: bool) -> list[str]:
    """What is wrong with the page as it is seen by this visitor, and in the dark."""
    visitor.page.emulate_media(color_scheme="light")
    answer = visitor.page.goto(address)
    assert answer is not None
    if answer.status != 200:
        return [f"{name}: {answer.status}"]
    wrong = [f"{name}: {each}" for each in violations(visitor.page)]
    width = visitor.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    if width[0] > width[1]:
        wrong.append(f"{name}: {width[0]} px wide in a window of {width[1]}")
    if themes:
        visitor.page.emulate_media(color_scheme="dark")
        wrong += [f"{name}, dark: {each}" for each in violations(visitor.page, *BY_COLOUR)]
    return wrong


def test_every_page_is_accessible_and_fits(browser: Browser, sample: Stack) -> None:
    """As most see it; the main pages in both themes, and on a phone. `make soak` sees each in every way."""
    pages = places(sample)
    main = {name: pages[name] for name in MAIN}
    others = {name: each for name, each in once(pages).items() if each not in main.values()}
    for size, seen in (("desktop", main | others), ("phone", main)):
        visitor = Visitor(
            browser, sample.status["http"], sample.token, size=SIZES[size], reduced_motion="reduce"
        )
        wrong = [
            each
            for name, address in seen.items()
            for each in _wrong(visitor, name, address, themes=name in main)
        ]
        assert wrong == []
        visitor.leave()


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("size", SIZES)
def test_every_page_is_accessible_and_fits_in_every_way(browser: Browser, sample: Stack, size: str) -> None:
    visitor = Visitor(browser, sample.status["http"], sample.token, size=SIZES[size], reduced_motion="reduce")
    wrong = [
        each
        for name, address in once(places(sample)).items()
        for each in _wrong(visitor, name, address, themes=True)
    ]
    assert wrong == []
    visitor.leave()


@pytest.mark.parametrize("percent", LARGER)
def test_larger_text_is_neither_cut_nor_wider_than_the_window(
    browser: Browser, sample: Stack, percent: int
) -> None:
    size = f"--blink-settings=defaultFontSize={16 * percent // 100}"
    arguments = ["--no-sandbox", "--no-proxy-server", size]
    larger = browser.browser_type.launch(executable_path=CHROMIUM, args=arguments)
    visitor = Visitor(larger, sample.status["http"], sample.token)
    found = places(sample)
    wrong: list[str] = []
    for name in LARGER[percent]:
        visitor.page.goto(found[name])
        width = visitor.page.evaluate("document.documentElement.scrollWidth")
        if width > DESKTOP[0]:
            wrong.append(f"{name}: {width} px wide")
        wrong += [f"{name}: “{text}” is cut" for text in visitor.page.evaluate(CUT)]
    assert wrong == []
    visitor.leave()
    larger.close()


def test_boxes_are_accessible_too(page: Page, sample: Stack) -> None:
    page.goto(places(sample)["outdated"])
    for name in ("Reject", "Snooze"):
        page.get_by_role("button", name=name, exact=False).first.click()
        assert violations(page) == []
        page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert page.get_by_role("heading", name="Keyboard shortcuts").is_visible()
    assert page.evaluate("document.activeElement.closest('#keys') !== null")
    assert violations(page) == []


def test_a_page_prints_without_its_frame_and_in_columns(page: Page, sample: Stack) -> None:
    page.set_viewport_size({"width": 760, "height": 1000})  # A4 within its margins
    page.goto(places(sample)["duplicate of many"])
    page.emulate_media(media="print")
    for name in ("Accept", "Menu"):
        assert not page.get_by_text(name, exact=True).first.is_visible()
    assert page.locator("main").bounding_box()["width"] == 760
    copies = page.locator("table.copies")
    assert copies.evaluate("each => getComputedStyle(each).display") == "table"
    assert page.evaluate("document.documentElement.scrollWidth") <= 760


@pytest.mark.parametrize("size", SIZES)
def test_what_refuses_a_decision_is_accessible_too(browser: Browser, sample: Stack, size: str) -> None:
    visitor = Visitor(browser, sample.status["http"], sample.token, size=SIZES[size])
    page = visitor.page
    found = decided(sample)
    for state, verb, said in (
        ("REJECTED", "reopen", "You rejected this"),  # accepted where it still was open
        ("SNOOZED", "accept", "This has changed since you looked."),  # as it was before an edit
    ):
        page.goto(page_of(found[state]))
        page.eval_on_selector(
            f"form[action*='/{verb}']",
            """form => {
                form.action = form.action.replace("/reopen", "/accept");
                form.elements.fingerprint.value = "of another day";
                form.submit();
            }""",
        )
        expect(page.get_by_role("alert")).to_contain_text(said)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
    page.context.clear_cookies()
    page.get_by_label("Add a note").fill("I have rung the depot.")
    page.get_by_role("button", name="Add the note").click()
    expect(page.get_by_label("What you wrote")).to_have_value("I have rung the depot.")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
    visitor.leave()


def test_each_row_of_the_queue_takes_two_lines_and_is_called_otherwise_than_the_others(page: Page) -> None:
    called: list[str] = []
    page.goto("/review?whose=all")
    tops: list[float] = page.locator(".queue tbody tr").evaluate_all(
        "rows => rows.map(row => row.getBoundingClientRect().bottom)"
    )
    assert sum(bottom <= DESKTOP[1] for bottom in tops) >= 12  # ui.md §4.1
    while True:
        heights: list[float] = page.locator(".queue tbody tr").evaluate_all(
            "rows => rows.map(row => row.getBoundingClientRect().height)"
        )
        assert max(heights) <= 53
        assert max(
            map(len, page.locator(".queue .finding p:not(.only-small)").all_inner_texts())
        ) <= 70 + len("Held back ")
        called += page.locator("[data-row]").all_text_contents()
        further = page.get_by_role("link", name=say("review.next_page"), exact=True)
        if not further.count():
            break
        further.click()
    assert len(set(called)) == len(called)
    assert max(len(each.partition(": “")[0]) for each in called) <= 56


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_every_link_of_every_page_leads_somewhere(page: Page, sample: Stack) -> None:
    addresses: set[str] = set()
    for address in once(places(sample)).values():
        page.goto(address)
        addresses |= set(page.eval_on_selector_all("a[href^='/']", "all => all.map(each => each.href)"))
    dead: list[tuple[int, str]] = []
    cookies = {COOKIE: sample.token}
    with Patient(cookies=cookies, follow_redirects=True, timeout=30, trust_env=False) as crawler:
        for address in sorted({each.partition("#")[0].partition("?in=")[0] for each in addresses}):
            status = crawler.get(address).status_code
            if status != 200:
                dead.append((status, address))
    assert dead == []
    assert len(addresses) > 100


def test_every_page_is_whole_without_script(browser: Browser, sample: Stack) -> None:
    visitor = Visitor(browser, sample.status["http"], sample.token, java_script_enabled=False)
    page = visitor.page
    wrong: list[str] = []
    for name, address in once(places(sample)).items():
        answer = page.goto(address)
        assert answer is not None
        headings = page.get_by_role("heading", level=1).count()
        idle = page.locator(NEEDS_SCRIPT).count()
        if (answer.status, headings, idle) != (200, 1, 0):
            wrong.append(f"{name}: {answer.status}, {headings} headings, {idle} controls that need script")
    assert wrong == []
    visitor.leave()


def _answer(body: str, route: PageRoute) -> None:
    route.fulfill(body=body, content_type="text/html")


@pytest.mark.parametrize("size", SIZES)
def test_what_went_wrong_is_told_accessibly(browser: Browser, sample: Stack, size: str) -> None:
    """The pages as the door answers them; their statuses are asked for in tests/unit/gateway/test_error_pages.py."""
    visitor = Visitor(browser, sample.status["http"], sample.token, size=SIZES[size], reduced_motion="reduce")
    page = visitor.page
    answers = {
        "There is nothing here": failed(404, say("error.missing"), say("error.missing_text")),
        "Something is broken here": failed(
            500, say("error.broken"), say("error.broken_text", trace="5b0c71e4")
        ),
        "The catalog cannot be reached": trying_again(say("error.down"), say("error.down_text")),
    }
    for title, answer in answers.items():
        page.route("**/wrong", partial(_answer, bytes(answer.body).decode()))
        page.emulate_media(color_scheme="light")
        page.goto("/wrong")
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        expect(page.get_by_role("link", name="To the first screen")).to_be_visible()
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
        page.emulate_media(color_scheme="dark")
        assert violations(page, *BY_COLOUR) == []
        page.unroute("**/wrong")
    visitor.leave()


def test_each_role_sees_each_page_or_is_told_for_whom_it_is(sample: Stack) -> None:
    every = places(sample)
    of_a_kind = {re.sub(r"[0-9a-f-]{36}", "", each.partition("?")[0]): name for name, each in every.items()}
    found = {name: every[name] for name in {*of_a_kind.values(), *(name for name, _ in CONTROLS)}}
    wrong: list[str] = []
    for role in ROLES:
        token = sample.joined(f"{role.lower() or 'nobody'}@roles.example", *([role] if role else []))
        with httpx.Client(
            base_url=sample.status["http"], cookies={COOKIE: token}, timeout=30, trust_env=False
        ) as client:
            shown = {name: client.get(address) for name, address in found.items()}
        wrong += [
            f"{role or 'no role'}: {name}: {answer.status_code}"
            for name, answer in shown.items()
            if answer.status_code not in (200, 303, 403, 404)
        ]
        wrong += [
            f"{role or 'no role'}: {words} on {name}"
            for (name, words), may in CONTROLS.items()
            if (words in shown[name].text) != (role in may)
        ]
        if role not in ("", "ADMINISTRATOR"):  # whoever has a role in content reads every page of it
            denied = {name for name, answer in shown.items() if answer.status_code == 403}
            wrong += [f"{role}: {name} is refused" for name in denied - FOR_SOME]
    assert wrong == []


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
