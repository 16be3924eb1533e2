"""What applied plans ask of the sources: the list of what is still to be carried out there."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass

import grpc.aio
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.gateway.web import trouble
from services.gateway.web.api import Api, Json, Query
from services.gateway.web.frame import Frames
from services.gateway.web.rendering import page
from services.gateway.web.sheets import csv_file

_STATES = ("PENDING", "DONE", "WITHDRAWN")
_TAKES_OUT = frozenset({"LEARNING_LEADER", "INSTRUCTIONAL_DESIGNER"})
"""Roles that take a change out; whoever has no role lists what is theirs alone, and takes it out as its owner."""


@dataclass(frozen=True, slots=True)
class Changes:
    """`/changes`."""

    api: Api
    frames: Frames

    async def show(self, request: Request) -> Response:
        """A page of the changes in one state."""
        return await self._shown(request, None)

    async def _shown(self, request: Request, refused: trouble.Trouble | None) -> Response:
        state = _state(request)
        query: Query = {"state": state, "pageToken": request.query_params.get("after", "")}
        around, found = await asyncio.gather(
            self.frames.around(request, "changes"), self.api.get(request, "/v1/changes", query)
        )
        changes: list[Json] = found["changes"]
        seen = changes if around["viewer"]["readContent"] else []
        by_hand = any(each["doneBy"] for each in changes)
        targets, names = await asyncio.gather(
            self.api.each(request, [each["target"] for each in seen]),
            self.api.names_of_people(request) if by_hand else _nobody(),
        )
        return page(
            "changes.html",
            status=refused.status if refused else 200,
            **around,
            state_shown=state,
            states=_STATES,
            changes=changes,
            targets=targets,
            names=names,
            takes_out=not around["roles"] or bool(_TAKES_OUT & set(around["roles"])),
            taken_out=request.query_params.get("out", ""),
            trouble=refused,
            request_id=str(uuid.uuid4()),
            after=found["nextPageToken"],
        )

    async def done(self, request: Request) -> Response:
        """Somebody has carried a change out in its source."""
        return await self._act(request, "markDone")

    async def take_out(self, request: Request) -> Response:
        """Takes a change off the list with all of its plan; the page then leads to the suggestion, open again."""
        return await self._act(request, "takeOut")

    async def _act(self, request: Request, verb: str) -> Response:
        form = await request.form()
        body = {"requestId": str(form.get("request_id", ""))}
        try:
            change = await self.api.post(request, f"/v1/changes/{request.path_params['id']}:{verb}", body)
        except grpc.aio.AioRpcError as error:
            return await self._shown(request, trouble.of(error))
        of = change["suggestion"].removeprefix("suggestions/")
        return RedirectResponse(f"/changes?out={of}" if verb == "takeOut" else "/changes", status_code=303)

    async def sheet(self, request: Request) -> Response:
        """The same list for whoever carries it out: all rows of that state."""
        content, token = "", ""
        while True:
            query: Query = {"state": _state(request), "pageToken": token}
            found = await self.api.get(request, "/v1/changes:export", query)
            content += found["content"]
            token = found["nextPageToken"]
            if not token:
                return csv_file("changes.csv", content)


async def _nobody() -> dict[str, str]:
    return {}


def _state(request: Request) -> str:
    asked = request.query_params.get("state", "").upper()
    return asked if asked in _STATES else _STATES[0]
