"""Following suggestions and imports as they change: what changed since a moment, and waiting for the next change.

A moment is the oldest transaction that was still running then: all that changed in a later one is told (again), so
nothing that commits late is missed.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from typing import LiteralString

import psycopg

from services.catalog.postgres.session import Session
from services.kit import postgres, telemetry

_PAUSE = 1.0
_MOMENT = """
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS now, pg_snapshot_xmax(pg_current_snapshot())::text AS last
"""


class Table(StrEnum):
    """What can be followed."""

    SUGGESTIONS = "suggestions"
    IMPORTS = "imports"


_SINCE: dict[Table, LiteralString] = {
    Table.SUGGESTIONS: """
        SELECT id, changed_in::text::bigint AS changed FROM suggestions
        WHERE changed_in >= %(since)s::xid8 ORDER BY changed, id
    """,
    Table.IMPORTS: """
        SELECT id, max(changed) AS changed FROM (
            SELECT id, changed_in::text::bigint AS changed FROM imports WHERE changed_in >= %(since)s::xid8
            UNION ALL
            SELECT import, changed_in::text::bigint FROM import_files WHERE changed_in >= %(since)s::xid8
        ) AS either GROUP BY id ORDER BY changed, id
    """,
}


@dataclass(frozen=True, slots=True)
class Changed:
    """What changed since a moment, oldest first: ids with the transaction that did it, and the moment it was read."""

    ids: tuple[tuple[str, int], ...]
    now: int


async def changed(tx: Session, table: Table, since: int | None) -> Changed:
    """Everything that changed since; nothing for None. A moment of another database is taken for the first."""
    row = await tx.row(_MOMENT) or {"now": "0", "last": "0"}
    now = int(row["now"])
    if since is None:
        return Changed((), now)
    after = since if since <= int(row["last"]) else 0
    rows = await tx.rows(_SINCE[table], {"since": str(after)})
    return Changed(tuple((row["id"], row["changed"]) for row in rows), now)


@dataclass(frozen=True, slots=True)
class Ticket:
    """Hears what rings after it was taken."""

    rung: asyncio.Event

    async def heard(self, seconds: float) -> bool:
        """Whether something changed, waiting for at most these seconds."""
        try:
            await asyncio.wait_for(self.rung.wait(), seconds)
        except TimeoutError:
            return False
        return True


class Bell:
    """Wakes whoever follows when something was committed; rung by `listen`, or by nobody."""

    def __init__(self) -> None:
        self._rung: dict[Table, asyncio.Event] = {table: asyncio.Event() for table in Table}
        self.over = False
        """Whether the service is being stopped: then followers go, and come back to another replica."""

    def ticket(self, table: Table) -> Ticket:
        """Taken before reading, it hears whatever the reading may have missed."""
        return Ticket(self._rung[table])

    def ring(self, *tables: Table) -> None:
        """Wakes everybody who waits for one of these."""
        for table in tables:
            rung, self._rung[table] = self._rung[table], asyncio.Event()
            rung.set()

    async def close(self, stop: asyncio.Event) -> None:
        """Sends all followers away once `stop` is set."""
        await stop.wait()
        self.over = True
        self.ring(*Table)

    async def listen(self, conninfo: str) -> None:
        """Rings at every commit until cancelled, through restarts of PostgreSQL."""
        while True:
            try:
                async with await postgres.connect(conninfo, name="changes") as session:
                    await session.execute("LISTEN changed")
                    self.ring(*Table)  # what was missed meanwhile
                    async for notice in session.notifies():
                        self.ring(Table(notice.payload))
            except psycopg.Error as error:
                if not postgres.is_down(error):
                    raise
                telemetry.logger().warning("changes: PostgreSQL does not answer", error=str(error).strip())
            await asyncio.sleep(_PAUSE)
