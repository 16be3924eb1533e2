"""What stands around every page: who looks, where they are, how the catalog and the curator are."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import grpc
import grpc.aio
from starlette.requests import Request

from services.gateway.web import dates
from services.gateway.web.api import Api, Json
from services.gateway.web.words import say

_REMEMBERED_SECONDS = (
    5.0  # the state line is the same for everybody; asking twice a page would say nothing more
)
_CURATOR_SECONDS = 2.0
THEME_COOKIE = "winnow_theme"
KEYS_COOKIE = "winnow_keys"


@dataclass(frozen=True, slots=True)
class StateLine:
    """How things are, in a few words; `kind` is good, busy or bad."""

    kind: str
    text: str
    curator_down: bool = False
    reading: bool = False


@dataclass(slots=True)
class Frames:
    """Makes the frame of each page."""

    api: Api
    organisation: str = ""
    _line: StateLine | None = None
    _until: float = 0.0

    async def around(self, request: Request, here: str) -> dict[str, Any]:
        """What the base template needs; raises Unauthenticated for whoever is not signed in."""
        viewer, line = await asyncio.gather(self.api.get(request, "/v1/viewer", {}), self.state_line(request))
        return {
            "here": here,
            "organisation": self.organisation,
            "zone": self.api.clock.zone.key,
            "viewer": viewer,
            "email": viewer["person"]["email"],
            "roles": viewer["person"]["roles"],
            "state": line,
            "counts": {"review": viewer["openSuggestions"], "changes": viewer["pendingChanges"]},
            "theme": _cookie(request, THEME_COOKIE, ("light", "dark")),
            "keys": _cookie(request, KEYS_COOKIE, ("off",)) or "on",
            "path": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
            "now": self.api.clock.now(),
        }

    async def state_line(self, request: Request) -> StateLine:
        """How fresh the catalog is and whether the curator answers; asked at most every few seconds."""
        if self._line is None or time.monotonic() > self._until:
            self._line = await self._ask(request)
            self._until = time.monotonic() + _REMEMBERED_SECONDS
        return self._line

    async def index(self, request: Request) -> Json | None:
        """What the curator says of itself; None while it does not answer."""
        return await _or_none(self.api.get(request, "/v1/index/status", {}))

    async def _ask(self, request: Request) -> StateLine:
        imports, curator = await asyncio.gather(
            _or_none(self.api.get(request, "/v1/imports", {"pageSize": "1"})),
            _or_none(self.api.get(request, "/v1/index/status", {})),
        )
        newest = imports["imports"][0] if imports and imports["imports"] else None
        if curator is None:
            return StateLine("bad", say("state.curator_down"), curator_down=True)
        if newest is not None and not newest.get("endTime"):
            share = 100 * newest["filesDone"] // max(1, newest["filesReceived"])
            return StateLine("busy", say("state.reading", source=newest["source"], n=share), reading=True)
        if int(curator["toEmbed"]) or int(curator["toJudge"]):
            waiting = int(curator["toEmbed"]) + int(curator["toJudge"])
            return StateLine("busy", say("state.comparing", n=waiting), reading=True)
        if newest is None:
            return StateLine("good", say("state.nothing_read"))
        return StateLine("good", say("state.read", ago=dates.ago(newest["endTime"], self.api.clock.now())))


async def _or_none(asked: Any) -> Json | None:
    """The answer; None when whoever gives it is down or slow. The page itself does not wait for the curator."""
    try:
        return await asyncio.wait_for(asked, _CURATOR_SECONDS)
    except TimeoutError:
        return None
    except grpc.aio.AioRpcError as error:
        if error.code() in (
            grpc.StatusCode.UNAVAILABLE,
            grpc.StatusCode.DEADLINE_EXCEEDED,
            grpc.StatusCode.PERMISSION_DENIED,
        ):
            return None
        raise


def _cookie(request: Request, name: str, allowed: tuple[str, ...]) -> str:
    value = request.cookies.get(name, "")
    return value if value in allowed else ""
