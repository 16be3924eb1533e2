"""The page of imports: how far each is and how long it may take, and when the page comes again by itself."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from services.catalog import policy
from services.catalog.policy import Cell
from services.gateway.web import imports
from services.gateway.web.api import Api, Json, Query
from services.gateway.web.frame import Frames
from services.gateway.web.imports import Imports
from services.gateway.web.pace import Pace
from services.gateway.web.words import say
from services.kit.clock import Clock

QUESTION = {"id": "q", "file": "a.csv", "text": "3 April or 4 March?", "choices": ["day", "month"]}


def delivery(number: int, *, source: str = "lms", state: str = "RUNNING", **more: Any) -> Json:
    counts = dict.fromkeys(
        ("added", "changed", "unchanged", "gone", "events", "filesReceived", "filesDone"), 0
    )
    ended = {} if state == "RUNNING" else {"endTime": f"2026-07-{number:02}T02:10:00Z"}
    lists: Json = {"unreadable": [], "warnings": [], "questions": []}
    begun = {"name": f"imports/{number}", "createTime": f"2026-07-{number:02}T02:00:00Z"}
    return {**counts, **lists, **begun, "source": source, "state": state, **ended, **more}


class Winnow:
    """Deliveries, the newest first; the curator has `comparing` resources to compare."""

    def __init__(self, *deliveries: Json, comparing: int = 0, roles: Sequence[str] = ()) -> None:
        self.deliveries, self.comparing, self.roles = list(deliveries), comparing, list(roles)
        self.seconds = 0.0
        api = Api(self.get, self.never, self.never, Clock())
        self.pages = Imports(api, Frames(api), Pace(lambda: self.seconds))

    async def get(self, request: Request, path: str, query: Query) -> Json:
        if path == "/v1/viewer":
            person: Json = {"email": "a@example.org", "displayName": "", "roles": self.roles}
            return {"person": person, "readContent": True, "openSuggestions": 0, "pendingChanges": 0}
        if path == "/v1/imports":
            return {"imports": self.deliveries, "nextPageToken": ""}
        sources = [{"displayName": name} for name in {each["source"] for each in self.deliveries}]
        return {"sources": sources, "nextPageToken": "", "toEmbed": str(self.comparing), "toJudge": "0"}

    async def never(self, *_: Any) -> Json:
        raise NotImplementedError

    async def answer(self, address: str = "/imports") -> httpx.Response:
        transport = httpx.ASGITransport(Starlette(routes=[Route("/imports", self.pages.show)]))
        async with httpx.AsyncClient(transport=transport, base_url="http://winnow.example") as client:
            return await client.get(address)

    async def page(self) -> str:
        return html.unescape((await self.answer()).text)


def steps(page: str) -> list[list[str]]:
    """What the steps of each import say, after its heading."""
    panels = re.findall(r'<section class="panel" aria-labelledby="reading.*?</section>', page, re.DOTALL)
    parts = (re.findall(r"<(?:h2|li).*?</(?:h2|li)>", panel, re.DOTALL) for panel in panels)
    return [[" ".join(re.sub(r"<[^>]*>", " ", part).split()) for part in each] for each in parts]


@pytest.mark.parametrize(
    ("address", "delivered", "again"),
    [
        ("/imports", delivery(1), True),
        ("/imports", delivery(1, state="SUCCEEDED"), False),
        ("/imports", delivery(1, questions=[QUESTION]), False),
        ("/imports?add=1", delivery(1), False),
    ],
)
async def test_it_comes_again_only_where_nothing_is_lost(address: str, delivered: Json, again: bool) -> None:
    assert ("Refresh" in (await Winnow(delivered).answer(address)).headers) == again


async def test_it_says_how_far_each_import_is() -> None:
    winnow = Winnow(
        delivery(4, source="drive", filesReceived=1),
        delivery(3, filesReceived=2),
        delivery(2, filesReceived=120, filesDone=45, added=300, changed=20, unchanged=10, events=4000),
        delivery(1, state="SUCCEEDED"),
        comparing=280,
    )
    compared = "Comparing: 280 resources wait. " + say("imports.meanwhile")
    assert steps(await winnow.page()) == [
        [
            "lms: reading now",
            "120 files have arrived.",
            "Reading: 45 of 120 files. So far 300 new, 20 changed, 10 as before. 4,000 rows on use by learners.",
            compared,
        ],
        ["lms: waits to be read", "2 files have arrived.", say("imports.step_waits"), compared],
        [
            "drive: nothing of it is read yet",
            "1 file has arrived.",
            "Reading: 0 of 1 file. So far 0 new, 0 changed, 0 as before.",
            compared,
        ],
    ]
    assert (await winnow.page()).count('aria-current="step"') == 3


async def test_how_long_it_takes_is_told_by_the_pace_seen_and_not_before() -> None:
    # It was begun long ago; what counts is what the page has seen.
    one = delivery(1, filesReceived=1000, filesDone=400)
    winnow = Winnow(one)

    async def told(seconds: float, done: int) -> list[str]:
        winnow.seconds, one["filesDone"] = seconds, done
        return re.findall(r"about (.*?) are left", await winnow.page())

    assert await told(0, 400) == []
    assert await told(5, 420) == []  # too soon
    assert await told(20, 405) == []  # too few
    assert await told(60, 500) == ["5 min"]
    assert await told(120, 500) == ["10 min"]  # a large file takes its time
    assert await told(130, 998) == ["1 min"]
    assert await told(140, 100) == []  # it reads again what waited for an answer
    assert await told(200, 400) == ["2 min"]
    assert await told(300, 1000) == []


def test_an_import_that_has_ended_is_forgotten() -> None:
    now = 0.0
    pace = Pace(lambda: now)
    pace.left("imports/1", 0, 100)
    pace.forget_others(["imports/2"])
    now = 60.0
    assert pace.left("imports/1", 50, 100) is None


@pytest.mark.parametrize(
    ("more", "before", "says", "never"),
    [
        ({}, "SUCCEEDED", ["Nothing was changed.", "It worked last on 1 Jul 2026 at 02:00."], []),
        ({}, "FAILED", ["Nothing was changed."], ["It worked last"]),
        ({"added": 200}, "SUCCEEDED", ["It worked last"], ["Nothing was changed."]),
    ],
)
async def test_an_import_that_failed_says_what_it_came_to(
    more: Json, before: str, says: list[str], never: list[str]
) -> None:
    page = await Winnow(delivery(2, state="FAILED", **more), delivery(1, state=before)).page()
    assert [words for words in says if words not in page] == []
    assert [words for words in never if words in page] == []


@pytest.mark.parametrize(
    ("role", "done", "offered"),
    [("SPECIALIST", 1, True), ("SPECIALIST", 2, False), ("ADMINISTRATOR", 1, False), ("", 1, False)],
)
async def test_an_import_can_be_stopped_by_whoever_may_while_there_is_something_to_read(
    role: str, done: int, offered: bool
) -> None:
    winnow = Winnow(delivery(7, filesReceived=2, filesDone=done), roles=[role] if role else [])
    assert ('action="/imports/7/stop"' in await winnow.page()) == offered


def test_the_page_offers_to_stop_to_whom_the_policy_lets() -> None:
    row = policy.METHODS["/winnow.catalog.v1.CatalogService/StopImport"]
    may = {str(role) for role, column in policy.ROLES.items() if row.cells[column] is Cell.ALLOW}
    assert may == imports._MAY_STOP  # pyright: ignore[reportPrivateUsage]
