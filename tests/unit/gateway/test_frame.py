"""What stands around a page: places that the viewer may open, and a state line that says nothing it does not know."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

import services.catalog
from services.gateway.web import frame, rendering
from services.gateway.web.account import Account
from services.gateway.web.api import Api, Json, Query
from services.gateway.web.frame import Frames
from services.gateway.web.sources import SourcesPage
from services.gateway.web.today import Today
from services.gateway.web.words import say
from services.kit.clock import Clock
from services.kit.telemetry import REGISTRY

POLICY: Json = yaml.safe_load((Path(services.catalog.__file__).parent / "policy.yaml").read_text("utf-8"))
ROLES = {"ADM": ["ADMINISTRATOR"], "SP": ["SPECIALIST"], "": []}
READ = {"source": "lms", "endTime": "2026-01-02T00:00:00Z"}


class Told:
    """An API with one import, that can be slow to tell it or be without a curator; `role` looks."""

    def __init__(self, role: str = "SP") -> None:
        self.role, self.slow, self.curator = role, False, True
        self.imports: list[Json] = [READ]
        self.frames = Frames(Api(self.get, self.never, self.never, Clock()))

    async def get(self, request: Request, path: str, query: Query) -> Json:
        if path == "/v1/viewer":
            person: Json = {"email": "a@example.org", "displayName": "A", "roles": ROLES[self.role]}
            return {
                "person": person,
                "readContent": self.role == "SP",
                "openSuggestions": 0,
                "pendingChanges": 0,
            }
        if path == "/v1/imports":
            assert self.role == "SP", "imports are content"
            if self.slow:
                await asyncio.sleep(60)
            return {"imports": self.imports}
        if path == "/v1/index/status" and not self.curator:
            await asyncio.sleep(60)
        return {"toEmbed": "0", "toJudge": "0", "sources": [], "nextPageToken": ""}

    async def never(self, *_: Any) -> Json:
        raise NotImplementedError

    async def around(self) -> Json:
        """What stands around the page of sources."""
        found: Json = {}

        async def show(request: Request) -> Response:
            found.update(await self.frames.around(request, "imports"))
            return Response()

        await self._visit(Route("/", show))
        return found

    async def page(self) -> str:
        """The page of sources, which everybody here may open."""
        return await self._visit(Route("/", SourcesPage(self.frames.api, self.frames).show))

    async def _visit(self, route: Route) -> str:
        transport = httpx.ASGITransport(Starlette(routes=[route]))
        async with httpx.AsyncClient(transport=transport, base_url="http://winnow.example") as client:
            return (await client.get("/")).text


def open_to(role: str, address: str) -> bool:
    """Whether policy.yaml lets the role call all that the page there calls."""
    for called in POLICY["routes"][f"GET {address}"]:
        service, _, method = called.partition("/")
        row = POLICY["methods"][service][method]
        if not row.get("everyone") and row.get(role) != "allow":
            return False
    return True


@pytest.mark.parametrize("role", ROLES)
async def test_the_main_places_are_those_that_the_viewer_may_open(role: str) -> None:
    shown = {address for _, address, _ in (await Told(role).around())["places"]}
    places = frame._PLACES  # pyright: ignore[reportPrivateUsage]
    every = {address for _, address, _, _ in places} - ({"/sources"} if role == "SP" else set[str]())
    assert shown == {address for address in every if open_to(role, address)}
    html = await Told(role).page()
    assert ('href="/review"' in html, 'href="/imports"' in html) == (role == "SP", role == "SP")


def test_a_refusal_leads_to_a_page_that_everybody_has() -> None:
    html = bytes(rendering.failed(403, "No", "It is for others.").body).decode()
    assert 'href="/"' in html
    assert "/review" not in html


async def test_what_could_not_be_learned_of_imports_is_neither_said_nor_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(frame, "_CURATOR_SECONDS", 0.01)
    told = Told()
    told.slow = True
    assert (await told.around())["state"].text == say("state.not_known")
    told.slow = False
    assert (await told.around())["state"].text.startswith("Catalog read")
    told.slow = True
    assert (await told.around())["state"].text.startswith("Catalog read")  # known a moment ago


async def test_nothing_read_is_said_where_it_is_so_and_only_to_whoever_reads_imports() -> None:
    told = Told("ADM")
    told.imports = []
    assert (await told.around())["state"].text == say("state.answering")
    told.role = "SP"
    assert (await told.around())["state"].text == say("state.nothing_read")


def unanswered() -> float:
    """How often a page has lacked the curator's answer, as operators read it."""
    return REGISTRY.get_sample_value("winnow_pages_unanswered_total", {"service": "curator"}) or 0


async def test_a_silent_curator_is_silent_since_it_was_first_noticed_and_logged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(frame, "_CURATOR_SECONDS", 0.01)
    monkeypatch.setattr(frame, "_REMEMBERED_SECONDS", -1.0)
    told = Told()
    told.curator = False
    before = unanswered()
    with capture_logs(processors=[merge_contextvars]) as logged:
        first = (await told.around())["state"]
        assert first.curator_down
        assert (await told.around())["state"] == first
    assert first.silent_since
    (line,) = logged
    assert line["event"] == "the curator gives pages no answer"
    assert line["trace"].startswith(first.logged_as)
    assert len(first.logged_as) == 8
    assert unanswered() == before + 2
    told.curator = True
    assert not (await told.around())["state"].curator_down
    told.curator = False
    assert (await told.around())["state"].silent_since > first.silent_since


@pytest.mark.parametrize(
    ("role", "chosen", "address"),
    [
        ("SP", "", "/review"),
        ("", "", "/today"),
        ("SP", "programs", "/programs"),
        ("", "programs", "/today"),  # not open to them
        ("", "people", "/people"),
        ("SP", "//elsewhere.example", "/review"),
    ],
)
async def test_who_has_chosen_where_to_begin_begins_there(role: str, chosen: str, address: str) -> None:
    told = Told(role)
    account, today = Account(told.frames.api, told.frames), Today(told.frames.api, told.frames)
    routes = [
        Route("/", today.home),
        Route("/account", account.show),
        Route("/account", account.save, methods=["POST"]),
    ]
    transport = httpx.ASGITransport(Starlette(routes=routes))
    async with httpx.AsyncClient(transport=transport, base_url="http://winnow.example") as browser:
        await browser.post("/account", data={"start": chosen})
        assert (await browser.get("/")).headers["location"] == address
        kept = '<option value="programs" selected>' in (await browser.get("/account")).text
        assert kept == (address == "/programs")
        await browser.post("/account", data={"start": ""})
        assert (await browser.get("/")).headers["location"] in ("/review", "/today")
