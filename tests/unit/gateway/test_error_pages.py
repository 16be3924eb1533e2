"""What the door answers when an address leads nowhere or a page breaks, in words that say what to do."""

from __future__ import annotations

from typing import Any, cast

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from services.gateway.http import JsonApi, application
from services.gateway.refusals import Strangers
from services.kit.errors import Unavailable

REASON = "the table of accounts is locked"


class _NoApi:
    def routes(self) -> list[Route]:
        return []


async def _breaks(request: Request) -> Response:
    raise RuntimeError(REASON)


async def _down(request: Request) -> Response:
    raise Unavailable("CATALOG_UNAVAILABLE", "The catalog does not answer.")


class _Strangers:
    def note(self, *_: Any) -> None:
        """Counts nothing."""


@pytest.fixture
def door() -> TestClient:
    pages = [
        Route("/breaks", _breaks, methods=["GET", "POST"]),
        Route("/down", _down, methods=["GET", "POST"]),
    ]
    made = application(cast(JsonApi, _NoApi()), pages, [], "http://testserver", cast(Strangers, _Strangers()))
    return TestClient(made, raise_server_exceptions=False)


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/nowhere", 404, ("There is nothing here", "The address leads nowhere, or what it led to is gone.")),
        (
            "/breaks",
            500,
            (
                "Something is broken here",
                "It has been written to the log. What you decided before is kept; nothing else was changed.",
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
    assert "What you just sent was not saved" in sent.text
