"""What changed for learners: applied plans as notices that are ready to be sent, and lists of whom to send them to."""

from __future__ import annotations

import asyncio
import base64
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.gateway.web import dates
from services.gateway.web.api import Api, Json, Query
from services.gateway.web.frame import Frames
from services.gateway.web.rendering import HEADERS, page
from services.gateway.web.words import say


@dataclass(frozen=True, slots=True)
class WhatChanged:
    """`/what-changed`."""

    api: Api
    frames: Frames

    async def show(self, request: Request) -> Response:
        """A page of notices, newest first."""
        query: Query = {"pageSize": "20", "pageToken": request.query_params.get("after", "")}
        around, found = await asyncio.gather(
            self.frames.around(request, "changes"), self.api.get(request, "/v1/learnerNotices", query)
        )
        told, names = await asyncio.gather(
            told_about(self.api, request, found["notices"]), self.api.names_of_people(request)
        )
        return page(
            "what_changed.html",
            **around,
            told=told,
            names=names,
            request_id=str(uuid.uuid4()),
            notices=found["notices"],
            after=found["nextPageToken"],
        )

    async def tell(self, request: Request) -> Response:
        """Somebody has told learners: kept as a note on the suggestion, which everybody reads."""
        form = await request.form()
        body: Json = {"text": say("what_changed.told_note"), "requestId": str(form.get("request_id", ""))}
        await self.api.post(request, f"/v1/suggestions/{request.path_params['id']}/notes", body)
        return RedirectResponse("/what-changed", status_code=303)

    async def learners(self, request: Request) -> Response:
        """Whom to tell of one plan, as a file."""
        path = f"/v1/suggestions/{request.path_params['id']}:exportLearners"
        found = await self.api.get(request, path, {})
        disposition = f'attachment; filename="{found["fileName"]}"'
        return Response(
            base64.b64decode(found["content"]),
            media_type="text/csv; charset=utf-8",
            headers={**HEADERS, "Content-Disposition": disposition},
        )


async def told_about(api: Api, request: Request, notices: Sequence[Json]) -> dict[str, Json]:
    """The note by which somebody said that they have told learners, by `suggestions/{id}`; none where nobody has.

    A note of an earlier time, before the plan was taken back and applied anew, says nothing of this one.
    """
    notes = await api.notes(request, [each["suggestion"] for each in notices])
    told = [each for each in notes if each["text"] == say("what_changed.told_note")]
    return {
        each["suggestion"]: note
        for each in notices
        for note in told
        if note["parent"] == each["suggestion"]
        and dates.moment(note["createTime"]) >= dates.moment(each["applyTime"])
    }
