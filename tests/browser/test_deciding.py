"""Every verb by its button and by its key, with script and without; what happens when somebody else was first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.axe import violations
from tests.browser.decided import decided, lead
from tests.browser.places import page_of, places
from tests.browser.visitor import PHONE, Visitor, scripted
from tests.lessons import lesson, resource
from tests.stack import AS_OF, Stack

pytestmark = pytest.mark.thorough


@pytest.fixture(params=[True, False], ids=scripted)
def anyone(browser: Browser, sample: Stack, request: pytest.FixtureRequest) -> Iterator[Visitor]:
    """As everywhere, but without script in each run: nobody is kept from deciding."""
    made = Visitor(browser, sample.status["http"], sample.token, java_script_enabled=request.param)
    yield made
    made.leave()


def one(sample: Stack, kind: str, *states: str, **fits: Any) -> dict[str, Any]:
    """A suggestion of that kind that one yes applies."""
    return several(sample, kind, *states, **fits)[0]


def several(sample: Stack, kind: str, *states: str, **fits: Any) -> list[dict[str, Any]]:
    """All of these; there is at least one."""
    found = [
        each
        for each in sample.suggestions(*(states or ("OPEN",)))
        if each["plan"]["risk"] in ("R0", "R1") and not each["plan"]["safeguards"]
        if each["kind"] == kind and all(each[name] == value for name, value in fits.items())
    ]
    assert found, kind
    return found


def state(sample: Stack, suggestion: dict[str, Any]) -> str:
    return sample.get("/v1/" + suggestion["name"])["state"]


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).first.click()


def test_accepted_and_taken_back(anyone: Visitor, sample: Stack) -> None:
    seen = one(sample, "DUPLICATE")
    page = anyone.page
    page.goto(page_of(seen))
    press(page, "Accept")
    expect(page.get_by_role("status")).to_contain_text("Accepted.")
    assert state(sample, seen) == "APPLIED"
    press(page, "Undo")
    expect(page.get_by_role("status")).to_contain_text("Taken back.")
    assert state(sample, seen) == "OPEN"


def test_rejected_with_a_reason_and_reopened(anyone: Visitor, sample: Stack) -> None:
    seen = one(sample, "DUPLICATE")
    page = anyone.page
    page.goto(page_of(seen))
    press(page, "Reject")
    box = page.get_by_role("dialog", name="Why not?")
    box.get_by_label("For another level").check()
    box.get_by_label("In your words").fill("The one is for beginners.")
    box.get_by_role("button", name="Reject").click()
    expect(page.get_by_role("status")).to_contain_text("Rejected.")
    page.goto(page_of(seen))
    expect(page.get_by_role("main")).to_contain_text("The one is for beginners.")
    press(page, "Reopen")
    expect(page.get_by_role("status")).to_contain_text("Open again.")
    assert state(sample, seen) == "OPEN"


def test_a_refusal_asks_for_what_its_reason_needs(anyone: Visitor, sample: Stack) -> None:
    seen = one(sample, "DUPLICATE")
    kept = next(each for each in seen["members"] if each["survivor"])
    page = anyone.page
    page.goto(page_of(seen))
    press(page, "Reject")
    box = page.get_by_role("dialog", name="Why not?")
    expect(box.get_by_label("For whom A is")).not_to_be_visible()
    box.get_by_label("For other people or another site").check()
    box.get_by_label("For whom A is").fill("Drivers")
    expect(box.get_by_label("Which law, contract or person")).not_to_be_visible()
    box.get_by_role("button", name="Reject").click()
    expect(page.get_by_role("status")).to_contain_text("Rejected.")
    assert sample.get("/v1/" + kept["resource"])["audience"] == "Drivers"
    sample.post(f"/v1/{seen['name']}:reopen", {})
    assert sample.get("/v1/" + kept["resource"])["audience"] != "Drivers"


def test_snoozed_until_a_day(anyone: Visitor, sample: Stack) -> None:
    seen = one(sample, "OUTDATED")
    page = anyone.page
    page.goto(page_of(seen))
    press(page, "Snooze")
    page.get_by_role("dialog", name="Until when?").get_by_role("button", name="Snooze").click()
    expect(page.get_by_role("status")).to_contain_text("Snoozed.")
    assert state(sample, seen) == "SNOOZED"
    page.goto("/review?whose=snoozed")
    expect(page.locator("table")).to_contain_text(seen["members"][0]["title"])


def test_still_current(anyone: Visitor, sample: Stack) -> None:
    seen = one(sample, "OUTDATED")
    page = anyone.page
    page.goto(page_of(seen))
    press(page, "Still current")
    box = page.get_by_role("dialog", name="Still current")
    again = date.fromisoformat(AS_OF) + timedelta(days=100)
    box.get_by_label("Check again on").fill(again.isoformat())
    box.get_by_role("button", name="It is still current").click()
    expect(page.get_by_role("status")).to_contain_text("Confirmed.")
    day = sample.get("/v1/" + seen["members"][0]["resource"])["reviewDate"]
    assert date(day["year"], day["month"], day["day"]) == again
    press(page, "Undo")
    expect(page.get_by_role("status")).to_contain_text("Open again.")
    assert state(sample, seen) == "OPEN"


def test_another_copy_is_kept_and_the_proposal_is_rebuilt(anyone: Visitor, sample: Stack) -> None:
    seen = one(sample, "DUPLICATE", relation="IDENTICAL")
    page = anyone.page
    page.goto(page_of(seen))
    page.get_by_role("radio", name="Keep this one").nth(1).check()
    press(page, "Update the proposal")
    expect(page.get_by_role("status")).to_contain_text("rebuilt")
    now = sample.get("/v1/" + seen["name"])
    kept = next(each["resource"] for each in now["members"] if each["survivor"])
    assert kept == next(each["resource"] for each in seen["members"] if not each["survivor"])
    # Another choice than the one shown is never accepted unseen.
    page.get_by_role("radio", name="Keep this one").nth(1).check()
    press(page, "Accept")
    expect(page.get_by_role("status")).to_contain_text("rebuilt")
    assert state(sample, seen) == "OPEN"


def test_copies_are_compared_by_how_many_finished_them(page: Page, sample: Stack) -> None:
    def told_of(seen: dict[str, Any]) -> list[dict[str, Any]]:
        names = [each["resource"] for each in seen["members"]]
        return [sample.get(f"/v1/{name}/engagement").get("completed") or {} for name in names]

    pairs = (
        (seen, told_of(seen))
        for seen in sample.suggestions("OPEN", "HELD")
        if seen["kind"] == "DUPLICATE" and len(seen["members"]) == 2
    )
    seen, told = next((seen, told) for seen, told in pairs if all(each.get("value") for each in told))
    page.goto(page_of(seen))
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="Finished, 12 months"))
    shown = {cell.inner_text().split()[-1] for cell in row.get_by_role("cell").all()}
    assert shown == {f"{each['value']:,.0f}" for each in told}


def test_the_second_reviewer_sees_the_first_decision(anyone: Visitor, sample: Stack) -> None:
    seen = one(sample, "DUPLICATE")
    page = anyone.page
    page.goto(page_of(seen))
    leader = sample.joined("callum.birkett@tarnwickwater.example")
    with sample.client(leader) as somebody:
        stands = {"revision": seen["revision"], "fingerprint": seen["fingerprint"]}
        why = {"reason": "intentional_copy", "comment": "A mirror."}
        somebody.post(f"/v1/{seen['name']}:reject", json={**stands, **why}).raise_for_status()
    press(page, "Accept")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Callum Birkett rejected this just now, while you were reading.")
    expect(alert).to_contain_text("A copy on purpose, to be kept in step: “A mirror.”")
    expect(alert).to_contain_text("What you sent was not saved")
    expect(page.get_by_role("button", name="Accept")).to_have_count(0)
    assert not anyone.script or violations(page) == []
    assert state(sample, seen) == "REJECTED"
    page.get_by_role("group", name="Decide").get_by_role("link", name="See the decision").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_role("main")).to_contain_text("Callum Birkett rejected it")
    press(page, "Reopen")
    expect(page.get_by_role("status")).to_contain_text("Open again.")
    assert state(sample, seen) == "OPEN"


def test_what_is_decided_offers_the_ways_back_that_it_has(anyone: Visitor, sample: Stack) -> None:
    page = anyone.page
    back = {
        "SNOOZED": "Back in the queue now",
        "SCHEDULED": "Undo this",
        "APPLIED": "Undo this",
        "REJECTED": "Reopen",
    }
    for is_in, seen in decided(sample).items():
        page.goto(page_of(seen))
        verbs = page.get_by_role("group", name="Decide")
        if is_in not in back:
            expect(verbs.get_by_role("button")).to_have_count(0)
            expect(page.get_by_role("main")).not_to_contain_text("you can take it back")
            expect(page.get_by_role("main")).not_to_contain_text("is asked.")
            continue
        press(page, back[is_in])
        if is_in == "APPLIED":  # which may have been wrong
            page.get_by_role("dialog", name="Undo this").get_by_role("button", name="Undo").click()
        expect(page.get_by_role("status")).to_be_visible()
        assert state(sample, seen) == "OPEN"
        lead(sample, seen["name"], is_in)
        assert state(sample, seen) == is_in


def test_a_double_click_decides_once(page: Page, sample: Stack) -> None:
    seen = one(sample, "DUPLICATE")
    page.goto(page_of(seen))
    page.get_by_role("button", name="Accept").dblclick()
    expect(page.get_by_role("status")).to_contain_text("Accepted.")
    log = sample.get("/v1/decisions", suggestion=seen["name"])["decisions"]
    assert [each["verb"] for each in log[:2]].count("accept") == 1
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("Taken back.")


def test_whoever_may_not_decide_is_told_who_may(browser: Browser, sample: Stack) -> None:
    seen = one(sample, "DUPLICATE", relation="IDENTICAL")
    token = sample.winnow("token", "create", "--person", "lewis.okoro@tarnwickwater.example")["token"]
    visitor = Visitor(browser, sample.status["http"], token)
    visitor.page.goto(page_of(seen))
    verbs = visitor.page.get_by_role("group", name="Decide")
    expect(verbs).to_contain_text("decides on this. You can add a note or ask.")
    expect(verbs.get_by_role("button", name=re.compile("Accept|Reject|Snooze"))).to_have_count(0)
    expect(visitor.page.get_by_role("radio", name="Keep this one")).to_have_count(0)
    tried = visitor.page.request.post(
        f"{page_of(seen)}/accept", form={"request_id": "by hand"}, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert tried.status == 403
    assert "not yours to decide" in tried.text()
    assert "learning leader" in tried.text()
    assert state(sample, seen) == "OPEN"
    # Controls of people are for administrators alone; the page itself is for everybody.
    visitor.page.goto("/people")
    expect(visitor.page.get_by_role("heading", name="People and responsibilities")).to_be_visible()
    expect(visitor.page.get_by_role("button", name="Add a person")).to_have_count(0)
    refused = visitor.page.request.post(
        "/people", form={"email": "x@example.org", "name": "X"}, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert refused.status == 403
    visitor.leave()


def test_a_phone_says_why_it_cannot_be_accepted_and_who_decides(browser: Browser, sample: Stack) -> None:
    newcomer = sample.joined("phone@figures.example", "INSTRUCTIONAL_DESIGNER")
    (made,) = sample.put("weirs", resource("weir", "Weir", lesson(7950), language="en"))
    sample.post(f"/v1/{made['name']}:setHold", {"reason": "An audit runs."})
    asked = {"kind": "OUTDATED", "operation": "archive", "members": [made["name"]], "reason": "It is old."}
    seen = sample.post("/v1/suggestions", asked)
    assert seen["plan"]["safeguards"]
    visitor = Visitor(browser, sample.status["http"], newcomer, size=PHONE)
    page = visitor.page
    page.goto(page_of(seen))
    verbs = page.get_by_role("group", name="Decide")
    expect(verbs.get_by_text("It cannot be accepted as it stands.")).to_be_visible()
    expect(verbs.get_by_text("Your first decision.")).to_be_visible()
    page.get_by_role("button", name="Add the note").click(
        trial=True
    )  # the bar leaves the end of the page free
    visitor.leave()
    onlooker = sample.winnow("token", "create", "--person", "lewis.okoro@tarnwickwater.example")["token"]
    visitor = Visitor(browser, sample.status["http"], onlooker, size=PHONE)
    visitor.page.goto(page_of(seen))
    verbs = visitor.page.get_by_role("group", name="Decide")
    expect(verbs.get_by_text("You can add a note or ask.")).to_be_visible()
    expect(verbs.get_by_text("Nothing is written to the LMS by this page.")).not_to_be_visible()
    visitor.leave()
    sample.post(f"/v1/{seen['name']}:reject", {"reason": "other", "comment": "Done."})


def test_keys_decide_where_they_should_and_nowhere_else(page: Page, sample: Stack) -> None:
    page.goto("/review?whose=all&kind=duplicate")
    page.keyboard.press("a")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("[data-row]").nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator("[data-row]").nth(0)).to_be_focused()
    page.keyboard.press("x")
    expect(page.get_by_role("checkbox").nth(0)).to_be_checked()
    page.keyboard.press("x")
    expect(page.get_by_role("checkbox").nth(0)).not_to_be_checked()
    page.keyboard.press("/")
    expect(page.get_by_label("Find a course")).to_be_focused()
    page.keyboard.type("jar")
    expect(page.get_by_label("Find a course")).to_have_value("jar")
    seen = one(sample, "DUPLICATE", relation="IDENTICAL")
    page.goto(page_of(seen))
    page.keyboard.press("r")
    expect(page.get_by_role("dialog", name="Why not?").get_by_role("radio").first).to_be_focused()
    page.keyboard.press("a")
    page.keyboard.press("Escape")
    assert state(sample, seen) == "OPEN"
    page.keyboard.press("a")
    expect(page.get_by_role("status")).to_contain_text("Accepted.")
    page.keyboard.press("u")
    expect(page.get_by_role("status")).to_contain_text("Taken back.")
    page.keyboard.press("/")  # where nothing can be found it leads to the search
    expect(page.get_by_label("Which is the current one")).to_be_visible()
    page.goto("/account")
    page.get_by_label("Off").check()
    press(page, "Save")
    page.goto(page_of(seen))
    page.keyboard.press("a")
    page.keyboard.press("j")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert state(sample, seen) == "OPEN"
    page.goto("/account")
    page.get_by_label("On").check()
    press(page, "Save")


def test_activity_tells_and_takes_back(page: Page, sample: Stack) -> None:
    seen = one(sample, "DUPLICATE")
    page.goto(page_of(seen))
    press(page, "Accept")
    page.goto("/activity")
    expect(page.get_by_role("main")).to_contain_text("You accepted")
    sheet = page.request.get("/activity.csv").text()
    assert sheet.startswith("time,actor,verb")
    assert seen["name"] in sheet
    press(page, "Undo")
    expect(page.get_by_role("status")).to_contain_text("Taken back.")
    assert state(sample, seen) == "OPEN"


def test_activity_shows_the_decisions_that_are_asked_for(page: Page, sample: Stack) -> None:
    token = sample.joined("quiet@figures.example", "INSTRUCTIONAL_DESIGNER")
    (seen,) = (each for is_in, each in decided(sample).items() if is_in == "REJECTED")
    with sample.client(token) as quiet:
        quiet.post(f"/v1/{seen['name']}:reopen", json={}).raise_for_status()
    lead(sample, seen["name"], "REJECTED")
    page.goto("/activity?who=quiet%40figures.example")
    expect(page.locator(".line")).to_have_count(1)
    expect(page.locator(".line")).to_contain_text("quiet reopened")
    page.get_by_role("link", name="Taken back", exact=True).click()
    expect(page.get_by_role("heading", name="No decision is like that")).to_be_visible()
    page.get_by_role("link", name="Everyone", exact=True).click()
    lines = page.locator(".line")
    expect(lines).not_to_have_count(0)
    for line in lines.all():
        expect(line).to_contain_text(" undid: ")
    sheet = page.request.get("/activity.csv?who=quiet%40figures.example").text()
    assert [row.split(",")[1:3] for row in sheet.splitlines()[1:]] == [["quiet@figures.example", "reopen"]]


def test_activity_shows_what_can_still_be_undone_and_what_the_sources_show(page: Page, sample: Stack) -> None:
    decided(sample)
    for chip, standing in (("Can still be undone", "UNDOABLE"), ("Written to the LMS", "WRITTEN")):
        page.goto("/activity")
        page.get_by_role("link", name=chip, exact=True).click()
        expect(page.get_by_role("link", name=chip, exact=True)).to_have_attribute("aria-current", "true")
        log = sample.get("/v1/decisions", standing=standing)["decisions"]
        lines = page.locator(".line")
        expect(lines).to_have_count(len(log))
        with_undo = lines.filter(has=page.get_by_role("button", name="Undo"))
        expect(with_undo).to_have_count(len(log) if standing == "UNDOABLE" else 0)
        sheet = page.request.get("/activity.csv?" + page.url.partition("?")[2]).text()
        assert len(sheet.splitlines()) == len(log) + 1
        assert violations(page) == []
    page.get_by_role("link", name="Can still be undone", exact=True).click()
    page.get_by_role("link", name="Me", exact=True).click()
    expect(page.get_by_role("button", name="Undo").first).to_be_visible()


def test_on_a_phone_the_verbs_are_within_reach(browser: Browser, sample: Stack) -> None:
    visitor = Visitor(browser, sample.status["http"], sample.token, size=PHONE)
    visitor.page.goto(places(sample)["duplicate, revised"])
    for name in ("Accept", "Reject", "Snooze"):
        box = visitor.page.get_by_role("button", name=name).first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= PHONE[1]
        assert box["height"] >= 43
    visitor.leave()


def test_an_owner_is_asked_and_answers_by_a_task(anyone: Visitor, sample: Stack) -> None:
    seen = one(sample, "OUTDATED")
    page = anyone.page
    page.goto(page_of(seen))
    press(page, "Ask the owner")
    box = page.get_by_role("dialog", name="Ask the owner")
    box.get_by_label("Your question").fill("Is this still what the crews do?")
    box.get_by_role("button", name="Ask").click()
    notes = page.get_by_role("region", name="Notes")
    expect(notes).to_contain_text("Is this still what the crews do?")
    notes.get_by_role("textbox").fill("I have rung the depot too.")
    press(page, "Add the note")
    expect(notes).to_contain_text("I have rung the depot too.")
    page.goto("/tasks?whose=all")
    expect(page.get_by_role("main")).to_contain_text("Is this still what the crews do?")


def test_exact_copies_are_decided_and_taken_back_together(anyone: Visitor, sample: Stack) -> None:
    seen = one(sample, "DUPLICATE", "OPEN", "HELD", relation="IDENTICAL")
    page = anyone.page
    page.goto("/review?whose=all")
    page.get_by_role("link", name="Exact copies together").click()
    press(page, "Accept")
    expect(page.get_by_role("status")).to_contain_text("Accepted.")
    assert state(sample, seen) == "APPLIED"
    press(page, "Undo")
    expect(page.get_by_role("main")).to_contain_text("Exact copies together")
    assert state(sample, seen) == "OPEN"


def test_what_was_decided_together_is_taken_back_together_by_a_key(page: Page, sample: Stack) -> None:
    copies = several(sample, "DUPLICATE", "OPEN", "HELD", relation="IDENTICAL")
    page.goto("/review/batch/exact")
    press(page, "Accept")
    expect(page.get_by_role("status")).to_contain_text("Accepted.")
    taken = [each for each in copies if state(sample, each) == "APPLIED"]
    assert taken
    page.goto("/programs")
    page.keyboard.press("u")
    expect(page.get_by_role("heading", name="Exact copies together")).to_be_visible()
    assert "APPLIED" not in {state(sample, each) for each in taken}


def test_ticked_ones_are_decided_and_taken_back_at_once(anyone: Visitor, sample: Stack) -> None:
    page = anyone.page
    page.goto("/review?whose=all&kind=outdated")
    easy = {each["name"] for each in several(sample, "OUTDATED")}
    boxes = [(box.get_attribute("value") or "", box) for box in page.locator("[name=pick]").all()]
    named = [(f"suggestions/{value.partition('|')[0]}", box) for value, box in boxes]
    ticked = [(name, box) for name, box in named if name in easy][:3]
    shown = [name for name, _ in ticked]
    bar = page.locator("#bulk")
    for at, (_, box) in enumerate(ticked, 1):
        box.check()
        if anyone.script:
            expect(bar.get_by_role("status")).to_have_text(f"{at} selected.")
    expect(bar).to_be_in_viewport()
    press(page, "Accept…")
    expect(page.get_by_role("heading", name="Several at once")).to_be_visible()
    expect(page.get_by_role("checkbox")).to_have_count(3)
    page.get_by_role("checkbox").nth(2).uncheck()
    # One of them was somebody else's a moment ago.
    first, second, _ = shown
    sample.post(f"/v1/{second}:reject", {"reason": "other", "comment": "It is mine."})
    press(page, "Accept")
    expect(page.get_by_role("alert")).to_contain_text("Somebody else was first")
    expect(page.get_by_role("status")).to_contain_text("1 accepted.")
    states = [sample.get("/v1/" + name)["state"] for name in shown]
    assert states == ["APPLIED", "REJECTED", "OPEN"]
    sample.post(f"/v1/{first}:undo", {})
    sample.post(f"/v1/{second}:reopen", {})
    page.goto("/review/bulk?" + "&".join(f"pick={name.removeprefix('suggestions/')}" for name in shown))
    press(page, "Snooze a week")
    expect(page.get_by_role("status")).to_contain_text("3 snoozed for a week.")
    assert {sample.get("/v1/" + name)["state"] for name in shown} == {"SNOOZED"}
    press(page, "Undo")
    expect(page.get_by_role("status")).to_contain_text("3 taken back.")
    assert {sample.get("/v1/" + name)["state"] for name in shown} == {"OPEN"}
    page.get_by_label("A question to the owners").fill("Who works by this today?")
    page.get_by_role("checkbox").nth(1).uncheck()
    page.get_by_role("checkbox").nth(2).uncheck()
    press(page, "Ask the owners")
    expect(page.get_by_role("status")).to_contain_text("The owner is asked.")
    notes = sample.get(f"/v1/{first}/notes")["notes"]
    assert "Who works by this today?" in [each["text"] for each in notes]


def test_all_that_match_are_selected_and_those_that_are_for_others_are_left(
    browser: Browser, anyone: Visitor, sample: Stack
) -> None:
    page = anyone.page
    page.goto("/review?whose=all")
    rows = page.get_by_role("row").count() - 1
    counts = sample.get("/v1/suggestions:count")["counts"]
    total = sum(each["count"] for each in counts if each["state"] in ("OPEN", "HELD"))
    assert total > rows == 50
    page.get_by_role("link", name=f"Tick all {rows} on this page").click()
    expect(page.get_by_role("status").filter(has_text=f"{rows} selected.")).to_be_visible()
    page.get_by_role("link", name=f"Select all {total} that match").click()
    boxes = page.get_by_role("checkbox")
    expect(boxes).to_have_count(total)
    yours = page.get_by_role("checkbox", checked=True).count()
    expect(page.get_by_role("main")).to_contain_text(f"{total} match.")
    expect(page.get_by_role("main")).to_contain_text(f"{yours} are yours to decide and ticked.")
    press(page, "Accept the ticked ones")
    expect(page.get_by_role("heading", name=f"Accept {yours} suggestions?")).to_be_visible()
    assert not anyone.script or violations(page) == []
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("heading", name="Review", exact=True)).to_be_visible()
    # A specialist decides on some kinds alone: what is not theirs is listed, not ticked, and stays as it is.
    token = sample.joined("all@bulk.example", "SPECIALIST")
    theirs = Visitor(browser, sample.status["http"], token)
    theirs.page.goto("/review?whose=all")
    theirs.page.get_by_role("link", name=re.compile("^Select all|^Select the one")).click()
    shown = theirs.page.get_by_role("checkbox").count()
    ticked = theirs.page.get_by_role("checkbox", checked=True).count()
    assert ticked < shown
    expect(theirs.page.get_by_role("main")).to_contain_text(
        "are for others to decide or have your yes already"
    )
    theirs.leave()


def test_what_was_written_outlives_the_session(anyone: Visitor, sample: Stack) -> None:
    seen = one(sample, "DUPLICATE")
    page = anyone.page
    page.goto(page_of(seen))
    press(page, "Reject")
    box = page.get_by_role("dialog", name="Why not?")
    box.get_by_label("For another level").check()
    box.get_by_label("In your words").fill("<b>The one is for beginners.</b>")
    cookies = page.context.cookies()
    page.context.clear_cookies()
    box.get_by_role("button", name="Reject").click()
    expect(page.get_by_role("alert")).to_contain_text("You are signed out")
    expect(page.get_by_label("What you wrote")).to_have_value("<b>The one is for beginners.</b>")
    assert state(sample, seen) == "OPEN"
    kept: Any = [{name: each.get(name) for name in ("name", "value", "domain", "path")} for each in cookies]
    page.context.add_cookies(kept)
    press(page, "Send it again")
    expect(page.get_by_role("status")).to_contain_text("Rejected.")
    now = sample.get("/v1/" + seen["name"])
    assert (now["state"], now["decision"]["comment"]) == ("REJECTED", "<b>The one is for beginners.</b>")
    sample.post(f"/v1/{seen['name']}:reopen", {})
