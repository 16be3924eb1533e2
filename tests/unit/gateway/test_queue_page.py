"""The queue: the one thing on top of it for each kind of suggestion, what is offered beside it, and why it is empty."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from services.gateway.web import dates
from services.gateway.web.api import Api, Json, Query
from services.gateway.web.frame import Frames
from services.gateway.web.lists import KINDS, LISTS, PAGE_SIZE
from services.gateway.web.review import Review
from services.gateway.web.today import Today, check_up_minutes
from services.gateway.web.words import say
from services.kit.clock import Clock

ME = "ida@example.org"
TODAY = Clock().today()
RISKS = {"R0": 2, "R1": 5}  # minutes at most; the other two take longer than the one thing may


def in_days(days: int) -> str:
    """That day as the page writes it."""
    return dates.day((TODAY + timedelta(days=days)).isoformat())


def suggestion(kind: str, number: int = 1, *, state: str = "OPEN", risk: str = "R1", **more: object) -> Json:
    title = f"{kind.capitalize()} {number}"
    return {
        "name": f"suggestions/{kind.lower()}{number}",
        "kind": kind,
        "relation": "REVISED" if kind == "DUPLICATE" else "",
        "state": state,
        "revision": 1,
        "summary": title,
        "members": [{"title": title}, {"title": f"Other {number}"}],
        "claims": [{"code": "past_end", "text": "It has ended."}] if kind == "OUTDATED" else [],
        "evidence": [],
        "passages": 0,
        "equalPassages": 0,
        "plan": {"risk": risk, "safeguards": [], "parts": []},
        "impact": {"learners": {"value": 80}, "learnerHours": {"value": 12}},
        "confidence": 0.9,
        "blind": False,
        "mayDecide": True,
        "mayAccept": True,
        "mayRevoke": False,
        "assignee": ME,
        "assigneeName": "Ida",
        "createTime": "2026-01-02T00:00:00Z",
        **more,
    }


@dataclass
class Winnow:
    """A catalog with these suggestions, as Ida sees it."""

    found: Sequence[Json]
    waiting: int = 0
    read: bool = True
    identical: int = 0
    settings: Json = field(default_factory=dict[str, Any])
    asked: list[str] = field(default_factory=list[str])

    async def get(self, request: Request, path: str, query: Query) -> Json:
        self.asked.append(path)
        if path == "/v1/viewer":
            person: Json = {"email": ME, "displayName": "Ida", "roles": ["SPECIALIST"]}
            return {
                "person": person,
                "readContent": True,
                "openSuggestions": 0,
                "pendingChanges": 0,
                "ownedPrograms": [],
                "pageSettings": self.settings,
            }
        if path == "/v1/suggestions":
            fits = [each for each in self.found if self._fits(each, query)]
            more = "more" if len(fits) > PAGE_SIZE else ""
            return {"suggestions": fits[:PAGE_SIZE], "nextPageToken": more}
        if path == "/v1/suggestions:count":
            every = {(each["state"], each["kind"]) for each in self.found}
            return {"counts": [self._count(*each) for each in every], "identical": self.identical}
        if path == "/v1/imports":
            ended = {"source": "lms", "endTime": "2026-01-02T00:00:00Z"}
            return {"imports": [ended] if self.read else [], "nextPageToken": ""}
        if path == "/v1/index/status":
            return {"toEmbed": str(self.waiting), "toJudge": "0", "resources": "0"}
        lists = ("tasks", "notices", "notes", "resources", "people", "programs", "responsibilities")
        nothing: Json = {name: [] for name in (*lists, "sources")}
        return {**nothing, "nextPageToken": "", "totalSize": 0}

    def _fits(self, each: Json, query: Query) -> bool:
        if "names" in query:
            return each["name"] in query["names"]
        mine = query.get("assignee") != "me" or each["assignee"] == ME
        return mine and each["state"] in query["states"] and query.get("kind", each["kind"]) == each["kind"]

    def _count(self, state: str, kind: str) -> Json:
        fits = [each for each in self.found if (each["state"], each["kind"]) == (state, kind)]
        mine = sum(1 for each in fits if each["assignee"] == ME)
        return {"state": state, "kind": kind, "count": len(fits), "mine": mine}

    async def never(self, *_: object) -> Json:
        raise NotImplementedError

    async def page(self, address: str) -> str:
        api = Api(self.get, self.never, self.never, Clock())
        frames = Frames(api)
        routes = [Route("/review", Review(api, frames, Today(api, frames)).queue)]
        transport = httpx.ASGITransport(Starlette(routes=routes))
        async with httpx.AsyncClient(transport=transport, base_url="http://winnow.example") as client:
            answer = await client.get(address)
        assert answer.status_code == 200
        return answer.text


def thing(page: str) -> str:
    """The one thing, as HTML."""
    (found,) = re.findall(r'<section class="panel thing.*?</section>', page, re.DOTALL)
    return html.unescape(found)


async def test_the_learners_of_a_row_are_those_of_a_year() -> None:
    assert "Learners a year</th>" in await Winnow([suggestion("DUPLICATE")]).page("/review?whose=you")


async def test_the_titles_in_a_row_say_their_language() -> None:
    members = [{"title": "Gas", "language": "de"}, {"title": "Gas 2", "language": "en"}]
    page = await Winnow([suggestion("DUPLICATE", members=members)]).page("/review?whose=you")
    assert '“<bdi lang="de">Gas</bdi>” is an older edition of “<bdi lang="en">Gas 2</bdi>”</a>' in page


async def test_rows_with_the_same_short_title_are_told_apart_by_the_whole_one() -> None:
    members = [
        [
            {"title": "Treatment chemicals from delivery to dosing"},
            {"title": f"Chemicals at {place}, all of it"},
        ]
        for place in ("Harnby", "Foxholme")
    ]
    found = [suggestion("DUPLICATE", n, members=each) for n, each in enumerate(members)]
    page = await Winnow(found).page("/review?whose=you")
    links = [
        html.unescape(re.sub("<[^>]*>", "", each))
        for each in re.findall(r"<a [^>]*data-row[^>]*>(.*?)</a>", page)
    ]
    short = "“Treatment chemicals from delivery…” has a newer edition"
    assert [each.startswith(f"{short}: ") for each in links] == [True, True]
    assert len(set(links)) == len(found)


@pytest.mark.parametrize("assignee", [ME, "noor@example.org"])
@pytest.mark.parametrize("risk", RISKS)
@pytest.mark.parametrize("kind", KINDS)
async def test_the_one_thing_can_be_a_suggestion_of_each_kind(kind: str, risk: str, assignee: str) -> None:
    longer = suggestion(kind, 1, risk="R2", assignee=assignee)
    held_up = suggestion(
        kind, 2, assignee=assignee, plan={"risk": "R0", "safeguards": [{"text": "No."}], "parts": []}
    )
    for_others = suggestion(kind, 3, assignee=assignee, mayDecide=False)
    first = suggestion(kind, 4, risk=risk, assignee=assignee)
    page = await Winnow([longer, held_up, for_others, first]).page("/review")
    shown = thing(page)
    assert f"{kind.capitalize()} 4" in shown
    assert say("today.decide" if assignee == ME else "today.help") in shown
    assert say("today.gain_learnerHours", n=12) in shown
    assert say("today.minutes", n=RISKS[risk]) in shown
    (address,) = re.findall(r'href="(/review/[^"]*)"', shown)
    assert address.startswith(f"/review/{kind.lower()}4?")
    assert "from=today" in address
    main = page[page.index("<main") :]
    assert len(re.findall(r'class="btn primary"', main)) == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_without_any_that_takes_minutes_the_one_thing_is_another(kind: str) -> None:
    shown = thing(await Winnow([suggestion(kind, risk="R3")]).page("/review"))
    assert f"/review/{kind.lower()}1?" not in shown


async def test_ticked_ones_have_their_verbs_below_the_list_and_each_is_a_button_of_one_form() -> None:
    page = await Winnow([suggestion("OUTDATED", number) for number in range(3)]).page("/review?whose=all")
    bar = page.split('<form id="bulk"')[1].split("</form>")[0]
    assert bar.startswith(' class="row" method="post" action="/review/bulk">')
    assert 'role="status" data-one="1 selected." data-other="{n} selected."></span>' in bar
    buttons = re.findall(r"<button ([^>]*)>.*?</svg>([^<]*)<", bar)
    assert buttons == [
        ('class="btn" formmethod="get"', "Accept…"),  # what it does is shown first, with its own button
        ('class="btn" name="verb" value="snooze"', "Snooze a week"),
        ('class="btn" formmethod="get" formaction="/review/bulk#question"', "Ask the owners…"),
    ]
    assert page.count('name="pick" form="bulk"') == 3
    all_ = await Winnow([suggestion("OUTDATED", number) for number in range(3)]).page(
        "/review?whose=all&tick=all"
    )
    assert '"{n} selected.">3 selected.</span>' in all_
    assert 'class="btn" formmethod="get"' not in await Winnow([]).page("/review?whose=all")


@pytest.mark.parametrize(("there", "offered"), [(PAGE_SIZE, False), (PAGE_SIZE + 1, True)])
@pytest.mark.parametrize("whose", ["you", "all"])
async def test_all_that_match_are_offered_where_they_are_more_than_the_page_shows(
    whose: str, there: int, offered: bool
) -> None:
    many = [suggestion("OUTDATED", number) for number in range(there)]
    page = await Winnow(many).page(f"/review?whose={whose}")
    assert (say("bulk.select_all", n=there) in page) == offered


async def test_what_one_has_said_yes_to_is_marked_in_the_queue() -> None:
    page = await Winnow([suggestion("OUTDATED"), suggestion("UNUSED", mayRevoke=True)]).page(
        "/review?whose=all"
    )
    assert page.count(say("review.approved")) == 1
    assert page.index(say("review.approved")) > page.index("unused1")


@pytest.mark.parametrize(
    ("found", "waiting", "address", "why"),
    [
        ([], 0, "/review?whose=all", "all"),
        ([], 3, "/review?whose=all", "reading"),
        (["REJECTED"], 0, "/review?whose=all", "settled"),
        (["SNOOZED"], 0, "/review?whose=all", "settled"),
        (["OPEN"], 0, "/review?whose=all&kind=program", "kind"),
        (["OPEN"], 0, "/review?whose=snoozed", "snoozed"),
    ],
)
async def test_an_empty_list_says_why_it_is(found: list[str], waiting: int, address: str, why: str) -> None:
    there = [suggestion("OUTDATED", state=state) for state in found]
    page = html.unescape(await Winnow(there, waiting).page(address))
    said = {each for each in ("all", "reading", "settled", "kind", *LISTS) if _says(page, each)}
    assert said == {why}


class Told(Winnow):
    """The same with a source whose data comes every week, of 48 resources that were compared."""

    async def get(self, request: Request, path: str, query: Query) -> Json:
        if path == "/v1/suggestions" and request.query_params.get("q"):
            return {"suggestions": [], "nextPageToken": ""}
        if path == "/v1/sources":
            weekly = {"displayName": "lms", "rhythmDays": 7, "engagementTime": f"{TODAY}T00:00:00Z"}
            return {"sources": [weekly, {**weekly, "rhythmDays": 0}], "nextPageToken": ""}
        if path == "/v1/suggestions:count" and query["query"]:
            return {"counts": [], "identical": 0}
        found = await super().get(request, path, query)
        return {**found, "resources": "48"} if path == "/v1/index/status" else found


@pytest.mark.parametrize(
    ("found", "address", "said"),
    [
        (
            [suggestion("OUTDATED", 1, state="REJECTED"), suggestion("OUTDATED", 2, state="APPLIED")],
            "/review?whose=you",
            ("All 2 that were yours are decided.", f"The next data of lms is expected on {in_days(7)};"),
        ),
        (
            [suggestion("OUTDATED", 1, assignee="noor@example.org")],
            "/review?whose=you",
            ("Nothing has been yours so far. 1 waits for others.",),
        ),
        (
            [suggestion("OUTDATED", number) for number in range(13)],
            "/review?whose=all&q=forklfit",
            ("Looked in titles and in what was found of 13 suggestions.", ">Show all 13</a>"),
        ),
        ([], "/review?whose=all", ("48 resources were compared.",)),
    ],
)
async def test_an_empty_list_has_its_numbers(found: list[Json], address: str, said: tuple[str, ...]) -> None:
    page = html.unescape(await Told(found).page(address))
    for words in said:
        assert words in page


def _says(page: str, why: str) -> bool:
    return f"<h2>{say(f'review.empty_{why}')}</h2>" in page


@pytest.mark.parametrize(("identical", "told"), [(0, False), (23, True)])
async def test_how_many_exact_copies_there_are_to_decide_together_is_told(identical: int, told: bool) -> None:
    page = await Winnow([suggestion("DUPLICATE")], identical=identical).page("/review?whose=all")
    assert ("/review/batch/exact" in page) == told
    assert (say("exact.up_to", n=23) in page) == told


@pytest.mark.parametrize("there", [2, 0])
async def test_a_goal_stands_at_the_foot_of_the_queue_where_one_is_set(there: int) -> None:
    found = [suggestion("OUTDATED", number) for number in range(there)]
    winnow = Winnow(found, settings={"weeklyGoal": 25, "decidedThisWeek": 11})
    page = await winnow.page("/review")
    assert "Goal for this week: 25 decisions, 11 done" in page
    assert winnow.asked.count("/v1/viewer") == 1
    assert "/v1/pageSettings" not in winnow.asked
    assert "Goal for this week" not in await Winnow(found).page("/review")


async def test_what_has_read_nothing_yet_asks_for_a_catalog() -> None:
    page = await Winnow([], read=False).page("/review")
    assert say("review.first_title") in page
    assert "<code>winnow --data example demo</code>" in page


@pytest.mark.parametrize(
    ("found", "minutes"),
    [
        ([], 1),
        ([{"assignee": ME}], 2),
        ([{"assignee": ME}] * 12, 5),
        ([{"assignee": ME}] * 13, 6),
        ([{"assignee": ""}] * 6, 6),
    ],
)
def test_a_check_up_takes_as_long_as_what_was_found_in_it_is_much(found: list[Json], minutes: int) -> None:
    assert check_up_minutes(found) == minutes


class Owner(Winnow):
    """The same for whoever owns programs in which so much was found, all of it with somebody else."""

    programs: dict[str, int]
    together: asyncio.Barrier | None = None  # where each question about a program waits for the others

    async def get(self, request: Request, path: str, query: Query) -> Json:
        if path == "/v1/viewer":
            return {**await super().get(request, path, query), "ownedPrograms": [*self.programs]}
        if path == "/v1/programs":
            named = [{"name": name, "title": name, "archived": False} for name in query["names"]]
            return {"programs": named, "nextPageToken": ""}
        if path == "/v1/checkups":
            return {"checkups": [], "nextPageToken": ""}
        if "program" in query:
            if self.together is not None:
                await self.together.wait()
            n = self.programs[str(query["program"])]
            return {"suggestions": [{"assignee": "noor@example.org"}] * n, "nextPageToken": ""}
        return await super().get(request, path, query)


@pytest.mark.parametrize(
    ("programs", "said"),
    [
        ({"programs/large": 40, "programs/small": 3}, ("Look through “programs/small”", "at most 2 minutes")),
        ({"programs/large": 40}, ("Nothing waits for you.", "at most 3 minutes")),
    ],
)
async def test_a_check_up_is_the_one_thing_where_it_takes_minutes(
    programs: dict[str, int], said: tuple[str, str]
) -> None:
    winnow = Owner([])
    winnow.programs = programs
    page = thing(await winnow.page("/review"))
    for words in said:
        assert words in page


async def test_the_programs_that_are_due_are_looked_at_together() -> None:
    winnow = Owner([])
    winnow.programs = {"programs/large": 40, "programs/small": 3, "programs/tiny": 1}
    winnow.together = asyncio.Barrier(3)
    async with asyncio.timeout(5):
        page = thing(await winnow.page("/review"))
    assert "Look through “programs/small”" in page


class Administrator(Winnow):
    """The same for an administrator of people without a role, each with so many duties of each kind."""

    duties: dict[str, int]
    together: asyncio.Barrier  # where each question about one of them waits for the others

    async def get(self, request: Request, path: str, query: Query) -> Json:
        if path == "/v1/viewer":
            viewer = await super().get(request, path, query)
            return {**viewer, "person": {**viewer["person"], "roles": ["ADMINISTRATOR"]}}
        if path == "/v1/people":
            people = [
                {"name": f"people/{each}", "email": each, "displayName": each, "roles": []}
                for each in self.duties
            ]
            return {"people": people, "nextPageToken": ""}
        if path == "/v1/responsibilities":
            await self.together.wait()
            return {"responsibilities": [{}] * self.duties[str(query["person"])]}
        return await super().get(request, path, query)


async def test_all_without_a_role_are_looked_at_together_and_the_first_without_a_duty_is_named() -> None:
    winnow = Administrator([])
    winnow.duties = {"ann@example.org": 1, "ben@example.org": 0, "cyd@example.org": 0}
    winnow.together = asyncio.Barrier(2 * 3)
    async with asyncio.timeout(5):
        page = thing(await winnow.page("/review"))
    assert say("today.role", name="ben@example.org") in page
