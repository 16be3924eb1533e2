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

    def __init__(self, **more: Json) -> None:
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
            person: Json = {"email": "ida@example.org", "displayName": "Ida", "roles": []}
            counts = {"openSuggestions": 0, "pendingChanges": 0}
            return {"person": person, "readContent": True, **counts, "ownedPrograms": []}
        if path == "/v1/resources/ladders":
            return self.resource
        nothing: Json = {each: [] for each in ("imports", "people", "programs", "suggestions", "notes")}
        engagement: Json = {"months": [], "statedSeconds": "0"}
        return {**nothing, **engagement, "nextPageToken": "", "toEmbed": "0", "toJudge": "0"}

    async def never(self, *_: object) -> Json:
        raise NotImplementedError

    async def page(self) -> str:
        api = Api(self.get, self.never, self.never, Clock())
        routes = [Route("/resources/{id}", Resources(api, Frames(api)).one)]
        transport = httpx.ASGITransport(Starlette(routes=routes))
        async with httpx.AsyncClient(transport=transport, base_url="http://winnow.example") as client:
            return (await client.get("/resources/ladders")).raise_for_status().text


@pytest.mark.parametrize("year", [2001, 3001])
async def test_the_page_says_that_a_review_is_due(year: int) -> None:
    text = await _Catalog(reviewDate=day(TODAY.replace(year=year))).page()
    assert f"2 Mar {year}" in text
    assert (say("claim.review_due") in text) == (year == 2001)
