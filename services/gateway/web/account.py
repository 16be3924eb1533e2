"""What a person sets for their own browser: light or dark, letters as shortcuts, where they begin."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.gateway.web.api import Api
from services.gateway.web.frame import KEYS_COOKIE, START_COOKIE, STARTS, THEME_COOKIE, Frames
from services.gateway.web.rendering import page

_A_YEAR = 366 * 24 * 3600
_SETTINGS = {
    "theme": (THEME_COOKIE, ("light", "dark")),
    "keys": (KEYS_COOKIE, ("off",)),
    "start": (START_COOKIE, STARTS),
}


@dataclass(frozen=True, slots=True)
class Account:
    """`/account`."""

    api: Api
    frames: Frames

    async def show(self, request: Request) -> Response:
        """The settings."""
        around = await self.frames.around(request, "account")
        return page("account.html", **around)

    async def save(self, request: Request) -> Response:
        """Keeps what the form names in cookies of this browser; another value than the known ones forgets it."""
        form = await request.form()
        response = RedirectResponse("/account", status_code=303)
        for field, (cookie, allowed) in _SETTINGS.items():
            value = form.get(field)
            if value in allowed:
                response.set_cookie(cookie, str(value), max_age=_A_YEAR, samesite="lax", httponly=True)
            elif value is not None:
                response.delete_cookie(cookie)
        return response
