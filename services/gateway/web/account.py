"""What a person sets for the pages: light or dark in this browser; letters, where to begin and a goal everywhere."""

from __future__ import annotations

from dataclasses import dataclass

import grpc.aio
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.gateway.web import forms, trouble
from services.gateway.web.api import Api, Json
from services.gateway.web.frame import STARTS, THEME_COOKIE, Frames
from services.gateway.web.rendering import page

_A_YEAR = 366 * 24 * 3600
_THEMES = ("light", "dark")
_NO_NUMBER = -1  # what no catalog takes, so that it says in which field


@dataclass(frozen=True, slots=True)
class Account:
    """`/account`."""

    api: Api
    frames: Frames

    async def show(self, request: Request) -> Response:
        """The settings."""
        return await self._shown(request)

    async def save(self, request: Request) -> Response:
        """Keeps the colours in a cookie, since a screen is a browser's matter, and all else with the person."""
        form = await request.form()
        start, goal = forms.text(form, "start"), forms.number(form, "weekly_goal")
        if goal is None:
            goal = _NO_NUMBER if forms.line(form, "weekly_goal") else 0
        wanted: Json = {
            "lettersOff": forms.text(form, "keys") == "off",
            "start": start.upper() if start in STARTS else "PLACE_UNSPECIFIED",
            "weeklyGoal": goal,
        }
        try:
            await self.api.post(request, "/v1/pageSettings:set", wanted)
        except grpc.aio.AioRpcError as error:
            return await self._shown(request, trouble.of(error))
        response = RedirectResponse("/account", status_code=303)
        theme = forms.text(form, "theme")
        if theme in _THEMES:
            response.set_cookie(THEME_COOKIE, theme, max_age=_A_YEAR, samesite="lax", httponly=True)
        elif theme:
            response.delete_cookie(THEME_COOKIE)
        return response

    async def _shown(self, request: Request, refused: trouble.Trouble | None = None) -> Response:
        around = await self.frames.around(request, "account")
        return page("account.html", status=refused.status if refused else 200, **around, trouble=refused)
