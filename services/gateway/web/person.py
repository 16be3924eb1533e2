"""One person: what they answer for, and until when they are away. Everybody reads it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date
from typing import Any

import grpc.aio
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.gateway.web import dates, trouble
from services.gateway.web.api import Api, Json, same_person
from services.gateway.web.frame import Frames
from services.gateway.web.rendering import page

_SETS_ABSENCE = {"ADMINISTRATOR", "LEARNING_LEADER"}
_PAGE = "100"
_NO_DAY = {"year": 2000, "month": 2, "day": 31}
"""What the API is sent for what is no date, so that it says so, rather than nothing, which would end the absence."""


@dataclass(frozen=True, slots=True)
class Person:
    """`/people/{id}`."""

    api: Api
    frames: Frames

    async def show(self, request: Request) -> Response:
        """Their programs by duty, the resources they own, and what the absence that is looked at would come to."""
        return await self._shown(request, None)

    async def _shown(self, request: Request, refused: trouble.Trouble | None) -> Response:
        name = f"people/{request.path_params['id']}"
        around, person = await asyncio.gather(
            self.frames.around(request, "people"), self.api.get(request, f"/v1/{name}", {})
        )
        asked = {"person": person["email"]}
        page_of = {"kind": "RESOURCES", "pageSize": _PAGE, "pageToken": request.query_params.get("after", "")}
        programs, resources = await asyncio.gather(
            self.api.all(request, "/v1/responsibilities", "responsibilities", asked, most=1000),
            self.api.get(request, "/v1/responsibilities", {**asked, **page_of}),
        )
        active = not person.get("deactivateTime")
        sets = active and (
            bool(_SETS_ABSENCE & set(around["roles"])) or same_person(person["email"], around["email"])
        )
        until = request.query_params.get("until", "")
        tried: Json | None = None
        if sets and until and refused is None:
            try:
                tried = await self._absent(request, name, until, validate_only=True)
            except grpc.aio.AioRpcError as error:
                refused = trouble.of(error)
        return page(
            "person.html",
            status=refused.status if refused else 200,
            **around,
            person=person,
            names=await self.api.names_of_people(request) if tried else {},
            programs=[(each, duties_of(each, person["email"])) for each in programs],
            resources=resources["responsibilities"],
            next=resources["nextPageToken"],
            sets_absence=sets,
            away=away_until(person, self.api.clock.today()),
            until=until,
            tried=tried,
            trouble=refused,
        )

    async def away(self, request: Request) -> Response:
        """Says until when they are away; without a day, that they are back."""
        form = await request.form()
        name = f"people/{request.path_params['id']}"
        try:
            await self._absent(request, name, str(form.get("until", "")), validate_only=False)
        except grpc.aio.AioRpcError as error:
            return await self._shown(request, trouble.of(error))
        return RedirectResponse(f"/{name}", status_code=303)

    async def _absent(self, request: Request, name: str, until: str, *, validate_only: bool) -> Json:
        body: dict[str, Any] = {"validateOnly": validate_only}
        if until:
            body["until"] = dates.calendar_day(until) or _NO_DAY
        return await self.api.post(request, f"/v1/{name}:setAbsence", body)


def duties_of(responsible: Json, email: str) -> list[str]:
    """The kinds of duty that the person of that e-mail has on a program or resource."""
    return [
        duty["kind"]
        for duty in responsible["duties"]
        if any(same_person(holder["email"], email) for holder in duty["holders"])
    ]


def away_until(person: Json, today: date) -> str:
    """The last day of an absence that has not passed, as an ISO date; empty for who is here."""
    until = dates.iso_day(person.get("awayUntil"))
    return until if until >= today.isoformat() else ""
