"""What changed for learners: applied plans as notices that are ready to be sent, and lists of whom to send them to."""

from __future__ import annotations

import asyncio
import base64
import csv
import io
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import grpc.aio
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.gateway.web import back, dates, learner_lists, trouble
from services.gateway.web.api import Api, Json, Query
from services.gateway.web.frame import Frames
from services.gateway.web.rendering import page
from services.gateway.web.sheets import csv_file
from services.gateway.web.trouble import Trouble
from services.gateway.web.words import say

_TOLD = "learners_told"  # what a note says by which somebody has told them


@dataclass(frozen=True, slots=True)
class WhatChanged:
    """`/what-changed`."""

    api: Api
    frames: Frames

    async def show(self, request: Request) -> Response:
        """A page of notices, newest first."""
        return await self._shown(request, None)

    async def _shown(self, request: Request, refused: Trouble | None) -> Response:
        query: Query = {"pageSize": "20", "pageToken": request.query_params.get("after", "")}
        around, found = await asyncio.gather(
            self.frames.around(request, "changes"), self.api.get(request, "/v1/learnerNotices", query)
        )
        told, names = await asyncio.gather(
            told_about(self.api, request, found["notices"]), self.api.names_of_people(request)
        )
        return page(
            "what_changed.html",
            status=refused.status if refused else 200,
            **around,
            trouble=refused,
            told=told,
            names=names,
            request_id=str(uuid.uuid4()),
            notices=found["notices"],
            after=found["nextPageToken"],
            back=back.carried(request),
        )

    async def tell(self, request: Request) -> Response:
        """Somebody has told learners: kept as a note on the suggestion, which everybody reads."""
        form = await request.form()
        body: Json = {
            "text": say("what_changed.told_note"),
            "says": _TOLD,
            "requestId": str(form.get("request_id", "")),
        }
        await self.api.post(request, f"/v1/suggestions/{request.path_params['id']}/notes", body)
        return RedirectResponse(back.after(request, "/what-changed"), status_code=303)

    async def learners(self, request: Request) -> Response:
        """Whom to tell of one plan, as a file."""
        path = f"/v1/suggestions/{request.path_params['id']}:exportLearners"
        found = await self.api.get(request, path, {})
        return csv_file(found["fileName"], base64.b64decode(found["content"]))

    async def match(self, request: Request) -> Response:
        """Of a list that the LMS has, the rows of whom to tell, as a file that the LMS can read."""
        given = await learner_lists.sent(request)
        if isinstance(given, Trouble):
            return await self._shown(request, given)
        id_ = request.path_params["id"]
        try:
            path = f"/v1/suggestions/{id_}:matchLearners"
            found = await self.api.post(request, path, {"learners": given.learners})
        except grpc.aio.AioRpcError as error:
            return await self._shown(request, trouble.of(error))
        # As they came: the LMS has to know its own words again.
        places: list[int] = found["concerned"]
        rows = [given.rows[at] for at in places]
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([given.head, *rows] if given.head else rows)
        return csv_file(f"learners-of-the-lms-{id_}.csv", text.getvalue())


async def told_about(api: Api, request: Request, notices: Sequence[Json]) -> dict[str, Json]:
    """The note by which somebody said that they have told learners, by `suggestions/{id}`; none where nobody has.

    A note of an earlier time, before the plan was taken back and applied anew, says nothing of this one.
    """
    notes = await api.notes(request, [each["suggestion"] for each in notices])
    told = [each for each in notes if each["says"] == _TOLD]
    return {
        each["suggestion"]: note
        for each in notices
        for note in told
        if note["parent"] == each["suggestion"]
        and dates.moment(note["createTime"]) >= dates.moment(each["applyTime"])
    }
