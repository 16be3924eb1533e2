"""Going through a program: its stages, the check-up and its record; how far every claim is from what it quotes."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection
from itertools import permutations
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from services.gateway.web.dates import length
from tests.browser.axe import violations
from tests.browser.visitor import SCRIPT, Visitor, scripted
from tests.lessons import lesson, resource
from tests.stack import AS_OF, Stack

pytestmark = pytest.mark.thorough

WORDS = """html => {
    const read = new DOMParser().parseFromString(html, "text/html");
    read.querySelectorAll("del, .vh").forEach(each => each.remove());
    return read.querySelector("main").textContent.replace(/\\s+/g, " ");
}"""
"""What a page says to whoever reads it, without the words of other copies."""
MORE = """html => {
    const read = new DOMParser().parseFromString(html, "text/html");
    const to = [...read.querySelectorAll("main a[href*='all=1']")];
    return to.map(each => [each.textContent, each.getAttribute("href")]);
}"""
"""The links to what a page leaves out of its evidence: “Show all”, and the other copies."""


def with_something_to_decide(stack: Stack) -> dict[str, Any]:
    """The program about which most waits for a decision."""
    programs = stack.get("/v1/programs", pageSize=200)["programs"]
    waiting = {each["name"]: len(about(stack, each["name"])) for each in programs}
    return max(programs, key=lambda each: waiting[each["name"]])


def about(stack: Stack, program: str) -> list[dict[str, Any]]:
    states = ["OPEN", "HELD", "SNOOZED"]
    return stack.get("/v1/suggestions", pageSize=200, program=program, states=states)["suggestions"]


def test_a_program_is_gone_through_and_the_record_bears_its_day(anyone: Visitor, sample: Stack) -> None:
    sample.joined("ida@example.org", "INSTRUCTIONAL_DESIGNER")
    program = with_something_to_decide(sample)
    page = anyone.page
    page.goto("/programs")
    page.get_by_role("main").get_by_role("link", name=program["title"], exact=True).click()
    page.get_by_role("link", name="Check-up").click()
    for step in ("taught twice", "learners skip", "out of date", "is missing", "speaks for it"):
        expect(page.get_by_role("heading", name=step)).to_be_visible()
    given = next(each for each in about(sample, program["name"]) if each["assignee"] != "ida@example.org")
    note = f"The tour goes first, {uuid.uuid4().hex}."
    line = page.locator(f"#s-{given['name'].removeprefix('suggestions/')}")
    line.locator("summary").click()
    line.get_by_label("E-mail").fill("ida@example.org")
    line.get_by_role("button", name="Give").click()
    expect(line.locator("summary")).to_contain_text("ida decides.")
    page.get_by_label("What you want to say").fill(note)
    page.get_by_role("button", name="Record the check-up").click()
    main = page.get_by_role("main")
    expect(main).to_contain_text(note)
    expect(main).to_contain_text("no advocate")
    expect(main.get_by_role("row").filter(has_text=given["summary"])).to_contain_text("ida")
    page.goto("/programs")
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name=program["title"], exact=True))
    expect(row).not_to_contain_text("Never")
    assert sample.get("/v1/checkups", program=program["name"])["checkups"][0]["note"] == note


def test_what_learners_skip_is_suggested_to_be_optional_from_the_check_up(
    anyone: Visitor, sample: Stack
) -> None:
    key = uuid.uuid4().hex[:8]
    titles = {name: f"{name} {key}" for name in ("Tides", "Knots")}
    made = sample.put(
        f"jetties-{key}",
        *(resource(name, title, lesson(int(key, 16) + len(name))) for name, title in titles.items()),
    )
    items = [{"resource": each["name"], "mandatory": True} for each in made]
    program = {"source": f"jetties-{key}", "key": "p", "title": f"Jetties {key}", "items": items}
    name = sample.post("/v1/programs:upsert", program)["name"]
    month = {"year": int(AS_OF[:4]), "month": 4, "day": 1}
    one = {"month": month, "enrolled": 1, "started": 1, "completed": 1, "state": "COMPLETED"}
    came = {"Tides": 20, "Knots": 6}
    rows = [{**one, "resource": each, "learner": f"l{n}"} for each, most in came.items() for n in range(most)]
    sample.post("/v1/engagement:record", {"source": f"jetties-{key}", "rows": rows})
    page = anyone.page
    page.goto(f"/{name}/checkup")
    ask = page.get_by_role("button", name="Suggest to make it optional")
    expect(ask).to_have_accessible_name(re.compile(f"Knots {key}.*6 of 20 learners"))
    assert not anyone.script or violations(page) == []
    ask.click()
    expect(page).to_have_url(re.compile("/checkup#s-"))
    filed = sample.get(f"/v1/suggestions/{page.url.rpartition('#s-')[2]}")
    changes = [change["operation"] for part in filed["plan"]["parts"] for change in part["changes"]]
    assert changes == ["item_make_optional"]
    expect(page.locator(f"#s-{filed['name'].removeprefix('suggestions/')}")).to_be_visible()
    sample.post(f"/v1/{filed['name']}:reject", {"reason": "other", "comment": "It was for a test."})


def test_an_update_is_asked_for_from_the_check_up(anyone: Visitor, sample: Stack) -> None:
    key = uuid.uuid4().hex[:8]
    page = anyone.page
    days = {"reviewDate": {"year": int(AS_OF[:4]), "month": 1, "day": 31}}
    with sample.silenced("curator"):  # it would ask for the review by itself
        (due,) = sample.put(f"gauges-{key}", resource("gauge", f"Gauge {key}", lesson(int(key, 16)), **days))
        program = {"source": f"gauges-{key}", "key": "p", "title": f"Gauges {key}"}
        made = sample.post("/v1/programs:upsert", {**program, "items": [{"resource": due["name"]}]})
        page.goto(f"/{made['name']}/checkup")
        page.get_by_role("button", name="Ask for an update").click()
        expect(page).to_have_url(re.compile("/checkup#s-"))
        (filed,) = about(sample, made["name"])
        expect(page.locator(f"#s-{filed['name'].removeprefix('suggestions/')}")).to_be_visible()
    assert (filed["kind"], filed["members"][0]["resource"]) == ("OUTDATED", due["name"])
    sample.post(f"/v1/{filed['name']}:reject", {"reason": "other", "comment": "It was for a test."})
    sample.wait()


def test_the_list_tells_how_programs_are_used_and_what_waits_in_them(page: Page, sample: Stack) -> None:
    program = with_something_to_decide(sample)
    put_off = next(each for each in about(sample, program["name"]) if each["state"] == "OPEN")
    sample.post(f"/v1/{put_off['name']}:snooze", {"until": f"{int(AS_OF[:4]) + 1}-01-01T06:00:00Z"})
    use = sample.get(f"/v1/{program['name']}/engagement")
    waiting = sample.get("/v1/suggestions", pageSize=200, program=program["name"], states=["OPEN", "HELD"])[
        "suggestions"
    ]
    others = {
        item["resource"]
        for each in sample.get("/v1/programs", pageSize=200)["programs"]
        for item in each["items"]
        if each["name"] != program["name"] and not each["archived"]
    }
    page.goto("/programs")
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name=program["title"], exact=True))
    numbers = [cell.inner_text() for cell in row.locator("td.num").all()]
    assert numbers[0] == str(len(program["items"]))
    assert numbers[2] == f"{use['reach']['value']:,.0f}"
    assert numbers[3] == f"{use['completion']['value'] * 100:.0f}%"
    assert numbers[4].split()[0] == str(len({item["resource"] for item in program["items"]} & others - {""}))
    assert numbers[5].split()[0] == str(len(waiting))
    row.locator("td.num").nth(5).get_by_role("link").click()
    expect(page.get_by_role("heading", level=1, name=program["title"])).to_be_visible()
    expect(page.locator("#suggested + ul > li")).to_have_count(len(waiting))
    expect(page.get_by_text("1 more is snoozed")).to_be_visible()
    sample.post(f"/v1/{put_off['name']}:reopen", {})


def test_what_other_programs_hold_too_leads_to_a_matrix_with_that_program(page: Page, sample: Stack) -> None:
    key = uuid.uuid4().hex
    text = {"title": "1", "location": "1", "text": f"Whistle twice, then turn round, {key}."}
    (alone,) = sample.put("shelf", {"externalId": key, "title": "Signals", "outline": [text]})
    items = [{"resource": alone["name"], "mandatory": True}]
    titles = [f"{letter} {key}" for letter in "ab"]
    for title in titles:
        program = {"source": "shelf", "key": title, "title": title, "items": items, "owners": []}
        sample.post("/v1/programs:upsert", program)
    page.goto("/programs?whose=none")
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name=titles[1], exact=True))
    row.locator("td.num").nth(4).get_by_role("link").click()
    expect(page.locator(".heat thead th")).to_have_text([titles[1], titles[0]])


def test_the_overlap_of_two_programs_says_what_both_hold_for_how_long_and_for_whom(
    page: Page, sample: Stack
) -> None:
    held = {
        each["name"]: {item["resource"] for item in each["items"]}
        for each in sample.get("/v1/programs", pageSize=200)["programs"]
    }
    asked = {"pageSize": 200, "kind": "DUPLICATE", "states": ["OPEN", "HELD"]}
    copies = [
        {member["resource"] for member in each["members"]}
        for each in sample.get("/v1/suggestions", **asked)["suggestions"]
        if each["relation"] in ("IDENTICAL", "REVISED")
    ]
    first, second, ours, theirs = next(
        (first, second, ours, theirs)
        for first, second in permutations(held, 2)
        for group in copies
        for ours in group & held[first] - held[second]
        for theirs in group & held[second]
    )
    pair = f"{first.removeprefix('programs/')}..{second.removeprefix('programs/')}"
    page.goto(f"/programs?view=overlap&pair={pair}")
    rail = page.locator("#pair")
    lines = rail.locator("section", has_text="in common").get_by_role("listitem")
    expect(lines.filter(has=page.locator(f"a[href='/{ours}']"))).to_contain_text(" = ")
    expect(lines.locator(f"a[href='/{theirs}']")).to_have_count(1)

    def seconds(names: Collection[str]) -> int:
        found = sample.get("/v1/resources:batchGet", names=sorted(names))["resources"]
        return sum(int(each["durationSeconds"]) for each in found.values())

    shared = {(each.locator("a").first.get_attribute("href") or "")[1:] for each in lines.all()}
    assert shared >= held[first] & held[second]
    part, whole = seconds(shared), seconds(held[first])
    expect(rail.locator(".figure")).to_contain_text(f"{100 * part / whole:.0f}%")
    expect(rail.locator(".figure")).to_contain_text(f"({length(part)} of {length(whole)})")
    both = sample.get("/v1/engagement:batchQuery", names=[first, second], inBoth=True)["inBoth"]
    told = f"{both['value']:,.0f}" if "value" in both else "–"
    expect(rail.locator("section", has_text="Learners in both").locator("p")).to_contain_text(told)


def test_before_and_after_says_why_and_which_topics_stay_covered(page: Page, sample: Stack) -> None:
    key = uuid.uuid4().hex
    wanted = ["Read a map", "Find north", "Use a compass"]
    inputs = [
        {
            "externalId": f"{key}-{number}",
            "title": f"Way {number}",
            "objectives": objectives,
            "outline": [{"title": "1", "location": "1", "text": f"Sheet {number} of {key}."}],
        }
        for number, objectives in enumerate([["Read a map."], ["find  north"], []], 1)
    ]
    items = [{"resource": each["name"], "mandatory": True} for each in sample.put("shelf", *inputs)]
    program = {"source": "shelf", "key": key, "title": f"Ways {key}", "items": items, "objectives": wanted}
    made = sample.post("/v1/programs:upsert", program)
    filed = sample.post(
        "/v1/suggestions",
        {
            "kind": "PROGRAM",
            "operation": "item_drop",
            "members": [items[2]["resource"]],
            "program": made["name"],
            "reason": "Nobody opens the third sheet.",
        },
    )
    page.goto("/review/" + filed["name"].removeprefix("suggestions/"))
    expect(page.locator(".figures")).to_contain_text("2 of 3")
    topics = page.locator("#topics")
    expect(topics).to_contain_text("Read a map")
    expect(topics.get_by_role("link")).to_have_text(["Way 1", "Way 2"])
    expect(topics).to_contain_text("Use a compass: no item states it")
    row = page.get_by_role("row").filter(has_text="Way 3")
    expect(row).to_contain_text("Nobody opens the third sheet.")
    assert violations(page) == []
    sample.post(f"/v1/{filed['name']}:reject", {"reason": "other", "comment": "Only to see it."})


def test_what_was_seen_on_the_way_becomes_a_suggestion(anyone: Visitor, sample: Stack) -> None:
    key = uuid.uuid4().hex
    text = {"title": "1", "location": "1", "text": f"North is at the top of the sheet {key}."}
    inputs = [
        {"externalId": f"{key}-{state}", "title": f"Maps, {state}", "visibility": state, "outline": [text]}
        for state in ("archived", "visible")
    ]
    items = [{"resource": each["name"], "mandatory": False} for each in sample.put("shelf", *inputs)]
    program = {"source": "shelf", "key": key, "title": "Finding the way", "items": items}
    made = sample.post("/v1/programs:upsert", program)
    page = anyone.page
    page.goto(f"/{made['name']}/checkup")
    expect(page.locator("#gaps")).to_contain_text("“Maps, archived” is archived and still an item")
    page.get_by_role("button", name="Suggest to drop it").click()
    filed = about(sample, made["name"])
    dropped = [change["operation"] for part in filed[0]["plan"]["parts"] for change in part["changes"]]
    assert dropped == ["item_drop"]
    expect(page.locator(f"#s-{filed[0]['name'].removeprefix('suggestions/')}")).to_be_visible()


def test_who_may_not_record_reads_and_is_told_who_does(browser: Browser, sample: Stack) -> None:
    token = sample.joined("sam.specialist@example.org", "SPECIALIST")
    program = with_something_to_decide(sample)
    reader = Visitor(browser, sample.status["http"], token)
    page = reader.page
    page.goto(f"/{program['name']}/checkup")
    expect(page.get_by_role("main")).to_contain_text(
        "Its owner, an instructional designer or a learning leader"
    )
    assert page.get_by_role("button", name="Record").count() == 0
    refused = page.request.post(
        f"/{program['name']}/checkup", form={"note": ""}, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert refused.status == 403
    assert "This is not yours to decide." in refused.text()
    reader.leave()


def test_a_stage_without_advocate_is_given_one(anyone: Visitor, sample: Stack) -> None:
    sample.joined("ida@example.org", "INSTRUCTIONAL_DESIGNER")
    program = sample.get("/v1/programs", pageSize=200)["programs"][-1]
    page = anyone.page
    page.goto(f"/{program['name']}")
    row = page.get_by_role("row").filter(has_text="Facilitate")
    expect(row).to_contain_text("No advocate")
    row.locator("summary").click()
    row.get_by_label("Who holds Facilitate").select_option(label="ida")
    row.get_by_role("button", name="Save").click()
    expect(row).not_to_contain_text("No advocate")
    expect(row).to_contain_text("ida")
    row.locator("summary").click()
    row.get_by_label("Who holds Facilitate").select_option(label="Not said")
    row.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("No advocate")


def test_from_a_program_every_claim_is_at_most_two_clicks_from_its_quoted_words(
    page: Page, sample: Stack
) -> None:
    far: list[str] = []
    quoted = 0
    for program in sample.get("/v1/programs", pageSize=200)["programs"]:
        page.goto(f"/{program['name']}")
        links = page.eval_on_selector_all(
            "main a[href^='/review/']", "all => all.map(a => [a.pathname, a.getAttribute('href')])"
        )
        leads = dict(links)
        for each in about(sample, program["name"]):
            address = "/review/" + each["name"].removeprefix("suggestions/")
            if address not in leads:  # the first click
                far.append(f"{program['title']}: no link to {each['summary']}")
                continue
            whole = sample.get(f"/v1/{each['name']}")
            first = page.request.get(leads[address]).text()
            # The second, where there are many passages or copies: “Show all”, or one of the other copies.
            more = page.evaluate(MORE, first)
            said = " ".join(
                page.evaluate(WORDS, text)
                for text in (first, *(page.request.get(there).text() for _, there in more))
            )
            for evidence in whole["evidence"]:
                quote = " ".join(evidence["quote"].split())
                quoted += bool(quote)
                if quote not in said:
                    far.append(f"{each['summary']}: {evidence['type']}: {quote[:60]}")
    assert far == []
    assert quoted > 100


def crossing(stack: Stack) -> tuple[dict[str, Any], dict[str, str]]:
    """A suggestion that touches programs of different owners, and the owner of each of these programs."""
    owner = {
        each["name"]: each["owners"][0]
        for each in stack.get("/v1/programs", pageSize=200)["programs"]
        if each["owners"]
    }
    for each in stack.suggestions("OPEN"):
        touched = {part["id"]: owner[part["id"]] for part in each["plan"]["parts"] if part["id"] in owner}
        if each["kind"] == "DUPLICATE" and len(set(touched.values())) > 1:
            return each, touched
    raise LookupError("a suggestion that crosses ownership")


@pytest.mark.parametrize("script", SCRIPT, ids=scripted)
def test_where_it_crosses_ownership_both_owners_see_it_and_each_answers_for_their_part(
    browser: Browser, sample: Stack, script: bool
) -> None:
    seen, touched = crossing(sample)
    (mine, owner), (_, other) = list(touched.items())[:2]
    address = "/review/" + seen["name"].removeprefix("suggestions/")
    visitors = {
        email: Visitor(browser, sample.status["http"], sample.joined(email), java_script_enabled=script)
        for email in (owner, other)
    }
    for email, visitor in visitors.items():
        page = visitor.page
        page.goto("/review")
        page.locator(f"main a[href^='{address}']").first.click()
        parts = page.get_by_role("region", name="Who answers for what")
        expect(parts).to_contain_text("Crosses ownership")
        expect(parts.get_by_text("Yours", exact=True)).to_have_count(1)
        page.get_by_label("Add a note").fill(f"I answer for mine. {email}")
        page.get_by_role("button", name="Add the note").click()
        expect(page.locator("#notes")).to_contain_text(f"I answer for mine. {owner}")
    page = visitors[owner].page
    page.get_by_role("button", name="Reject").first.click()
    box = page.get_by_role("dialog", name="Why not?")
    box.get_by_label("For other people or another site").check()
    box.get_by_role("button", name="Reject").click()
    expect(page.get_by_role("status")).to_contain_text("Your part is refused.")
    left = {part["id"] for part in sample.get(f"/v1/{seen['name']}")["plan"]["parts"]}
    assert mine not in left
    assert left >= touched.keys() - {mine}
    for visitor in visitors.values():
        visitor.leave()
