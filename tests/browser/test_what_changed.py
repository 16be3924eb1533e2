"""What learners notice of an applied plan, as the specialist reads it; who has no part in content does not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.axe import SIGHTS, violations
from tests.browser.visitor import SCRIPT, Visitor, scripted
from tests.lessons import lesson, resource
from tests.stack import Stack

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def noticed(sample: Stack) -> Iterator[Stack]:
    """One plan that learners notice is applied."""
    new, old = sample.put(
        "kites", resource("new", "Kites", lesson(81)), resource("old", "Kites, 1998", lesson(82))
    )
    asked = {"kind": "OUTDATED", "operation": "deprecate", "members": [old["name"]], "other": new["name"]}
    filed = sample.post("/v1/suggestions", {**asked, "reason": "The strings are others now."})
    seen = {"revision": filed["revision"], "fingerprint": filed["fingerprint"]}
    assert sample.post(f"/v1/{filed['name']}:accept", seen)["state"] == "APPLIED"
    yield sample
    sample.post(f"/v1/{filed['name']}:undo", {})
    sample.post(f"/v1/{filed['name']}:reject", {"reason": "other", "comment": "Only tried."})


@pytest.fixture(scope="module")
def told(sample: Stack) -> Iterator[Stack]:
    """A plan is applied that changes what six learners have to do."""
    new, old = sample.put(
        "rafts", resource("new", "Rafts", lesson(83)), resource("old", "Rafts, 1998", lesson(84))
    )
    program = {"source": "rafts", "key": "p", "title": "On the water", "items": [{"resource": old["name"]}]}
    name = sample.post("/v1/programs:upsert", program)["name"]
    one = {"resource": "old", "month": {"year": 2026, "month": 5, "day": 1}, "enrolled": 1, "started": 1}
    rows = [{**one, "completed": 1, "learner": f"l{n}", "state": "COMPLETED"} for n in range(6)]
    sample.post("/v1/engagement:record", {"source": "rafts", "rows": rows})
    asked = {"kind": "PROGRAM", "operation": "item_replace", "members": [old["name"]], "other": new["name"]}
    filed = sample.post("/v1/suggestions", {**asked, "program": name, "reason": "The knots are others."})
    seen = {"revision": filed["revision"], "fingerprint": filed["fingerprint"]}
    # Whoever files it may not be the only one to say yes.
    with sample.client(somebody(sample, "priya.nair")) as designer:
        answer = designer.post(f"/v1/{filed['name']}:accept", json=seen)
    assert answer.json().get("state") == "APPLIED", answer.text
    yield sample
    sample.post(f"/v1/{filed['name']}:undo", {})
    sample.post(f"/v1/{filed['name']}:reject", {"reason": "other", "comment": "Only tried."})


def somebody(stack: Stack, name: str) -> str:
    return stack.winnow("token", "create", "--person", f"{name}@tarnwickwater.example")["token"]


@pytest.mark.parametrize("script", SCRIPT, ids=scripted)
def test_the_specialist_reads_what_to_tell_learners(browser: Browser, noticed: Stack, script: bool) -> None:
    token = somebody(noticed, "helen.garside")
    visitor = Visitor(browser, noticed.status["http"], token, java_script_enabled=script)
    page = visitor.page
    page.goto("/review")
    page.get_by_role("link", name="Changes").first.click()
    page.get_by_role("link", name="What changed for learners").click()
    notice = page.get_by_role("region", name="“Kites, 1998” is replaced by “Kites”")
    expect(notice).to_contain_text("“Kites, 1998” is no longer offered; “Kites” takes its place.")
    expect(notice).to_contain_text("If you have not finished “Kites, 1998”, go on with “Kites”.")
    expect(notice).to_contain_text("Everything you have completed stays on your record.")
    notice.locator("summary").click()
    expect(notice.get_by_role("textbox")).to_contain_text("What you have to do")
    visitor.leave()


def test_the_list_of_whom_to_tell_is_a_file_of_pseudonyms(browser: Browser, told: Stack) -> None:
    visitor = Visitor(browser, told.status["http"], somebody(told, "helen.garside"))
    page = visitor.page
    page.goto("/what-changed")
    notice = page.get_by_role("region", name="“On the water” changes")
    expect(notice).to_contain_text("6 learners are concerned")
    with page.expect_download() as download:
        notice.get_by_role("link", name="Whom to tell").click()
    head, *learners = download.value.path().read_text().splitlines()
    assert head == "learner"
    assert len({each for each in learners if len(each) == 32}) == 6
    visitor.leave()


def test_who_has_no_part_in_content_is_told_for_whom_it_is(browser: Browser, noticed: Stack) -> None:
    visitor = Visitor(browser, noticed.status["http"], somebody(noticed, "stuart.hallam"))
    answer = visitor.page.goto("/what-changed")
    assert answer is not None
    assert answer.status == 403
    expect(visitor.page.get_by_role("heading", name="You cannot do this")).to_be_visible()
    visitor.leave()


@pytest.mark.parametrize("sight", SIGHTS)
def test_the_notices_are_accessible_and_fit(browser: Browser, noticed: Stack, sight: str) -> None:
    visitor = Visitor(browser, noticed.status["http"], noticed.token, **SIGHTS[sight])
    visitor.page.goto("/what-changed")
    visitor.page.locator("summary.btn").first.click()
    assert violations(visitor.page) == []
    width = visitor.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1]
    visitor.leave()


def test_a_list_is_matched_again_on_the_page_that_it_was_matched_on(browser: Browser, told: Stack) -> None:
    visitor = Visitor(browser, told.status["http"], somebody(told, "helen.garside"))
    page = visitor.page
    page.goto("/what-changed")
    notice = page.get_by_role("region", name="“On the water” changes")
    notice.get_by_text("Find them in a list of the LMS").first.click()
    notice.locator("textarea[name=list]").fill("id\n" + "".join(f"l{n}\n" for n in range(6)) + "somebody")
    for _ in range(2):
        with page.expect_download() as download:
            notice.get_by_role("button", name="Give me those who are concerned").click()
        assert "l1" in download.value.path().read_text()
    visitor.leave()


@pytest.mark.parametrize(
    ("script", "title"), [(True, "“Kites, 1998” is replaced by “Kites”"), (False, "“On the water” changes")]
)
@pytest.mark.usefixtures("noticed", "told")
def test_who_has_told_learners_says_so(browser: Browser, sample: Stack, script: bool, title: str) -> None:
    visitor = Visitor(
        browser, sample.status["http"], somebody(sample, "helen.garside"), java_script_enabled=script
    )
    page = visitor.page
    page.goto("/what-changed")
    notice = page.get_by_role("region", name=title)
    notice.get_by_role("button", name="I have told them").click()
    expect(notice).to_contain_text("Helen Garside told them on")
    expect(notice.get_by_role("button", name="I have told them")).to_have_count(0)
    assert not script or violations(page) == []
    visitor.leave()
