"""What other sites make a browser send is refused before any route of the page sees it."""

from __future__ import annotations

import pytest
from starlette.datastructures import Headers

from services.gateway.csrf import check
from services.kit.errors import PermissionDenied

PAGE = "https://winnow.example.org"


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "same-origin", "origin": "null"},
        {"origin": PAGE},
        {"origin": "http://localhost:8080", "host": "localhost:8080"},
    ],
)
def test_the_page_itself_may_send_forms(headers: dict[str, str]) -> None:
    check("POST", Headers(headers), PAGE)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": "https://blog.example.org"},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "cross-site", "origin": PAGE},
        {"origin": "https://winnow.example.org.evil.test", "host": "winnow.example.org"},
        {"origin": "https://evil.test", "host": "winnow.example.org"},
        {"origin": "null"},
        {"host": "winnow.example.org"},
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_others_may_not(method: str, headers: dict[str, str]) -> None:
    with pytest.raises(PermissionDenied) as refused:
        check(method, Headers(headers), PAGE)
    assert refused.value.reason == "CROSS_SITE"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_links_from_elsewhere_may_be_followed(method: str) -> None:
    check(method, Headers({"sec-fetch-site": "cross-site"}), PAGE)
