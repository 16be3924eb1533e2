"""Tells what the page itself sent from what another site made a browser send along with its cookie.

A session's cookie opens the page's routes, so every request that may have an effect must come from the page:
browsers say so in Sec-Fetch-Site, older ones and plain HTTP in Origin (OWASP, "Fetch Metadata"). There is no token in
the forms. The API's routes are not concerned: a cookie opens only reads there.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from services.kit.errors import PermissionDenied

_WITHOUT_EFFECT = ("GET", "HEAD", "OPTIONS")


def check(method: str, headers: Headers, public_url: str) -> None:
    """Returns if the request has no effect or the page at `public_url` or at the request's own host sent it.

    PermissionDenied CROSS_SITE for another site, a sister domain too, and for what says nothing of its origin.
    """
    if method in _WITHOUT_EFFECT:
        return
    site = headers.get("sec-fetch-site")
    if site is not None:
        if site == "same-origin":
            return
    else:
        origin = urlsplit(headers.get("origin", ""))
        # The host too: one machine's page is opened by several names, and a proxy may rewrite it.
        if origin.netloc and origin.netloc in (headers.get("host"), urlsplit(public_url).netloc):
            return
    raise PermissionDenied(
        "CROSS_SITE",
        "This was not sent from Winnow's own page, so nothing was done. Open the page and try there.",
        {"who_can": "the same person on Winnow's own page", "method": method},
    )


class SameOrigin:
    """Middleware that checks every request outside `/v1`, so that no route of the page can forget to."""

    def __init__(
        self, app: ASGIApp, public_url: str, refused: Callable[[PermissionDenied], Response]
    ) -> None:
        self._app = app
        self._public_url = public_url
        self._refused = refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, or refuses it before any route sees it."""
        if scope["type"] == "http" and not scope["path"].startswith("/v1/"):
            try:
                check(scope["method"], Headers(scope=scope), self._public_url)
            except PermissionDenied as error:
                await self._refused(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)
