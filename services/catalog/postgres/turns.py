"""Taking turns at reading imports: one reader a source at a time, in whatever process."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import psycopg

from services.kit import postgres
from services.kit.postgres import Connection

Failure = psycopg.Error
"""What a statement raises; `kit.postgres` says what it means."""

_LISTEN = "LISTEN imports"
_TAKE = "SELECT pg_try_advisory_lock(hashtextextended('reader of ' || %s, 0))"
_GIVE_BACK = "SELECT pg_advisory_unlock(hashtextextended('reader of ' || %s, 0))"


class Turns:
    """A session of the database: what it holds is free again when it ends, however it ends."""

    def __init__(self, session: Connection) -> None:
        self._session = session

    @asynccontextmanager
    async def at(self, source: str) -> AsyncGenerator[bool]:
        """Whether this session is now the source's reader; it is until the block ends."""
        row = await (await self._session.execute(_TAKE, (source,))).fetchone()
        held = bool(row and row[0])
        yield held
        # Not after an error: that ends the session, and the hold with it.
        if held:
            await self._session.execute(_GIVE_BACK, (source,))

    async def until_files_come(self, seconds: float) -> None:
        """Returns when files were delivered, at the latest after these seconds."""
        async for _ in self._session.notifies(timeout=seconds, stop_after=1):
            pass


@asynccontextmanager
async def turns(conninfo: str) -> AsyncGenerator[Turns]:
    """A session that takes turns and hears of new files."""
    async with await postgres.connect(conninfo, name="imports") as session:
        await session.execute(_LISTEN)
        yield Turns(session)
