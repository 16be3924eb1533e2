"""Several at once: what was done is told beside what was not, and only what is one's own is told and taken back."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import grpc
import grpc.aio
import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from services.gateway.errors import HTTP_CODES
from services.gateway.web import bulk as web_bulk
from services.gateway.web.api import Api, Json, Query
from services.gateway.web.bulk import MOST, Bulk
from services.gateway.web.frame import Frames
from services.gateway.web.lists import Chosen
from services.kit.clock import Clock
from services.kit.rpc import failure

ME, OTHER = "ida@example.org", "noor@example.org"
DOWN, SIGNED_OUT = grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNAUTHENTICATED


@dataclass
class Catalog:
    """Suggestions by id; `fails` says with which codes the calls of a verb on an id fail."""

    found: dict[str, Json] = field(default_factory=dict[str, Json])
    fails: dict[str, grpc.StatusCode] = field(default_factory=dict[str, grpc.StatusCode])
    signed_in: bool = True
    asked: list[str] = field(default_factory=list[str])
    lists: list[Query] = field(default_factory=list[Query])

    def add(self, id_: str, state: str = "OPEN", *, by: str = ME, verb: str = "", **more: Any) -> None:
        self.found[id_] = {
            "name": f"suggestions/{id_}",
            "kind": "OUTDATED",
            "relation": "",
            "state": state,
            "revision": 1,
            "fingerprint": "f",
            "summary": f"Course {id_}",
            "claims": [],
            "members": [],
            "plan": {"parts": []},
            "approvals": [],
            "asked": [],
            "mayDecide": True,
            "assignee": "",
            **({"decision": {"actor": by, "verb": verb}} if verb else {}),
            **more,
        }

    async def get(self, request: Request, path: str, query: Query) -> Json:
        if not self.signed_in:
            raise failure(SIGNED_OUT, "Sign in.")
        if path == "/v1/viewer":
            person: Json = {"email": ME, "displayName": "", "roles": []}
            return {"person": person, "readContent": True, "openSuggestions": 0, "pendingChanges": 0}
        if path == "/v1/suggestions":
            if "names" in query:
                named = [self.found.get(name.rpartition("/")[2]) for name in query["names"]]
                return {"suggestions": [each for each in named if each], "nextPageToken": ""}
            self.lists.append(query)
            at = int(str(query["pageToken"]) or "0")
            page = list(self.found.values())[at : at + int(str(query["pageSize"]))]
            after = at + len(page)
            return {"suggestions": page, "nextPageToken": str(after) if after < len(self.found) else ""}
        if path == "/v1/suggestions:count":
            counts = Counter((each["state"], each["kind"]) for each in self.found.values())
            return {
                "counts": [
                    {"state": state, "kind": kind, "count": n, "mine": 0}
                    for (state, kind), n in counts.items()
                ]
            }
        if path.startswith("/v1/suggestions/"):
            if path.rpartition("/")[2] not in self.found:
                raise failure(grpc.StatusCode.NOT_FOUND, "There is none.")
            return self.found[path.rpartition("/")[2]]
        return {"people": [], "imports": [], "nextPageToken": "", "toEmbed": "0", "toJudge": "0"}

    async def post(self, request: Request, path: str, body: Json) -> Json:
        id_, _, verb = path.removeprefix("/v1/suggestions/").partition(":")
        self.asked.append(f"{verb} {id_}")
        if id_ in self.fails:
            self.signed_in = self.signed_in and self.fails[id_] is not SIGNED_OUT
            raise failure(self.fails[id_], "It failed.")
        waits = self.found[id_].get("waits", False)
        approvals = [{"person": ME}]
        if verb == "accept" and waits:
            self.add(id_, "OPEN", verb="accept", approvals=approvals)
        elif verb == "accept":
            self.add(id_, "APPLIED", verb="apply", approvals=approvals)
        else:
            self.add(id_, "OPEN", verb="undo")
        return {}


@pytest.fixture
def catalog() -> Catalog:
    return Catalog()


@pytest.fixture
def browser(catalog: Catalog) -> httpx.AsyncClient:
    async def upload(request: Request) -> Json:
        raise NotImplementedError

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, grpc.aio.AioRpcError)
        return PlainTextResponse("", HTTP_CODES[error.code().name])

    api = Api(catalog.get, catalog.post, upload, Clock())
    bulk = Bulk(api, Frames(api))
    routes = [
        Route("/review/bulk", bulk.show, methods=["GET"]),
        Route("/review/bulk", bulk.decide, methods=["POST"]),
        Route("/review/bulk/undo", bulk.undo, methods=["POST"]),
    ]
    app = Starlette(routes=routes, exception_handlers={grpc.aio.AioRpcError: refused})
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://winnow.example", follow_redirects=True
    )


def receipt(answer: httpx.Response) -> str:
    found = re.search(r'<div class="note good receipt".*', answer.text)
    return re.sub(r"<[^>]*>", " ", found[0]) if found else ""


def ticked(answer: httpx.Response) -> list[str]:
    return re.findall(r'type="checkbox" name="pick" value="(\w+)[^"]*" checked', answer.text)


def taken_back_by_undo(answer: httpx.Response) -> list[str]:
    return re.findall(r'type="hidden" name="pick" value="(\w+)"', answer.text)


async def test_what_was_done_before_the_catalog_went_away_is_told_beside_what_was_not_tried(
    catalog: Catalog, browser: httpx.AsyncClient
) -> None:
    for id_ in "abcd":
        catalog.add(id_)
    catalog.fails = {"b": grpc.StatusCode.FAILED_PRECONDITION, "c": DOWN}
    answer = await browser.post("/review/bulk", data={"verb": "accept", "pick": ["a", "b", "c", "d"]})
    assert catalog.asked == ["accept a", "accept b", "accept c"]
    assert "1 accepted." in receipt(answer)
    assert taken_back_by_undo(answer) == ["a"]
    assert answer.text.count("Not tried:") == 2
    assert answer.text.count("It failed.") == 1
    assert ticked(answer) == ["c", "d"]
    assert answer.status_code == 503


@pytest.mark.parametrize("code", [grpc.StatusCode.INTERNAL, grpc.StatusCode.NOT_FOUND])
async def test_one_that_fails_does_not_hide_the_others(
    catalog: Catalog, browser: httpx.AsyncClient, code: grpc.StatusCode
) -> None:
    for id_ in "abc":
        catalog.add(id_)
    catalog.fails = {"b": code}
    answer = await browser.post("/review/bulk", data={"verb": "accept", "pick": ["a", "b", "c"]})
    assert "2 accepted." in receipt(answer)
    assert "It failed." in answer.text
    assert answer.status_code == HTTP_CODES[code.name]


async def test_whoever_is_signed_out_on_the_way_sees_what_was_done_when_they_come_back(
    catalog: Catalog, browser: httpx.AsyncClient
) -> None:
    catalog.add("a")
    catalog.add("b")
    catalog.fails = {"b": SIGNED_OUT}
    answer = await browser.post("/review/bulk", data={"verb": "accept", "pick": ["a", "b"]})
    assert answer.status_code == 401
    assert answer.request.method == "GET"
    catalog.signed_in = True
    again = await browser.get(answer.request.url)
    assert "1 accepted." in receipt(again)
    assert ticked(again) == ["b"]


async def test_nothing_is_told_where_nothing_was_done(catalog: Catalog, browser: httpx.AsyncClient) -> None:
    catalog.add("a")
    catalog.fails = {"a": DOWN}
    answer = await browser.post("/review/bulk", data={"verb": "accept", "pick": "a"})
    assert (answer.status_code, answer.request.method) == (503, "POST")


async def test_an_address_tells_only_of_decisions_of_the_viewer_that_stand(
    catalog: Catalog, browser: httpx.AsyncClient
) -> None:
    mine, theirs = [{"person": ME}], [{"person": OTHER}]
    catalog.add("a", "APPLIED", verb="apply", approvals=mine)
    catalog.add("b", "APPLIED", verb="apply", by=OTHER, approvals=theirs)
    catalog.add("c", "APPLIED", verb="apply", by="scheduler", approvals=mine)
    catalog.add("d", "APPLIED", verb="apply", by="scheduler", approvals=theirs)
    catalog.add("e", "SNOOZED", verb="snooze")
    catalog.add("f", "REJECTED", verb="reject")
    answer = await browser.get("/review/bulk", params={"did": "accept", "pick": list("abcdef")})
    assert "2 accepted." in receipt(answer)
    assert taken_back_by_undo(answer) == ["a", "c"]
    assert receipt(await browser.get("/review/bulk", params={"did": "accept", "pick": ["b", "e"]})) == ""
    undone = await browser.post("/review/bulk/undo", data={"did": "accept", "pick": ["a", "b", "e"]})
    assert catalog.asked == ["undo a"]
    assert undone.text.count("This is not yours to take back here.") == 2
    assert "1 taken back." in receipt(undone)
    assert ticked(undone) == ["a"]


async def test_what_is_picked_names_suggestions_and_nothing_else(
    catalog: Catalog, browser: httpx.AsyncClient
) -> None:
    catalog.add("a")
    answer = await browser.get("/review/bulk", params={"pick": ["a", "a/../../people", "b?c", "d:accept"]})
    assert answer.status_code == 200
    assert ticked(answer) == ["a"]
    assert (await browser.get("/review/bulk", params={"pick": "b"})).status_code == 404


async def test_a_yes_that_waits_for_another_is_told_as_one_and_not_offered_again(
    catalog: Catalog, browser: httpx.AsyncClient
) -> None:
    catalog.add("a")
    catalog.add("b", waits=True)
    catalog.add("c", "SCHEDULED", verb="accept", approvals=[{"person": ME}])
    catalog.add("d", mayDecide=False)
    await browser.post("/review/bulk", data={"verb": "accept", "pick": ["a", "b"]})
    answer = await browser.get("/review/bulk", params={"did": "accept", "pick": list("abcd")})
    told = receipt(answer)
    assert "1 accepted." in told
    assert "1 accepted: it takes effect when its notice has passed." in told
    assert "1 waits for the others who must agree: your yes is kept." in told
    assert "Your yes is kept. It waits for the others who must agree." in answer.text
    assert ticked(answer) == []
    later = await browser.get("/review/bulk", params={"pick": ["b", "d"]})
    assert "You have said yes." in later.text
    assert ticked(later) == []


async def test_what_has_changed_since_it_was_ticked_says_so_and_is_not_ticked(
    catalog: Catalog, browser: httpx.AsyncClient
) -> None:
    catalog.add("a", revision=2)
    catalog.add("b", revision=2)
    answer = await browser.get("/review/bulk", params={"pick": ["a|1", "b|2"]})
    assert answer.text.count("This has changed since you looked.") == 1
    assert ticked(answer) == ["b"]


async def test_all_that_match_are_shown_and_those_that_are_ones_own_to_decide_are_ticked(
    catalog: Catalog, browser: httpx.AsyncClient
) -> None:
    catalog.add("a")
    catalog.add("b", mayDecide=False, assignee=OTHER)
    catalog.add("c", approvals=[{"person": ME}])
    catalog.add("d")
    chosen = Chosen("all", "OUTDATED", "pump", "oldest", after="2", before=50)
    answer = await browser.get("/review/bulk", params={"in": chosen.token})
    (asked,) = catalog.lists
    assert {name: asked[name] for name in ("states", "kind", "query", "orderBy", "pageToken")} == {
        "states": ["OPEN", "HELD"],
        "kind": "OUTDATED",
        "query": "pump",
        "orderBy": "OLDEST",
        "pageToken": "",
    }
    assert ticked(answer) == ["a", "d"]
    assert "<strong>4 match.</strong> 2 are yours to decide and ticked. 2 are for others" in answer.text
    assert f"{OTHER} decides on this." in answer.text
    assert f'href="{chosen.with_().address.replace("&", "&amp;")}"' in answer.text
    assert "These are the first" not in answer.text


async def test_of_more_than_can_be_decided_at_once_the_first_are_shown(
    catalog: Catalog, browser: httpx.AsyncClient
) -> None:
    for number in range(MOST + 7):
        catalog.add(f"s{number:03}")
    answer = await browser.get("/review/bulk", params={"in": Chosen("all").token})
    assert f"<strong>{MOST + 7} match.</strong>" in answer.text
    assert f"These are the first {MOST} in the order you chose" in answer.text
    assert ticked(answer) == [f"s{number:03}" for number in range(MOST)]


async def test_more_than_a_page_is_accepted_once_somebody_is_sure_and_taken_back_together(
    catalog: Catalog, browser: httpx.AsyncClient
) -> None:
    ids = [f"s{number:03}" for number in range(60)]
    for id_ in ids:
        catalog.add(id_)
    picks = [f"{id_}|1|f" for id_ in ids]
    asked = await browser.post("/review/bulk", data={"verb": "accept", "pick": picks, "request_id": "once"})
    assert "<h1>Accept 60 suggestions?</h1>" in asked.text
    assert catalog.asked == []
    assert re.findall(r'type="hidden" name="pick" value="([^"]*)"', asked.text) == picks
    assert 'name="request_id" value="once"' in asked.text
    answer = await browser.post("/review/bulk", data={"verb": "accept", "pick": picks, "sure": "1"})
    assert (answer.request.method, answer.status_code) == ("GET", 200)
    assert len(str(answer.request.url)) < 4000
    assert "60 accepted." in receipt(answer)
    assert taken_back_by_undo(answer) == ids
    undone = await browser.post("/review/bulk/undo", data={"did": "accept", "pick": ids})
    assert "60 taken back." in receipt(undone)
    assert (await browser.get("/review/bulk", params={"these": "no such word"})).status_code == 200


async def test_what_would_take_too_long_waits_to_be_sent_again(
    catalog: Catalog, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for id_ in "abc":
        catalog.add(id_)

    class Slow:
        """A clock on which every look takes 15 seconds."""

        def __init__(self) -> None:
            self.now = 0.0

        def monotonic(self) -> float:
            self.now += 15
            return self.now

    slow = Slow()
    monkeypatch.setattr(web_bulk, "time", slow)
    answer = await browser.post("/review/bulk", data={"verb": "accept", "pick": ["a", "b", "c"]})
    assert catalog.asked == ["accept a"]
    assert "1 accepted." in receipt(answer)
    assert answer.text.count("Not tried:") == 2
    assert ticked(answer) == ["b", "c"]
    assert (answer.request.method, answer.status_code) == ("POST", 200)
