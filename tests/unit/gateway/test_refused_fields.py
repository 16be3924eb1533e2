"""A refused field is told in the page's words beside it, with the focus there and "Error:" before the title.

Which refusals the catalog gives stands in its own tests; here they are made as `kit.rpc` makes them.
"""

from __future__ import annotations

import html
import re
import tomllib
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

import services.gateway.web as web
from services.gateway.web import trouble
from services.gateway.web.api import Api, Json, Query
from services.gateway.web.frame import Frames
from services.gateway.web.keep_away import KeepAway
from services.gateway.web.people import People
from services.gateway.web.person_requests import PersonRequests
from services.gateway.web.suppressions import Suppressions
from services.gateway.web.webhooks import Webhooks
from services.kit import rpc
from services.kit.clock import Clock
from services.kit.errors import InvalidArgument, Violation

PAGES = Path(web.__file__).parent
WORDS = tomllib.loads((PAGES / "locales" / "en.toml").read_text("utf-8"))


def refused(field: str, text: str = "must be as the API says", reason: str = "FIELD_INVALID") -> Any:
    error = InvalidArgument(reason, f"{field} {text}.", {"field": field}, violations=[Violation(field, text)])
    return rpc.failure(grpc.StatusCode.INVALID_ARGUMENT, error.text, rpc.status(error))


@pytest.mark.parametrize(
    ("form", "field", "said"),
    [
        ("reject", "reason", "Choose a reason."),
        ("object", "reason", "Say what is wrong with it."),
        ("retire", "other", "Paste the address of another resource, or leave it empty."),
        ("reject", "review_date", "Choose a day after today."),
        ("", "suppression.filter", "Say at least one of: words of the title"),
        ("", "suppression.expireTime", "Choose a day after today."),
        ("", "house_rules.review_intervals[2].months", "Choose a number of months from 1 to 240."),
    ],
)
def test_a_refused_field_is_told_in_words_that_say_what_to_do(form: str, field: str, said: str) -> None:
    told = trouble.of(refused(field), form)
    assert told.text.startswith(said)
    assert list(told.wrong.values()) == [told.text]
    assert "as the API says" not in told.text


def test_what_no_form_has_is_told_as_it_was_said() -> None:
    told = trouble.of(refused("page_token"))
    assert (dict(told.wrong), told.text) == ({}, "page_token must be as the API says.")


def test_what_house_rules_require_is_known_by_its_code() -> None:
    told = trouble.of(refused("fields.owner", "whatever it says", "FIELDS_REQUIRED"))
    assert dict(told.wrong) == {"owner": WORDS["trouble"]["required"]}


def marked() -> set[str]:
    """The fields that forms mark when they are refused, by their names in the API."""
    found: set[str] = set()
    for path in (PAGES / "templates").glob("*.html"):
        for call in re.findall(r"w\.(?:marks|why)\((.*?)\) ?\}\}", path.read_text("utf-8")):
            names = [each for each in re.findall(r'"([^"]*)"', call) if "/" not in each]
            found |= {name for each in names for name in each.split()}
    return found


def test_each_field_that_a_form_marks_has_words() -> None:
    plain = {each.replace(".", "_") for each in WORDS["wrong"]}
    lacking = {
        each
        for each in marked()
        if each.replace(".", "_") not in plain and each.partition(".")[0] not in plain
    }
    assert len(marked()) > 25
    assert lacking == set()


ANSWERS: dict[str, Json] = {
    "/v1/viewer": {
        "person": {"email": "ida@example.org", "displayName": "", "roles": ["ADMINISTRATOR"]},
        "readContent": False,
        "openSuggestions": 0,
        "pendingChanges": 0,
        "ownedPrograms": [],
    },
    "/v1/suggestions/s1": {
        "name": "suggestions/s1",
        "kind": "OUTDATED",
        "members": [{"resource": "resources/r1", "title": "Fire wardens", "survivor": False}],
        "claims": [],
        "summary": "It is old.",
        "relation": "RELATION_UNSPECIFIED",
        "evidence": [],
        "operation": "",
        "plan": {"parts": []},
    },
}
NOTHING: Json = {
    **{name: [] for name in ("people", "imports", "requests", "responsibilities", "webhooks")},
    **{name: [] for name in ("sources", "programs")},
    **dict.fromkeys(("toEmbed", "toJudge", "totalSize"), "0"),
    "nextPageToken": "",
}


async def sent(page: Any, path: str, method: str, field: str, form: dict[str, str] | None) -> str:
    """What comes back for a form of the page that the API refuses for that field; a GET without a form."""

    async def get(request: Request, path: str, query: Query) -> Json:
        return ANSWERS.get(path, NOTHING)

    async def post(request: Request, path: str, body: Json) -> Json:
        raise refused(field)

    async def upload(request: Request) -> Json:
        raise NotImplementedError

    api = Api(get, post, upload, Clock())
    made = page(api, Frames(api), *(["http://winnow.example"] if page is People else []))
    route = re.sub(r"/s1(?=/)", "/{id}", path.partition("?")[0])
    app = Starlette(routes=[Route(route, getattr(made, method), methods=["GET", "POST"])])
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://winnow.example"
    ) as client:
        answer = await (client.get(path) if form is None else client.post(path, data=form))
    assert answer.status_code == 409
    return html.unescape(answer.text)


@pytest.mark.parametrize(
    ("page", "path", "method", "field", "form", "control", "said"),
    [
        (
            *(People, "/people", "add", "person.email", {"email": "ida", "name": "Ida"}),
            *("email", "Write an e-mail address, like name@example.org."),
        ),
        (
            *(PersonRequests, "/people/requests", "file", "request.kind", {"email": "i@example.org"}),
            *("kind", "Choose what you ask for."),
        ),
        (
            *(Webhooks, "/webhooks", "register", "url", {"url": "ftp://example.org"}),
            *("url", "Write an address that begins with https:// and can be reached from here."),
        ),
        (
            *(Suppressions, "/suppressions/new?show=1", "write", "suppression.filter", None),
            *("title", "Say at least one of"),
        ),
        (
            *(KeepAway, "/review/s1/keep-away?show=1&until=2020-01-01", "show"),
            *("suppression.expire_time", None, "until", "Choose a day after today."),
        ),
    ],
)
async def test_the_field_has_the_sentence_and_the_focus(
    page: Any, path: str, method: str, field: str, form: dict[str, str] | None, control: str, said: str
) -> None:
    shown = await sent(page, path, method, field, form)
    assert "<title>Error: " in shown
    (focused,) = re.findall(r"<(?:input|textarea|select)[^>]* autofocus[^>]*>", shown)
    assert f'name="{control}"' in focused
    assert 'aria-invalid="true"' in focused
    (by,) = re.findall(r'aria-describedby="([^"]+)"', focused)
    (told,) = re.findall(rf'<p class="wrong" id="{re.escape(by)}">(.*?)</p>', shown)
    assert told.startswith(said)
