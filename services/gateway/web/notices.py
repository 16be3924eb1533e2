"""What a person is told by mail: their choice, on their settings; and how what was told has got on."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.gateway.web.api import Api, Query
from services.gateway.web.frame import Frames
from services.gateway.web.rendering import page

CHOICES = ("WEEKLY", "URGENT", "NONE")
_SHOWN = "50"


@dataclass(frozen=True, slots=True)
class Notices:
    """`/account/notices`, to which `/account` leads."""

    api: Api
    frames: Frames

    async def show(self, request: Request) -> Response:
        """The choice and a page of deliveries, the newest first: one's own, or everybody's for an administrator."""
        everyone = request.query_params.get("whose") == "all"
        asked: Query = {
            "pageSize": _SHOWN,
            "pageToken": request.query_params.get("after", ""),
            **({"everyone": "true"} if everyone else {}),
        }
        around, settings, told = await asyncio.gather(
            self.frames.around(request, "account"),
            self.api.get(request, "/v1/noticeSettings", {}),
            self.api.get(request, "/v1/deliveries", asked),
        )
        return page(
            "notices.html",
            **around,
            settings=settings,
            choices=CHOICES,
            deliveries=told["deliveries"],
            everyone=everyone,
            first=not asked["pageToken"],
            after=told["nextPageToken"],
        )

    async def save(self, request: Request) -> Response:
        """Keeps the choice; back to the page."""
        form = await request.form()
        await self.api.post(request, "/v1/noticeSettings:set", {"notices": str(form.get("notices", ""))})
        return RedirectResponse("/account/notices", status_code=303)
