"""What applied plans ask of the sources: the list of what is still to be carried out there."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass

import grpc.aio
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.gateway.web import dates, findings, trouble
from services.gateway.web.api import Api, Json, Query
from services.gateway.web.change_checks import Check, check, decided_by, figures, of_plan
from services.gateway.web.frame import Frames
from services.gateway.web.rendering import page
from services.gateway.web.sheets import csv_file

_STATES = ("PENDING", "DONE", "WITHDRAWN")
_TAKES_OUT = frozenset({"LEARNING_LEADER", "INSTRUCTIONAL_DESIGNER"})
"""Roles that take a change out; whoever has no role lists what is theirs alone, and takes it out as its owner."""

_MOST_COUNTED = 1000  # lines that the figures are of; more are said not to be counted
_MOST_SCHEDULED = 200


@dataclass(frozen=True, slots=True)
class Line:
    """A line with what it is about, where the reader may read that, and the e-mails of who decided on it."""

    change: Json
    target: Json | None
    by: list[str]
    check: Check | None


@dataclass(frozen=True, slots=True)
class Later:
    """A suggestion that is decided and waits for its time."""

    suggestion: Json
    title: str
    by: list[str]
    check: Check | None


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
        after = request.query_params.get("after", "")
        query: Query = {"state": state, "pageToken": after}
        around, found = await asyncio.gather(
            self.frames.around(request, "changes"), self.api.get(request, "/v1/changes", query)
        )
        changes: list[Json] = found["changes"]
        reads = around["viewer"]["readContent"]
        waiting = await self._waiting(request, found) if state == _STATES[0] and not after else []
        targets, plans, scheduled = await asyncio.gather(
            self.api.each(request, [each["target"] for each in changes] if reads else []),
            self.api.each(request, [each["suggestion"] for each in [*changes, *waiting]] if reads else []),
            self._scheduled(request) if reads and state == _STATES[0] else _none(),
        )
        lines = [
            Line(
                each,
                targets.get(each["target"]),
                decided_by(plans.get(each["suggestion"]), takes_back=each["takesBack"]),
                check(each, targets.get(each["target"]), plans.get(each["suggestion"]))
                if each["state"] == _STATES[0]
                else None,
            )
            for each in changes
        ]
        known_names = any(each.by or each.change["doneBy"] for each in lines) or scheduled
        return page(
            "changes.html",
            status=refused.status if refused else 200,
            **around,
            state_shown=state,
            states=_STATES,
            lines=lines,
            figures=figures(waiting, plans) if waiting else None,
            counted=len(waiting),
            total=found["totalSize"],
            scheduled=scheduled,
            names=await self.api.names_of_people(request) if known_names else {},
            takes_out=not around["roles"] or bool(_TAKES_OUT & set(around["roles"])),
            taken_out=request.query_params.get("out", ""),
            trouble=refused,
            request_id=str(uuid.uuid4()),
            after=found["nextPageToken"],
        )

    async def _waiting(self, request: Request, found: Json) -> list[Json]:
        """All that waits, of which the first page was `found`."""
        if not found["nextPageToken"]:
            return found["changes"]
        return await self.api.all(
            request, "/v1/changes", "changes", {"state": _STATES[0]}, most=_MOST_COUNTED
        )

    async def _scheduled(self, request: Request) -> list[Later]:
        """What is decided and carried out at its time, the next first."""
        query: Query = {"states": ["SCHEDULED"], "view": "BASIC", "orderBy": "OLDEST"}
        found = await self.api.all(request, "/v1/suggestions", "suggestions", query, most=_MOST_SCHEDULED)
        return [
            Later(each, findings.title(each), decided_by(each), of_plan(each))
            for each in sorted(found, key=lambda each: dates.moment(each["dueTime"]))
        ]

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


async def _none() -> list[Later]:
    return []


def _state(request: Request) -> str:
    asked = request.query_params.get("state", "").upper()
    return asked if asked in _STATES else _STATES[0]
