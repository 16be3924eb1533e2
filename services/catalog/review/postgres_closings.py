"""Every SQL statement on resources that applied plans closed, and how much they are still looked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from services.catalog.postgres.session import Row, Session, columns
from services.catalog.review.findings import Kind, Relation

_ADD = """
    INSERT INTO closings (suggestion, resource, close_time, operation, kind, relation, users, then_archive)
    VALUES (%(suggestion)s, %(resource)s, %(close_time)s, %(operation)s, %(kind)s, %(relation)s, %(users)s,
        %(then_archive)s)
"""
_UNDONE = "UPDATE closings SET undo_time = %s WHERE suggestion = %s AND undo_time IS NULL"
_OF = """
    SELECT suggestion, resource, close_time, operation, kind, relation, users, then_archive, visits, searches, requests
    FROM closings WHERE resource = ANY(%s) AND undo_time IS NULL ORDER BY close_time DESC
"""
_VISITED = """
    UPDATE closings SET visits = visits + 1 WHERE resource = ANY(%s) AND undo_time IS NULL AND close_time > %s
"""
_SEARCHED = """
    UPDATE closings SET searches = searches + 1 WHERE resource = ANY(%s) AND undo_time IS NULL AND close_time > %s
"""
_ASKED = """
    UPDATE closings SET requests = requests + 1 WHERE resource = ANY(%s) AND undo_time IS NULL AND close_time > %s
"""
# One to four users of what was closed are counted as five: neither their sum nor the moment at which that share of it
# is reached tells how many they are.
_LOOKED_FOR = """
    SELECT suggestion, sum(users)::bigint AS users, sum(visits)::bigint AS visits, sum(searches)::bigint AS searches,
        sum(requests)::bigint AS requests
    FROM (
        SELECT suggestion, CASE WHEN users BETWEEN 1 AND 4 THEN 5 ELSE users END AS users, visits, searches, requests,
            restore_filed
        FROM closings WHERE undo_time IS NULL AND close_time > %s
    ) AS closed
    GROUP BY suggestion
    HAVING bool_and(restore_filed = '') AND sum(visits + searches + requests) > greatest(%s, %s * sum(users))
    ORDER BY suggestion
"""
_TO_ARCHIVE = """
    SELECT suggestion, resource FROM closings
    WHERE then_archive AND archive_filed = '' AND undo_time IS NULL ORDER BY suggestion, resource
"""
_RESTORE_FILED = "UPDATE closings SET restore_filed = %s WHERE suggestion = %s AND undo_time IS NULL"
_ARCHIVE_FILED = """
    UPDATE closings SET archive_filed = %s WHERE suggestion = %s AND resource = %s AND undo_time IS NULL
"""


@dataclass(frozen=True, slots=True)
class Closing:
    """A resource that the plan of a suggestion led learners away from, and how much it is looked for since."""

    suggestion: str
    resource: str
    close_time: datetime
    operation: str
    kind: Kind
    relation: Relation
    users: int
    then_archive: bool
    visits: int = 0
    searches: int = 0
    requests: int = 0


@dataclass(frozen=True, slots=True)
class LookedFor:
    """How much all that one plan closed is looked for, in sums; `users` are at most so many."""

    suggestion: str
    users: int
    visits: int
    searches: int
    requests: int


async def add(tx: Session, closings: Iterable[Closing]) -> None:
    """Stores what a plan closed."""
    for each in closings:
        await tx.run(_ADD, asdict(each))


async def undone(tx: Session, suggestion: str) -> None:
    """The suggestion's plan was taken back: nothing of it is counted any more."""
    await tx.run(_UNDONE, (tx.now, suggestion))


async def of(tx: Session, resources: Sequence[str]) -> list[Closing]:
    """Closings of a resource by its names, newest first; those taken back are left out."""
    return [_closing(row) for row in await tx.rows(_OF, (list(resources),))]


async def visited(tx: Session, resources: Sequence[str], since: datetime) -> None:
    """Counts a visit to the old link of what closed after that moment."""
    await tx.run(_VISITED, (list(resources), since))


async def searched(tx: Session, resources: Sequence[str], since: datetime) -> None:
    """Counts a search for what closed after that moment."""
    await tx.run(_SEARCHED, (list(resources), since))


async def asked(tx: Session, resources: Sequence[str], since: datetime) -> bool:
    """Counts a request to bring back what closed after that moment; whether there was anything to count for."""
    return await tx.run(_ASKED, (list(resources), since)) > 0


async def looked_for(tx: Session, since: datetime, *, least: int, share: float) -> list[LookedFor]:
    """Plans whose closed resources are looked for more often than `least` and that share of last year's users."""
    return [LookedFor(**row) for row in await tx.rows(_LOOKED_FOR, (since, least, share))]


async def to_archive(tx: Session) -> list[tuple[str, str]]:
    """(suggestion, resource) of what waits to be archived until nobody is in progress."""
    return [(row["suggestion"], row["resource"]) for row in await tx.rows(_TO_ARCHIVE)]


async def restore_filed(tx: Session, suggestion: str, filed: str) -> None:
    """Notes that bringing back what the plan closed has been suggested."""
    await tx.run(_RESTORE_FILED, (filed, suggestion))


async def archive_filed(tx: Session, suggestion: str, resource: str, filed: str) -> None:
    """Notes that archiving the resource has been suggested."""
    await tx.run(_ARCHIVE_FILED, (filed, suggestion, resource))


def _closing(row: Row) -> Closing:
    return Closing(**columns(row, kind=Kind(row["kind"]), relation=Relation(row["relation"])))
