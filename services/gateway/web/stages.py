"""The four stages of a program: who holds each, what belongs to it, and what waits there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.gateway.web.api import Json

STAGES = ("DESIGN", "DEVELOP", "FACILITATE", "EVALUATE")
OWNER, CO_OWNER = "OWNER", "CO_OWNER"
_NOBODY = "nobody"
"""What a form says for: nobody has the duty, on purpose."""
_UNREACHABLE = frozenset({"unplayable", "dead_link"})


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage; `missing`: nobody who works here holds it, and that not on purpose."""

    kind: str
    holders: tuple[Json, ...]
    nobody: bool
    missing: bool
    waiting: int


def duty_change(kind: str, who: str) -> Json:
    """The API's DutyChange of what a form says: an e-mail, nobody on purpose, or nothing (what was said goes)."""
    if who == _NOBODY:
        return {"kind": kind, "nobody": True}
    return {"kind": kind, "people": [who] if who else []}


def stages(responsible: Json, about: Sequence[Json]) -> list[Stage]:
    """Of a program, by what the API says of its responsibilities and the suggestions about it."""
    duties = {each["kind"]: each for each in responsible["duties"]}
    belongs = [stage_of(each) for each in about]
    return [
        Stage(
            kind,
            tuple(duties[kind]["holders"]) if kind in duties else (),
            bool(duties.get(kind, {}).get("nobody")),
            kind in responsible["missing"],
            belongs.count(kind),
        )
        for kind in STAGES
    ]


def stage_of(suggestion: Json) -> str:
    """The stage that a suggestion belongs to, as the catalog routes it (behaviour.md §2); empty for none."""
    match suggestion["kind"]:
        case "PROGRAM":
            return "DESIGN"
        case "OUTDATED":
            codes = {claim["code"] for claim in suggestion["claims"]}
            return "FACILITATE" if codes and codes <= _UNREACHABLE else "DEVELOP"
        case "UNUSED":
            return "EVALUATE"
        case _:
            return "DEVELOP" if suggestion["relation"] == "REVISED" else ""
