"""Batches of decisions and the exported log as rows; functions over the catalog's own transaction."""

from __future__ import annotations

from dataclasses import dataclass

from services.catalog.postgres.session import Session, columns
from services.catalog.review.domain import Decision, State

_EXACT = """
    SELECT id FROM suggestions
    WHERE state IN ('HELD', 'OPEN') AND kind = 'DUPLICATE' AND proposal ->> 'relation' = 'IDENTICAL'
        AND (%(assignee)s = '' OR assignee = %(assignee)s)
    ORDER BY priority DESC, id DESC LIMIT %(limit)s
"""
_OF_BATCH = (
    "SELECT DISTINCT suggestion FROM decisions WHERE batch = %s AND verb = 'accept' ORDER BY suggestion"
)
_LINES = """
    SELECT d.id, d.suggestion, d.verb, d.actor, d.state, d.reason, d.comment, d.time, d.revision, d.batch, s.kind,
        s.proposal ->> 'relation' AS relation, s.proposal ->> 'summary' AS summary, s.members
    FROM decisions d JOIN suggestions s ON s.id = d.suggestion
    WHERE (%(before)s = '' OR d.id < %(before)s) AND (%(suggestion)s = '' OR d.suggestion = %(suggestion)s)
    ORDER BY d.id DESC LIMIT %(limit)s
"""


async def copies_to_decide(tx: Session, assignee: str, limit: int) -> list[str]:
    """Ids of suggestions of identical texts that wait, highest priority first; of one person or (empty) of all."""
    return [row["id"] for row in await tx.rows(_EXACT, {"assignee": assignee, "limit": limit})]


async def accepted_in(tx: Session, batch: str) -> list[str]:
    """Ids of the suggestions that a batch has accepted."""
    return [row["suggestion"] for row in await tx.rows(_OF_BATCH, (batch,))]


@dataclass(frozen=True, slots=True)
class Line:
    """A decision with what it was about; `members` are ids."""

    decision: Decision
    kind: str
    relation: str
    summary: str
    members: tuple[str, ...]


async def lines(tx: Session, *, before: str, limit: int, suggestion: str) -> list[Line]:
    """The log, newest first, of one suggestion or of all."""
    values = {"before": before, "limit": limit, "suggestion": suggestion}
    return [
        Line(
            Decision(**columns(row, "kind", "relation", "summary", "members", state=State(row["state"]))),
            row["kind"],
            row["relation"],
            row["summary"],
            tuple(row["members"]),
        )
        for row in await tx.rows(_LINES, values)
    ]
