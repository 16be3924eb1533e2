"""Batches of decisions and the exported log as rows; functions over the catalog's own transaction."""

from __future__ import annotations

from dataclasses import dataclass

from services.catalog.postgres.session import Row, Session, columns
from services.catalog.review.domain import Decision, State

# The words of the index `suggestions_identical`.
_IDENTICAL = "state IN ('HELD', 'OPEN') AND kind = 'DUPLICATE' AND proposal ->> 'relation' = 'IDENTICAL'"
_IDENTICAL_ONES = f"SELECT count(*) AS count FROM suggestions WHERE {_IDENTICAL}"
_EXACT = f"""
    SELECT id FROM suggestions
    WHERE {_IDENTICAL} AND (%(assignee)s = '' OR assignee = %(assignee)s)
    ORDER BY priority DESC, id DESC LIMIT %(limit)s
"""
_OF_BATCH = (
    "SELECT DISTINCT suggestion FROM decisions WHERE batch = %s AND verb = 'accept' ORDER BY suggestion"
)
_LINES = """
    SELECT d.id, d.suggestion, d.verb, d.actor, d.state, d.reason, d.comment, d.time, d.revision, d.batch, s.kind,
        s.proposal ->> 'relation' AS relation, s.proposal ->> 'summary' AS summary, s.members,
        (s.rest #>> '{impact,learners,value}')::float8 AS learners,
        coalesce((s.rest #>> '{impact,learners,hidden}')::boolean, false) AS hidden,
        (s.rest #>> '{impact,learner_hours,value}')::float8 AS learner_hours,
        CASE WHEN d.verb = 'apply' AND d.state = 'APPLIED' THEN ARRAY(
            SELECT DISTINCT c ->> 'target'
            FROM jsonb_array_elements(s.plan -> 'parts') p, jsonb_array_elements(p -> 'changes') c
            WHERE c ->> 'operation' IN ('archive', 'deprecate', 'unlist', 'close_to_new') ORDER BY 1
        ) ELSE '{}' END AS retired,
        o.confidence, o.label AS was_right
    FROM decisions d JOIN suggestions s ON s.id = d.suggestion
    LEFT JOIN outcomes o ON d.verb IN ('accept', 'reject') AND o.suggestion = d.suggestion
        AND o.revision = d.revision AND o.decide_time = d.time
    WHERE (%(before)s = '' OR d.id < %(before)s) AND (%(suggestion)s = '' OR d.suggestion = %(suggestion)s)
    ORDER BY d.id DESC LIMIT %(limit)s
"""


_ABOUT = (
    *("kind", "relation", "summary", "members"),
    *("learners", "hidden", "learner_hours", "retired", "confidence", "was_right"),
)


async def copies_to_decide(tx: Session, assignee: str, limit: int) -> list[str]:
    """Ids of suggestions of identical texts that wait, highest priority first; of one person or (empty) of all."""
    return [row["id"] for row in await tx.rows(_EXACT, {"assignee": assignee, "limit": limit})]


async def identical(tx: Session) -> int:
    """How many suggestions of identical texts wait."""
    (row,) = await tx.rows(_IDENTICAL_ONES)
    return int(row["count"])


async def accepted_in(tx: Session, batch: str) -> list[str]:
    """Ids of the suggestions that a batch has accepted."""
    return [row["suggestion"] for row in await tx.rows(_OF_BATCH, (batch,))]


@dataclass(frozen=True, slots=True)
class Line:
    """A decision with what it was about; `members` are ids, `retired` names of what an applied plan retires.

    `learners` and `learner_hours` are what the plan touches and gives back a year, `hidden` where neither is told;
    `confidence` and `was_right` are of the decision that says whether the finding was right.
    """

    decision: Decision
    kind: str
    relation: str
    summary: str
    members: tuple[str, ...]
    learners: float
    hidden: bool
    learner_hours: float
    retired: tuple[str, ...]
    confidence: float | None
    was_right: bool | None


async def lines(tx: Session, *, before: str, limit: int, suggestion: str) -> list[Line]:
    """The log, newest first, of one suggestion or of all."""
    values = {"before": before, "limit": limit, "suggestion": suggestion}
    return [_line(row) for row in await tx.rows(_LINES, values)]


def _line(row: Row) -> Line:
    about = {name: row[name] for name in _ABOUT}
    decision = Decision(**columns(row, *_ABOUT, state=State(row["state"])))
    return Line(decision, **columns(about, members=tuple(row["members"]), retired=tuple(row["retired"])))
