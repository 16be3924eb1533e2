"""The review page: a list of suggestions, and one suggestion with its evidence. Server-rendered, no script."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from services.gateway.auth import Authenticator

_HERE = Path(__file__).parent
COOKIE = "winnow_session"
_PAGE_SIZE = 50
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
_FILTERS = (
    ("To decide", ("OPEN",)),
    ("Held", ("HELD",)),
    ("Scheduled", ("SCHEDULED", "SNOOZED")),
    ("Done", ("APPLIED",)),
    ("Ended", ("REJECTED", "WITHDRAWN", "UNDONE")),
)

Get = Callable[[Request, str, dict[str, str | list[str]]], Awaitable[dict[str, Any]]]
"""Calls a GET route of the JSON API in process, for the person who is looking."""


@dataclass(frozen=True, slots=True)
class Pages:
    """The page's routes; `get` reads the same API that everyone else uses."""

    get: Get
    authenticator: Authenticator
    secure_cookies: bool

    def routes(self) -> list[Route | Mount]:
        """All of them, for the application."""
        return [
            Route("/", self.queue, methods=["GET"]),
            Route("/suggestions/{id}", self.suggestion, methods=["GET"]),
            Route("/sign-in", self.sign_in_form, methods=["GET"]),
            Route("/sign-in", self.sign_in, methods=["POST"]),
            Mount("/static", StaticFiles(directory=_HERE / "static")),
        ]

    async def queue(self, request: Request) -> Response:
        """Suggestions, highest priority first."""
        chosen = request.query_params.get("show", _FILTERS[0][0])
        states = dict(_FILTERS).get(chosen, _FILTERS[0][1])
        query: dict[str, str | list[str]] = {"states": list(states), "pageSize": str(_PAGE_SIZE)}
        token = request.query_params.get("page")
        if token:
            query["pageToken"] = token
        answer = await self.get(request, "/v1/suggestions", query)
        return _page(
            "queue.html",
            filters=[name for name, _ in _FILTERS],
            chosen=chosen,
            suggestions=answer["suggestions"],
            next_page=answer["nextPageToken"],
        )

    async def suggestion(self, request: Request) -> Response:
        """One suggestion: what was found, why, and what accepting would do."""
        found = await self.get(request, f"/v1/suggestions/{request.path_params['id']}", {})
        titles = {member["resource"]: member["title"] for member in found["members"]}
        return _page("suggestion.html", suggestion=found, titles=titles)

    async def sign_in_form(self, request: Request) -> Response:
        """A button rather than an immediate sign-in: link scanners follow links, they do not press buttons."""
        return _page("sign_in.html", token=request.query_params.get("token", ""))

    async def sign_in(self, request: Request) -> Response:
        """Spends the one-time link and opens a session in a cookie."""
        form = await request.form()
        token = form.get("token")
        session = await self.authenticator.open_session(token if isinstance(token, str) else "")
        response = RedirectResponse("/", status_code=303)
        response.set_cookie(
            COOKIE, session.session, httponly=True, samesite="lax", secure=self.secure_cookies, path="/"
        )
        return response


def signed_out() -> Response:
    """What a visitor sees without a session."""
    return _page("sign_in.html", status=401, token="")


def failed(status: int, title: str, text: str) -> Response:
    """A page that says what went wrong and what to do."""
    return _page("error.html", status=status, title=title, text=text)


_environment = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=select_autoescape(default=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def _page(template: str, /, status: int = 200, **values: Any) -> HTMLResponse:
    html = _environment.get_template(template).render(**values)
    return HTMLResponse(html, status_code=status, headers=_HEADERS)
