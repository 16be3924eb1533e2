"""What the door answers when an address leads nowhere or a page breaks, in words that say what to do."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any, cast

import grpc
import httpx
import pytest
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from services.gateway.http import JsonApi, application
from services.gateway.last_decision import LastDecision
from services.gateway.refusals import Strangers
from services.kit import rpc, telemetry
from services.kit.clock import Clock
from services.kit.errors import Unavailable
from services.kit.health import HttpServer

REASON = "the table of accounts is locked"


class _NoApi:
    def routes(self) -> list[Route]:
        return []


async def _breaks(request: Request) -> Response:
    raise RuntimeError(REASON)


async def _down(request: Request) -> Response:
    raise rpc.failure(grpc.StatusCode.UNAVAILABLE, "the catalog gives no sign of life")


async def _no_provider(request: Request) -> Response:
    raise Unavailable("SERVICE_UNAVAILABLE", "The sign-in provider does not answer; try again.")


class _Strangers:
    def note(self, *_: Any) -> None:
        """Counts nothing."""


async def _asks(request: Request) -> Response:
    return JSONResponse([telemetry.trace() for _ in range(2)])


@pytest.fixture
def last() -> LastDecision:
    return LastDecision(Clock())


@pytest.fixture
def app(last: LastDecision) -> Starlette:
    pages = [
        Route("/breaks", _breaks, methods=["GET", "POST"]),
        Route("/down", _down, methods=["GET", "POST"]),
        Route("/asks", _asks, methods=["GET"]),
        Route("/sign-in/start", _no_provider, methods=["GET"]),
    ]
    nothing: Any = _NoApi()
    strangers = cast(Strangers, _Strangers())
    return application(cast(JsonApi, nothing), pages, [], "http://testserver", strangers, last)


@pytest.fixture
def door(app: Starlette) -> TestClient:
    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What is logged meanwhile, as a service logs it."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    telemetry.configure_logging("gateway", json=True)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/nowhere", 404, ("There is nothing here", "The address leads nowhere, or what it led to is gone.")),
        (
            "/breaks",
            500,
            (
                "Something is broken here",
                "and counted for whoever runs Winnow. What you decided before is kept; nothing else was changed.",
            ),
        ),
        (
            "/down",
            503,
            (
                "The catalog cannot be reached",
                "Nothing you decided is lost. This page tries again by itself every ten seconds.",
            ),
        ),
    ],
)
def test_what_went_wrong_is_told_and_leads_back(
    door: TestClient, path: str, status: int, said: tuple[str, ...]
) -> None:
    answer = door.get(path)
    assert answer.status_code == status
    for words in (*said, 'href="/"'):
        assert words in answer.text
    assert REASON not in answer.text  # what broke is for the log
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_only_what_was_looked_at_is_tried_again_by_itself(door: TestClient) -> None:
    assert door.get("/down").headers["refresh"] == "10"
    sent = door.post("/down", headers={"Origin": "http://testserver"})
    assert (sent.status_code, "refresh" in sent.headers) == (503, False)
    assert "It is not certain that what you just sent was saved" in sent.text


def counted(metric: str, **labels: str) -> float:
    """What operators read."""
    return telemetry.REGISTRY.get_sample_value(metric, labels) or 0


async def test_a_page_that_breaks_is_in_the_log_under_what_it_says_and_is_counted(
    app: Starlette, logged: Callable[[], list[dict[str, Any]]]
) -> None:
    server = HttpServer(app, "127.0.0.1:0")
    await server.start()
    before = counted("winnow_pages_broken_total")
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", trust_env=False) as client:
        told = [(await client.get("/breaks")).text for _ in range(2)]
    await server.stop()
    named = [re.findall(r"written to the log \(([0-9a-f]{8})\)", text)[0] for text in told]
    assert len(set(named)) == 2
    lines = [each for each in logged() if REASON in json.dumps(each.get("exception"))]
    assert [each["trace"][:8] for each in lines] == named
    assert counted("winnow_pages_broken_total") == before + 2


def test_all_that_a_page_asks_of_services_is_one_trace(door: TestClient) -> None:
    given = "5b0c71e4" * 4
    asked = [
        *door.get("/asks", headers={"traceparent": f"00-{given}-{'1' * 16}-01"}).json(),
        *(door.get("/asks").json()),
    ]
    traces = [each.split("-")[1] for each in asked]
    assert traces[:2] == [given, given]
    assert traces[2] == traces[3] != given
    assert len({each.split("-")[2] for each in asked}) == 4  # each call is a span of its own


def test_while_the_catalog_is_down_the_last_decision_that_is_known_is_told(
    door: TestClient, last: LastDecision
) -> None:
    assert "the last decision" not in door.get("/down").text
    ida = {"actor": "ida@example.org", "time": "2026-11-20T13:51:07Z"}
    last.note({"name": "suggestions/1", "decision": ida})
    last.note({"decisions": [{"actor": "noor@example.org", "time": "2026-11-20T13:50:00Z"}]})
    last.note({"decision": {"actor": "curator", "time": "2026-11-20T14:00:00Z"}})
    before = counted("winnow_pages_unanswered_total", service="catalog")
    for answer in (door.get("/down"), door.post("/down", headers={"Origin": "http://testserver"})):
        assert "the last decision was saved on 20 Nov 2026 at 13:51." in answer.text
    assert counted("winnow_pages_unanswered_total", service="catalog") == before + 2


@pytest.mark.parametrize(
    ("batch", "reasons", "told"),
    [("batches/1", ["", "NOT_EXACT"], True), ("batches/1", ["NOT_EXACT"], False), ("", [""], False)],
)
def test_of_a_batch_only_what_was_decided_counts(
    last: LastDecision, batch: str, reasons: list[str], told: bool
) -> None:
    last.note({"batch": batch, "outcomes": [{"reason": reason} for reason in reasons]})
    assert (last.time is not None) == told


def test_a_sign_in_provider_that_is_away_is_not_taken_for_the_catalog(door: TestClient) -> None:
    answer = door.get("/sign-in/start")
    assert answer.status_code == 503
    assert "The sign-in provider does not answer; try again." in answer.text
    assert "catalog" not in answer.text
