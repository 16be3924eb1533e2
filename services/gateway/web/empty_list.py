"""Why the queue shows nothing, in numbers: how much was looked through, how much is decided, when more may come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request

from services.gateway.web import dates
from services.gateway.web.api import Api, Json, if_read, if_up
from services.gateway.web.frame import StateLine
from services.gateway.web.lists import Chosen
from services.gateway.web.words import say

_SOURCES = 1000


@dataclass(frozen=True, slots=True)
class EmptyList:
    """`why` is the key of the heading, `text` what stands under it, `all` how many there are without what was asked."""

    why: str
    text: str
    all: int = 0


async def empty_list(
    api: Api, request: Request, chosen: Chosen, state: StateLine, counts: list[Json]
) -> EmptyList:
    """What to say of a list without a row; `counts` are those of the same words."""
    if chosen.q:
        every = await api.get(request, "/v1/suggestions:count", {"query": ""})
        there = chosen.with_(q="").counted(every["counts"])
        return EmptyList("match", say("review.no_match_text", n=there), there)
    why = _why(chosen, state, counts)
    if why == "you":
        decided = chosen.with_(whose="decided").counted(counts, mine=True)
        said = [say("review.yours_decided", n=decided) if decided else say("review.yours_none")]
        others = chosen.with_(whose="all").counted(counts)
        said += [say("review.for_others", n=others)] if others else []
        said.append(await _expected(api, request) or say("review.more_come"))
        return EmptyList(why, " ".join(said))
    if why == "all":
        compared = await _compared(api, request)
        said = [say("review.compared", n=compared)] if compared else []
        return EmptyList(why, " ".join([*said, say("review.empty_text_all")]))
    return EmptyList(why, say(f"review.empty_text_{why}"))


def _why(chosen: Chosen, state: StateLine, counts: list[Json]) -> str:
    """That nothing was found is said only where all has been looked through."""
    if chosen.whose != "all":
        return chosen.whose
    if chosen.kind:
        return "kind"
    if state.reading or state.curator_down:
        return "reading"
    put_by = sum(chosen.with_(whose=tab).counted(counts) for tab in ("decided", "snoozed"))
    return "settled" if put_by else "all"


async def _expected(api: Api, request: Request) -> str:
    """When the next data is expected, of the sources that say how often it comes; empty where none does."""
    sources = await if_read(api.all(request, "/v1/sources", "sources", {}, most=_SOURCES), [])
    today = api.clock.today()
    due = [
        (
            dates.moment(each["engagementTime"]).date() + timedelta(days=each["rhythmDays"]),
            each["displayName"],
        )
        for each in sources
        if each["rhythmDays"] and each.get("engagementTime")
    ]
    ahead = [each for each in due if each[0] >= today]
    if not ahead:
        return ""
    day, source = min(ahead)
    return say("review.expected", source=source, day=dates.day(day.isoformat()))


async def _compared(api: Api, request: Request) -> int:
    """How many resources the curator knows; 0 where it does not say."""
    status = await if_up(api.get(request, "/v1/index/status", {}), 1)
    return int(status["resources"]) if status else 0
