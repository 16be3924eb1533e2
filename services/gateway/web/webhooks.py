"""Other systems that are told of events: which, how they do, and for administrators a new one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import grpc.aio
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.gateway.web import trouble
from services.gateway.web.api import Api
from services.gateway.web.frame import Frames
from services.gateway.web.rendering import page

EVENTS = ("SuggestionOpened", "SuggestionDecided", "PlanApplied", "PlanUndone")
_PACKAGE = "winnow.review.v1."


@dataclass(frozen=True, slots=True)
class Webhooks:
    """`/webhooks`."""

    api: Api
    frames: Frames

    async def show(self, request: Request) -> Response:
        """All of them."""
        return await self._shown(request)

    async def register(self, request: Request) -> Response:
        """Registers an address and shows its secret, which is told this once: there is no page to come back to."""
        form = await request.form()
        body = {
            "url": str(form.get("url", "")),
            "types": [f"{_PACKAGE}{each}" for each in EVENTS if each in form.getlist("type")],
        }
        try:
            made = await self.api.post(request, "/v1/webhooks", body)
        except grpc.aio.AioRpcError as error:
            return await self._shown(request, refused=trouble.of(error), url=str(form.get("url", "")))
        return await self._shown(request, secret=made["secret"], url=made["webhook"]["url"])

    async def change(self, request: Request) -> Response:
        """Enables one or removes it; back to the page."""
        verb = "enable" if request.path_params["verb"] == "enable" else "remove"
        await self.api.post(request, f"/v1/webhooks/{request.path_params['id']}:{verb}", {})
        return RedirectResponse("/webhooks", status_code=303)

    async def _shown(
        self,
        request: Request,
        *,
        secret: str = "",
        url: str = "",
        refused: trouble.Trouble | None = None,
    ) -> Response:
        around, found = await asyncio.gather(
            self.frames.around(request, "account"), self.api.get(request, "/v1/webhooks", {})
        )
        return page(
            "webhooks.html",
            status=refused.status if refused else 200,
            **around,
            webhooks=[
                {**each, "events": [name.removeprefix(_PACKAGE) for name in each["types"]]}
                for each in found["webhooks"]
            ],
            events=EVENTS,
            administers="ADMINISTRATOR" in around["roles"],
            secret=secret,
            url=url,
            trouble=refused,
        )
