"""Where signing in leads: to the page that was asked for, and to no other site whatever a browser sends."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.web.wanted import Wanted, own_page


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/review/3c1",
        "/review?whose=all&q=ladders%20%26%20stairs",
        "/review/3c1?in=eyJ3aG9zZSI6InlvdSJ9&from=today",
        "/people/requests?who=a@example.org&next=https://elsewhere.example/",
        "/programs/%E6%A2%AF%E5%AD%90",
        "/sign-in-page",
    ],
)
def test_a_page_of_ours_is_led_to(address: str) -> None:
    assert own_page(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "review",
        "//elsewhere.example/review",
        "///elsewhere.example",
        "/\\elsewhere.example",
        "\\\\elsewhere.example",
        "/review\\..\\elsewhere",
        "/\t/elsewhere.example",
        "/\n/elsewhere.example",
        "/\r\nSet-Cookie: a=b",
        "\t//elsewhere.example",
        " //elsewhere.example",
        "https://elsewhere.example/",
        "https:elsewhere.example",
        "javascript:alert(1)",
        "data:text/html,a",
        "/sign-in?token=a",
        "/sign-in/callback?error=a",
        "/sign-out",
        "/" + "a" * 2000,
    ],
)
def test_what_is_no_page_of_ours_leads_to_the_first(address: str) -> None:
    assert own_page(address) == "/"


@pytest.mark.parametrize(
    ("path", "kept"),
    [("/review/3c1", True), ("/changes.csv", False), ("/review/3c1/plan.html", False)],
)
def test_a_page_is_remembered_and_a_file_is_not(path: str, kept: bool) -> None:
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "headers": [],
    }
    answer = Response()
    Wanted(secure=True).remember(Request({**scope, "server": ("winnow.example", 443)}), answer)
    assert ("set-cookie" in answer.headers) == kept
