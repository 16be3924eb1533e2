"""Verbs that no other file presses, each with script and without, and the keys that open boxes and choose copies."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from services.catalog.usecases.import_batches import GROUP
from tests.browser.axe import violations
from tests.browser.decided import lead
from tests.browser.places import page_of
from tests.browser.rare import half_read, retitled_twice, sql
from tests.browser.test_deciding import one, press, state
from tests.browser.visitor import Visitor
from tests.lessons import lesson, resource
from tests.stack import Stack, eventually

pytestmark = pytest.mark.thorough


@pytest.fixture
def key() -> str:
    return uuid.uuid4().hex[:8]


def test_colours_are_kept_in_this_browser_and_signing_out_ends_the_session(anyone: Visitor) -> None:
    page = anyone.page
    page.goto("/account")
    page.get_by_role("radio", name="Dark").check()
    press(page, "Save")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("radio", name="Dark")).to_be_checked()
    page.get_by_role("radio", name="As the system says").check()
    press(page, "Save")
    expect(page.get_by_role("radio", name="As the system says")).to_be_checked()
    assert page.locator("html").get_attribute("data-theme") is None
    press(page, "Sign out")
    expect(page.get_by_role("heading", name="Sign in to Winnow")).to_be_visible()
    page.goto("/review")
    expect(page.get_by_role("heading", name="Sign in to Winnow")).to_be_visible()


def test_files_are_added_and_what_is_asked_about_them_is_answered(
    anyone: Visitor, sample: Stack, key: str
) -> None:
    source = f"ferry-{key}"
    seed = 7700 + 10 * anyone.script
    table = [
        "external_id,title,description,updated",
        *(f"{n},Ferry {key} {n},{' '.join(lesson(seed + n))},0{n}/04/2026" for n in (1, 2)),
    ]
    files: list[FilePayload] = [
        {"name": "catalog.csv", "mimeType": "text/csv", "buffer": "\n".join(table).encode()},
        {
            "name": "ropes.md",
            "mimeType": "text/markdown",
            "buffer": f"# Ropes {key}\n\n{lesson(seed)[0]}\n".encode(),
        },
    ]

    def titles() -> set[str]:
        listed = sample.get("/v1/resources", source=source, pageSize=50)["resources"]
        return {each["title"] for each in listed}

    page = anyone.page
    page.goto("/imports")
    press(page, "Add files")
    box = page.get_by_role("dialog", name="Add files")
    box.get_by_label("Source").fill(source)
    box.get_by_label("Files").set_input_files(files)
    box.get_by_role("button", name="Read them").click()
    asked = page.locator("section").filter(has_text=f"{source}: catalog.csv")
    expect(asked).to_contain_text("may be 3 April or 4 March")  # the page comes again by itself
    assert eventually(lambda: titles() == {f"Ropes {key}"})
    asked.get_by_role("button").first.click()
    expect(page.get_by_role("row").filter(has_text=source).first).to_contain_text("Up to date")
    expect(asked).to_have_count(0)
    assert titles() == {f"Ropes {key}", f"Ferry {key} 1", f"Ferry {key} 2"}


def test_an_import_says_how_far_it_is_and_is_stopped(anyone: Visitor, sample: Stack, key: str) -> None:
    source = f"weirs-{key}"
    seed = 7800 + 100 * anyone.script
    files = {f"{key}-{n:02}.md": f"# Weir {key} {n}\n\n{lesson(seed + n)[0]}\n" for n in range(2 * GROUP)}
    page = anyone.page
    with half_read(sample, source, files):
        page.goto("/imports")
        reading = page.get_by_role("region", name=f"{source}: reading now")
        expect(reading.get_by_role("listitem")).to_have_count(3)
        expect(reading).to_contain_text(f"Reading: {GROUP} of {2 * GROUP} files. So far {GROUP} new")
        expect(reading.get_by_role("progressbar")).to_be_visible()
        assert not anyone.script or violations(page) == []
        reading.get_by_role("button", name=f"Stop {source}").click()
        at_its_end = f"Reading: {2 * GROUP - 1} of {2 * GROUP} files."
        expect(reading).to_contain_text(at_its_end, timeout=60_000)  # what is being read is taken to its end
    row = page.get_by_role("row").filter(has_text=source)
    expect(row.first).to_contain_text("Read in part")  # the page comes again by itself
    expect(page.get_by_role("main")).to_contain_text(f"Files that were not read: {GROUP - 1}.")
    listed = sample.get("/v1/resources", source=source, pageSize=200)["resources"]
    assert len(listed) == GROUP + 1
    sample.wait()


def test_a_person_is_added_and_has_the_roles_that_are_ticked(
    anyone: Visitor, sample: Stack, key: str
) -> None:
    name, email = f"Tess {key}", f"{key}@verbs.example"
    page = anyone.page
    page.goto("/people")
    press(page, "Add a person")
    box = page.get_by_role("dialog", name="Add a person")
    box.get_by_label("E-mail").fill(email)
    box.get_by_label("Name").fill(name)
    box.get_by_label("Specialist").check()
    box.get_by_role("button", name="Add a person").click()
    row = page.get_by_role("row").filter(has_text=email)
    expect(row.get_by_role("cell").nth(1)).to_have_text("Specialist")
    row.get_by_role("button", name=f"Change {name}").click()
    box = page.get_by_role("dialog", name=name)
    box.get_by_label("Specialist").uncheck()
    box.get_by_label("Instructional designer").check()
    box.get_by_role("button", name="Save").click()
    expect(row.get_by_role("cell").nth(1)).to_have_text("Instructional designer")
    (person,) = [each for each in sample.get("/v1/people", pageSize=200)["people"] if each["email"] == email]
    assert (person["displayName"], person["roles"]) == (name, ["INSTRUCTIONAL_DESIGNER"])


def test_a_verdict_is_lifted_and_its_pair_is_asked_about_again(
    anyone: Visitor, sample: Stack, key: str
) -> None:
    seen = one(sample, "DUPLICATE", relation="IDENTICAL")
    sample.post(f"/v1/{seen['name']}:reject", {"reason": "not_same", "comment": f"Not for {key}."})
    page = anyone.page
    page.goto("/activity")
    page.get_by_role("link", name="Verdicts on pairs").click()
    row = page.get_by_role("row").filter(has_text=f"Not for {key}.")
    expect(row).to_contain_text(seen["members"][0]["title"])
    row.get_by_role("button", name="Show again").click()
    expect(page.get_by_role("heading", name="Verdicts on pairs")).to_be_visible()
    expect(row).to_have_count(0)
    assert eventually(lambda: state(sample, seen) in ("OPEN", "HELD"))


def test_an_undo_asks_what_becomes_of_a_field_that_was_edited_since(
    anyone: Visitor, sample: Stack, key: str
) -> None:
    made, first = retitled_twice(sample, key, 7900 + anyone.script)
    assert state(sample, first) == "APPLIED"
    page = anyone.page

    def undo() -> None:
        page.goto(page_of(first))
        press(page, "Undo this decision")
        box = page.get_by_role("dialog", name="Undo this decision")
        box.get_by_label("It was wrong").check()
        box.get_by_role("button", name="Undo").click()

    undo()
    expect(page.get_by_role("alert")).to_contain_text("Something was edited since.")
    asked = page.get_by_role("group", name=f"Jetty {key} · Title")
    expect(asked).to_contain_text(f"Put back: Quay {key}")
    expect(asked).to_contain_text(f"Leave as it is now: Jetty {key}")
    assert not anyone.script or violations(page) == []
    page.get_by_role("link", name="Leave everything as it is").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    assert state(sample, first) == "APPLIED"

    undo()
    asked.get_by_label("Leave as it is now").check()
    page.get_by_role("main").get_by_role("button", name="Undo").first.click()
    expect(page.get_by_role("status")).to_contain_text("Taken back.")
    assert state(sample, first) != "APPLIED"
    assert sample.get("/v1/" + made["name"])["title"] == f"Jetty {key}"
    (last, *_) = sample.get("/v1/decisions", suggestion=first["name"])["decisions"]
    assert (last["verb"], last["reason"]) == ("undo", "was_wrong")


def test_whom_a_plan_affects_objects_on_its_page_and_is_offered_no_undo(
    anyone: Visitor, browser: Browser, sample: Stack, key: str
) -> None:
    owner = sample.joined(f"quay-{key}@verbs.example")
    seed = 7910 + anyone.script
    told = resource(
        f"mole-{key}", f"Mole {key}", lesson(seed), language="en", owner=f"quay-{key}@verbs.example"
    )
    (made,) = sample.put("quays", told)
    asked = {"kind": "OUTDATED", "operation": "set_metadata", "members": [made["name"]]}
    said = {"field": "title", "value": f"Groyne {key}", "reason": "It has another name."}
    found = sample.post("/v1/suggestions", {**asked, **said})
    lead(sample, found["name"], "SCHEDULED")
    assert state(sample, found) == "SCHEDULED"

    affected = Visitor(browser, sample.status["http"], owner, java_script_enabled=anyone.script)
    page = affected.page
    page.goto(page_of(found))
    expect(page.get_by_role("button", name="Undo this decision")).to_have_count(0)
    press(page, "Object")
    box = page.get_by_role("dialog", name="Object")
    box.get_by_label("Why it should not happen").fill("It is no groyne.")
    assert not anyone.script or violations(page) == []
    box.get_by_role("button", name="Object").click()
    expect(page.get_by_role("status")).to_contain_text("Your objection is filed.")
    expect(page.get_by_role("button", name="Object")).to_have_count(0)
    affected.leave()
    now = sample.get("/v1/" + found["name"])
    assert (now["state"], now["decision"]["verb"]) == ("OPEN", "object")
    anyone.page.goto(page_of(found))
    expect(anyone.page.get_by_role("main")).to_contain_text("It is no groyne.")


def filed(sample: Stack, kind: str, operation: str, members: list[str], **more: str) -> dict[str, Any]:
    """A suggestion that a person has made."""
    asked = {"kind": kind, "operation": operation, "members": members, "reason": "Seen in the yard."}
    return sample.post("/v1/suggestions", {**asked, **more})


def targets(sample: Stack, suggestion: dict[str, Any]) -> list[str]:
    """What the changes of its plan are about, by the ends of their ids."""
    parts = sample.get("/v1/" + suggestion["name"])["plan"]["parts"]
    return sorted(change["id"].rpartition(".")[2] for part in parts for change in part["changes"])


def test_a_change_of_a_program_is_left_out_and_taken_in_again(
    anyone: Visitor, sample: Stack, key: str
) -> None:
    seeds = range(7930, 7933) if anyone.script else range(7933, 7936)
    made = sample.put("quays", *(resource(f"{key}-{n}", f"Buoy {key} {n}", lesson(n, 2)) for n in seeds))
    first, second, _ = (each["name"] for each in made)
    items = [{"resource": each["name"]} for each in made]
    body = {"source": "quays", "key": key, "title": f"Buoys {key}", "items": items}
    program = sample.post("/v1/programs:upsert", body)["name"]
    seen = filed(sample, "PROGRAM", "item_drop", [first, second], program=program)
    both = sorted(each.removeprefix("resources/") for each in (first, second))
    assert targets(sample, seen) == both
    page = anyone.page
    page.goto(page_of(seen))
    tick = page.get_by_role("checkbox", name=f"Use this change: {made[0]['title']}")
    tick.uncheck()
    press(page, "Accept")  # what was unticked is looked at before it is accepted
    expect(page.get_by_role("status")).to_contain_text("rebuilt")
    assert (targets(sample, seen), state(sample, seen)) == ([second.removeprefix("resources/")], "OPEN")
    expect(tick).not_to_be_checked()
    expect(page.get_by_role("row").filter(has=tick)).to_contain_text("removing it is left out")
    assert not anyone.script or violations(page) == []
    tick.check()
    press(page, "Update the proposal")
    expect(page.get_by_role("status")).to_contain_text("rebuilt")
    expect(tick).to_be_checked()
    assert targets(sample, seen) == both


def test_a_copy_is_left_out_and_taken_in_again(anyone: Visitor, sample: Stack, key: str) -> None:
    seeds = range(7940, 7943) if anyone.script else range(7943, 7946)
    made = sample.put("quays", *(resource(f"{key}-{n}", f"Mark {key} {n}", lesson(n, 2)) for n in seeds))
    names = [each["name"] for each in made]
    seen = filed(sample, "DUPLICATE", "archive", names, survivor=names[0])
    goes = [each.removeprefix("resources/") for each in names[1:]]
    assert targets(sample, seen) == sorted(goes)
    page = anyone.page
    page.goto(page_of(seen))
    ticks = page.get_by_role("checkbox", name="Same content as A")
    expect(ticks).to_have_count(2)
    ticks.nth(0).uncheck()
    press(page, "Update the proposal")
    expect(page.get_by_role("status")).to_contain_text("rebuilt")
    expect(ticks.nth(0)).not_to_be_checked()
    assert targets(sample, seen) == goes[1:]
    ticks.nth(0).check()
    press(page, "Update the proposal")
    expect(page.get_by_role("status")).to_contain_text("rebuilt")
    expect(ticks.nth(0)).to_be_checked()
    assert targets(sample, seen) == sorted(goes)


def test_a_webhook_that_was_disabled_is_enabled_again(anyone: Visitor, sample: Stack, key: str) -> None:
    url = f"https://hooks.example.org/{key}"
    made = sample.post("/v1/webhooks", {"url": url})["webhook"]
    sql(
        sample,  # after days without success; no test waits for that
        "UPDATE webhooks SET failing_since = now(), disable_time = now(), disable_reason = %s WHERE id = %s",
        "It answers 410.",
        made["name"].removeprefix("webhooks/"),
    )
    page = anyone.page
    page.goto("/webhooks")
    row = page.get_by_role("row").filter(has_text=url)
    expect(row).to_contain_text("Disabled on")
    expect(row).to_contain_text("It answers 410.")
    row.get_by_role("button", name="Enable").click()
    expect(row).to_contain_text("Works")
    expect(row.get_by_role("button", name="Enable")).to_have_count(0)
    row.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("heading", name="Webhooks")).to_be_visible()
    expect(row).to_have_count(0)


def test_who_is_asked_answers_by_their_task(
    anyone: Visitor, browser: Browser, sample: Stack, key: str
) -> None:
    seen = one(sample, "OUTDATED")
    question, answer = f"Who works by it, {key}?", f"The night shift, {key}."
    sample.post(f"/v1/{seen['name']}:askOwner", {"question": question})
    tasks = sample.get("/v1/tasks", states=["OPEN"], mine=False, pageSize=100)["tasks"]
    (task,) = [each for each in tasks if question in each["text"]]
    token = sample.joined(task["assignee"])
    asked = Visitor(browser, sample.status["http"], token, java_script_enabled=anyone.script)
    page = asked.page
    page.goto("/review")
    page.get_by_role("link", name=re.compile("^Tasks")).click()
    panel = page.get_by_role("main").locator("section").filter(has_text=question)
    panel.get_by_label("Your answer").fill(answer)
    panel.get_by_role("button", name="Done").click()
    expect(page.get_by_role("heading", name="Tasks", exact=True)).to_be_visible()
    expect(page.get_by_text(question)).to_have_count(0)
    asked.leave()
    anyone.page.goto(page_of(seen))
    expect(anyone.page.get_by_role("region", name="Notes")).to_contain_text(answer)


@pytest.mark.parametrize(
    ("letter", "name", "field"),
    [
        ("s", "Until when?", "In a week"),
        ("o", "Ask the owner", "Your question"),
        ("v", "Still current", "Check again on"),
    ],
)
def test_a_key_opens_a_box_in_its_first_field(
    page: Page, sample: Stack, letter: str, name: str, field: str
) -> None:
    seen = one(sample, "OUTDATED")
    page.goto(page_of(seen))
    page.keyboard.press(letter)
    box = page.get_by_role("dialog", name=name)
    expect(box).to_be_visible()
    expect(box.locator(":focus")).to_have_count(1)
    expect(box.get_by_label(field)).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    assert state(sample, seen) == "OPEN"


def test_a_number_keeps_that_copy(page: Page, sample: Stack) -> None:
    found = sample.get("/v1/suggestions", pageSize=200, states=["OPEN"], kind="DUPLICATE")["suggestions"]
    seen = next(each for each in found if len(each["members"]) > 2 and each["mayDecide"])
    page.goto(page_of(seen))
    copies = page.get_by_role("radio", name="Keep this one")
    expect(copies.nth(0)).to_be_checked()
    for number in (3, 2):
        wanted = copies.nth(number - 1).get_attribute("value")
        page.keyboard.press(str(number))
        expect(page.get_by_role("status")).to_contain_text("rebuilt")
        expect(page.get_by_role("radio", name="Keep this one", checked=True)).to_have_value(str(wanted))
        now = sample.get("/v1/" + seen["name"])
        assert [each["resource"] for each in now["members"] if each["survivor"]] == [wanted]
        page.goto(page_of(seen))
    kept = copies.nth(0).get_attribute("value")
    page.keyboard.press("1")  # it is kept already
    expect(page).to_have_url(re.compile(page_of(seen) + "$"))
    first = next(each["resource"] for each in seen["members"] if each["survivor"])
    if kept != first:
        revision = sample.get("/v1/" + seen["name"])["revision"]
        sample.post(f"/v1/{seen['name']}:edit", {"revision": revision, "survivor": first})


def test_a_resource_is_confirmed_and_corrected_from_its_page(
    anyone: Visitor, sample: Stack, key: str
) -> None:
    (made,) = sample.put(f"jibs-{key}", resource("jib", f"Jib {key}", lesson(7970 + anyone.script)))
    page = anyone.page
    page.goto("/" + made["name"])
    page.get_by_text("I reviewed all of it").click()
    press(page, "It is still current")
    expect(page.get_by_role("status")).to_contain_text("Your review is recorded.")
    assert sample.get("/v1/" + made["name"])["reviewed"]
    page.get_by_text("Suggest a correction").click()
    page.get_by_label("Field").select_option("Language")
    page.get_by_label("What it should say").fill("de")
    page.get_by_label("Why it should say so").fill("It is German.")
    assert not anyone.script or violations(page) == []
    press(page, "Suggest the correction")
    expect(page.get_by_role("main")).to_contain_text("It is German.")
    (filed,) = sample.about(made["name"])
    sample.post(f"/v1/{filed['name']}:reject", {"reason": "other", "comment": "It was for a test."})


def test_what_learners_should_no_longer_find_is_suggested_from_its_page(
    anyone: Visitor, sample: Stack, key: str
) -> None:
    (made,) = sample.put(f"slips-{key}", resource("slip", f"Slip {key}", lesson(7960 + anyone.script)))
    page = anyone.page
    page.goto("/" + made["name"])
    page.get_by_text("Suggest to retire it").click()
    page.get_by_label("Why", exact=True).fill("Boats are hauled by crane.")
    page.get_by_label("What takes its place").fill("the crane")
    press(page, "Suggest it")
    other = page.get_by_label("What takes its place")
    expect(page).to_have_title(re.compile("^Error: "))
    expect(other).to_be_focused()
    expect(other).to_have_attribute("aria-invalid", "true")
    expect(other).to_have_accessible_description("Paste the address of another resource, or leave it empty.")
    assert not anyone.script or violations(page) == []
    other.fill("")
    press(page, "Suggest it")
    expect(page.get_by_role("main")).to_contain_text("Boats are hauled by crane.")
    assert not anyone.script or violations(page) == []
    (filed,) = sample.about(made["name"])
    assert filed["state"] == "OPEN"
    sample.post(f"/v1/{filed['name']}:reject", {"reason": "other", "comment": "It was for a test."})


@pytest.mark.parametrize(
    ("verb", "name", "field", "fill", "said"),
    [("still", "Still current", "Check again on", "2020-01-01", "Choose a day after today.")],
)
def test_a_refused_field_of_a_box_is_shown_open_with_the_focus_in_it(
    anyone: Visitor, sample: Stack, verb: str, name: str, field: str, fill: str, said: str
) -> None:
    seen = one(sample, "OUTDATED")
    page = anyone.page
    page.goto(page_of(seen))
    press(page, name)
    box = page.get_by_role("dialog", name=name)
    page.eval_on_selector_all("form", "forms => forms.forEach((each) => (each.noValidate = true))")
    box.get_by_label(field).fill(fill)
    box.get_by_role("button").first.click()
    refused = page.get_by_role("region", name=name).get_by_label(field)
    expect(page).to_have_title(re.compile("^Error: "))
    expect(refused).to_be_focused()
    expect(refused).to_have_accessible_description(said)
    assert not anyone.script or violations(page) == []
    assert state(sample, seen) == "OPEN"
