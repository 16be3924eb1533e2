"""What stands around every page: who looks, where they are, how the catalog and the curator are."""

from __future__ import annotations

import asyncio
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request

from services.gateway import metrics
from services.gateway.web import dates
from services.gateway.web.api import Api, Json, if_up
from services.gateway.web.words import say
from services.kit import telemetry

_REMEMBERED_SECONDS = (
    5.0  # the state line is the same for everybody; asking twice a page would say nothing more
)
_CURATOR_SECONDS = 2.0
_FORM = "application/x-www-form-urlencoded"
_READS, _CHANGES, _SOURCES, _ALL = "content", "changes", "sources", "all"
_PLACES = (
    ("review", "/review", "inbox", _READS),
    ("search", "/search", "search", _READS),
    ("changes", "/changes", "list-checks", _CHANGES),
    ("programs", "/programs", "layers", _READS),
    ("insights", "/insights", "chart-line", _READS),
    ("activity", "/activity", "history", _READS),
    ("imports", "/imports", "download", _READS),
    ("sources", "/sources", "download", _SOURCES),
    ("people", "/people", "users", _ALL),
)
"""The main places: key of its words, address, icon, and to whom it is open (policy.yaml, by what it calls)."""
THEME_COOKIE = "winnow_theme"
STARTS = tuple(name for name, *_ in _PLACES if name != "review")
"""Places that somebody may choose to begin with, which the API names in capitals; who chooses none begins with the
one thing to do."""


@dataclass(frozen=True, slots=True)
class StateLine:
    """How things are, in a few words; `kind` is good, busy or bad."""

    kind: str
    text: str
    curator_down: bool = False
    silent_since: str = ""
    logged_as: str = ""
    reading: bool = False
    comparing: int = 0


@dataclass(slots=True)
class Frames:
    """Makes the frame of each page."""

    api: Api
    organisation: str = ""
    _lines: dict[bool, tuple[StateLine, float]] = field(default_factory=dict)
    _down: StateLine | None = None

    async def around(self, request: Request, here: str) -> dict[str, Any]:
        """What the base template needs; raises Unauthenticated for whoever is not signed in."""
        viewer = await self.api.get(request, "/v1/viewer", {})
        line = await self.state_line(request, reads=viewer["readContent"])
        places = _places(viewer)
        return {
            "here": here,
            "organisation": self.organisation,
            "zone": self.api.clock.zone.key,
            "viewer": viewer,
            "email": viewer["person"]["email"],
            "roles": viewer["person"]["roles"],
            "places": places,
            "state": line,
            "state_address": next(
                (address for name, address, _ in places if name in ("imports", "sources")), ""
            ),
            "counts": {"review": viewer["openSuggestions"], "changes": viewer["pendingChanges"]},
            "theme": _cookie(request, THEME_COOKIE, ("light", "dark")),
            "keys": "off" if _settings(viewer).get("lettersOff") else "on",
            "start": _start(viewer),
            "goal": _settings(viewer).get("weeklyGoal", 0),
            "goal_done": _settings(viewer).get("decidedThisWeek", 0),
            "path": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
            "now": self.api.clock.now(),
            "undo_id": str(uuid.uuid4()),
            "sent": await _sent(request),
            "sent_to": request.url.path,
        }

    async def state_line(self, request: Request, *, reads: bool) -> StateLine:
        """How fresh the catalog is, for whoever reads content, and whether the curator answers.

        Asked at most every few seconds. What could not be learned is asked again by the next page.
        """
        line, until = self._lines.get(reads, (None, 0.0))
        if line is not None and time.monotonic() <= until:
            return line
        line, learned = await self._ask(request, reads)
        if learned:
            self._lines[reads] = (line, time.monotonic() + _REMEMBERED_SECONDS)
        return line

    async def _ask(self, request: Request, reads: bool) -> tuple[StateLine, bool]:
        """The line, and whether everything that it rests on answered."""
        imports, curator = await asyncio.gather(
            if_up(self.api.get(request, "/v1/imports", {"pageSize": "1"}), _CURATOR_SECONDS)
            if reads
            else _nothing(),
            if_up(self.api.get(request, "/v1/index/status", {}), _CURATOR_SECONDS),
        )
        if curator is None:
            metrics.pages_unanswered.labels("curator").inc()
            self._down = self._down or self._noticed()
            return self._down, True
        self._down = None
        learned = imports is not None or not reads
        waiting = int(curator["toEmbed"]) + int(curator["toJudge"])
        newest = imports["imports"][0] if imports and imports["imports"] else None
        if newest is not None and not newest.get("endTime"):
            share = 100 * newest["filesDone"] // max(1, newest["filesReceived"])
            text = say("state.reading", source=newest["source"], n=share)
            return StateLine("busy", text, reading=True, comparing=waiting), True
        if waiting:
            return StateLine(
                "busy", say("state.comparing", n=waiting), reading=True, comparing=waiting
            ), learned
        if not reads:
            return StateLine("good", say("state.answering")), True
        if imports is None:
            return StateLine("busy", say("state.not_known")), False
        if newest is None:
            return StateLine("good", say("state.nothing_read")), True
        read = say("state.read", ago=dates.ago(newest["endTime"], self.api.clock.now()))
        return StateLine("good", read), True

    def _noticed(self) -> StateLine:
        """The line of a silence that begins, after it is logged: the page says so, and under what."""
        trace = telemetry.trace_id()
        telemetry.logger().warning("the curator gives pages no answer")
        return StateLine(
            "bad",
            say("state.curator_down"),
            curator_down=True,
            silent_since=self.api.clock.now().isoformat(),
            logged_as=telemetry.short(trace),
        )


def first_screen(viewer: Json) -> str:
    """Where somebody begins: the place they have chosen, where it is open to them; else the one thing to do."""
    chosen = _start(viewer)
    otherwise = "/review" if viewer["readContent"] else "/today"
    return next((address for name, address, _ in _places(viewer) if name == chosen), otherwise)


def _settings(viewer: Json) -> Json:
    """What they have set for the pages; nothing from a catalog of the release before, which keeps none."""
    return viewer.get("pageSettings", {})


def _start(viewer: Json) -> str:
    """The place that they have chosen to begin with; empty for none."""
    chosen = _settings(viewer).get("start", "").lower()
    return chosen if chosen in STARTS else ""


async def _nothing() -> None:
    """In place of what is not asked."""


def _places(viewer: Json) -> list[tuple[str, str, str]]:
    """Key, address and icon of the places that are open to the viewer."""
    open_to = {_ALL}
    if "ADMINISTRATOR" in viewer["person"]["roles"]:
        open_to |= {_CHANGES, _SOURCES}
    if viewer["readContent"]:  # what a source is stands under Imports, which tell more
        open_to = {_ALL, _CHANGES, _READS}
    return [(name, address, picture) for name, address, picture, who in _PLACES if who in open_to]


async def _sent(request: Request) -> FormData:
    """The fields of the form that this page answers, so that it still says what was typed; empty without one."""
    if request.method != "POST" or not request.headers.get("content-type", "").startswith(_FORM):
        return FormData()
    return await request.form()


def _cookie(request: Request, name: str, allowed: tuple[str, ...]) -> str:
    value = request.cookies.get(name, "")
    return value if value in allowed else ""
