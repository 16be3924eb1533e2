"""What an import comes to in the end, told without what differs from run to run: generated ids and times."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tests.stack import Stack

Json = dict[str, Any]

_ID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_LIVE = ("OPEN", "HELD", "SNOOZED", "SCHEDULED", "APPLIED", "REJECTED")
_CHANGE = ("operation", "target", "field", "before", "after", "other")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The exported catalog and its live suggestions, in an order that the content alone decides."""

    export: bytes
    suggestions: tuple[str, ...]


def outcome(stack: Stack) -> Outcome:
    """What there is now; the caller has waited."""
    names = _names(stack)
    found = (_told(suggestion, names) for suggestion in stack.suggestions(*_LIVE))
    return Outcome(stack.export(), tuple(sorted(found)))


def _names(stack: Stack) -> dict[str, str]:
    """Of resources and programs: their id, and what their source calls them."""
    found: dict[str, str] = {}
    for each in listed(stack, "resources"):
        first = each["listings"][0]
        found[_id(each)] = f"{first['source']}:{first['externalId']}"
    for each in listed(stack, "programs"):
        found[_id(each)] = f"{each['source']}:{each['key']}"
    return found


def listed(stack: Stack, collection: str) -> list[Json]:
    """All pages of a collection."""
    found: list[Json] = []
    token = ""
    while True:
        page = stack.get(f"/v1/{collection}", pageSize=200, pageToken=token)
        found += page[collection]
        token = page["nextPageToken"]
        if not token:
            return found


def _id(thing: Json) -> str:
    return thing["name"].partition("/")[2]


def _told(suggestion: Json, names: dict[str, str]) -> str:
    told = {name: suggestion[name] for name in ("kind", "relation", "state", "heldReason", "confidence")}
    told["members"] = sorted((m["source"], m["externalId"], m["survivor"]) for m in suggestion["members"])
    told["evidence"] = sorted(str((e["resource"], e["place"], e["quote"])) for e in suggestion["evidence"])
    told["plan"] = sorted(
        str([change[name] for name in _CHANGE])
        for part in suggestion["plan"]["parts"]
        for change in part["changes"]
    )
    return _ID.sub(lambda found: names.get(found[0], "an id"), str(told))
