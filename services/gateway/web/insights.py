"""How healthy the catalog is and whether the suggestions were right; for everyone who works on learning."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from services.gateway.web import charts
from services.gateway.web.api import Api
from services.gateway.web.frame import Frames
from services.gateway.web.lists import KINDS, TABS
from services.gateway.web.rendering import page


@dataclass(frozen=True, slots=True)
class Insights:
    """`/insights`."""

    api: Api
    frames: Frames

    async def show(self, request: Request) -> Response:
        """What the API tells of all of it."""
        around, counted, reliability, programs, index = await asyncio.gather(
            self.frames.around(request, "insights"),
            self.api.get(request, "/v1/suggestions:count", {}),
            self.api.get(request, "/v1/reliability", {}),
            self.api.all(request, "/v1/programs", "programs", {}, most=1000),
            self.frames.index(request),
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
            decided=sum(each["decided"] for each in by_kind),
            programs=live,
            owned=sum(1 for each in live if each["owners"]),
            index=index,
            kinds=[{**each, "chart": charts.reliability(each["bins"])} for each in reliability["kinds"]],
        )
