"""Where there is more than a page shows, the page says so and leads to the rest."""

from __future__ import annotations

import html
import re

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from services.gateway.web import rendering
from services.gateway.web.api import Api, Json, Query
from services.gateway.web.frame import Frames
from services.gateway.web.lists import PAGE_SIZE, Chosen
from services.gateway.web.notices import Notices
from services.gateway.web.review import _many  # pyright: ignore[reportPrivateUsage]
from services.gateway.web.suggestion import SuggestionPage
from services.gateway.web.work import Work
from services.kit.clock import Clock


def counts(opened: int, held: int) -> list[Json]:
    return [
        {"state": "OPEN", "kind": "DUPLICATE", "count": opened, "mine": opened},
        {"state": "HELD", "kind": "DUPLICATE", "count": held, "mine": held},
        {"state": "APPLIED", "kind": "DUPLICATE", "count": 900, "mine": 900},
    ]


@pytest.mark.parametrize(
    ("chosen", "held", "told"),
    [
        (Chosen(whose="you"), PAGE_SIZE, PAGE_SIZE + 25),
        (Chosen(whose="you"), 25, 0),
        (Chosen(whose="all"), PAGE_SIZE, 0),
        (Chosen(whose="you", q="jar"), PAGE_SIZE, 0),
    ],
)
def test_whoever_sees_the_best_of_many_is_told_how_many_there_are(
    chosen: Chosen, held: int, told: int
) -> None:
    assert _many(chosen, counts(25, held)) == told


def delivery() -> Json:
    return {
        "createTime": "2026-06-15T08:00:00Z",
        "subject": "Three suggestions wait",
        "kind": "DIGEST",
        "address": "a@example.org",
        "state": "SENT",
        "attempts": 1,
        "answer": "",
    }


class Winnow:
    """Two pages of tasks, and of what somebody was told by mail, with what was asked of them."""

    def __init__(self) -> None:
        self.asked: list[Query] = []

    async def get(self, request: Request, path: str, query: Query) -> Json:
        if path == "/v1/viewer":
            person: Json = {"email": "a@example.org", "displayName": "", "roles": []}
            return {"person": person, "readContent": True, "openSuggestions": 0, "pendingChanges": 0}
        if path in ("/v1/tasks", "/v1/deliveries"):
            self.asked.append(query)
            further = "" if query.get("pageToken") else "second&half"
            return {"tasks": [], "deliveries": [delivery()], "nextPageToken": further, "totalSize": 1234}
        if path == "/v1/noticeSettings":
            return {"email": "a@example.org", "mail": True, "notices": "NONE"}
        return {"people": [], "imports": [], "nextPageToken": "", "toEmbed": "0", "toJudge": "0"}

    async def never(self, *_: object) -> Json:
        raise NotImplementedError


@pytest.mark.parametrize("whose", ["", "?whose=all"])
async def test_tasks_have_a_next_page_of_the_same_people(whose: str) -> None:
    winnow = Winnow()
    api = Api(winnow.get, winnow.never, winnow.never, Clock())
    work = Work(api, Frames(api), SuggestionPage(api, Frames(api)))
    transport = httpx.ASGITransport(Starlette(routes=[Route("/tasks", work.tasks)]))
    async with httpx.AsyncClient(transport=transport, base_url="http://winnow.example") as client:
        first = (await client.get(f"/tasks{whose}")).text
        found = re.search(r'href="(/tasks\?[^"]*after=[^"]*)"', first)
        assert found is not None
        last = (await client.get(html.unescape(found[1]))).text
    assert "after=" not in last.partition("<main")[2]
    listed = [each for each in winnow.asked if each["pageSize"] != "1"]  # the others are to be counted
    assert len(winnow.asked) == 2 * len(listed)
    assert first.count("<span>1,234</span>") == 2
    assert [each["pageToken"] for each in listed] == ["", "second&half"]
    assert listed[0]["mine"] == listed[1]["mine"] == ("false" if whose else "true")


@pytest.mark.parametrize("whose", ["", "?whose=all"])
async def test_what_was_told_has_a_next_page_and_a_way_back_to_the_first(whose: str) -> None:
    winnow = Winnow()
    api = Api(winnow.get, winnow.never, winnow.never, Clock())
    notices = Notices(api, Frames(api))
    transport = httpx.ASGITransport(Starlette(routes=[Route("/account/notices", notices.show)]))
    async with httpx.AsyncClient(transport=transport, base_url="http://winnow.example") as client:
        first = (await client.get(f"/account/notices{whose}")).text
        found = re.search(r'href="(/account/notices\?[^"]*after=[^"]*)"', first)
        assert found is not None
        assert "The newest one" in first
        last = (await client.get(html.unescape(found[1]))).text
    assert "after=" not in last.partition("<main")[2]
    assert f'href="/account/notices{whose}">First page' in last
    assert [each.get("everyone") for each in winnow.asked] == ["true" if whose else None] * 2


async def test_whoever_shares_many_suggestions_sees_how_many_and_reaches_each() -> None:
    line = {"kind": "UNUSED", "members": [], "claims": [], "plan": {"parts": []}, "relation": ""}
    shared = [{"name": f"suggestions/{n}", "summary": f"Number {n}", **line} for n in range(8)]
    told = rendering.render("shared.html", shared=shared, shared_further=False)
    assert "8 suggestions with colleagues touch your programs." in told
    assert "3 more" in told
    assert [f"/review/{n}" in told for n in range(8)] == [True] * 8
    assert "More than 8 suggestions" in rendering.render("shared.html", shared=shared, shared_further=True)
