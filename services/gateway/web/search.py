"""Search: which is the current one for a subject, and what has taken the place of what is gone."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import grpc.aio
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.web import called
from services.gateway.web.api import Api, Json
from services.gateway.web.frame import Frames
from services.gateway.web.rendering import page
from services.kit.rpc import is_down

_ASKED = "50"
_SHOWN = 10  # of the current ones, and of the others: current ones first must not crowd out what was replaced
_LONGEST = 1000  # SearchResourcesRequest.query


@dataclass(frozen=True, slots=True)
class Search:
    """`/search`."""

    api: Api
    frames: Frames

    async def show(self, request: Request) -> Response:
        """What fits the question, current ones first; without a question, the field to put one."""
        q = request.query_params.get("q", "").strip()[:_LONGEST]
        around, found = await asyncio.gather(self.frames.around(request, "search"), self._found(request, q))
        every: list[Json] = found["hits"] if found else []
        current = [hit for hit in every if hit["current"]][:_SHOWN]
        past = [hit for hit in every if not hit["current"]][:_SHOWN]
        hits = [*current, *past]
        named = {hit["resource"]: hit for hit in hits}
        others = [name for hit in hits for name in (hit["successor"], *hit["replaced"])]
        about = await called.live_about(self.api, request, [hit["resource"] for hit in current])
        newer = {name: called.newer_edition(name, said) for name, said in about.items()}
        editions = {name: found for name, found in newer.items() if found}
        others += [name for name, _ in editions.values()]
        known = await self.api.each(request, [*named, *others])
        titles = {name: one["title"] for name, one in {**known, **named}.items()}
        return page(
            "search.html",
            **around,
            q=q,
            current=current,
            past=past,
            titles=titles,
            known_resources=known,
            newer=editions,
            newest={name for name, said in about.items() if called.newest_edition(name, said)},
            by_meaning=found is None or found["byMeaning"],
            down=found is None,
        )

    async def _found(self, request: Request, q: str) -> Json | None:
        """The curator's answer; None while it does not give one."""
        if not q:
            # Whoever reads no content learns that before they ask.
            await self.api.get(request, "/v1/resources", {"pageSize": "1"})
            return {"hits": [], "byMeaning": True}
        try:
            asked = self.api.get(request, "/v1/search", {"query": q, "pageSize": _ASKED})
            return await self.api.of_curator(request, asked)
        except grpc.aio.AioRpcError as error:
            if is_down(error):
                return None
            raise
