"""Programs: all of them, and what two of them have in common."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Any

import grpc
import grpc.aio
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.web.api import Api, Json, Query
from services.gateway.web.frame import Frames
from services.gateway.web.lists import LIVE
from services.gateway.web.overlaps import about_both, cell, contents, copies, in_common
from services.gateway.web.rendering import page

_MOST = 1000
_ROWS = 25
_MATRIX = 12


@dataclass(frozen=True, slots=True)
class Programs:
    """`/programs`."""

    api: Api
    frames: Frames

    async def show(self, request: Request) -> Response:
        """The list, or how programs overlap."""
        around, programs, names, checkups = await asyncio.gather(
            self.frames.around(request, "programs"),
            self.api.all(request, "/v1/programs", "programs", {}, most=_MOST),
            self.api.names_of_people(request),
            self.api.all(request, "/v1/checkups", "checkups", {"newestOnly": "true"}, most=_MOST),
        )
        cut = _MOST if len(programs) >= _MOST else 0
        programs = sorted((each for each in programs if not each["archived"]), key=lambda each: each["title"])
        if request.query_params.get("view") == "overlap":
            return await self._overlap(request, around, programs)
        whose = request.query_params.get("whose", "")
        email = around["email"]
        shown = [
            each
            for each in programs
            if whose == "" or (email in each["owners"] if whose == "mine" else not each["owners"])
        ]
        counts = {
            "": len(programs),
            "mine": sum(1 for each in programs if email in each["owners"]),
            "none": sum(1 for each in programs if not each["owners"]),
        }
        first = _first(request)
        return page(
            "programs.html",
            **around,
            rows=await self._rows(request, shown[first : first + _ROWS], programs),
            first=first,
            total=len(shown),
            step=_ROWS,
            cut=cut,
            names=names,
            whose=whose,
            whose_counts=counts,
            reviewed={each["program"]: each for each in checkups},
        )

    async def _rows(self, request: Request, shown: list[Json], programs: list[Json]) -> list[dict[str, Any]]:
        """Each with how it is used, how much of it other programs hold too, and how much of it waits for a decision."""
        holders = Counter(name for each in programs for name in items_of(each))
        if not shown:
            return []
        names = [each["name"] for each in shown]
        uses, counted = await asyncio.gather(
            self.api.engagement(request, names),
            self.api.get(request, "/v1/suggestions:count", {"programs": names}),
        )
        waiting = Counter[str]()
        for each in counted["counts"]:
            waiting[each["program"]] += each["count"] if each["state"] in ("OPEN", "HELD") else 0
        return [
            {
                "program": each,
                "use": uses[each["name"]],
                "elsewhere": sum(1 for name in items_of(each) if holders[name] > 1),
                "waiting": waiting[each["name"]],
            }
            for each in shown
            if each["name"] in uses
        ]

    async def _overlap(self, request: Request, around: dict[str, Any], programs: list[Json]) -> Response:
        asked = request.query_params
        query: Query = {"kind": "DUPLICATE", "states": list(LIVE), "view": "LINE"}
        doubled = await self.api.all(request, "/v1/suggestions", "suggestions", query, most=_MOST)
        same = copies(doubled)
        items = {each["name"]: items_of(each) for each in programs}
        says = {name: contents(held, same) for name, held in items.items()}
        holders = Counter(content for held in says.values() for content in held)
        shared = {name: sum(holders[content] - 1 for content in held) for name, held in says.items()}
        of = next((each for each in programs if each["name"] == f"programs/{asked.get('of', '')}"), None)
        candidates = [each for each in programs if of is None or says[of["name"]] & says[each["name"]]]
        # The program that is asked about comes first, then what has most in common.
        shown = sorted(candidates, key=lambda each: (each is not of, -shared[each["name"]], each["title"]))[
            :_MATRIX
        ]
        pair = asked.get("pair", "").split("..")
        chosen = [each for name in pair for each in programs if each["name"] == f"programs/{name}"][:2]
        resources = await self.api.each(
            request, sorted({name for each in [*shown, *chosen] for name in items[each["name"]]})
        )
        seconds = {name: float(each["durationSeconds"]) for name, each in resources.items()}
        matrix = [
            [
                None if row is column else cell(items[row["name"]], items[column["name"]], same, seconds)
                for column in shown
            ]
            for row in shown
        ]
        detail: dict[str, Any] = {}
        if len(chosen) == 2:
            first, second = (each["name"] for each in chosen)
            detail = await self._pair(request, chosen[0], chosen[1])
            # What is quoted may stand in a program inside one of the two.
            resources |= await self.api.each(request, _quoted(detail.get("found")) - resources.keys())
            detail["share"] = cell(items[first], items[second], same, seconds)
            order = sorted(items[first], key=lambda name: (resources.get(name, {}).get("title", name), name))
            detail["shared"] = in_common(order, items[second], same)
            detail["suggestion"] = await self._suggestion(request, first, second, doubled)
            asked_both: Query = {"names": [first, second], "inBoth": "true"}
            detail["use"] = await self.api.get(request, "/v1/engagement:batchQuery", asked_both)
            detail["came"] = detail["use"]["engagements"].get(first, {}).get("reach")
        return page(
            "overlap.html",
            **around,
            of=of,
            programs=shown,
            total=len(programs),
            matrix=matrix,
            pair=chosen if len(chosen) == 2 else [],
            cut=_MOST if len(doubled) >= _MOST else 0,
            found=detail.get("found"),
            shared=detail.get("shared", []),
            resources=resources,
            failed=detail.get("failed", False),
            share=detail.get("share"),
            suggestion=detail.get("suggestion"),
            in_both=detail.get("use", {}).get("inBoth"),
            came=detail.get("came"),
        )

    async def _suggestion(
        self, request: Request, first: str, second: str, doubled: list[Json]
    ) -> Json | None:
        """What is suggested about both: of the programs themselves, else of copies in them."""
        query: Query = {"kind": "PROGRAM", "program": first, "states": list(LIVE), "view": "LINE"}
        found = await self.api.all(request, "/v1/suggestions", "suggestions", query, most=_MOST)
        return about_both([*found, *doubled], first, second)

    async def _pair(self, request: Request, first: Json, second: Json) -> dict[str, Any]:
        asked = self.api.get(request, "/v1/overlap", {"a": first["name"], "b": second["name"]})
        try:
            found = await self.api.of_curator(request, asked)
        except grpc.aio.AioRpcError as error:
            if error.code() not in (
                grpc.StatusCode.UNAVAILABLE,
                grpc.StatusCode.NOT_FOUND,
                grpc.StatusCode.FAILED_PRECONDITION,
                grpc.StatusCode.DEADLINE_EXCEEDED,
            ):
                raise
            return {"failed": True}
        return {"found": found}


def _quoted(found: Json | None) -> set[str]:
    """The resources of which the curator's answer quotes a passage or a title."""
    if found is None:
        return set()
    of_topics = {each[side] for each in found["topics"] for side in ("a", "b")}
    return {each["resource"] for each in found["passages"]} | of_topics


def _first(request: Request) -> int:
    text = request.query_params.get("first", "")
    return int(text) if text.isdecimal() and len(text) < 6 else 0


def items_of(program: Json) -> set[str]:
    """The resources that it holds itself."""
    return {each["resource"] for each in program["items"] if each["resource"]}
