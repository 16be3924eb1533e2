"""What stands around a page: places that the viewer may open, and a state line that says nothing it does not know."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
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
from tests.unit.gateway.test_refused_fields import refused

POLICY: Json = yaml.safe_load((Path(services.catalog.__file__).parent / "policy.yaml").read_text("utf-8"))
ROLES = {"ADM": ["ADMINISTRATOR"], "SP": ["SPECIALIST"], "": []}
READ = {"source": "lms", "endTime": "2026-01-02T00:00:00Z"}


class Told:
    """An API with one import, that can be slow to tell it or be without a curator; `role` looks."""

    def __init__(self, role: str = "SP") -> None:
        self.role, self.slow, self.curator = role, False, True
        self.settings: Json = {}
        self.imports: list[Json] = [READ]
        self.frames = Frames(Api(self.get, self.set, self.never, Clock()))

    async def get(self, request: Request, path: str, query: Query) -> Json:
        if path == "/v1/viewer":
            person: Json = {"email": "a@example.org", "displayName": "A", "roles": ROLES[self.role]}
            return {
                "person": person,
                "readContent": self.role == "SP",
                "openSuggestions": 0,
                "pendingChanges": 0,
                "pageSettings": self.settings,
            }
        if path == "/v1/imports":
            assert self.role == "SP", "imports are content"
            if self.slow:
                await asyncio.sleep(60)
            return {"imports": self.imports}
        if path == "/v1/index/status" and not self.curator:
            await asyncio.sleep(60)
        return {"toEmbed": "0", "toJudge": "0", "sources": [], "nextPageToken": ""}

    async def set(self, request: Request, path: str, body: Json) -> Json:
        """Keeps the settings, refusing a goal as the catalog does."""
        assert path == "/v1/pageSettings:set"
        if not 0 <= body["weeklyGoal"] <= 500:
            raise refused("weekly_goal")
        self.settings = body
        return body

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

    @asynccontextmanager
    async def browser(self) -> AsyncGenerator[httpx.AsyncClient]:
        """A new one, at the settings and the first screen."""
        account, today = Account(self.frames.api, self.frames), Today(self.frames.api, self.frames)
        routes = [
            Route("/", today.home),
            Route("/account", account.show),
            Route("/account", account.save, methods=["POST"]),
        ]
        transport = httpx.ASGITransport(Starlette(routes=routes))
        async with httpx.AsyncClient(transport=transport, base_url="http://winnow.example") as browser:
            yield browser

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
    async with told.browser() as browser:
        await browser.post("/account", data={"start": chosen})
        assert (await browser.get("/")).headers["location"] == address
        kept = '<option value="programs" selected>' in (await browser.get("/account")).text
        assert kept == (address == "/programs")
    async with told.browser() as another:
        assert (await another.get("/")).headers["location"] == address
        await another.post("/account", data={"start": ""})
        assert (await another.get("/")).headers["location"] in ("/review", "/today")


async def test_letters_are_off_in_every_browser_of_whoever_switched_them_off_and_colours_in_one() -> None:
    told = Told()
    async with told.browser() as one:
        assert '<body data-keys="on">' in (await one.get("/account")).text
        await one.post("/account", data={"keys": "off", "theme": "dark"})
        assert 'data-theme="dark"' in (await one.get("/account")).text
    async with told.browser() as another:
        html = (await another.get("/account")).text
        assert ('<body data-keys="off">' in html, 'data-theme="dark"' in html) == (True, False)
        await another.post("/account", data={"keys": "on"})
        assert '<body data-keys="on">' in (await another.get("/account")).text


@pytest.mark.parametrize(("typed", "kept"), [("25", 25), ("", 0), (" 7 ", 7)])
async def test_a_goal_is_a_number_or_nothing(typed: str, kept: int) -> None:
    told = Told()
    async with told.browser() as browser:
        assert (await browser.post("/account", data={"weekly_goal": typed})).status_code == 303
        assert told.settings["weeklyGoal"] == kept
        assert (
            f'name="weekly_goal" min="1" max="500" value="{kept or ""}"'
            in (await browser.get("/account")).text
        )


@pytest.mark.parametrize("typed", ["501", "many", "-3", "2.5", "99999999"])
async def test_a_goal_that_is_none_is_told_beside_its_field_with_all_that_was_chosen(typed: str) -> None:
    told = Told()
    async with told.browser() as browser:
        answer = await browser.post(
            "/account", data={"weekly_goal": typed, "keys": "off", "start": "programs", "theme": "dark"}
        )
    assert answer.status_code == 409
    assert f'<p class="wrong" id="wrong-weekly_goal">{say("wrong.weekly_goal")}</p>' in answer.text
    for kept in (
        f'value="{typed}"',
        'value="off" checked',
        'value="programs" selected',
        'value="dark" checked',
    ):
        assert kept in answer.text
    assert (told.settings, "set-cookie" in answer.headers) == ({}, False)
