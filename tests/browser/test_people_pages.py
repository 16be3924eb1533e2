"""Who may do what is asked for, switched and handed over on the page, each seen before it is done.

The mode of the stack stays as it is, since other tests decide by it: a switch is asked for and taken back.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.axe import violations
from tests.browser.visitor import SCRIPT, Visitor, scripted
from tests.stack import Json, Stack

pytestmark = pytest.mark.thorough


def galley(sample: Stack, key: str) -> Json:
    """A new program that nobody owns."""
    body: Json = {"source": "shelf", "key": key, "title": f"Galley {key}", "items": []}
    return sample.post("/v1/programs:upsert", body)


def test_a_person_is_asked_for_and_added_by_an_administrator(
    anyone: Visitor, browser: Browser, sample: Stack
) -> None:
    new = f"{uuid.uuid4().hex[:8]}@people.example"
    asker = Visitor(browser, sample.status["http"], sample.joined("sam@people.example", "SPECIALIST"))
    asker.page.goto("/people")
    asker.page.get_by_role("link", name="Ask for a change of people").click()
    asker.page.get_by_label("Add a person").check()
    asker.page.get_by_label("E-mail").fill(new)
    asker.page.get_by_label("Name, of a person to add").fill("Nell Marsh")
    asker.page.get_by_label("Specialist").check()
    asker.page.get_by_label("Why").fill("She joins the yard in July.")
    asker.page.get_by_role("button", name="Send the request").click()
    expect(asker.page.get_by_text("It waits for an answer.").first).to_be_visible()
    expect(asker.page.get_by_role("button", name="Do it")).to_have_count(0)
    asker.leave()
    page = anyone.page
    page.goto("/people")
    page.get_by_role("link", name="Requests").click()
    expect(page.get_by_role("main")).to_contain_text("She joins the yard in July.")
    page.get_by_role("button", name=f"Do it {new}").click()
    expect(page.get_by_role("main")).to_contain_text("Done by Administrator on")
    person = next(each for each in sample.get("/v1/people", pageSize=200)["people"] if each["email"] == new)
    assert person["roles"] == ["SPECIALIST"]
    # Before her access ends the page says what that comes to.
    page.goto(f"/{person['name']}/remove")
    expect(page.get_by_role("main")).to_contain_text("No suggestion moves and nothing becomes ownerless.")
    page.get_by_role("button", name="End their access").click()
    expect(page.get_by_role("heading", name="People and responsibilities")).to_be_visible()
    assert sample.get(f"/v1/{person['name']}")["deactivateTime"]


def test_everybody_reads_who_answers_for_what_and_an_administrator_too(
    browser: Browser, sample: Stack
) -> None:
    key = uuid.uuid4().hex[:8]
    owner, holder = (f"{who}.{key}@people.example" for who in ("owner", "holder"))
    for email in (owner, holder):
        sample.joined(email, "SPECIALIST")
    program = galley(sample, key)
    duties = [{"kind": "OWNER", "people": [owner]}, {"kind": "DESIGN", "people": [holder]}]
    sample.post(f"/v1/{program['name']}:setDuties", {"changes": duties})
    for role, links in (("ADMINISTRATOR", 0), ("SPECIALIST", 1)):
        token = sample.joined(f"{role.lower()}.{key}@people.example", role)
        reader = Visitor(browser, sample.status["http"], token, java_script_enabled=bool(links))
        reader.page.goto("/people")
        expect(reader.page.get_by_role("row").filter(has_text=owner)).to_contain_text(f"Galley {key}")
        held = reader.page.get_by_role("row").filter(has_text=holder)
        expect(held).to_contain_text(f"Galley {key} (Design)")
        held.get_by_role("link", name=f"holder.{key}").click()
        expect(reader.page.get_by_role("row").filter(has_text=f"Galley {key}")).to_contain_text("Design")
        expect(reader.page.get_by_role("link", name=f"Galley {key}")).to_have_count(links)
        reader.leave()


def test_who_is_away_says_so_after_a_look_at_what_it_comes_to(
    anyone: Visitor, browser: Browser, sample: Stack
) -> None:
    name = f"sky.{uuid.uuid4().hex[:8]}"
    token = sample.joined(f"{name}@people.example", "INSTRUCTIONAL_DESIGNER")
    own = Visitor(browser, sample.status["http"], token, java_script_enabled=anyone.script)
    page = own.page
    page.goto("/people")
    page.get_by_role("link", name=name, exact=True).click()
    until = (datetime.now(UTC) + timedelta(days=9)).date()
    page.get_by_label("Away until the end of").fill(until.isoformat())
    page.get_by_role("button", name="See what it would come to").click()
    expect(page.get_by_role("main")).to_contain_text("No suggestion moves and nothing becomes ownerless.")
    assert not own.script or violations(page) == []
    page.get_by_role("button", name="Away until").click()
    expect(page.get_by_role("main")).to_contain_text("away until")
    anyone.page.goto("/people")
    expect(anyone.page.get_by_role("row").filter(has_text=name)).to_contain_text("away until")
    page.get_by_role("button", name="Back already").click()
    expect(page.get_by_role("button", name="Back already")).to_have_count(0)
    # Too far ahead, or no day at all: nothing is said of the absence.
    page.goto(page.url.partition("?")[0] + "?until=2099-01-01")
    expect(page.get_by_role("alert")).to_be_visible()
    address = page.url.partition("?")[0]
    own.leave()
    other = Visitor(browser, sample.status["http"], sample.joined("sam@people.example", "SPECIALIST"))
    other.page.goto(address)
    expect(other.page.get_by_label("Away until the end of")).to_have_count(0)
    other.leave()


def test_somebody_who_left_is_given_access_again(anyone: Visitor, sample: Stack) -> None:
    name = f"Back {uuid.uuid4().hex[:8]}"
    body = {"email": f"{name[5:]}@people.example", "displayName": name, "roles": ["SPECIALIST"]}
    person = sample.post("/v1/people", body)
    sample.post(f"/v1/{person['name']}:deactivate", {})
    anyone.page.goto("/people")
    anyone.page.get_by_role("button", name=f"Give access again {name}").click()
    expect(anyone.page.get_by_role("row").filter(has_text=name)).to_contain_text("Specialist")
    assert sample.get(f"/v1/{person['name']}").get("deactivateTime") is None


def test_co_owners_and_the_owner_of_a_resource_are_said_on_their_pages(
    anyone: Visitor, sample: Stack
) -> None:
    key = uuid.uuid4().hex[:8]
    names = [f"{who}.{key}" for who in ("one", "two", "three")]
    for each in names:
        sample.joined(f"{each}@people.example", "SPECIALIST")
    program = galley(sample, key)
    page = anyone.page
    page.goto("/" + program["name"])
    page.get_by_label("Who owns it").select_option(label=names[0])
    page.locator("#owner").get_by_role("button").click()
    for each in names[1:]:
        page.get_by_text("Change its co-owners").click()
        page.get_by_label("Another co-owner").select_option(label=each)
        page.locator("#co-owners").get_by_role("button", name="Save").click()
    assert [each.partition("@")[0] for each in sample.get("/v1/" + program["name"])["owners"]] == names
    for each in names[1:]:
        page.get_by_text("Change its co-owners").click()
        page.get_by_role("button", name=f"Take off {each}").click()
    assert [each.partition("@")[0] for each in sample.get("/v1/" + program["name"])["owners"]] == names[:1]
    resource = sample.get("/v1/resources", pageSize=1)["resources"][0]
    page.goto("/" + resource["name"])
    page.get_by_text("Change the owner").click()
    page.get_by_label("Who owns the resource").select_option(label=names[2])
    page.get_by_role("button", name="Save").click()
    assert sample.get("/v1/" + resource["name"])["owner"] == f"{names[2]}@people.example"
    page.get_by_text("Change the owner").click()
    page.get_by_label("Who owns the resource").select_option(label="Not said")
    page.get_by_role("button", name="Save").click()
    assert sample.get("/v1/" + resource["name"])["owner"] == resource["owner"]


def test_somebody_is_let_in_by_a_link_that_is_shown_once(
    anyone: Visitor, browser: Browser, sample: Stack
) -> None:
    name = f"Nell {uuid.uuid4().hex[:8]}"
    body = {"email": f"{name[5:]}@people.example", "displayName": name, "roles": ["SPECIALIST"]}
    person = sample.post("/v1/people", body)
    page = anyone.page
    page.goto("/people")
    page.get_by_role("button", name=f"Change {name}").click()
    page.get_by_role("dialog", name=name).get_by_role("button", name="Make a sign-in link").click()
    told = page.get_by_role("status").filter(has_text=f"A sign-in link for {name}.")
    expect(told).to_contain_text("it is shown this once")
    address = told.locator("code").inner_text()
    visitor = Visitor(browser, sample.status["http"])
    visitor.page.goto(address)
    visitor.page.get_by_role("button").click()
    expect(visitor.page.get_by_role("navigation").first).to_be_visible()
    assert visitor.page.request.get("/v1/viewer").json()["person"]["name"] == person["name"]
    visitor.leave()
    page.goto("/people")
    expect(page.get_by_text("A sign-in link for")).to_have_count(0)


def test_what_is_refused_is_asked_for_from_the_page_that_refuses_it(
    anyone: Visitor, browser: Browser, sample: Stack
) -> None:
    email = f"{uuid.uuid4().hex[:8]}@people.example"
    asker = Visitor(browser, sample.status["http"], sample.joined(email, "SPECIALIST"))
    asker.page.goto("/webhooks")
    expect(asker.page.get_by_role("heading", name="You cannot do this")).to_be_visible()
    assert violations(asker.page) == []
    asker.page.get_by_role("link", name="Ask for the right to do this").click()
    expect(asker.page.get_by_label("Give a role")).to_be_checked()
    # Either of two roles would do, and which is for them to say.
    expect(asker.page.get_by_role("checkbox", checked=True)).to_have_count(0)
    asker.page.get_by_label("Learning leader").check()
    expect(asker.page.get_by_label("E-mail")).to_have_value(email)
    expect(asker.page.get_by_label("Why")).to_have_value(
        "I wanted to see the webhooks. It is for: an administrator or a learning leader."
    )
    assert violations(asker.page) == []
    asker.page.get_by_role("button", name="Send the request").click()
    expect(asker.page.get_by_role("main")).to_contain_text("I wanted to see the webhooks.")
    asker.leave()
    anyone.page.goto("/people/requests")
    anyone.page.get_by_role("button", name=f"Decline {email}").click()
    expect(anyone.page.get_by_role("button", name=f"Decline {email}")).to_have_count(0)
    expect(anyone.page.get_by_role("main")).to_contain_text("Declined by Administrator on")


def test_a_duty_is_asked_for_on_the_page_of_its_program(
    anyone: Visitor, browser: Browser, sample: Stack
) -> None:
    key = uuid.uuid4().hex
    program = galley(sample, key)
    email = f"{key[:8]}@people.example"
    asker = Visitor(browser, sample.status["http"], sample.joined(email, "SPECIALIST"))
    page = asker.page
    page.goto("/" + program["name"])
    page.get_by_text("Ask for a duty here").click()
    assert violations(page) == []
    page.get_by_label("Duty").select_option(label="Evaluator: what learners skip or never start")
    expect(page.get_by_label("For whom")).to_have_value(email)
    page.get_by_label("Why").fill("I see the crews every week.")
    page.get_by_role("button", name="Send the request").click()
    expect(page.get_by_role("main")).to_contain_text(f"Evaluate · Galley {key}")
    expect(page.get_by_text("It waits for an answer.").first).to_be_visible()
    leader = anyone.page
    leader.goto("/" + program["name"])
    expect(leader.get_by_text("Ask for a duty here")).to_have_count(0)
    leader.goto("/people/requests")
    leader.get_by_role("button", name=f"Do it {email}").click()
    expect(leader.get_by_role("button", name=f"Do it {email}")).to_have_count(0)
    page.goto("/" + program["name"])
    expect(page.get_by_role("row").filter(has_text="What learners skip")).to_contain_text(email[:8])
    asker.leave()


def test_what_a_request_lacks_is_said_and_what_was_written_stays(page: Page, sample: Stack) -> None:
    page.goto("/people/requests")
    page.get_by_label("Give access again").check()
    page.get_by_label("E-mail").fill("never@people.example")
    page.get_by_label("Why").fill("He is back from leave.")
    page.get_by_role("button", name="Send the request").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Why")).to_have_value("He is back from leave.")
    assert violations(page) == []


@pytest.mark.parametrize("script", SCRIPT, ids=scripted)
def test_another_mode_is_looked_at_asked_for_and_taken_back(
    browser: Browser, sample: Stack, script: bool
) -> None:
    token = sample.joined("lea@people.example", "LEARNING_LEADER")
    leader = Visitor(browser, sample.status["http"], token, java_script_enabled=script)
    page = leader.page
    before = sample.get("/v1/responsibilityMode")
    assert before["mode"] == "HYBRID"
    page.goto("/people")
    page.get_by_role("link", name="Who decides").click()
    page.get_by_role("radio", name="By role Roles decide").check()
    page.get_by_role("button", name="See what it would come to").click()
    would = page.get_by_role("region", name="By role: what it would come to")
    expect(would.get_by_role("table")).to_be_visible()
    expect(would).to_contain_text("Nothing is decided or applied by it")
    assert not script or violations(page) == []
    assert sample.get("/v1/responsibilityMode") == before
    would.get_by_role("button", name="Ask for it").click()
    expect(page.get_by_role("main")).to_contain_text("lea has asked for: By role.")
    now = sample.get("/v1/responsibilityMode")
    assert (now["mode"], now["asked"], now["askedBy"]) == ("HYBRID", "ROLE_BASED", "lea@people.example")
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_role("main")).not_to_contain_text("has asked for")
    assert sample.get("/v1/responsibilityMode") == before
    leader.leave()
    reader = Visitor(browser, sample.status["http"], sample.joined("sam@people.example", "SPECIALIST"))
    reader.page.goto("/people/mode?mode=ROLE_BASED")
    expect(reader.page.get_by_role("main")).to_contain_text("switch it together")
    expect(reader.page.get_by_role("main").get_by_role("button")).to_have_count(0)
    reader.leave()


def test_a_program_is_handed_over_once_the_receiver_says_so(
    anyone: Visitor, browser: Browser, sample: Stack
) -> None:
    program = sample.get("/v1/programs", pageSize=1)["programs"][0]
    token = sample.joined("ria@people.example", "INSTRUCTIONAL_DESIGNER")
    page = anyone.page
    page.goto("/" + program["name"])
    page.get_by_role("link", name="Hand it over to somebody else").click()
    page.get_by_label("To").select_option(label="ria")
    page.get_by_role("button", name="See what it would come to").click()
    expect(page.get_by_role("region", name="If ria accepts")).to_contain_text("Nothing is decided or applied")
    assert sample.get("/v1/handovers")["handovers"] == []
    page.get_by_role("button", name="Offer it to ria").click()
    expect(page.get_by_role("main")).to_contain_text("offered it to ria on")
    receiver = Visitor(browser, sample.status["http"], token, java_script_enabled=anyone.script)
    receiver.page.goto("/people/handovers")
    assert not receiver.script or violations(receiver.page) == []
    receiver.page.get_by_role("button", name="Decline").click()
    expect(receiver.page.get_by_role("main")).to_contain_text("No offer stands.")
    receiver.leave()
    assert sample.get(f"/v1/{program['name']}")["owners"] == program["owners"]


@pytest.mark.parametrize("script", SCRIPT, ids=scripted)
def test_owners_hand_over_what_is_theirs_and_whoever_takes_it_over_owns_it(
    browser: Browser, sample: Stack, script: bool
) -> None:
    key = uuid.uuid4().hex
    owner, helper, receiver = (f"{name}-{key}@people.example" for name in ("owen", "cora", "rhea"))
    tokens = {email: sample.joined(email, "SPECIALIST") for email in (owner, helper, receiver)}
    text = {"title": "1", "location": "1", "text": f"Coil the line with the sun, {key}."}
    (resource,) = sample.put(
        "shelf", {"externalId": key, "title": f"Lines {key}", "owner": owner, "outline": [text]}
    )
    program = sample.post(
        "/v1/programs:upsert",
        {"source": "shelf", "key": key, "title": f"Deck {key}", "items": [], "owners": [owner, helper]},
    )
    visitors = {
        email: Visitor(browser, sample.status["http"], token, java_script_enabled=script)
        for email, token in tokens.items()
    }
    for name, may in ((program["name"], (owner,)), (resource["name"], (owner,))):
        for email, visitor in visitors.items():
            visitor.page.goto("/" + name)
            link = visitor.page.get_by_role("link", name="Hand it over to somebody else")
            expect(link).to_have_count(1 if email in may else 0)
    giver = visitors[owner].page
    giver.goto("/" + resource["name"])
    giver.get_by_role("link", name="Hand it over to somebody else").click()
    giver.get_by_label("To").select_option(value=receiver)
    giver.get_by_role("button", name="See what it would come to").click()
    giver.get_by_role("button", name="Offer it to").click()
    taker = visitors[receiver].page
    taker.goto("/people/handovers")
    taker.get_by_role("button", name=f"Take it over Lines {key}").click()
    expect(taker.get_by_role("main")).to_contain_text("No offer stands.")
    assert sample.get("/v1/" + resource["name"])["owner"] == receiver
    for visitor in visitors.values():
        visitor.leave()
