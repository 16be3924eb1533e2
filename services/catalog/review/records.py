"""What a person was shown when they decided, and what became of learners: kept beside the audit entry as JSON."""

from __future__ import annotations

from typing import Any

import orjson
from google.protobuf import json_format

from services.catalog.domain.disclosure import learners
from services.catalog.postgres.database import Transaction
from services.catalog.review import reading, wire
from services.catalog.review.domain import Operation, Plan, Suggestion
from services.catalog.review.forming import Ground
from services.catalog.review.surroundings import Surroundings, bare
from services.catalog.review.use_told import figures, use_told

_BECOMES = {
    Operation.ARCHIVE: "nobody may be in progress; the old link leads on",
    Operation.DEPRECATE: "who had started goes on; others are shown the successor",
    Operation.CLOSE_TO_NEW: "who had started finishes on it; others begin on the successor",
    Operation.UNLIST: "who had started goes on; it is out of lists",
}


def detail(decided: Suggestion, **said: str) -> dict[str, str]:
    """What the entry of a decision says: which one it was, and these words."""
    return {"decision": decided.decision.id if decided.decision else "", **said}


def capacities(decided: Suggestion, person: str) -> str:
    """In which capacities the person approves it."""
    return " ".join(sorted({each.capacity for each in decided.valid_approvals if each.person == person}))


async def as_shown(tx: Transaction, suggestion: Suggestion, on: Ground, *, applied: bool = False) -> str:
    """The suggestion with its evidence and plan as the API shows it; when `applied`, with what becomes of learners.

    `on` is the ground before the plan was applied.
    """
    (shown,) = await reading.shown_on(tx, [suggestion], on.around, on.staff)
    said = json_format.MessageToDict(wire.suggestion(shown), always_print_fields_with_no_presence=True)
    document: dict[str, Any] = {"suggestion": said}
    if applied:
        document["learners"] = _learners(suggestion.plan, on.around)
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS).decode()


def _learners(plan: Plan, around: Surroundings) -> list[dict[str, Any]]:
    """For each resource that is retired: how many were in progress, and what happens to them."""
    found: list[dict[str, Any]] = []
    for change in plan.changes:
        if change.operation in _BECOMES:
            id_ = bare(change.target)
            said = learners(around.in_progress(id_), figures(use_told(id_, around)))
            found.append(
                {
                    "resource": change.target,
                    "operation": str(change.operation),
                    "inProgress": said.removesuffix(" learners"),
                    "becomes": _BECOMES[change.operation],
                }
            )
    return found
