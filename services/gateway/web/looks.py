"""What there is to look at on a day when nothing waits: one thing after the other, so that looking brings the next."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.gateway.web.back import FROM_TODAY

READER = ("search", "learning", "changed", "right")
OTHERS = ("people", "sources", "requests")
_COOKIE = "winnow_looked"
_KEPT = 90 * 24 * 3600  # seconds
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
    )
}


def next_look(request: Request, *, reads: bool) -> Look:
    """What comes after that which this browser was led to last."""
    ring = READER if reads else OTHERS
    last = request.cookies.get(_COOKIE, "")
    return _LOOKS[ring[(ring.index(last) + 1) % len(ring)] if last in ring else ring[0]]


async def look(request: Request) -> Response:
    """Leads to the page, and has the next one take the place of what led here."""
    found = _LOOKS.get(request.path_params["look"])
    if found is None:
        return RedirectResponse("/", status_code=303)
    response = RedirectResponse(f"{found.page}?{urlencode(FROM_TODAY)}", status_code=303)
    response.set_cookie(_COOKIE, found.name, max_age=_KEPT, samesite="lax", httponly=True)
    return response
