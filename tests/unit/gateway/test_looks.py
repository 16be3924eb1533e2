"""What there is to look at when nothing waits: pages that the person may see, one after the other."""

from __future__ import annotations

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from services.gateway.web.looks import Looks
from services.kit.errors import NotFound


def asked(cookie: str = "") -> Request:
    headers = [(b"cookie", cookie.encode())] if cookie else []
    return Request({"type": "http", "method": "GET", "path": "/", "headers": headers})


@pytest.mark.parametrize(
    ("reads", "roles", "pages"),
    [
        (True, {"LEARNING_LEADER", "ADMINISTRATOR"}, ["/search", "/insights", "/what-changed", "/accuracy"]),
        (False, {"ADMINISTRATOR"}, ["/people", "/sources", "/people/requests"]),
        (False, set[str](), ["/people/requests"]),
    ],
)
def test_each_is_led_round_what_their_roles_may_see(reads: bool, roles: set[str], pages: list[str]) -> None:
    found: list[str] = []
    cookie = ""
    for _ in (*pages, ""):
        look = Looks().next(asked(cookie), reads=reads, roles=roles)
        found.append(look.page)
        cookie = f"winnow_looked={look.name}"
    assert found == [*pages, pages[0]]


async def test_the_cookie_is_bound_to_the_host_and_what_is_no_look_is_not_there() -> None:
    app = Starlette(routes=[Route("/today/{look}", Looks(secure=True).lead)])
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="https://winnow.example") as client:
        answer = await client.get("/today/sources")
        assert answer.headers["location"] == "/sources?from=today"
        assert answer.headers["set-cookie"].startswith("__Host-winnow_looked=sources;")
        assert "Secure" in answer.headers["set-cookie"]
        with pytest.raises(NotFound):
            await client.get("/today/nothing")
