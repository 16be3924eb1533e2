"""What a decision says about the finding (behaviour.md §9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.catalog.review.findings import Kind, Proposal

RIGHT = frozenset({"intentional_copy", "required", "used_elsewhere"})
"""Reasons that refuse the plan and grant the finding."""
WRONG = frozenset(
    {
        "not_same",
        "different_audience",
        "different_language",
        "different_level",
        "different_purpose",
        "bad_data",
        "was_wrong",
    }
)
"""Reasons that refuse the finding; was_wrong is said on undo."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A suggestion as it was decided. `label`: whether the finding was right; None where that was not said.

    `opened`: Winnow had asked for the decision; else somebody picked it from those that waited.
    """

    suggestion: str
    revision: int
    kind: Kind
    accepted: bool
    label: bool | None
    score: float
    confidence: float
    map_version: int
    blind: bool
    opened: bool
    decide_time: datetime


def label_of(proposal: Proposal, reason: str) -> bool | None:
    """Whether the finding was right, by the reason given against it; empty means accepted.

    None where the reason does not say, or where a rule made the finding and no score could have been wrong.
    """
    if proposal.certain:
        return None
    if not reason or reason in RIGHT or (reason == "seasonal" and proposal.kind is Kind.DUPLICATE):
        return True
    if reason in WRONG or (reason == "still_accurate" and proposal.kind is Kind.OUTDATED):
        return False
    return None
