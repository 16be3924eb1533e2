"""The quarterly statement: its figures, each with what it means, as a page and as CSV; and its way into the mail."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.gateway.web.activity import Chosen
from services.gateway.web.api import Api, Json, Query
from services.gateway.web.frame import Frames
from services.gateway.web.rendering import page
from services.gateway.web.sheets import csv_file

EVERY = ("NEVER", "MONTH", "QUARTER")
_QUARTERS = 6  # that the page leads to
_LISTS = {
    "silo_index": Chosen(what="decided"),
    "plans_applied": Chosen(what="applied"),
    "plans_undone": Chosen(what="undone"),
}
"""What of the quarter's log a figure counts; what rests on plans that stand is listed on the page itself."""
_ELSEWHERE = {
    "owner_coverage": "/resources?owned=yes",
    "calibration_error": "/accuracy",
    "learner_hours_planned": "#plans",
    "learner_hours_planned_of_measured": "#plans",
    "learner_hours_measured": "#plans",
    "plans_not_measured": "#plans",
    "wrong_content_removed": "#removed",
}


@dataclass(frozen=True, slots=True)
class StatementPage:
    """`/statement`."""

    api: Api
    frames: Frames

    async def show(self, request: Request) -> Response:
        """The figures of one quarter, of the present one unless another is asked for."""
        around, value, schedule = await asyncio.gather(
            self.frames.around(request, "insights"),
            self.api.get(request, "/v1/statement", _asked(request)),
            self.api.get(request, "/v1/statementSchedule", {}),
        )
        settings = await self.api.get(request, "/v1/noticeSettings", {})
        now = around["now"]
        plans: list[Json] = value["plans"]
        removed = [name for each in plans for name in each["removed"]]
        named = await self.api.each(request, [*(each["suggestion"] for each in plans), *removed])
        return page(
            "statement.html",
            **around,
            statement=value,
            plans=[(each, named.get(each["suggestion"])) for each in plans],
            removed=[(name, named.get(name)) for name in removed],
            lists=leads(value["quarter"], {"#plans": bool(plans), "#removed": bool(removed)}),
            quarters=_before(now.year, (now.month + 2) // 3),
            every=schedule["every"],
            choices=EVERY,
            settings=settings,
        )

    async def sheet(self, request: Request) -> Response:
        """The same as CSV."""
        value = await self.api.get(request, "/v1/statement:export", _asked(request))
        return csv_file("winnow-statement.csv", value["content"])

    async def schedule(self, request: Request) -> Response:
        """Keeps how often it comes by mail; back to the page."""
        form = await request.form()
        await self.api.post(request, "/v1/statementSchedule:set", {"every": str(form.get("every", ""))})
        return RedirectResponse("/statement", status_code=303)


def leads(quarter: str, on_page: Mapping[str, bool]) -> dict[str, str]:
    """Where each figure leads; a list `on_page` only where it has rows and so stands there."""
    return {
        **{name: each.with_(quarter=quarter).address() for name, each in _LISTS.items()},
        **{name: there for name, there in _ELSEWHERE.items() if on_page.get(there, True)},
    }


def _asked(request: Request) -> Query:
    quarter = request.query_params.get("quarter", "")
    return {"quarter": quarter} if quarter else {}


def _before(year: int, number: int) -> list[str]:
    """Names of the last quarters, the present one first."""
    index = year * 4 + number - 1
    return [f"{at // 4}-Q{at % 4 + 1}" for at in range(index, index - _QUARTERS, -1)]
