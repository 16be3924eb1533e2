"""What changed for learners: applied plans as notices that are ready to be sent, and lists of whom to send them to."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from services.gateway.web.api import Api, Query
from services.gateway.web.frame import Frames
from services.gateway.web.rendering import HEADERS, page

_SENDERS = frozenset({"SPECIALIST", "LEARNING_LEADER", "INSTRUCTIONAL_DESIGNER"})


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
        return page(
            "what_changed.html",
            **around,
            notices=found["notices"],
            after=found["nextPageToken"],
            sends=bool(_SENDERS & set(around["roles"])),
        )

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
