"""Every SQL statement on what applied plans mean for learners."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from services.catalog.postgres.session import Session

_ADD = """
    INSERT INTO notices (suggestion, apply_time, sums_only) VALUES (%s, %s, %s)
    ON CONFLICT (suggestion) DO NOTHING
"""
_ADD_LEARNER = "INSERT INTO notice_learners (suggestion, learner) VALUES (%s, %s)"
_DROP = "DELETE FROM notices WHERE suggestion = %s"
_PAGE = """
    SELECT suggestion, apply_time, sums_only,
        (SELECT count(*) FROM notice_learners l WHERE l.suggestion = n.suggestion) AS learners
    FROM notices n
    WHERE %(time)s::timestamptz IS NULL OR (apply_time, suggestion) < (%(time)s, %(suggestion)s)
    ORDER BY apply_time DESC, suggestion DESC LIMIT %(limit)s
"""
_LEARNERS = "SELECT learner FROM notice_learners WHERE suggestion = %s ORDER BY learner"


@dataclass(frozen=True, slots=True)
class Noted:
    """An applied plan that learners notice; `learners` counts whom it was simulated on."""

    suggestion: str
    apply_time: datetime
    sums_only: bool
    learners: int


async def add(tx: Session, suggestion: str, *, sums_only: bool, learners: Iterable[str]) -> None:
    """Stores that the plan was applied now and whom it touches."""
    await tx.run(_ADD, (suggestion, tx.now, sums_only))
    for learner in sorted(learners):
        await tx.run(_ADD_LEARNER, (suggestion, learner))


async def drop(tx: Session, suggestion: str) -> None:
    """Forgets it: the plan was taken back."""
    await tx.run(_DROP, (suggestion,))


async def page(tx: Session, *, before: tuple[datetime, str] | None, limit: int) -> list[Noted]:
    """The newest before that place."""
    time, suggestion = before or (None, "")
    asked = {"time": time, "suggestion": suggestion, "limit": limit}
    return [Noted(**row) for row in await tx.rows(_PAGE, asked)]


async def learners(tx: Session, suggestion: str) -> list[str]:
    """Pseudonyms, sorted."""
    return [row["learner"] for row in await tx.rows(_LEARNERS, (suggestion,))]
