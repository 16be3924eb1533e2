"""The one finding that little use and triviality make of a resource, and the step of the ladder it has come to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.curator.analysis.duplicates import PROPOSED
from services.curator.analysis.model import Claim, Document, Judgement, Relation
from services.curator.analysis.usage import Drawn, idle_since

# What people look up when they need it, by the words catalogs use; its use is rare by nature (behaviour §5).
REFERENCE = frozenset(
    {
        *(
            "page",
            "document",
            "reference",
            "manual",
            "handbook",
            "glossary",
            "faq",
            "policy",
            "procedure",
            "form",
        ),
        *("template", "checklist", "job aid", "job_aid", "guide", "link", "file", "book", "standard"),
    }
)


class Plan(StrEnum):
    """A step of the ladder: out of the lists first, archived only when nobody misses it."""

    UNLIST = "unlist"
    ARCHIVE = "archive"


@dataclass(frozen=True, slots=True)
class Unused:
    """All that says one resource is not needed, the strongest claim first; `confidence` is that claim's."""

    document: str
    plan: Plan
    confidence: float
    claims: tuple[Claim, ...]


def translated(judgements: Iterable[Judgement]) -> set[str]:
    """Resources that are the only ones in their language of what they say: these stay, however little their use."""
    return {
        key
        for one in judgements
        if one.relation is Relation.TRANSLATED and one.confidence >= PROPOSED
        for key in (one.a, one.b)
    }


def offered(
    document: Document, found: Iterable[Claim], drawn: Drawn | None, *, hidden: bool, today: date
) -> Unused | None:
    """The finding with the next step of the ladder; None without a claim that is worth showing, or a next step."""
    claims = sorted(found, key=lambda claim: (-claim.confidence, claim.code))
    if not claims or claims[0].confidence < PROPOSED:
        return None
    plan = Plan.UNLIST
    if hidden:
        by_use = claims[0].code != "trivial"
        if drawn is None or not idle_since(drawn, today) or (by_use and document.kind in REFERENCE):
            return None
        plan = Plan.ARCHIVE
    return Unused(document.id, plan, claims[0].confidence, tuple(claims))
