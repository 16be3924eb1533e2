"""The feed's states as they came."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from psycopg.rows import class_row

from services.kit.postgres import Connection

RESOURCES, PROGRAMS, ENGAGEMENT, VERDICTS, HOUSE_RULES, ANNOUNCEMENTS = 1, 2, 3, 4, 5, 6
"""winnow.internal.v1.StateKind by number."""
TOLD = (HOUSE_RULES, ANNOUNCEMENTS)
"""The kinds of what people tell, which may concern every resource."""


@dataclass(frozen=True, slots=True)
class StateRow:
    """One state of the feed as it came."""

    kind: int
    id: str
    revision: int
    gone: bool
    state: bytes


_STATES = "SELECT kind, id, revision, gone, state FROM states WHERE kind = %s AND id = ANY(%s)"
_ALL_STATES = "SELECT kind, id, revision, gone, state FROM states"
_STATES_OF = """
    SELECT kind, id, revision, gone, state FROM states
    WHERE kind IN (1, 3) AND id = ANY(%(resources)s) OR kind = 2 AND id = ANY(%(programs)s)
       OR kind = 4 AND (split_part(id, ':', 1) = ANY(%(resources)s) OR split_part(id, ':', 2) = ANY(%(resources)s))
       OR kind = ANY(%(told)s)
"""
_SAVE_STATE = """
    INSERT INTO states (kind, id, revision, gone, state) VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (kind, id) DO UPDATE
    SET revision = EXCLUDED.revision, gone = EXCLUDED.gone, state = EXCLUDED.state
    WHERE states.revision < EXCLUDED.revision
"""
_CHANGED = "UPDATE feed_copy SET reconciled_revision = -1"


async def states(connection: Connection, kind: int, ids: Iterable[str]) -> dict[str, StateRow]:
    """The known states of these ids."""
    async with connection.cursor(row_factory=class_row(StateRow)) as cursor:
        await cursor.execute(_STATES, (kind, list(ids)))
        return {row.id: row for row in await cursor.fetchall()}


async def all_states(connection: Connection) -> list[StateRow]:
    """Every state of every kind, gone ones included."""
    async with connection.cursor(row_factory=class_row(StateRow)) as cursor:
        await cursor.execute(_ALL_STATES)
        return await cursor.fetchall()


async def states_of(
    connection: Connection, resources: Iterable[str], programs: Iterable[str]
) -> list[StateRow]:
    """The states of these resources, their engagement and verdicts, of these programs, and of all that people tell;
    gone ones included.
    """
    async with connection.cursor(row_factory=class_row(StateRow)) as cursor:
        wanted = {"resources": list(resources), "programs": list(programs), "told": list(TOLD)}
        await cursor.execute(_STATES_OF, wanted)
        return await cursor.fetchall()


async def save_states(connection: Connection, rows: Sequence[StateRow]) -> list[str]:
    """Keeps each state that is newer than the one known; returns the ids of those it kept."""
    saved: list[str] = []
    # In id order, so that two readers wait for each other instead of deadlocking.
    async with connection.cursor() as cursor:
        for row in sorted(rows, key=lambda row: row.id):
            await cursor.execute(_SAVE_STATE, (row.kind, row.id, row.revision, row.gone, row.state))
            if cursor.rowcount:
                saved.append(row.id)
    if saved:
        await connection.execute(_CHANGED)
    return saved


_REVISIONS = "SELECT id, revision FROM states WHERE kind = %s AND NOT gone"
_HIGHEST = "SELECT coalesce(max(revision), 0) FROM states WHERE kind = %s"


async def revisions(connection: Connection, kind: int) -> dict[str, int]:
    """The revision of every live object of a kind, for digests."""
    cursor = await connection.execute(_REVISIONS, (kind,))
    return dict(await cursor.fetchall())


async def highest_of_kind(connection: Connection, kind: int) -> int:
    """The highest feed revision applied to objects of a kind, gone ones included."""
    cursor = await connection.execute(_HIGHEST, (kind,))
    row = await cursor.fetchone()
    return int(row[0]) if row else 0
