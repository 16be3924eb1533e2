"""Why something is not suggested: asked for two resources, or for one, by their addresses or by words."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass

import grpc
import grpc.aio
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.web.api import Api, Json
from services.gateway.web.frame import Frames
from services.gateway.web.rendering import page
from services.gateway.web.words import say
from services.kit.rpc import is_down

_NAME = re.compile(r"(?:.*resources/)?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})/?")
_HITS = "8"
_LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Side:
    """What was asked for on one side: the resource, or those that the words may mean."""

    asked: str = ""
    resource: Json | None = None
    candidates: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class Absence:
    """`/suppressions/why`."""

    api: Api
    frames: Frames

    async def show(self, request: Request) -> Response:
        """The question, and the answer once it is clear what is meant."""
        around, proposed = await asyncio.gather(
            self.frames.around(request, "activity"),
            self.api.get(request, "/v1/suppressions", {"states": ["PROPOSED"], "pageSize": "200"}),
        )
        answer: Json | None = None
        failed = ""
        first, second = Side(request.query_params.get("a", "")), Side(request.query_params.get("b", ""))
        try:
            first, second = await asyncio.gather(
                self._side(request, first.asked), self._side(request, second.asked)
            )
            if first.resource and (second.resource or not second.asked):
                query = {"a": first.resource["name"], "b": second.resource["name"] if second.resource else ""}
                answer = await self.api.of_curator(request, self.api.get(request, "/v1/absence", query))
        except grpc.aio.AioRpcError as error:
            if not is_down(error) and error.code() != grpc.StatusCode.NOT_FOUND:
                raise
            failed = say("overlap.failed")
        standings: list[Json] = answer["standings"] if answer else []
        return page(
            "absence.html",
            **around,
            sides={"a": first, "b": second},
            answer=answer,
            proposed=len(proposed["suppressions"]),
            suggestions=await self.api.each(request, [each["suggestion"] for each in standings]),
            failed=failed,
        )

    async def _side(self, request: Request, asked: str) -> Side:
        words = asked.strip()[:_LONGEST]
        if not words:
            return Side()
        named = _NAME.fullmatch(words)
        if named:
            name = f"resources/{named[1]}"
            return Side(words, (await self.api.each(request, [name])).get(name))
        meant = self.api.get(request, "/v1/search", {"query": words, "pageSize": _HITS})
        found = await self.api.of_curator(request, meant)
        hits: list[Json] = found["hits"]
        same = [each for each in hits if each["title"].casefold() == words.casefold()]
        if len(same) == 1:
            name = same[0]["resource"]
            return Side(words, (await self.api.each(request, [name])).get(name))
        return Side(words, None, tuple(hits))
