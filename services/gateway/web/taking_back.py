"""Taking a decision back: by which verb, by whom, why, and what is asked about fields that were edited since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import grpc.aio
from starlette.datastructures import FormData
from starlette.requests import Request

from services.gateway.web import dates
from services.gateway.web.api import Api, Json
from services.gateway.web.forms import line, text
from services.gateway.web.words import known, say
from services.kit.rpc import status_of
from winnow.review.v1.review_service_pb2 import UndoConflict

CHOICES = ("restore", "keep")
REASONS = ("", "was_wrong", "other")
"""Why, as the form offers it: without a word, that what was found is false, in one's own words."""
_MAY = {"undo": "mayUndo", "reopen": "mayReopen", "revokeApproval": "mayRevoke"}
_NAMES_RESOURCE = frozenset({"successor"})
_TRUTHS = frozenset({"mandatory", "certification", "accessible_form", "archived"})


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field edited since the plan was applied, with the values as the API tells them."""

    target: str
    field: str
    before: str
    now: str


@dataclass(frozen=True, slots=True)
class Question:
    """The same in words; `choice` is what has been answered already, empty for what is asked."""

    target: str
    field: str
    title: str = ""
    name: str = ""
    before: str = ""
    now: str = ""
    choice: str = ""


def way_back(found: Json) -> str:
    """The verb that takes back what stands of a suggestion."""
    decision = found.get("decision")
    partly = found["state"] == "OPEN" and decision is not None and decision["verb"] == "reject"
    if found["state"] in ("REJECTED", "SNOOZED") or partly:
        return "reopen"
    return "undo" if found["state"] in ("APPLIED", "UNDONE") else "revokeApproval"


def may_take_back(found: Json) -> bool:
    """Whether the API lets the reader do that, as it says for who asks."""
    return bool(found[_MAY[way_back(found)]])


def way_of(form: FormData, found: Json) -> str:
    """The verb that the form was shown with: sent twice it asks for the same, whatever the first has led to."""
    way = text(form, "way")
    return way if way in _MAY else way_back(found)


def conflicts(error: grpc.aio.AioRpcError) -> tuple[Conflict, ...]:
    """The fields that UNDO_CONFLICT names, each once."""
    said = UndoConflict()
    found = (
        Conflict(said.target, said.field, said.before, said.now)
        for detail in status_of(error).details
        if detail.Unpack(said)
    )
    return tuple(dict.fromkeys(found))


def why(form: FormData) -> str:
    """The reason as the API takes it; words count only where they are what was chosen."""
    reason = text(form, "reason")
    return line(form, "words") if reason == "other" else reason


def answers(form: FormData) -> list[Json]:
    """What the form answers, field by field; what it leaves open the API asks again."""
    named = zip(form.getlist("target"), form.getlist("field"), strict=False)
    return [
        {"target": target, "field": field, "choice": choice}
        for at, (target, field) in enumerate(named)
        if (choice := text(form, f"choice-{at}")) in CHOICES
    ]


async def questions(
    api: Api, request: Request, found: Json, asked: Sequence[Conflict], names: Mapping[str, str]
) -> list[Question]:
    """What to ask before the suggestion can be taken back, after what its sender has answered already."""
    if not asked:
        return []
    open_ = {(each.target, each.field) for each in asked}
    answered = [
        Question(each["target"], each["field"], choice=each["choice"])
        for each in answers(await request.form())
        if (each["target"], each["field"]) not in open_
    ]
    things = await api.each(request, [each.target for each in asked])
    held = [item["resource"] for each in things.values() for item in each.get("items", ())]
    values = [
        _resource(each) for one in asked if one.field in _NAMES_RESOURCE for each in (one.before, one.now)
    ]
    titles = _titles([*found["members"], *things.values()])
    titles |= _titles((await api.each(request, [name for name in (*held, *values) if name])).values())
    written = {(each["target"], each["field"]): each["before"] for each in found.get("receipts", ())}

    def said(conflict: Conflict, *, now: bool) -> str:
        if conflict.field == "items":
            items = things.get(conflict.target, {}).get("items", ()) if now else ()
            lines = [titles.get(each["resource"]) or each["reference"] for each in items]
            if not now:  # the receipt has the titles, the conflict what the source calls them
                lines = written.get((conflict.target, "items"), conflict.before).split("\n")
            return ", ".join(filter(None, lines)) or say("undo.nothing")
        return _in_words(conflict.field, conflict.now if now else conflict.before, titles, names)

    return answered + [
        Question(
            each.target,
            each.field,
            titles.get(each.target) or say("undo.unknown"),
            known(f"field.{each.field}", each.field.replace("_", " ")),
            said(each, now=False),
            said(each, now=True),
        )
        for each in asked
    ]


def _in_words(field: str, value: str, titles: Mapping[str, str], names: Mapping[str, str]) -> str:
    if field in _TRUTHS:
        return say("undo.yes") if value in ("True", "yes") else say("undo.no")
    if not value:
        return say("undo.nothing")
    if field in _NAMES_RESOURCE:
        return titles.get(_resource(value)) or say("undo.unknown")
    if field == "duration_seconds" and value.isdecimal():
        return dates.length(int(value))
    return known(f"value.{value}", names.get(value) or dates.in_words(value))


def _resource(value: str) -> str:
    return value if not value or value.startswith("resources/") else f"resources/{value}"


def _titles(things: Iterable[Json]) -> dict[str, str]:
    return {each.get("resource") or each["name"]: each["title"] for each in things}
