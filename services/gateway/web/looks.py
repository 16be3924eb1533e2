"""What there is to look at on a day when nothing waits: one thing after the other, so that looking brings the next."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.gateway.session_cookie import SessionCookie
from services.gateway.web.back import FROM_TODAY
from services.kit.errors import NotFound

READER = ("search", "learning", "changed", "right")
ADMINISTRATOR = ("people", "sources", "requests")
ANYBODY = ("mine",)
"""For whoever has neither role nor duty: what they have asked for, and the form to ask."""
_KEPT = timedelta(days=90)
_SET_BY_HAND = 3  # minutes, for pages that are read within one


@dataclass(frozen=True, slots=True)
class Look:
    """Its name in words and addresses, its icon, the page, and how long it takes at most in minutes."""

    name: str
    icon: str
    page: str
    minutes: int = _SET_BY_HAND

    @property
    def address(self) -> str:
        """The way there that notes that it was taken."""
        return f"/today/{self.name}"


_LOOKS = {
    each.name: each
    for each in (
        Look("search", "search", "/search"),
        Look("learning", "chart-line", "/insights"),
        Look("changed", "users", "/what-changed"),
        Look("right", "badge-check", "/accuracy"),
        Look("people", "users", "/people", 5),
        Look("sources", "download", "/sources"),
        Look("requests", "message-circle", "/people/requests"),
        Look("mine", "message-circle", "/people/requests"),
    )
}


@dataclass(frozen=True, slots=True)
class Looks:
    """What this browser was led to last is kept in a cookie; `secure` where people come by HTTPS."""

    secure: bool = False

    def next(self, request: Request, *, reads: bool, roles: Collection[str]) -> Look:
        """What comes after that which this browser was led to last, of what the person may look at."""
        ring = READER if reads else ADMINISTRATOR if "ADMINISTRATOR" in roles else ANYBODY
        last = self._cookie.read(request)
        return _LOOKS[ring[(ring.index(last) + 1) % len(ring)] if last in ring else ring[0]]

    async def lead(self, request: Request) -> Response:
        """Leads to the page, and has the next one take the place of what led here."""
        name = request.path_params["look"]
        found = _LOOKS.get(name)
        if found is None:
            raise NotFound("METHOD_UNKNOWN", "There is no such page.", {"method": request.method})
        response = RedirectResponse(f"{found.page}?{urlencode(FROM_TODAY)}", status_code=303)
        self._cookie.write(response, found.name, _KEPT)
        return response

    @property
    def _cookie(self) -> SessionCookie:
        return SessionCookie(self.secure, "winnow_looked")
