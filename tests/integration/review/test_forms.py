"""What people do by the page's forms, as a browser without script sends them: the one thing of today, and the way back.

That decisions are replaced by the next, too, and what a browser makes of it all, is in `tests/browser`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import httpx
import pytest

from tests.integration.catalog.conftest import CatalogProcess
from tests.integration.review.conftest import Curator, Reviewer, Team, course, words
from tests.integration.review.doors import Doors, doors
from tests.integration.review.test_notices import applied
from winnow.catalog.v1 import people_service_pb2 as people
from winnow.catalog.v1.program_pb2 import ProgramItem
from winnow.review.v1 import review_service_pb2 as api
from winnow.review.v1.suggestion_pb2 import Suggestion

ITSELF = {"Sec-Fetch-Site": "same-origin"}
LEADER, SPECIALIST = people.Person.LEARNING_LEADER, people.Person.SPECIALIST
DESIGNER = people.Person.INSTRUCTIONAL_DESIGNER


@pytest.fixture(scope="module")
def gateway(process: CatalogProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    with doors(process, tmp_path_factory.mktemp("gateway")) as running:
        yield running


class Browser:
    """Somebody's browser without script, at the page."""

    def __init__(self, gateway: Doors, who: Reviewer) -> None:
        self.client = httpx.Client(base_url=gateway.http, headers=ITSELF, timeout=20, follow_redirects=True)
        self.client.cookies.set("winnow_session", who._credential)  # pyright: ignore[reportPrivateUsage]

    def get(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return html.unescape(answer.text)

    def send(self, path: str, **fields: str | list[str]) -> str:
        answer = self.client.post(path, data=fields)
        assert answer.status_code == 200, answer.text
        return html.unescape(answer.text)

    def act(self, shown: str, verb: str, **fields: str | list[str]) -> str:
        """Sends the first form of a page whose address ends with the verb, as it stands there."""
        found = re.search(rf'action="([^"]*/{verb}(?:\?[^"]*)?)"', shown)
        assert found is not None, shown
        return self.send(found[1], **fields)

    def thing(self) -> tuple[str, str]:
        """What the one thing is, and where it leads."""
        found = re.search(
            r'<h2 id="thing-title">.*</svg> (.*)</h2><a class="btn primary" href="([^"]*)"',
            self.get("/today"),
        )
        assert found is not None
        return found[1], found[2]


def is_first_screen(shown: str) -> bool:
    """Whether the next thing has taken the place of what was done."""
    return 'id="thing-title"' in shown


async def test_a_program_without_an_owner_is_given_one_who_then_checks_it(
    leader: Reviewer, curator: Curator, team: Team, gateway: Doors
) -> None:
    (lesson,) = await leader.put(course("c1", "Ladders", words("a")))
    program = await leader.program("onboarding", lesson)
    lea, olga = await team.join("lea@example.org", LEADER), await team.join("olga@example.org")
    browser = Browser(gateway, lea)
    title, address = browser.thing()
    assert (title, address) == ("Nobody stands for “Onboarding”", f"/{program.name}?from=today#owner")
    shown = browser.get(address)
    assert '<details id="owner" open>' in shown
    assert "Who owns it" in shown
    assert is_first_screen(browser.act(shown, "stage", stage="OWNER", who="olga@example.org"))
    assert '<details id="owner">' in browser.get(f"/{program.name}")
    assert "Nobody stands" not in browser.thing()[0]
    # Who is an owner alone reads what is theirs, and has it to go through.
    owner = Browser(gateway, olga)
    title, address = owner.thing()
    assert (title, address) == ("Look through “Onboarding”", f"/{program.name}/checkup?from=today")
    assert "Change the owner" not in owner.get(f"/{program.name}")
    assert is_first_screen(owner.act(owner.get(address), "checkup", note=""))
    assert "Look through" not in owner.thing()[0]


async def test_nobody_on_purpose_asks_for_nobody(
    leader: Reviewer, curator: Curator, team: Team, gateway: Doors
) -> None:
    (lesson,) = await leader.put(course("c1", "Ladders", words("a")))
    program = await leader.program("onboarding", lesson)
    browser = Browser(gateway, await team.join("lea@example.org", LEADER))
    browser.send(f"/{program.name}/stage", stage="OWNER", who="nobody")
    assert "Nobody stands" not in browser.thing()[0]


async def test_a_note_written_is_not_asked_for_again(
    leader: Reviewer, curator: Curator, team: Team, gateway: Doors
) -> None:
    found = await leader.put(*(course(f"c{n}", f"Ladders {n}", words("a")) for n in (1, 2)))
    await curator.propose(curator.duplicate(*found))
    one = await leader.only()
    browser = Browser(gateway, await team.join("sol@example.org", SPECIALIST))
    # What a system tells Winnow comes without an import: there is nothing to bring in.
    assert "Nothing is snoozed" in browser.get("/review?whose=snoozed")
    title, address = browser.thing()
    assert title.startswith("Do you know something about this?")
    review = f"/review/{one.name.removeprefix('suggestions/')}"
    assert address == f"{review}?from=today#notes"
    shown = browser.get(address)
    assert "First decides on this. You can add a note or ask." in shown
    assert f"{review}/accept" not in shown
    assert "Keep this one" not in shown
    assert browser.client.post(f"{review}/accept", data={}).status_code == 403
    assert is_first_screen(browser.act(shown, "note", text="The second is for the coast."))
    assert not browser.thing()[0].startswith("Do you know something")


async def test_learners_once_told_are_not_to_be_told_again(
    leader: Reviewer, curator: Curator, team: Team, gateway: Doors
) -> None:
    (old,) = await leader.put(course("c1", "Ladders", words("a")))
    await curator.propose(curator.outdated(old, "archive", code="expired", score=0.95, hard=True))
    applied = await leader.accept(await leader.only())
    assert applied.state == Suggestion.APPLIED
    browser = Browser(gateway, await team.join("sol@example.org", SPECIALIST))
    title, address = browser.thing()
    assert (title, address) == (
        "Learners do not know it yet: “Ladders” is no longer offered",
        "/what-changed?from=today",
    )
    # In anybody's words it says nothing to Winnow.
    review = f"/{applied.name.replace('suggestions', 'review')}"
    browser.act(browser.get(review), "note", text="Learners have been told.")
    shown = browser.get(address)
    assert "I have told them" in shown
    assert is_first_screen(browser.act(shown, "told"))
    told = browser.get("/what-changed")
    assert re.search(r"Sol told them on \d+ \w+ \d+\.", told)
    assert "I have told them" not in told
    assert not browser.thing()[0].startswith("Learners do not know")
    # Taken back and applied anew, it is another thing to tell.
    await leader.accept(await leader.undo(applied))
    assert browser.thing()[0] == title


async def test_a_question_is_answered_and_the_next_thing_takes_its_place(
    leader: Reviewer, curator: Curator, team: Team, gateway: Doors
) -> None:
    lea, olga = await team.join("lea@example.org", LEADER), await team.join("olga@example.org", DESIGNER)
    (due,) = await leader.put(course("c1", "Ladders", words("a"), owner="olga@example.org"))
    await curator.propose(curator.outdated(due))
    one = await leader.only()
    await lea("AssignSuggestion", api.AssignSuggestionRequest(name=one.name, assignee="lea@example.org"))
    await lea("AskOwner", api.AskOwnerRequest(name=one.name, question="Is it still used?"))
    browser = Browser(gateway, olga)
    title, address = browser.thing()
    assert "Is it still used?" in title
    assert is_first_screen(browser.act(browser.get(address), "done", comment="At the coast it is."))
    assert "Is it still used?" not in browser.thing()[0]


async def test_what_is_noted_on_a_resource_and_a_program_stands_on_their_pages(
    leader: Reviewer, curator: Curator, team: Team, gateway: Doors
) -> None:
    (lesson,) = await leader.put(course("c1", "Ladders", words("a")))
    program = await leader.program("onboarding", lesson)
    browser = Browser(gateway, await team.join("sol@example.org", SPECIALIST))
    for thing in (lesson, program):
        shown = browser.act(browser.get(f"/{thing.name}"), "note", text=f"About {thing.title}.")
        assert f"About {thing.title}." in shown
    assert browser.client.post(f"/{lesson.name}/note", data={"text": ""}).status_code == 409


async def test_a_resource_is_retired_from_its_page_by_a_suggestion(
    leader: Reviewer, curator: Curator, team: Team, gateway: Doors
) -> None:
    old, new = await leader.put(*(course(f"c{n}", f"Ladders {n}", words(f"w{n}")) for n in (1, 2)))
    browser = Browser(gateway, await team.join("sol@example.org", SPECIALIST))
    page = browser.get(f"/{old.name}")
    browser.act(page, "retire", reason="The old stairs are gone.", other=f"http://localhost/{new.name}")
    made = await leader.only()
    (change,) = [each for part in made.plan.parts for each in part.changes if each.operation == "archive"]
    assert (change.target, change.other) == (old.name, new.name)
    assert "The old stairs are gone." in browser.get(f"/{made.name.replace('suggestions', 'review')}")


async def test_of_a_list_of_the_lms_exactly_those_whom_a_plan_concerns_come_back(
    leader: Reviewer, curator: Curator, team: Team, gateway: Doors, catalog: CatalogProcess
) -> None:
    done = await applied(leader, curator, 7)
    browser = Browser(gateway, await team.join("sol@example.org", SPECIALIST))
    shown = browser.get("/what-changed")
    listed = "User;Name\n" + "".join(f"L{n};Learner {n}\n" for n in (11, *range(10), 12))
    concerned = "User,Name\n" + "".join(f"L{n},Learner {n}\n" for n in range(7))
    assert browser.act(shown, "match", list=listed, column="user") == concerned
    match = f"/what-changed/{done.name.removeprefix('suggestions/')}/match"
    sent = browser.client.post(match, files={"file": ("lms.csv", listed.encode())}, data={"column": ""})
    assert (sent.status_code, sent.text) == (200, concerned)
    few = browser.client.post(match, data={"list": "l1\nl2\nl3\nl4\nx1\n"})
    assert few.status_code == 409
    assert "Fewer than 5 of this list are concerned" in few.text
    assert browser.client.post(match, data={"list": ""}).status_code == 400
    # Who asked is kept, and that it was of twelve; who was asked about is not.
    entries = catalog.sql(
        "SELECT detail FROM audit WHERE method LIKE '%%MatchNoticeLearners' AND outcome = 'OK'"
    )
    told = [{name: value for name, value in detail.items() if name != "let_in_by"} for (detail,) in entries]
    assert told == [{"learners": "12", "concerned": "7"}] * 2


async def test_who_has_no_role_is_given_one_on_the_page_it_leads_to(
    leader: Reviewer, curator: Curator, team: Team, gateway: Doors
) -> None:
    await team.join("nora@example.org")
    browser = Browser(gateway, await team.join("ada@example.org", people.Person.ADMINISTRATOR))
    title, address = browser.thing()
    assert title == "Nora has no role yet"
    shown = browser.get(address)
    panel = re.search(r'<section class="panel" aria-labelledby="asked-title">.*?action="([^"]*)"', shown)
    assert panel is not None
    assert is_first_screen(browser.send(panel[1], role="SPECIALIST"))
    assert "Nora" not in browser.thing()[0]


async def two_outdated(leader: Reviewer, curator: Curator) -> list[str]:
    """Names of two suggestions that wait."""
    found = await leader.put(*(course(f"c{n}", f"Ladders {n}", words(f"w{n}")) for n in (1, 2)))
    await curator.propose(*(curator.outdated(each) for each in found))
    await curator.settled()
    return [each.name for each in await leader.suggestions()]


async def test_who_owns_something_is_not_said_to_lack_a_role(
    leader: Reviewer, curator: Curator, team: Team, gateway: Doors
) -> None:
    await team.join("nora@example.org")
    (lesson,) = await leader.put(course("c1", "Ladders", words("a"), owner="nora@example.org"))
    await leader.program("onboarding", lesson)
    browser = Browser(gateway, await team.join("ada@example.org", people.Person.ADMINISTRATOR))
    assert "Nora" not in browser.thing()[0]


@pytest.mark.parametrize(("role", "pages"), [(SPECIALIST, 4), (people.Person.ADMINISTRATOR, 3)])
async def test_where_nothing_waits_what_was_looked_at_gives_way_to_the_next(
    role: people.Person.Role, pages: int, leader: Reviewer, curator: Curator, team: Team, gateway: Doors
) -> None:
    browser = Browser(gateway, await team.join("sol@example.org", role))
    seen: list[str] = []
    for _ in range(pages + 1):
        title, address = browser.thing()
        seen.append(title)
        browser.get(address)
    assert len(set(seen)) == pages
    assert seen[-1] == seen[0]


async def test_the_key_takes_back_what_stands_newest_first_and_nothing_else(
    leader: Reviewer, curator: Curator, team: Team, gateway: Doors
) -> None:
    first, second = await two_outdated(leader, curator)
    browser = Browser(gateway, await team.join("lea@example.org", LEADER))
    browser.send(f"/{first.replace('suggestions', 'review')}/still")
    snoozed = browser.send(f"/{second.replace('suggestions', 'review')}/snooze", until="week")
    assert "Snoozed." in snoozed
    assert "Undo" in snoozed
    put_off = browser.get(f"/{second.replace('suggestions', 'review')}")
    assert "Back in the queue now" in put_off

    async def states() -> list[int]:
        return [(await leader.get(each)).state for each in (first, second)]

    assert await states() == [Suggestion.REJECTED, Suggestion.SNOOZED]
    assert "Open again." in browser.send("/undo")
    assert await states() == [Suggestion.REJECTED, Suggestion.OPEN]
    assert "Open again." in browser.send("/undo")
    assert await states() == [Suggestion.OPEN, Suggestion.OPEN]
    assert "<h1>Activity</h1>" in browser.send("/undo")
    assert await states() == [Suggestion.OPEN, Suggestion.OPEN]


async def test_an_undo_that_is_sent_twice_takes_back_once(
    leader: Reviewer, curator: Curator, team: Team, gateway: Doors
) -> None:
    first, second = await two_outdated(leader, curator)
    browser = Browser(gateway, await team.join("lea@example.org", LEADER))

    def form(shown: str, action: str) -> tuple[str, dict[str, str | list[str]]]:
        inside = re.search(
            rf'<form method="post" action="({action}[^"]*)"[^>]*>(.*?)</form>', shown, re.DOTALL
        )
        assert inside is not None, action
        fields = re.findall(r'name="([^"]*)" value="([^"]*)"', inside[2])
        return inside[1], {name: value for name, value in fields if name != "did"}

    async def states() -> list[int]:
        return [(await leader.get(each)).state for each in (first, second)]

    # By the key: the second time it is not the decision before that goes.
    browser.send(f"/{first.replace('suggestions', 'review')}/still")
    browser.send(f"/{second.replace('suggestions', 'review')}/snooze", until="week")
    address, said = form(browser.get("/programs"), "/undo")
    for _ in range(2):
        assert "Open again." in browser.send(address, **said)
        assert await states() == [Suggestion.REJECTED, Suggestion.OPEN]

    # By the receipt: the second time what is open is not asked for a yes to take back.
    here = f"/{second.replace('suggestions', 'review')}"
    put_off = browser.send(f"{here}/snooze", until="week")
    address, said = form(put_off, f"{here}/undo")
    for _ in range(2):
        assert "Open again." in browser.send(address, **said)
        assert await states() == [Suggestion.REJECTED, Suggestion.OPEN]
    # In the log each line has a form of its own.
    browser.send(f"{here}/snooze", until="week")
    line, told = form(browser.get("/activity"), f"{here}/undo")
    for _ in range(2):
        assert "Open again." in browser.send(line, **told)
    assert await states() == [Suggestion.REJECTED, Suggestion.OPEN]


async def test_a_decision_on_a_line_of_a_check_up_leads_back_to_it(
    leader: Reviewer, curator: Curator, team: Team, gateway: Doors
) -> None:
    (held,) = await leader.put(course("c1", "Ladders", words("w")))
    program = await leader.program("path", held)
    await curator.propose(curator.outdated(held))
    await curator.settled()
    browser = Browser(gateway, await team.join("lea@example.org", LEADER))
    shown = browser.get(f"/{program.name}/checkup")
    found = re.search(r'href="(/review/[^"]*)"', shown)
    assert found is not None
    page = browser.get(found[1])
    following = re.search(r'name="next" value="([^"]*)"', page)
    assert following is not None
    after = browser.act(page, "still", next=following[1])
    assert "<h1>Check-up of " in after
    assert "Confirmed." in after
    assert "Open again." in browser.act(after, "undo")


async def test_what_is_unticked_is_left_out_and_the_figures_follow(
    leader: Reviewer, curator: Curator, team: Team, gateway: Doors
) -> None:
    lessons = [course(f"c{n}", f"Ladders {n}", words(f"w{n}"), duration_seconds=600) for n in range(4)]
    first, second, third, fourth = await leader.put(*lessons)
    items = [ProgramItem(resource=each.name) for each in (first, second, third, fourth)]
    program = await leader.program("onboarding", *items)
    await curator.propose(curator.drop(program, second, third))
    browser = Browser(gateway, await team.join("lea@example.org", LEADER))
    review = f"/{(await leader.only()).name.replace('suggestions', 'review')}"
    shown = browser.get(review)
    assert "4 → 2" in shown
    assert "40 min → 20 min" in shown
    fields = {
        name: re.findall(f'name="{name}"[^>]*value="([^"]+)"', shown) for name in ("revision", "change")
    }
    change, other = fields["change"]
    edited = browser.send(
        f"{review}/edit", revision=fields["revision"][0], change=[change, other], use=[change]
    )
    assert "The proposal is rebuilt." in edited
    assert "4 → 3" in edited
    assert "40 min → 30 min" in edited
    assert len((await leader.only()).plan.parts[0].changes) == 1


async def test_a_copy_that_is_left_out_is_not_in_the_proposal_and_comes_back_when_it_is_ticked(
    leader: Reviewer, curator: Curator, team: Team, gateway: Doors
) -> None:
    found = await leader.put(*(course(f"c{n}", f"Ladders {n}", words("a")) for n in range(3)))
    await curator.propose(curator.duplicate(*found))
    review = f"/{(await leader.only()).name.replace('suggestions', 'review')}"
    browser = Browser(gateway, await team.join("lea@example.org", LEADER))

    def sent(shown: str) -> dict[str, list[str]]:
        """What the form says that the page shows, as a browser would."""
        every = re.findall(
            r'<input type="(\w+)" name="(\w+)"(?: form="decide")? value="([^"]*)"([^>]*)', shown
        )
        fields: dict[str, list[str]] = {}
        for kind, name, value, more in every:
            if kind == "hidden" or "checked" in more:
                fields.setdefault(name, []).append(value)
        return {
            name: fields.get(name, [])
            for name in ("revision", "fingerprint", "was", "keep", "member", "same", "out")
        }

    whole = browser.get(review)
    assert "Keep A, archive B and C." in whole
    fields = sent(whole)
    last = fields["same"][-1]
    rebuilt = browser.send(f"{review}/edit", **{**fields, "same": fields["same"][:-1]})
    assert "Keep A, archive B." in rebuilt
    fields = sent(rebuilt)
    assert (fields["out"], last in fields["same"]) == ([last], False)
    again = browser.send(f"{review}/edit", **{**fields, "same": [*fields["same"], last]})
    assert "Keep A, archive B and C." in again
    browser.send(f"{review}/accept", **sent(again))
    assert (await leader.only()).state == Suggestion.APPLIED
