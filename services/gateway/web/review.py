"""The queue: what to look at next."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from services.gateway.web import dates, findings
from services.gateway.web.api import Api, Json, Query
from services.gateway.web.empty_list import empty_list
from services.gateway.web.frame import Frames
from services.gateway.web.lists import KINDS, ORDERS, PAGE_SIZE, TABS, Chosen
from services.gateway.web.receipts import receipt
from services.gateway.web.rendering import page
from services.gateway.web.today import Today

_SHARED = "50"
_FIRST = frozenset({"did", "in"})  # what the address of the first screen may say: what was just decided


@dataclass(frozen=True, slots=True)
class Row:
    """A suggestion as one row; `title` is the short form of the `whole` sentence."""

    suggestion: Json
    address: str
    title: str
    whole: str
    second: str
    programs: str
    owner: str
    learners: int
    waited: str
    icon: str


async def rows(api: Api, request: Request, chosen: Chosen) -> tuple[list[Json], str]:
    """A page of the queue and the token of the next."""
    answer = await api.get(request, "/v1/suggestions", chosen.query)
    return answer["suggestions"], answer["nextPageToken"]


async def open_tasks(api: Api, request: Request, *, mine: bool = True) -> int:
    """How many tasks wait, of whoever looks or of everybody."""
    query: Query = {"states": ["OPEN"], "pageSize": "1", "mine": "true" if mine else "false"}
    return int((await api.get(request, "/v1/tasks", query))["totalSize"])


@dataclass(frozen=True, slots=True)
class Review:
    """`/review`."""

    api: Api
    frames: Frames
    today: Today

    async def queue(self, request: Request) -> Response:
        """A page of suggestions, the most useful first."""
        chosen = Chosen.of(request.query_params, "you")
        asked = "whose" in request.query_params
        around, (found, after), counted = await asyncio.gather(
            self.frames.around(request, "review"),
            rows(self.api, request, chosen),
            self.api.get(request, "/v1/suggestions:count", {"query": chosen.q}),
        )
        counts: list[Json] = counted["counts"]
        done, shared, tasks = await asyncio.gather(
            receipt(self.api, request, around["email"]),
            self._shared(request, around, chosen),
            open_tasks(self.api, request),
        )
        # Whoever may decide on it and has nothing of their own begins with what waits for others.
        mine = found if chosen.whose == "you" else []
        waiting: list[Json] | None = None
        if not asked and not found:
            every = Chosen.of(request.query_params, "all")
            waiting, more = await rows(self.api, request, every)
            if any(each["mayDecide"] for each in waiting):
                chosen, found, after = every, waiting, more
        now = self.api.clock.now()
        shown = [
            Row(
                each,
                f"/review/{each['name'].removeprefix('suggestions/')}?in={chosen.token}",
                findings.short_title(each),
                findings.title(each),
                findings.short_second_line(each),
                findings.owners(each),
                each["assigneeName"],
                round(each["impact"]["learners"]["value"]) if each.get("impact") else 0,
                dates.waited(each["createTime"], now),
                findings.KIND_ICONS.get(each["kind"], "circle"),
            )
            for each in found
        ]
        often = Counter(row.title for row in shown)
        imports = {} if shown else await self.api.get(request, "/v1/imports", {"pageSize": "1"})
        first_run = not shown and not imports.get("imports")
        if first_run:  # what another system tells Winnow comes without an import
            first_run = not (await self.api.get(request, "/v1/resources", {"pageSize": "1"}))["resources"]
        thing = (
            None
            if first_run or request.query_params.keys() - _FIRST
            else await self.today.thing(request, around, mine, waiting)
        )
        tabs = [*TABS] if chosen.whose in TABS else [*TABS, chosen.whose]
        return page(
            "review.html",
            **around,
            thing=thing,
            chosen=chosen,
            tabs=tabs,
            kinds=KINDS,
            rows=shown,
            alike={title for title, times in often.items() if times > 1},
            ticks=chosen.whose in ("you", "all"),
            request_id=str(uuid.uuid4()),
            ticked=request.query_params.get("tick") == "all",
            others=not asked and chosen.whose == "all",
            next_page=chosen.with_(after=after, before=chosen.before + len(shown)) if after else None,
            receipt=done,
            tab_counts={tab: chosen.with_(whose=tab).counted(counts) for tab in tabs},
            kind_counts={kind: chosen.with_(kind=kind).counted(counts) for kind in KINDS},
            total=chosen.counted(counts),
            many=_many(chosen, counts) if shown else 0,
            orders=list(ORDERS),
            shared=shared["suggestions"],
            shared_further=bool(shared["nextPageToken"]),
            tasks=tasks,
            identical=counted["identical"],
            empty=None
            if shown or first_run
            else await empty_list(self.api, request, chosen, around["state"], counts),
            first_run=first_run,
        )

    async def _shared(self, request: Request, around: dict[str, Any], chosen: Chosen) -> Json:
        """What touches a program of whoever looks and is with somebody else: both answer for their part."""
        if chosen.whose != "you" or not around["viewer"]["ownedPrograms"]:
            return {"suggestions": [], "nextPageToken": ""}
        query: Query = {
            "sharedWith": around["email"],
            "states": ["OPEN", "HELD"],
            "pageSize": _SHARED,
            "view": "LINE",
        }
        return await self.api.get(request, "/v1/suggestions", query)


def _many(chosen: Chosen, counts: list[Json]) -> int:
    """How many wait altogether where the first page of one's own begins with the best of them; 0 for few."""
    waiting = Chosen(whose="all").counted(counts)
    return waiting if chosen == Chosen(whose="you") and waiting > PAGE_SIZE else 0
