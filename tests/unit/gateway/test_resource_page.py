"""A resource's page says that a review is due where the day stated for it has come and nobody has reviewed it since."""

from __future__ import annotations

from datetime import date, timedelta

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from services.gateway.web.api import Api, Json, Query
from services.gateway.web.frame import Frames
from services.gateway.web.resources import Resources, due_for_review
from services.gateway.web.words import say
from services.kit.clock import Clock

TODAY = date(2026, 3, 2)


def day(of: date) -> Json:
    return {"year": of.year, "month": of.month, "day": of.day}


@pytest.mark.parametrize(
    ("stated", "reviewed", "due"),
    [
        (None, None, False),
        (TODAY + timedelta(1), None, False),
        (TODAY, None, True),
        (TODAY - timedelta(9), None, True),
        (TODAY - timedelta(9), TODAY - timedelta(10), True),
        (TODAY - timedelta(9), TODAY - timedelta(9), False),
        (TODAY - timedelta(9), TODAY - timedelta(1), False),
    ],
)
def test_a_review_is_due_on_its_day_until_somebody_has_reviewed(
    stated: date | None, reviewed: date | None, due: bool
) -> None:
    said = {"reviewDate": stated, "reviewed": reviewed}
    assert due_for_review({name: day(of) for name, of in said.items() if of}, TODAY) == due


class _Catalog:
    """A catalog with one resource."""

    def __init__(self, *roles: str, **more: Json) -> None:
        self.roles = list(roles)
        self.posted: list[tuple[str, Json]] = []
        self.resource: Json = {
            "name": "resources/ladders",
            "title": "Ladders",
            "description": "",
            "language": "en",
            "version": "",
            "lifecycle": "PUBLISHED",
            "successor": "",
            "equivalents": [],
            "hold": "",
            "owner": "",
            "outline": [],
            "listings": [],
            "mandatory": False,
            "certification": False,
            "accessibleForm": False,
            **more,
        }

    async def get(self, request: Request, path: str, query: Query) -> Json:
        if path == "/v1/viewer":
            person: Json = {"email": "ida@example.org", "displayName": "Ida", "roles": self.roles}
            counts = {"openSuggestions": 0, "pendingChanges": 0}
            return {"person": person, "readContent": True, **counts, "ownedPrograms": []}
        if path == "/v1/resources/ladders":
            return self.resource
        nothing: Json = {each: [] for each in ("imports", "people", "programs", "suggestions", "notes")}
        engagement: Json = {"months": [], "statedSeconds": "0"}
        return {**nothing, **engagement, "nextPageToken": "", "toEmbed": "0", "toJudge": "0"}

    async def post(self, request: Request, path: str, body: Json) -> Json:
        self.posted.append((path, body))
        return {"name": "suggestions/s1"}

    async def never(self, *_: object) -> Json:
        raise NotImplementedError

    def client(self) -> httpx.AsyncClient:
        api = Api(self.get, self.post, self.never, Clock())
        pages = Resources(api, Frames(api))
        routes = [
            Route("/resources/{id}", pages.one),
            Route("/resources/{id}/confirm", pages.confirm, methods=["POST"]),
            Route("/resources/{id}/correct", pages.correct, methods=["POST"]),
        ]
        transport = httpx.ASGITransport(Starlette(routes=routes))
        return httpx.AsyncClient(transport=transport, base_url="http://winnow.example")

    async def page(self) -> str:
        async with self.client() as client:
            return (await client.get("/resources/ladders")).raise_for_status().text


@pytest.mark.parametrize("year", [2001, 3001])
async def test_the_page_says_that_a_review_is_due(year: int) -> None:
    text = await _Catalog(reviewDate=day(TODAY.replace(year=year))).page()
    assert f"2 Mar {year}" in text
    assert (say("claim.review_due") in text) == (year == 2001)


@pytest.mark.parametrize(
    ("roles", "owner", "offered"),
    [
        (("INSTRUCTIONAL_DESIGNER",), "", True),
        (("SPECIALIST",), "", False),
        (("SPECIALIST",), "Ida@example.org", True),
        (("ADMINISTRATOR",), "", False),
    ],
)
async def test_who_may_confirm_is_offered_to(roles: tuple[str, ...], owner: str, offered: bool) -> None:
    text = await _Catalog(*roles, owner=owner).page()
    assert (say("resource.confirm_send") in text) == offered
    assert say("resource.correct_send") in text


async def test_a_review_is_recorded_until_the_day_that_is_named_or_for_the_time_of_its_class() -> None:
    catalog = _Catalog("LEARNING_LEADER")
    async with catalog.client() as client:
        for again in ("2031-03-02", ""):
            sent = {"again": again, "comment": "Read it.", "request_id": "r1"}
            answer = await client.post("/resources/ladders/confirm", data=sent)
            assert (answer.status_code, answer.headers["location"]) == (
                303,
                "/resources/ladders?did=confirmed",
            )
    said = {"comment": "Read it.", "requestId": "r1"}
    path = "/v1/resources/ladders:confirmCurrent"
    named = {**said, "reviewDate": day(date(2031, 3, 2))}
    assert catalog.posted == [(path, named), (path, said)]


async def test_a_correction_becomes_a_suggestion() -> None:
    catalog = _Catalog("SPECIALIST")
    sent = {"field": "language", "value": "de", "reason": "It is German.", "request_id": "r1"}
    async with catalog.client() as client:
        answer = await client.post("/resources/ladders/correct", data=sent)
    assert (answer.status_code, answer.headers["location"]) == (303, "/review/s1")
    ((path, body),) = catalog.posted
    assert path == "/v1/suggestions"
    assert (body["operation"], body["members"]) == ("set_metadata", ["resources/ladders"])
    assert (body["field"], body["value"], body["reason"]) == ("language", "de", "It is German.")
