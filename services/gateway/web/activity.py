"""Every decision, by whom and why, a day at a time, and the way back from those that still stand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, tzinfo
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from services.gateway.web import dates, findings
from services.gateway.web.api import LARGEST_PAGE, Api, Json, Query
from services.gateway.web.frame import Frames
from services.gateway.web.lists import KINDS
from services.gateway.web.rendering import page
from services.gateway.web.sheets import csv_stream
from services.gateway.web.taking_back import may_take_back, way_back

_ICONS = {
    "accept": "check",
    "apply": "check-check",
    "reject": "x",
    "snooze": "clock",
    "reopen": "undo-2",
    "undo": "undo-2",
    "revoke": "undo-2",
    "rejudge": "undo-2",
    "edit": "pencil",
    "withdraw": "archive",
    "assign": "user-plus",
    "ask": "message-circle",
    "confirm": "badge-check",
    "file": "plus",
    "wake": "clock",
    "return": "undo-2",
    "stop": "undo-2",
}


WHAT: dict[str, Query] = {
    "decided": {"verbs": ["accept", "reject"]},
    "applied": {"verbs": ["apply"], "states": ["APPLIED"]},  # not what was due and could not be applied
    "undone": {"verbs": ["undo"]},
    "undoable": {"standing": "UNDOABLE"},
    "written": {"standing": "WRITTEN"},
}
"""What the API is asked, by the word of an address."""
_COLUMNS = ("time", "actor", "verb", "state", "reason", "comment", "suggestion", "summary")


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which decisions somebody looks at: by whom (an e-mail or `me`), what, on which kind, and of which time.

    That is a quarter, or the time since an ISO day; of a quarter all is shown.
    """

    who: str = ""
    what: str = ""
    kind: str = ""
    quarter: str = ""
    since: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Chosen:
        """What the address says; anything unknown is as if it were not there."""
        what, kind, quarter, since = (query.get(name, "") for name in ("what", "kind", "quarter", "since"))
        return cls(
            who=query.get("who", ""),
            what=what if what in WHAT else "",
            kind=kind if kind.upper() in KINDS else "",
            quarter=quarter if dates.quarter(quarter, UTC) else "",
            since=since if dates.begin(since, UTC) else "",
        )

    def with_(self, **changes: str) -> Chosen:
        """Another choice."""
        return replace(self, **changes)

    def address(self, page: str = "/activity", **more: str) -> str:
        """Where it stands, or the file of it."""
        given = {name: value for name, value in {**asdict(self), **more}.items() if value}
        return f"{page}?{urlencode(given)}" if given else page

    def query(self, email: str, zone: tzinfo) -> Query:
        """What the API is asked; `email` is the viewer's."""
        asked: Query = {"actor": email if self.who == "me" else self.who, **WHAT.get(self.what, {})}
        if self.kind:
            asked["kind"] = self.kind.upper()
        time = dates.quarter(self.quarter, zone)
        if time:
            asked["beginTime"], asked["endTime"] = time
        elif begin := dates.begin(self.since, zone):
            asked["beginTime"] = begin
        return asked


@dataclass(frozen=True, slots=True)
class Activity:
    """`/activity`."""

    api: Api
    frames: Frames

    async def show(self, request: Request) -> Response:
        """A page of the log, newest first."""
        chosen = Chosen.of(request.query_params)
        around, names = await asyncio.gather(
            self.frames.around(request, "activity"), self.api.names_of_people(request)
        )
        query = chosen.query(around["email"], self.api.clock.zone)
        found = await self.api.get(
            request, "/v1/decisions", {**query, "pageToken": request.query_params.get("after", "")}
        )
        subjects = {each["suggestion"]: each for each in found["subjects"]}
        undoable = [name for name, each in subjects.items() if each["undoable"]]
        whole = await self.api.each(request, undoable)
        ways = {name: way_back(each) for name, each in whole.items() if may_take_back(each)}
        return page(
            "activity.html",
            **around,
            chosen=chosen,
            whats=list(WHAT),
            names=names,
            days=list(_days(found["decisions"], subjects, ways)),
            after=found["nextPageToken"],
        )

    async def sheet(self, request: Request) -> Response:
        """The same choice as a file, all rows of it."""
        viewer = await self.api.get(request, "/v1/viewer", {})
        query = Chosen.of(request.query_params).query(viewer["person"]["email"], self.api.clock.zone)
        # The first page is there before the answer begins: what is refused is said by a page.
        first = await self._page(request, query, "")
        return csv_stream("activity.csv", _COLUMNS, self._rows(request, query, first))

    async def _page(self, request: Request, query: Query, token: str) -> Json:
        return await self.api.get(
            request, "/v1/decisions", {**query, "pageSize": LARGEST_PAGE, "pageToken": token}
        )

    async def _rows(self, request: Request, query: Query, found: Json) -> AsyncIterator[list[list[str]]]:
        while True:
            summaries = {each["suggestion"]: str(each["summary"]) for each in found["subjects"]}
            yield [
                [*(each[name] for name in _COLUMNS[:-1]), summaries.get(each["suggestion"], "")]
                for each in found["decisions"]
            ]
            if not found["nextPageToken"]:
                return
            found = await self._page(request, query, found["nextPageToken"])


def _days(
    decisions: list[Json], subjects: dict[str, Json], ways: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """Lines by day, each with what it is about and, where that was replaced, with what took its place.

    `ways` are the verbs, by name, by which the reader may take back what stands.
    """
    for day, of_day in groupby(decisions, key=lambda each: dates.day(each["time"])):
        lines: list[dict[str, Any]] = []
        for each in of_day:
            subject = subjects.get(each["suggestion"], {})
            lines.append(
                {
                    "decision": each,
                    "summary": subject.get("summary", ""),
                    "icon": _ICONS.get(each["verb"], "circle"),
                    "way": ways.get(each["suggestion"], "")
                    if subject.get("undoable") == each["name"]
                    else "",
                    "id": each["suggestion"].removeprefix("suggestions/"),
                    "replaced": _replacement(each),
                    "replacement": subjects.get(_replacement(each), {}).get("summary", ""),
                }
            )
        yield {"day": day, "lines": lines}


def _replacement(decision: Json) -> str:
    """The name of the suggestion that took the place of the one that this withdrew; empty for none."""
    return findings.named(decision["reason"]) if decision["verb"] == "withdraw" else ""
