"""What the change list says beside its lines: what they come to, who decided on each, and how it was checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.gateway.web import findings
from services.gateway.web.api import Json
from services.gateway.web.words import known, say

_HIDDEN = frozenset({"hidden", "archived"})


@dataclass(frozen=True, slots=True)
class Figures:
    """What all lines that wait come to; `tried` are enrolments on which their plans were tried, `lost` completions.

    Both are None where no plan was tried, or none that the reader may read.
    """

    hidden: int
    programs: int
    tried: int | None
    lost: int | None


@dataclass(frozen=True, slots=True)
class Check:
    """How a line stands; `well` unless somebody has to look again."""

    text: str
    well: bool = True


def figures(changes: Iterable[Json], suggestions: Mapping[str, Json]) -> Figures:
    """Of the lines that wait; of plans that the reader may not read nothing is counted."""
    waiting = list(changes)
    plans: list[Json] = [
        suggestions[name]["plan"]["simulation"]
        for name in dict.fromkeys(each["suggestion"] for each in waiting if not each["takesBack"])
        if name in suggestions and suggestions[name]["plan"].get("simulation")
    ]
    return Figures(
        hidden=len({each["target"] for each in waiting if _hides(each)}),
        programs=len({each["target"] for each in waiting if each["target"].startswith("programs/")}),
        tried=sum(int(each["enrolments"]) for each in plans) if plans else None,
        lost=sum(int(each["loseCredit"]) for each in plans) if plans else None,
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
    return of_plan(suggestion, change["target"])


def of_plan(suggestion: Json, target: str = "") -> Check | None:
    """What trying its plan out has said of learners; `target` is what is looked at, empty for all of it.

    None where it was not tried: nothing is then known to hold.
    """
    plan: Json = suggestion["plan"]
    if plan["safeguards"]:
        return Check(str(plan["safeguards"][0]["text"]), well=False)
    changes = findings.changes(suggestion)
    if any(each["operation"] == "close_to_new" and target in ("", each["target"]) for each in changes):
        return Check(say("changes.check_finish"))
    if findings.use_unknown(plan):
        return Check(say("changes.check_unknown"), well=False)
    simulation: Json | None = plan.get("simulation")
    if not simulation:
        return None
    harm = findings.harm(suggestion)
    if harm:
        return Check(harm, well=False)
    if simulation["sumsOnly"]:
        return Check(say("changes.check_sums"), well=False)
    enrolments = int(simulation["enrolments"])
    return Check(say("changes.check_tried", n=enrolments) if enrolments else say("changes.check_nobody"))


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
