"""The page of the mode offers what its viewer can do: switch it, ask for it, wait, take back, decline; and a request
for a duty says which."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from services.gateway.web.api import Api, Json, Query
from services.gateway.web.frame import Frames
from services.gateway.web.mode import Mode
from services.gateway.web.person_requests import PersonRequests
from services.kit.clock import Clock

ADMINISTRATOR, LEADER = "ADMINISTRATOR", "LEARNING_LEADER"
PEOPLE: dict[str, list[str]] = {
    "lea": [LEADER],
    "leo": [LEADER],
    "ann": [ADMINISTRATOR],
    "all": [ADMINISTRATOR, LEADER],
    "gone": [ADMINISTRATOR],
}
NONE: Json = {"mode": "HYBRID", "asked": "MODE_UNSPECIFIED", "askedBy": ""}


def person(name: str) -> Json:
    left = {"deactivateTime": "2026-01-02T00:00:00Z"} if name == "gone" else {}
    return {"email": name, "displayName": name.title(), "roles": PEOPLE[name], **left}


async def shown(viewer: str, address: str, **answers: Any) -> str:
    """The page as that person sees it."""

    async def get(request: Request, path: str, query: Query) -> Json:
        if path == "/v1/viewer":
            return {"person": person(viewer), "readContent": True, "openSuggestions": 0, "pendingChanges": 0}
        people = [person(name) for name in PEOPLE]
        rest = {"people": people, "imports": [], "nextPageToken": "", "toEmbed": "0", "toJudge": "0"}
        programs = [{"name": "programs/1", "title": "Rope work"}]
        return answers.get(path.rpartition("/")[2], {"programs": programs, **rest})

    async def post(request: Request, path: str, body: Json) -> Json:
        assert body["validateOnly"]
        return {"rights": [], "reopenedSuggestions": 0}

    async def upload(request: Request) -> Json:
        raise NotImplementedError

    api = Api(get, post, upload, Clock())
    routes = [
        Route("/people/mode", Mode(api, Frames(api)).show),
        Route("/people/requests", PersonRequests(api, Frames(api)).show),
    ]
    transport = httpx.ASGITransport(Starlette(routes=routes))
    async with httpx.AsyncClient(transport=transport, base_url="http://winnow.example") as client:
        answer = await client.get(address)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.text.partition("<main")[2]))


def asked_by(name: str) -> Json:
    return {"mode": "HYBRID", "asked": "ROLE_BASED", "askedBy": name}


@pytest.mark.parametrize(
    ("viewer", "mode", "says"),
    [
        ("lea", NONE, "Ask for it: the other role confirms"),
        ("all", NONE, "Switch to: By role"),
        ("ann", asked_by("lea"), "Switch to: By role"),
        ("lea", asked_by("lea"), "It is asked for; it waits for: Administrator."),
        ("leo", asked_by("lea"), "It is asked for; it waits for: Administrator."),
        ("lea", asked_by("gone"), "It is asked for; it waits for: Administrator."),
    ],
)
async def test_only_whoever_completes_the_switch_is_offered_it(viewer: str, mode: Json, says: str) -> None:
    page = await shown(viewer, "/people/mode?mode=ROLE_BASED", responsibilityMode=mode)
    offered = ("Ask for it:", "Switch to:", "it waits for:")
    assert says in page
    assert [each for each in offered if each in page] == [each for each in offered if each in says]


@pytest.mark.parametrize(("viewer", "says"), [("lea", "Take it back"), ("ann", "Decline")])
async def test_a_wish_is_taken_back_by_who_had_it_and_declined_by_others(viewer: str, says: str) -> None:
    page = await shown(viewer, "/people/mode", responsibilityMode=asked_by("lea"))
    assert [word for word in ("Take it back", "Decline") if word in page] == [says]


@pytest.mark.parametrize(("duty", "says"), [("OWNER", "Owner"), ("EVALUATE", "Evaluate")])
async def test_a_request_for_a_duty_says_which(duty: str, says: str) -> None:
    asked: Json = {
        "name": "personRequests/1",
        "kind": "DUTY",
        "email": "lea",
        "displayName": "",
        "roles": [],
        "object": "programs/1",
        "duty": duty,
        "requester": "leo",
        "createTime": "2026-03-01T00:00:00Z",
        "reason": "",
        "state": "OPEN",
        "answer": "",
    }
    page = await shown("leo", "/people/requests", personRequests={"requests": [asked], "nextPageToken": ""})
    assert f"Give a duty: Lea : {says} · Rope work" in page
