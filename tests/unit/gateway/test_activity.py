"""The log as a page: which lines can be taken back, what took the place of what, and the same choice as a file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from services.gateway.web.activity import Activity
from services.gateway.web.api import Api, Json, Query
from services.gateway.web.frame import Frames
from services.kit.clock import Clock
from tests.unit.gateway.test_bulk import ME, OTHER

OLD, NEW, GONE = (f"suggestions/{number:08}-0000-7000-8000-000000000000" for number in (1, 2, 3))


def line(id_: str, verb: str, suggestion: str, actor: str = ME, **more: Any) -> Json:
    said: Json = {"name": f"decisions/{id_}", "verb": verb, "suggestion": suggestion, "actor": actor}
    return {**said, "state": "OPEN", "reason": "", "comment": "", "time": "2026-06-15T09:00:00Z", **more}


def subject(suggestion: str, state: str, undoable: str = "") -> Json:
    return {
        "suggestion": suggestion,
        "summary": f"About {suggestion[12:20]}",
        "state": state,
        "undoable": undoable,
    }


class Catalog:
    """A log, and what was asked of it."""

    def __init__(self, decisions: list[Json], subjects: list[Json], others: Sequence[str] = ()) -> None:
        self.others = others
        self.log: Json = {"decisions": decisions, "subjects": subjects, "nextPageToken": ""}
        self.asked: list[Query] = []

    async def get(self, request: Request, path: str, query: Query) -> Json:
        if path == "/v1/decisions":
            self.asked.append(query)
            return self.log
        if path == "/v1/suggestions":
            found = [self.mine(name) for name in query["names"]]
            return {"suggestions": found, "nextPageToken": ""}
        if path == "/v1/viewer":
            person: Json = {"email": ME, "displayName": "", "roles": []}
            return {"person": person, "readContent": True, "openSuggestions": 0, "pendingChanges": 0}
        return {"people": [], "imports": [], "nextPageToken": "", "toEmbed": "0", "toJudge": "0"}

    def mine(self, name: str) -> Json:
        """The suggestion as who reads sees it: a plan somebody else approved is not theirs to take back."""
        (state,) = {each["state"] for each in self.log["subjects"] if each["suggestion"] == name}
        whole: Json = {"name": name, "state": state, "mayReopen": False}
        return {**whole, "mayUndo": name not in self.others, "mayRevoke": name not in self.others}

    async def post(self, request: Request, path: str, body: Json) -> Json:
        raise NotImplementedError

    async def upload(self, request: Request) -> Json:
        raise NotImplementedError

    def browser(self) -> httpx.AsyncClient:
        api = Api(self.get, self.post, self.upload, Clock())
        activity = Activity(api, Frames(api))
        app = Starlette(routes=[Route("/activity", activity.show), Route("/activity.csv", activity.sheet)])
        return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://winnow.example")


def lines(answer: httpx.Response) -> list[str]:
    return re.findall(r'<div class="line">.*?(?=<div class="line">|</section>)', answer.text, re.DOTALL)


async def test_one_line_of_a_suggestion_can_be_taken_back_and_a_yes_that_waits_by_its_giver_alone() -> None:
    catalog = Catalog(
        [
            line("5", "apply", OLD, "scheduler", state="APPLIED"),
            line("4", "accept", OLD, OTHER, state="SCHEDULED"),
            line("3", "accept", NEW, OTHER),
            line("2", "accept", GONE),
            line("1", "reject", GONE),
        ],
        [
            subject(OLD, "APPLIED", "decisions/4"),
            subject(NEW, "OPEN", "decisions/3"),
            subject(GONE, "OPEN", "decisions/2"),
        ],
        others=[NEW],
    )
    shown = lines(await catalog.browser().get("/activity"))
    assert ["/undo" in each for each in shown] == [False, True, False, True, False]


async def test_what_was_replaced_leads_to_what_took_its_place_and_says_no_name() -> None:
    catalog = Catalog(
        [
            line("3", "withdraw", OLD, "curator", reason=f"Replaced by {NEW}."),
            line("2", "withdraw", OLD, "curator", reason=f"Replaced by {GONE}."),
            line("1", "withdraw", OLD, "curator", reason="It was not found again."),
        ],
        [subject(OLD, "WITHDRAWN"), subject(NEW, "OPEN")],
    )
    known, unknown, plain = lines(await catalog.browser().get("/activity"))
    said = f'This has taken its place: <a href="/review/{NEW[12:]}">About 00000002</a>'
    assert said in known
    assert f'<a href="/review/{GONE[12:]}">another suggestion</a>' in unknown
    assert "It was not found again." in plain
    assert "Replaced by" not in known + unknown


@pytest.mark.parametrize(
    ("what", "asked"),
    [
        ("undoable", {"standing": "UNDOABLE"}),
        ("written", {"standing": "WRITTEN"}),
        ("applied", {"verbs": ["apply"], "states": ["APPLIED"]}),
    ],
)
async def test_page_and_file_ask_for_the_same(what: str, asked: Query) -> None:
    catalog = Catalog([], [])
    page = await catalog.browser().get("/activity", params={"what": what, "who": "me"})
    sheet = re.search(r'href="(/activity\.csv[^"]*)"', page.text)
    assert sheet is not None
    await catalog.browser().get(sheet[1].replace("&amp;", "&"))
    assert [{name: each[name] for name in ("actor", *asked)} for each in catalog.asked] == [
        {"actor": ME, **asked}
    ] * 2


class Long(Catalog):
    """A log of so many pages of 200."""

    pages: int

    async def get(self, request: Request, path: str, query: Query) -> Json:
        found = await super().get(request, path, query)
        if path == "/v1/decisions":
            at = int(str(query.get("pageToken", "")) or 0) + 1
            return {**found, "nextPageToken": str(at) if at < self.pages else ""}
        return found


async def test_the_file_has_all_of_a_long_log() -> None:
    catalog = Long([line(str(n), "reject", NEW) for n in range(200)], [subject(NEW, "REJECTED")])
    catalog.pages = 260
    answer = await catalog.browser().get("/activity.csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="activity.csv"'
    assert len(answer.text.splitlines()) == 1 + 52_000


@pytest.mark.parametrize(
    ("since", "begin"), [("2026-05-23", "2026-05-23T00:00:00Z"), ("yesterday", None), ("2026-02-30", None)]
)
async def test_decisions_since_a_day_are_asked_for_and_what_is_no_day_is_not(
    since: str, begin: str | None
) -> None:
    catalog = Catalog([], [])
    page = await catalog.browser().get("/activity", params={"what": "decided", "since": since})
    assert catalog.asked[0].get("beginTime") == begin
    assert ("Since 23 May 2026" in page.text, "since=" in page.text) == (begin is not None,) * 2
