"""What applied plans ask of the sources: the list of what is still to be carried out there."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from services.gateway.web.api import Api, Json, Query
from services.gateway.web.frame import Frames
from services.gateway.web.rendering import page
from services.gateway.web.sheets import csv

_STATES = ("PENDING", "DONE", "WITHDRAWN")


@dataclass(frozen=True, slots=True)
class Changes:
    """`/changes`."""

    api: Api
    frames: Frames

    async def show(self, request: Request) -> Response:
        """A page of the changes in one state."""
        state = _state(request)
        query: Query = {"state": state, "pageToken": request.query_params.get("after", "")}
        around, found = await asyncio.gather(
            self.frames.around(request, "changes"), self.api.get(request, "/v1/changes", query)
        )
        changes: list[Json] = found["changes"]
        seen = changes if around["viewer"]["readContent"] else []
        targets = await self.api.each(request, [each["target"] for each in seen])
        return page(
            "changes.html",
            **around,
            state_shown=state,
            states=_STATES,
            changes=changes,
            targets=targets,
            after=found["nextPageToken"],
        )

    async def sheet(self, request: Request) -> Response:
        """The same list for whoever carries it out: all rows of that state."""
        state = _state(request)
        found = await self.api.all(request, "/v1/changes", "changes", {"state": state}, most=50_000)
        fields = ("source", "externalId", "field", "fromValue", "toValue", "state", "target", "suggestion")
        return csv("changes.csv", fields, ([str(each[name]) for name in fields] for each in found))


def _state(request: Request) -> str:
    asked = request.query_params.get("state", "").upper()
    return asked if asked in _STATES else _STATES[0]
