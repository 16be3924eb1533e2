"""The review page: a list of suggestions, and one suggestion with its evidence. Server-rendered, no script."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

_HERE = Path(__file__).parent
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

    def routes(self) -> list[Route | Mount]:
        """All of them, for the application."""
        return [
            Route("/", self.queue, methods=["GET"]),
            Route("/suggestions/{id}", self.suggestion, methods=["GET"]),
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
        return page(
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
        return page("suggestion.html", suggestion=found, titles=titles)


def signed_out() -> Response:
    """What a visitor sees without a session."""
    return page("sign_in.html", status=401, token="")


def failed(status: int, title: str, text: str) -> Response:
    """A page that says what went wrong and what to do."""
    return page("error.html", status=status, title=title, text=text)


_environment = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=select_autoescape(default=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(template: str, /, status: int = 200, **values: Any) -> HTMLResponse:
    """A page made of a template, with the headers that keep it to itself."""
    html = _environment.get_template(template).render(**values)
    return HTMLResponse(html, status_code=status, headers=_HEADERS)
