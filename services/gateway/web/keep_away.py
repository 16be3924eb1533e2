"""Keeping away what one suggestion shows, without a verdict: this set, or all of its kind about one resource."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass

import grpc.aio
from starlette.datastructures import FormData, QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.gateway.web import findings, trouble
from services.gateway.web.api import Api, Json
from services.gateway.web.forms import line
from services.gateway.web.frame import Frames
from services.gateway.web.rendering import page

EXACT = "EXACT_SET"
_NAMED = 20


@dataclass(frozen=True, slots=True)
class KeepAway:
    """`/review/{id}/keep-away`."""

    api: Api
    frames: Frames

    async def show(self, request: Request) -> Response:
        """The choice; once it is made, how much it would hide."""
        return await self._shown(request, request.query_params, None)

    async def _shown(
        self, request: Request, given: QueryParams | FormData, refused: trouble.Trouble | None
    ) -> Response:
        id_ = request.path_params["id"]
        around, found = await asyncio.gather(
            self.frames.around(request, "review"), self.api.get(request, f"/v1/suggestions/{id_}", {})
        )
        would: Json | None = None
        if given.get("show") and refused is None:
            try:
                body = {"suppression": _rule(id_, given), "validateOnly": True}
                would = await self.api.post(request, "/v1/suppressions", body)
            except grpc.aio.AioRpcError as error:
                refused = trouble.of(error)
        hidden = await self.api.each(request, would["suggestions"][:_NAMED] if would else [])
        return page(
            "keep_away.html",
            status=refused.status if refused else 200,
            **around,
            id=id_,
            suggestion=found,
            title=findings.title(found),
            what=line(given, "what") or EXACT,
            comment=line(given, "comment"),
            until=line(given, "until"),
            would=would,
            hidden=list(hidden.values()),
            trouble=refused,
            request_id=str(uuid.uuid4()),
        )

    async def create(self, request: Request) -> Response:
        """Writes the rule."""
        form = await request.form()
        body = {
            "suppression": _rule(request.path_params["id"], form),
            "requestId": line(form, "request_id"),
        }
        try:
            await self.api.post(request, "/v1/suppressions", body)
        except grpc.aio.AioRpcError as error:
            return await self._shown(request, form, trouble.of(error))
        return RedirectResponse("/suppressions", status_code=303)


def _rule(id_: str, given: QueryParams | FormData) -> Json:
    """`what` is EXACT_SET or the name of the one resource."""
    what = line(given, "what") or EXACT
    rule: Json = {"suggestion": f"suggestions/{id_}", "comment": line(given, "comment")}
    rule |= {"scope": EXACT} if what == EXACT else {"scope": "RESOURCE", "resources": [what]}
    if line(given, "until"):
        rule["expireTime"] = f"{line(given, 'until')}T00:00:00Z"
    return rule
