"""Visits to links on a real HTTP server of this machine, and what a week between them makes of a text's links.

Nothing here proves how the world's servers answer. The server's address is allowed by name, as no setting can.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from services.catalog.domain.links import Found, Visit
from services.catalog.links.checking import LinkChecker
from services.catalog.links.visiting import Visitor
from services.catalog.postgres.database import Database
from services.kit import postgres
from services.kit.clock import Clock
from tests.integration.catalog.conftest import CatalogProcess, SignedIn
from winnow.catalog.v1 import catalog_service_pb2 as api
from winnow.catalog.v1.house_rules_pb2 import HouseRules
from winnow.catalog.v1.resource_pb2 import Part
from winnow.internal.v1 import feed_service_pb2 as feed_api

DAY = date(2026, 3, 2)


@dataclass
class Site:
    """A web server of one page a path; what it was asked for."""

    port: int = 0
    pages: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def way(self) -> tuple[str, int]:
        return ("127.0.0.1", self.port)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        path = head.split(" ")[1]
        self.asked.append(path)
        answer = self.pages.get(path, "404 Not Found")
        writer.write(f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()


@pytest.fixture
async def site() -> AsyncGenerator[Site]:
    made = Site()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("200 OK", Found.ANSWERS),
        ("403 Forbidden", Found.ANSWERS),
        ("404 Not Found", Found.GONE),
        ("410 Gone", Found.GONE),
        ("429 Too Many Requests", Found.UNCLEAR),
        ("503 Service Unavailable", Found.UNCLEAR),
        ("nonsense", Found.UNCLEAR),
    ],
)
async def test_a_visit_tells_what_is_gone_from_what_is_unclear(site: Site, answer: str, found: Found) -> None:
    site.pages["/a"] = answer
    assert (await Visitor([site.way]).visit(f"{site.url}/a")).found is found


async def test_redirects_are_followed_to_their_end_and_not_for_ever(site: Site) -> None:
    site.pages |= {
        "/old": "301 Moved\r\nLocation: /new",
        "/new": "200 OK",
        "/round": "302 Found\r\nLocation: /round",
    }
    visitor = Visitor([site.way])
    assert (await visitor.visit(f"{site.url}/old")).found is Found.ANSWERS
    assert site.asked == ["/old", "/new"]
    assert (await visitor.visit(f"{site.url}/round")).found is Found.UNCLEAR
    assert site.asked.count("/round") == 6


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "169.254.169.254", "10.0.0.1"]
)
async def test_no_name_and_no_redirect_leads_to_an_address_that_is_not_public(site: Site, host: str) -> None:
    inside = Site()
    server = await asyncio.start_server(inside.serve, "127.0.0.1", 0)
    inside.port = server.sockets[0].getsockname()[1]
    site.pages["/out"] = f"302 Found\r\nLocation: http://{host}:{inside.port}/secret"
    async with server:
        for url in (f"{site.url}/out", f"http://{host}:{inside.port}/secret", f"http://{host}/secret"):
            visit = await Visitor([site.way]).visit(url)
            assert visit.found is Found.UNCLEAR
            assert visit.reason.startswith("Not visited")
    assert inside.asked == []


async def test_a_redirect_to_another_scheme_is_not_followed(site: Site) -> None:
    site.pages["/out"] = "302 Found\r\nLocation: file:///etc/passwd"
    visit = await Visitor([site.way]).visit(f"{site.url}/out")
    assert (visit.found, visit.reason) == (Found.UNCLEAR, "Not visited: it is neither http nor https.")


async def test_a_host_that_takes_no_connection_is_unreachable(site: Site) -> None:
    server = await asyncio.start_server(site.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    visit = await Visitor([("127.0.0.1", port)]).visit(f"http://127.0.0.1:{port}/")
    assert visit.found is Found.UNREACHABLE


@asynccontextmanager
async def checker(catalog: CatalogProcess, site: Site, day: date) -> AsyncGenerator[LinkChecker]:
    """The job on that day."""
    pool = postgres.pool(catalog.database.app, name="test")
    await pool.open()
    database = Database(pool, Clock(ZoneInfo("UTC"), day))
    yield LinkChecker(database, catalog.database.app, Visitor([site.way]).visit, between=0)
    await pool.close()


async def check(catalog: CatalogProcess, site: Site, days: int) -> int:
    """How many links are visited that many days after the first day."""
    site.asked.clear()
    async with checker(catalog, site, DAY + timedelta(days=days)) as job:
        return await job.check_some()


async def switch(person: SignedIn, *, on: bool) -> None:
    request = api.SetHouseRulesRequest(
        house_rules=HouseRules(check_links=on), update_mask=FieldMask(paths=["check_links"])
    )
    await person("SetHouseRules", request)


async def put(person: SignedIn, text: str) -> str:
    given = api.ResourceInput(external_id="c1", title="T", outline=[Part(location="page", text=text)])
    answer = await person(
        "BatchUpsertResources", api.BatchUpsertResourcesRequest(source="lms", resources=[given])
    )
    return answer.resources[0].name.removeprefix("resources/")


async def dead(feed: Any, id_: str) -> list[str]:
    request = feed_api.GetStatesRequest(kind=feed_api.RESOURCES, ids=[id_])
    (state,) = (await feed.GetStates(request)).states
    return [each.url for each in state.resource.dead_links]


async def test_a_link_that_fails_twice_a_week_apart_is_told_and_taken_back_when_it_answers(
    first: SignedIn, catalog: CatalogProcess, feed: Any, site: Site
) -> None:
    site.pages["/alive"] = "200 OK"
    id_ = await put(first, f"See [the list]({site.url}/gone) or {site.url}/alive.")
    assert await check(catalog, site, 0) == 0
    assert site.asked == []
    await switch(first, on=True)
    assert await check(catalog, site, 0) == 2
    assert sorted(site.asked) == ["/alive", "/gone"]
    assert await check(catalog, site, 6) == 0
    assert await dead(feed, id_) == []
    revision = (await feed.GetDigests(feed_api.GetDigestsRequest(kind=feed_api.RESOURCES))).revision
    assert await check(catalog, site, 7) == 2
    assert await dead(feed, id_) == [f"{site.url}/gone"]
    assert (await feed.GetDigests(feed_api.GetDigestsRequest(kind=feed_api.RESOURCES))).revision > revision
    site.pages["/gone"] = "200 OK"
    assert await check(catalog, site, 14) == 2
    assert await dead(feed, id_) == []


async def test_where_nobody_answers_nothing_is_known(
    first: SignedIn, catalog: CatalogProcess, feed: Any, site: Site
) -> None:
    id_ = await put(first, "See http://127.0.0.1:9/gone and http://127.0.0.1:9/other.")
    await switch(first, on=True)

    async def no_way_out(url: str) -> Visit:
        return Visit(Found.UNREACHABLE, "Its host cannot be reached.")

    for days in (0, 7):
        pool = postgres.pool(catalog.database.app, name="test")
        await pool.open()
        database = Database(pool, Clock(ZoneInfo("UTC"), DAY + timedelta(days=days)))
        assert await LinkChecker(database, catalog.database.app, no_way_out, between=0).check_some() == 2
        await pool.close()
    assert await dead(feed, id_) == []


async def test_a_dead_link_of_an_imported_page_is_told_with_the_words_that_led_there(
    first: SignedIn, catalog: CatalogProcess, feed: Any, site: Site
) -> None:
    site.pages["/alive"] = "200 OK"
    page = f"# Lists\n\nSee [the long list]({site.url}/gone) or [another]({site.url}/alive).\n"
    await first.imported("handbook", {"lists.md": page.encode()})
    await switch(first, on=True)
    for days in (0, 7):
        await check(catalog, site, days)
    page_of = await feed.ListStates(feed_api.ListStatesRequest(kind=feed_api.RESOURCES))
    (state,) = page_of.states
    assert [(each.url, each.text) for each in state.resource.dead_links] == [
        (f"{site.url}/gone", "the long list")
    ]
