"""Every decision, by whom and why, a day at a time, and the way back from those that still stand."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from services.gateway.web import dates
from services.gateway.web.api import Api, Json, Query
from services.gateway.web.frame import Frames
from services.gateway.web.receipts import STANDING
from services.gateway.web.rendering import page
from services.gateway.web.sheets import csv

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
}


@dataclass(frozen=True, slots=True)
class Activity:
    """`/activity`."""

    api: Api
    frames: Frames

    async def show(self, request: Request) -> Response:
        """A page of the log, newest first."""
        who = request.query_params.get("who", "")
        query: Query = {"pageToken": request.query_params.get("after", "")}
        around, found, names = await asyncio.gather(
            self.frames.around(request, "activity"),
            self.api.get(request, "/v1/decisions", query),
            self.api.names_of_people(request),
        )
        subjects = {each["suggestion"]: each for each in found["subjects"]}
        actor = around["email"] if who == "me" else who
        chosen = [each for each in found["decisions"] if actor in ("", each["actor"])]
        return page(
            "activity.html",
            **around,
            who=who,
            names=names,
            days=list(_days(chosen, subjects)),
            after=found["nextPageToken"],
        )

    async def sheet(self, request: Request) -> Response:
        """The log as a file."""
        viewer = await self.api.get(request, "/v1/viewer", {})
        who = request.query_params.get("who", "")
        actor = viewer["person"]["email"] if who == "me" else who
        rows: list[list[str]] = []
        token = ""
        while len(rows) < 50_000:
            query: Query = {"pageSize": "200", "pageToken": token}
            found = await self.api.get(request, "/v1/decisions", query)
            subjects = {each["suggestion"]: each for each in found["subjects"]}
            rows += [
                [
                    each["time"],
                    each["actor"],
                    each["verb"],
                    each["state"],
                    each["reason"],
                    each["comment"],
                    each["suggestion"],
                    str(subjects.get(each["suggestion"], {}).get("summary", "")),
                ]
                for each in found["decisions"]
                if actor in ("", each["actor"])
            ]
            token = found["nextPageToken"]
            if not token:
                break
        header = ("time", "actor", "verb", "state", "reason", "comment", "suggestion", "summary")
        return csv("activity.csv", header, rows)


def _days(decisions: list[Json], subjects: dict[str, Json]) -> Iterator[dict[str, Any]]:
    seen: set[str] = set()
    for day, of_day in groupby(decisions, key=lambda each: dates.day(each["time"])):
        lines: list[dict[str, Any]] = []
        for each in of_day:
            subject = subjects.get(each["suggestion"], {})
            # The newest line of a suggestion is the one that can be taken back.
            newest = each["suggestion"] not in seen
            seen.add(each["suggestion"])
            lines.append(
                {
                    "decision": each,
                    "summary": subject.get("summary", ""),
                    "icon": _ICONS.get(each["verb"], "circle"),
                    "undo": newest and subject.get("state") in STANDING,
                    "id": each["suggestion"].removeprefix("suggestions/"),
                }
            )
        yield {"day": day, "lines": lines}
