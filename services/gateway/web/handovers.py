"""Ownership that passes to another person: what it would come to, the offer, and the receiver's answer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import grpc.aio
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.gateway.web import trouble
from services.gateway.web.api import Api, Json, names_of
from services.gateway.web.frame import Frames
from services.gateway.web.rendering import page

_MOST = 500
_COLLECTIONS = ("programs/", "resources/")


@dataclass(frozen=True, slots=True)
class Handovers:
    """`/people/handovers`, to which the pages of programs and resources lead."""

    api: Api
    frames: Frames

    async def show(self, request: Request) -> Response:
        """Offers that stand; of the object that is named the form, then what it would come to."""
        asked = request.query_params
        return await self._shown(request, asked.get("of", ""), asked.get("to", ""), None)

    async def _shown(
        self, request: Request, name: str, receiver: str, refused: trouble.Trouble | None
    ) -> Response:
        around, offers, people = await asyncio.gather(
            self.frames.around(request, "people"),
            self.api.all(request, "/v1/handovers", "handovers", {}, most=_MOST),
            self.api.people(request),
        )
        known = await self.api.each(request, [name]) if name.startswith(_COLLECTIONS) else {}
        tried: Json | None = None
        if known and receiver and refused is None:
            try:
                body = {"receiver": receiver, "validateOnly": True}
                tried = await self.api.post(request, f"/v1/{name}:offerHandover", body)
            except grpc.aio.AioRpcError as error:
                refused = trouble.of(error)
        return page(
            "handovers.html",
            status=refused.status if refused else 200,
            **around,
            offers=offers,
            thing=known.get(name),
            of=name,
            to=receiver,
            tried=tried,
            active=[each for each in people if not each.get("deactivateTime")],
            names=names_of(people),
            trouble=refused,
        )

    async def offer(self, request: Request) -> Response:
        """Offers it."""
        form = await request.form()
        name, receiver = (str(form.get(field, "")) for field in ("of", "to"))
        if not name.startswith(_COLLECTIONS):
            return RedirectResponse("/people/handovers", status_code=303)
        try:
            await self.api.post(request, f"/v1/{name}:offerHandover", {"receiver": receiver})
        except grpc.aio.AioRpcError as error:
            return await self._shown(request, name, receiver, trouble.of(error))
        return RedirectResponse("/people/handovers", status_code=303)

    async def answer(self, request: Request) -> Response:
        """The receiver accepts or declines; who offered it takes it back."""
        verb = "accept" if request.path_params["verb"] == "accept" else "decline"
        try:
            await self.api.post(request, f"/v1/handovers/{request.path_params['id']}:{verb}", {})
        except grpc.aio.AioRpcError as error:
            return await self._shown(request, "", "", trouble.of(error))
        return RedirectResponse("/people/handovers", status_code=303)
