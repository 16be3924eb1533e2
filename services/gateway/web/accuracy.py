"""How far the suggestions can be trusted, kind by kind, in figures that everybody may read."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import grpc.aio
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.gateway.web import charts, trouble
from services.gateway.web.api import Api, Json
from services.gateway.web.frame import Frames
from services.gateway.web.lists import KINDS
from services.gateway.web.rendering import page

# What Winnow assumes where house rules say nothing (house_rules.proto), shown beside what they say.
HARM_HOURS = (0.1, 1.0, 4.0, 12.0)
REVIEW_MINUTES = (2.0, 5.0, 10.0, 20.0)
EXPOSED_HOURS, NOW_FROM, THIS_WEEK_FROM = 0.05, 0.5, 0.1
SETTABLE = ("harmHours", "reviewMinutes", "exposedHours", "nowFrom", "thisWeekFrom")
RISKS = ("R0", "R1", "R2", "R3")


@dataclass(frozen=True, slots=True)
class Accuracy:
    """`/accuracy`."""

    api: Api
    frames: Frames

    async def show(self, request: Request) -> Response:
        """The reliability table of each kind, its pace, and the weights of the order."""
        return await self._shown(request, None)

    async def _shown(self, request: Request, refused: trouble.Trouble | None) -> Response:
        around, reliability, rules, names = await asyncio.gather(
            self.frames.around(request, "insights"),
            self.api.get(request, "/v1/reliability", {}),
            self.api.get(request, "/v1/houseRules", {}),
            self.api.names_of_people(request),
        )
        weights: Json = rules.get("weights") or {}
        return page(
            "accuracy.html",
            status=refused.status if refused else 200,
            **around,
            kinds=[{**each, "chart": charts.reliability(each["bins"])} for each in reliability["kinds"]],
            leads="LEARNING_LEADER" in around["roles"],
            names=names,
            risks=RISKS,
            harm=weights.get("harmHours") or HARM_HOURS,
            minutes=weights.get("reviewMinutes") or REVIEW_MINUTES,
            upkeep=weights.get("maintenanceHours") or {},
            exposed=weights.get("exposedHours", EXPOSED_HOURS),
            now_from=weights.get("nowFrom", NOW_FROM),
            this_week_from=weights.get("thisWeekFrom", THIS_WEEK_FROM),
            set_here=any(weights.get(name) not in (None, []) for name in SETTABLE),
            trouble=refused,
        )

    async def pace(self, request: Request) -> Response:
        """Lets a paused kind go on, or pauses one."""
        form = await request.form()
        kind = str(form.get("kind", ""))
        verb = "suspend" if form.get("verb") == "suspend" else "resume"
        body = {"kind": kind if kind in KINDS else "KIND_UNSPECIFIED"}
        try:
            await self.api.post(request, f"/v1/kinds:{verb}", body)
        except grpc.aio.AioRpcError as error:
            return await self._shown(request, trouble.of(error))
        return RedirectResponse(f"/accuracy#{kind.lower()}", status_code=303)
