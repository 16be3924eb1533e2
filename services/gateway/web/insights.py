"""How people learn, how healthy the catalog is and whether the suggestions were right; for everyone who works on it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from services.gateway.web import charts, dates, insights_sheet
from services.gateway.web.activity import Chosen
from services.gateway.web.api import Api, Json
from services.gateway.web.frame import Frames
from services.gateway.web.lists import KINDS, TABS
from services.gateway.web.rendering import page
from services.gateway.web.sheets import csv
from services.gateway.web.words import say

PERIODS = (12, 6, 3)
"""Months of learning and of decisions that somebody may look at; the rest of the page is as it is now."""
_SHOWN = 10
_FILLS = ("f1", "f2", "f3", "f4")
_MOST_PROGRAMS = 1000


@dataclass(frozen=True, slots=True)
class Insights:
    """`/insights`."""

    api: Api
    frames: Frames

    async def show(self, request: Request) -> Response:
        """What the API tells of all of it."""
        months = _period(request)
        around, counted, reliability, programs, health, names = await asyncio.gather(
            self.frames.around(request, "insights"),
            self.api.get(request, "/v1/suggestions:count", {}),
            self.api.get(request, "/v1/reliability", {}),
            self._programs(request),
            self.api.get(request, "/v1/insights", {"months": str(months)}),
            self.api.names_of_people(request),
        )
        counts = counted["counts"]
        states = [
            (each["name"], each["value"], fill) for each, fill in zip(health["states"], _FILLS, strict=True)
        ]
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
        return page(
            "insights.html",
            **around,
            period=months,
            periods=PERIODS,
            by_kind=by_kind,
            waiting=sum(each["all"] for each in by_kind),
            snoozed=sum(each["snoozed"] for each in by_kind),
            decided=sum(each["decided"] for each in by_kind),
            learning=await self._learning(request, programs, months),
            programs=len(programs),
            health=health,
            finished=charts.finished(health["finished"]),
            states=states,
            stacked=charts.stacked(
                [(say(f"insights.state_{name}"), count, fill) for name, count, fill in states]
            ),
            planned=_by_name(health["savingsPlanned"]),
            made=_by_name(health["savingsMade"]),
            names=names,
            log=Chosen(what="decided", since=dates.iso_day(health["begin"])),
            decisions=sum(each["value"] for each in health["decisions"]),
            kinds=[{**each, "chart": charts.reliability(each["bins"])} for each in reliability["kinds"]],
        )

    async def sheet(self, request: Request) -> Response:
        """The same period as a file: every figure, of all programs, kinds and people."""
        months = _period(request)
        reliability, programs, health = await asyncio.gather(
            self.api.get(request, "/v1/reliability", {}),
            self._programs(request),
            self.api.get(request, "/v1/insights", {"months": str(months)}),
        )
        names = [each["name"] for each in programs]
        found = await self.api.engagement(request, names, months=months, before=True)
        told = [found[name] for name in names if name in found]
        rows = insights_sheet.rows(months, health, told, reliability, self.api.clock.zone)
        return csv("insights.csv", insights_sheet.COLUMNS, rows)

    async def _programs(self, request: Request) -> list[Json]:
        """All that are not archived."""
        found = await self.api.all(
            request, "/v1/programs", "programs", {"view": "BASIC"}, most=_MOST_PROGRAMS
        )
        return [each for each in found if not each["archived"]]

    async def _learning(
        self, request: Request, programs: Sequence[Json], months: int
    ) -> list[dict[str, Any]]:
        """Programs with how people learn in them, most learners first; what is hidden comes last."""
        found = await self.api.engagement(request, [each["name"] for each in programs], months=months)
        told = [(each, found[each["name"]]) for each in programs if each["name"] in found]
        shown = sorted(told, key=lambda each: (-_reach(each[1]), each[0]["title"]))[:_SHOWN]
        left, compared = await asyncio.gather(
            self.api.each(request, [use["dropOff"] for _, use in shown]),
            # Of those shown alone: a year more of all programs takes as long again as the page.
            self.api.engagement(
                request, [program["name"] for program, _ in shown], months=months, before=True
            ),
        )
        return [
            {
                "program": program,
                "use": use,
                "before": compared.get(program["name"], {}).get("yearBefore") or {},
                "left": left.get(use["dropOff"]),
            }
            for program, use in shown
        ]


def _period(request: Request) -> int:
    """The months that the address asks for, a year for anything else."""
    asked = request.query_params.get("period", "")
    return int(asked) if asked in map(str, PERIODS) else PERIODS[0]


def _by_name(figures: Sequence[Json]) -> dict[str, Json]:
    return {each["name"]: each for each in figures}


def _reach(use: Json) -> float:
    told: Json = use.get("reach") or {}
    return float(told.get("value") or 0)
