"""How people learn, how healthy the catalog is and whether the suggestions were right; for everyone who works on it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from services.gateway.web import charts
from services.gateway.web.api import Api, Json
from services.gateway.web.frame import Frames
from services.gateway.web.lists import KINDS, TABS
from services.gateway.web.rendering import page

_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Insights:
    """`/insights`."""

    api: Api
    frames: Frames

    async def show(self, request: Request) -> Response:
        """What the API tells of all of it."""
        around, counted, reliability, programs, health, names = await asyncio.gather(
            self.frames.around(request, "insights"),
            self.api.get(request, "/v1/suggestions:count", {}),
            self.api.get(request, "/v1/reliability", {}),
            self.api.all(request, "/v1/programs", "programs", {"view": "BASIC"}, most=1000),
            self.api.get(request, "/v1/insights", {}),
            self.api.names_of_people(request),
        )
        counts = counted["counts"]
        by_kind: list[dict[str, Any]] = [
            {
                "kind": kind,
                **{
                    tab: sum(
                        each["count"] for each in counts if each["kind"] == kind and each["state"] in states
                    )
                    for tab, states in TABS.items()
                    if tab != "you"
                },
            }
            for kind in KINDS
        ]
        live = [each for each in programs if not each["archived"]]
        return page(
            "insights.html",
            **around,
            by_kind=by_kind,
            waiting=sum(each["all"] for each in by_kind),
            snoozed=sum(each["snoozed"] for each in by_kind),
            decided=sum(each["decided"] for each in by_kind),
            learning=await self._learning(request, live),
            programs=len(live),
            health=health,
            planned=_by_name(health["savingsPlanned"]),
            made=_by_name(health["savingsMade"]),
            names=names,
            decisions=sum(each["value"] for each in health["decisions"]),
            kinds=[{**each, "chart": charts.reliability(each["bins"])} for each in reliability["kinds"]],
        )

    async def _learning(self, request: Request, programs: Sequence[Json]) -> list[dict[str, Any]]:
        """Programs with how people learn in them, most learners first; what is hidden comes last."""
        found = await self.api.engagement(request, [each["name"] for each in programs])
        told = [(each, found[each["name"]]) for each in programs if each["name"] in found]
        shown = sorted(told, key=lambda each: (-_reach(each[1]), each[0]["title"]))[:_SHOWN]
        left = await self.api.each(request, [use["dropOff"] for _, use in shown])
        return [{"program": program, "use": use, "left": left.get(use["dropOff"])} for program, use in shown]


def _by_name(figures: Sequence[Json]) -> dict[str, float]:
    return {each["name"]: each["value"] for each in figures}


def _reach(use: Json) -> float:
    told: Json = use.get("reach") or {}
    return float(told.get("value") or 0)
