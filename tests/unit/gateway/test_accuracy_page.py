"""The weights of the order are shown on demand: what the house rules say, and what is assumed where they are silent."""

from __future__ import annotations

import html
import re
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from services.gateway.web.accuracy import Accuracy
from services.gateway.web.api import Api, Json, Query
from services.gateway.web.frame import Frames
from services.kit.clock import Clock

SILENT: Json = {"harmHours": [], "reviewMinutes": [], "maintenanceHours": {}}


async def shown(weights: Json) -> str:
    """What the page says of the order, as words."""

    async def get(request: Request, path: str, query: Query) -> Json:
        if path == "/v1/viewer":
            person: Json = {"email": "ida@example.org", "displayName": "", "roles": []}
            return {"person": person, "readContent": True, "openSuggestions": 0, "pendingChanges": 0}
        if path == "/v1/houseRules":
            return {"weights": weights}
        empty: dict[str, Any] = {"people": [], "imports": [], "kinds": [], "nextPageToken": ""}
        return {**empty, "toEmbed": "0", "toJudge": "0"}

    async def other(*_: Any) -> Json:
        raise NotImplementedError

    api = Api(get, other, other, Clock())
    app = Starlette(routes=[Route("/accuracy", Accuracy(api, Frames(api)).show)])
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://winnow.example"
    ) as client:
        answer = await client.get("/accuracy")
    found = re.search(r'<details id="weights">.*?</details>', answer.text, re.DOTALL)
    assert found is not None
    return html.unescape(re.sub(r"<[^>]*>", " ", found[0]))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, ("These are assumed", "counts as 0.05 hours", "of 0.5 on", "from 0.1 on")),
        ({"exposedHours": 0.0}, ("Your house rules set", "counts as 0.0 hours", "of 0.5 on")),
        ({"nowFrom": 2.0, "thisWeekFrom": 1.0}, ("Your house rules set", "of 2.0 on", "from 1.0 on")),
    ],
)
async def test_the_weights_say_where_they_are_from(given: Json, says: tuple[str, ...]) -> None:
    text = await shown({**SILENT, **given})
    assert [each for each in says if each not in text] == []
