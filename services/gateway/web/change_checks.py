"""What the change list says beside its lines: what they come to, who decided on each, and how it was checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.gateway.web.api import Json
from services.gateway.web.words import known, say

_HIDDEN = frozenset({"hidden", "archived"})


@dataclass(frozen=True, slots=True)
class Figures:
    """What all lines that wait come to; `tried` are enrolments on which their plans were tried, `lost` completions."""

    hidden: int
    programs: int
    tried: int
    lost: int


@dataclass(frozen=True, slots=True)
class Check:
    """How a line stands; `well` unless somebody has to look again."""

    text: str
    well: bool = True


def figures(changes: Iterable[Json], suggestions: Mapping[str, Json]) -> Figures:
    """Of the lines that wait; of plans that the reader may not read nothing is counted."""
    waiting = list(changes)
    plans: list[Json] = [
        suggestions[name]["plan"].get("simulation") or {}
        for name in dict.fromkeys(each["suggestion"] for each in waiting if not each["takesBack"])
        if name in suggestions
    ]
    return Figures(
        hidden=len({each["target"] for each in waiting if _hides(each)}),
        programs=len({each["target"] for each in waiting if each["target"].startswith("programs/")}),
        tried=sum(int(each.get("enrolments", 0)) for each in plans),
        lost=sum(int(each.get("loseCredit", 0)) for each in plans),
    )


def decided_by(suggestion: Json | None, *, takes_back: bool = False) -> list[str]:
    """E-mails of who approved the plan, or of who took it back; none where no suggestion is behind a line."""
    if suggestion is None:
        return []
    decision: Json = suggestion.get("decision") or {}
    approvals = [] if takes_back else [str(each["person"]) for each in suggestion["approvals"]]
    actor = str(decision.get("actor", ""))
    return list(dict.fromkeys(approvals)) or ([actor] if "@" in actor else [])


def check(change: Json, target: Json | None, suggestion: Json | None) -> Check | None:
    """What is known of a line that waits: its source may say something else by now; None where there is nothing."""
    said = _says(change, target)
    if said:
        return Check(say("changes.check_differs", value=known(f"value.{said}", said)), well=False)
    if suggestion is None:
        return None
    if change["takesBack"]:
        return Check(say("changes.check_back"))
    return of_plan(suggestion["plan"], change["target"])


def of_plan(plan: Json, target: str = "") -> Check:
    """What trying a plan out has said of learners; `target` is what is looked at, empty for all of it."""
    if plan["safeguards"]:
        return Check(str(plan["safeguards"][0]["text"]), well=False)
    if any(each["operation"] == "close_to_new" and target in ("", each["target"]) for each in _changes(plan)):
        return Check(say("changes.check_finish"))
    simulation: Json = plan.get("simulation") or {}
    if simulation.get("sumsOnly"):
        return Check(say("changes.check_sums"), well=False)
    enrolments = int(simulation.get("enrolments", 0))
    return Check(say("changes.check_tried", n=enrolments) if enrolments else say("changes.check_nobody"))


def _changes(plan: Json) -> Sequence[Json]:
    return [each for part in plan["parts"] for each in part["changes"]]


def _hides(change: Json) -> bool:
    if change["field"] == "visibility":
        return change["toValue"] in _HIDDEN
    return change["field"] == "archived" and change["toValue"] == "yes"


def _says(change: Json, target: Json | None) -> str:
    """What the source shows to learners by now, where that is neither what it was nor what is asked; else empty."""
    if change["field"] != "visibility" or target is None:
        return ""
    shown = next(
        (
            str(each["visibility"])
            for each in target["listings"]
            if (each["source"], each["externalId"]) == (change["source"], change["externalId"])
        ),
        "",
    )
    return shown if shown not in (change["fromValue"], change["toValue"]) else ""
