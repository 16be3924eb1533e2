"""A draft's fields as a form has them and as the API takes them, and what CheckDraft says of it in the page's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.gateway.web import dates
from services.gateway.web.api import Json
from services.gateway.web.words import known, say

FIELDS = (
    *("title", "description", "kind", "language", "owner", "version"),
    *("url", "duration_seconds", "review_date", "objectives"),
)
"""What can be said of a draft, in the order of the form; `created` and `updated` only its file can say."""

_QUOTED = 3


@dataclass(frozen=True, slots=True)
class Near:
    """A resource near a draft: what the two are to each other, and what that asks of the person."""

    resource: str
    title: str
    relation: str
    advice: str
    shares: str
    passages: tuple[str, ...]
    archived: bool
    successor: str


def nearest(checked: Json) -> list[Near]:
    """The nearest resources, in the API's order."""
    return [_near(each) for each in checked["nearest"]]


def _near(each: Json) -> Near:
    comparison = each["comparison"]
    # The direction is the comparison's: a is older than b, or inside it.
    first = comparison["a"] != each["resource"]
    relation = comparison["relation"].lower()
    key = f"{relation}_{'first' if first else 'second'}" if relation in ("revised", "contained") else relation
    of_draft = comparison["coverageA"] if first else comparison["coverageB"]
    quotes = [
        proof["quote"]
        for proof in comparison["evidence"]
        if proof["quote"] and proof.get("counterpart") and proof["match"] in ("exact", "near")
    ]
    return Near(
        resource=each["resource"],
        title=each["title"],
        relation=known(f"near.{key}", each["comparison"]["relation"]),
        advice=known(f"near_advice.{key}", ""),
        shares=say("publish.shares", n=round(100 * of_draft)) if of_draft else "",
        passages=tuple(dict.fromkeys(quotes))[:_QUOTED],
        archived=each["archived"],
        successor=each["successor"],
    )


def said(form: Mapping[str, Any]) -> dict[str, str]:
    """What a form says of the draft, by field; nothing where it says nothing."""
    given = {name: form.get(name, "") for name in FIELDS}
    return {name: value.strip() for name, value in given.items() if isinstance(value, str) and value.strip()}


def fields(told: Mapping[str, str]) -> tuple[Json, dict[str, str]]:
    """The API's DraftFields, and what is wrong with what the form says, by field."""
    body: Json = {}
    wrong: dict[str, str] = {}
    for name, value in told.items():
        if name == "duration_seconds":
            if value.isdecimal() and 0 < int(value) < 100_000:
                body["durationSeconds"] = str(60 * int(value))
            else:
                wrong[name] = say("publish.wrong_minutes")
        elif name == "review_date":
            day = dates.calendar_day(value)
            if day is not None:
                body["reviewDate"] = day
            else:
                wrong[name] = say("publish.wrong_day")
        elif name == "objectives":
            body["objectives"] = [line.strip() for line in value.splitlines() if line.strip()]
        else:
            body[name] = value
    return body, wrong
