"""What was refused can be asked for: where it was refused, and with it filled in."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

import services.catalog
from services.catalog import policy
from services.catalog.policy import Cell
from services.gateway.web import trouble
from services.gateway.web.api import Api, Json, Query
from services.gateway.web.frame import Frames
from services.gateway.web.person_requests import INSTEAD, PersonRequests
from services.gateway.web.words import known
from services.kit import rpc
from services.kit.clock import Clock
from services.kit.errors import FailedPrecondition, PermissionDenied

ME = "ida@example.org"
POLICY = (Path(services.catalog.__file__).parent / "policy.yaml").read_text("utf-8")
ROUTES: dict[str, str | list[str]] = yaml.safe_load(POLICY)["routes"]


def refused(reason: str, method: str, who: str) -> grpc.aio.AioRpcError:
    error = PermissionDenied(reason, f"{method} is for {who}.", {"who_can": who, "method": method})
    return rpc.failure(grpc.StatusCode.PERMISSION_DENIED, str(error), rpc.status(error))


def test_the_words_say_what_each_method_of_a_page_does() -> None:
    methods: set[str] = {
        each.rpartition("/")[2]
        for route, called in ROUTES.items()
        if isinstance(called, list) and "/v1/" not in route
        for each in called
    }
    open_to_all = {"GetViewer", "RequestPersonChange", "ListPersonRequests", "GetResponsibilityMode"}
    settings = {"GetNoticeSettings", "SetNoticeSettings", "SetPageSettings"}
    assert [
        each for each in sorted(methods - open_to_all - settings) if not known(f"method.{each}", "")
    ] == []


def test_a_right_that_is_missing_can_be_asked_for_and_one_that_a_token_lacks_cannot() -> None:
    denied = trouble.of(refused("NOT_ALLOWED", "SetHouseRules", "a learning leader"))
    assert denied.kind == "denied"
    assert denied.ask == "/people/requests?refused=SetHouseRules&who=a+learning+leader#ask"
    assert trouble.of(refused("TOKEN_READ_ONLY", "SetHouseRules", "the same person")).ask == ""


@pytest.mark.parametrize(
    ("verb", "shown"),
    [("accept", "It is closed; there is nothing to decide."), ("", "Said in words.")],
)
def test_what_has_ended_meanwhile_is_known_by_its_code(verb: str, shown: str) -> None:
    about = {"suggestion": "suggestions/s1", "state": "WITHDRAWN"}
    error = FailedPrecondition(
        "STATE_HAS_NO_VERB", "Said in words.", about | ({"verb": verb} if verb else {})
    )
    told = trouble.of(rpc.failure(grpc.StatusCode.FAILED_PRECONDITION, error.text, rpc.status(error)))
    assert (told.status, told.text.startswith(shown)) == (409, True)


async def form(*, reads: bool = False, **query: str) -> str:
    """The form of a request as whoever comes from a refusal sees it; `reads` content or not."""

    async def get(request: Request, path: str, query: Query) -> Json:
        if path == "/v1/viewer":
            person: Json = {"email": ME, "displayName": "", "roles": []}
            return {"person": person, "readContent": reads, "openSuggestions": 0, "pendingChanges": 0}
        return {
            "people": [],
            "imports": [],
            "requests": [],
            "nextPageToken": "",
            "toEmbed": "0",
            "toJudge": "0",
        }

    async def post(request: Request, path: str, body: Json) -> Json:
        raise NotImplementedError

    async def upload(request: Request) -> Json:
        raise NotImplementedError

    api = Api(get, post, upload, Clock())
    app = Starlette(routes=[Route("/people/requests", PersonRequests(api, Frames(api)).show)])
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://winnow.example"
    ) as client:
        answer = await client.get("/people/requests", params=query)
    found = re.search(r'<form[^>]* id="ask">.*?</form>', answer.text, re.DOTALL)
    assert found is not None
    return html.unescape(found[0])


@pytest.mark.parametrize(
    ("method", "who", "kind", "email", "roles", "what"),
    [
        (
            *("SetHouseRules", "a learning leader", "GRANT_ROLE", ME, ["LEARNING_LEADER"]),
            "I wanted to set the house rules. It is for: a learning leader.",
        ),
        (
            *("PublishResource", "a learning leader or an instructional designer", "GRANT_ROLE", ME, []),
            "I wanted to publish something. It is for: a learning leader or an instructional designer.",
        ),
        (
            *("CreatePerson", "an administrator", "ADD_PERSON", "", []),
            "I wanted to have somebody added. It is for: an administrator.",
        ),
    ],
)
async def test_the_request_is_filled_in(
    method: str, who: str, kind: str, email: str, roles: list[str], what: str
) -> None:
    shown = await form(refused=method, who=who)
    assert re.findall(r'name="kind" value="(\w+)" required checked', shown) == [kind]
    assert re.findall(r'name="email" value="([^"]*)"', shown) == [email]
    assert re.findall(r'name="role" value="(\w+)" checked', shown) == roles
    assert f">{what}</textarea>" in shown


@pytest.mark.parametrize(
    ("method", "kind"),
    [("SetHouseRules", "HOUSE_RULES"), ("SetResponsibilityMode", "MODE"), ("PublishResource", "CONTENT")],
)
async def test_whoever_reads_content_proposes_what_is_not_theirs_to_do(method: str, kind: str) -> None:
    shown = await form(reads=True, refused=method, who="a learning leader")
    assert re.findall(r'name="kind" value="(\w+)" required checked', shown) == [kind]
    assert re.findall(r'name="role" value="(\w+)" checked', shown) == []


def test_what_may_be_proposed_has_a_request_for_it_unless_it_is_asked_for_where_it_is() -> None:
    proposed = {
        path.rpartition("/")[2] for path, row in policy.METHODS.items() if Cell.PROPOSE in row.cells.values()
    }
    assert proposed - INSTEAD.keys() == {"SetDuties"}  # on the page of its program


@pytest.mark.parametrize("query", [{}, {"refused": "Nothing", "who": "anybody"}])
async def test_nothing_is_filled_in_after_no_refusal(query: dict[str, Any]) -> None:
    shown = await form(**query)
    assert "checked" not in shown
    assert "></textarea>" in shown
