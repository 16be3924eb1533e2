"""What live suggestions call a resource: an older edition of another, redundant, outdated, unused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from starlette.requests import Request

from services.gateway.web import findings
from services.gateway.web.api import Api, Json, Query, batches
from services.gateway.web.lists import LIVE

_MOST = 1000  # of as many resources as are asked for at once; of one there are hardly ever more than three
_ROT = frozenset({"DUPLICATE", "OUTDATED", "UNUSED"})
_REPLACED = "superseded"


async def live_about(api: Api, request: Request, names: Iterable[str]) -> dict[str, list[Json]]:
    """What is suggested and not done yet about each of these `resources/{id}`, the most certain first."""
    about: dict[str, list[Json]] = {name: [] for name in names}
    for some in batches(list(about)):
        query: Query = {"resources": some, "states": list(LIVE), "view": "LINE", "orderBy": "CONFIDENCE"}
        for each in await api.all(request, "/v1/suggestions", "suggestions", query, most=_MOST):
            for member in {member["resource"] for member in each["members"]} & set(some):
                about[member].append(each)
    return about


def newer_edition(name: str, about: Sequence[Json]) -> tuple[str, Json] | None:
    """What is called the newer edition of it, with the suggestion that says so."""
    for each in about:
        others = [member["resource"] for member in each["members"] if member["resource"] != name]
        replaced = any(claim["code"] == _REPLACED for claim in each["claims"])
        if replaced and others and each["members"][0]["resource"] == name:
            return others[0], each
        if each["relation"] == "REVISED" and _newest(each) not in ("", name):
            return _newest(each), each
    return None


def newest_edition(name: str, about: Sequence[Json]) -> bool:
    """Whether it is called the newest of several editions."""
    return any(each["relation"] == "REVISED" and _newest(each) == name for each in about)


def why_rot(name: str, about: Sequence[Json]) -> Json | None:
    """The suggestion that calls it redundant, outdated or unused; None where it is the copy that stays."""
    return next((each for each in about if each["kind"] in _ROT and _stays(each) != name), None)


def _newest(revised: Json) -> str:
    """What stays of several editions; of two of which none stands out the second, as the API names the older first.

    Empty where nothing tells which of the two that is.
    """
    members: Sequence[Json] = revised["members"]
    second = len(members) == 2 and not findings.one_text(revised)
    return _stays(revised) or (str(members[1]["resource"]) if second else "")


def _stays(suggestion: Mapping[str, Sequence[Json]]) -> str:
    return next((str(each["resource"]) for each in suggestion["members"] if each["survivor"]), "")
