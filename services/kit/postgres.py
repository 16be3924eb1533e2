"""PostgreSQL: pools with time limits, transactions, migrations, one-at-a-time work, and what its errors mean."""

from __future__ import annotations

import asyncio
import hashlib
import re
import select
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib.resources.abc import Traversable

import orjson
import psycopg
from psycopg import AsyncConnection, IsolationLevel
from psycopg.rows import TupleRow
from psycopg.types.json import set_json_loads
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout, TooManyRequests

from services.kit import telemetry
from services.kit.errors import Aborted, FailedPrecondition, ResourceExhausted, Unavailable, WinnowError

set_json_loads(orjson.loads)  # most of what is read is jsonb
Connection = AsyncConnection[TupleRow]
Pool = AsyncConnectionPool[Connection]

_LIMITS = (
    "-c statement_timeout=15s -c lock_timeout=2s -c idle_in_transaction_session_timeout=30s -c timezone=UTC"
)
# A server that vanishes without a word is noticed while nobody uses the connection; libpq waits two hours.
_KEEPALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
_STANDBY = 2.0  # seconds between two tries for a lock that another process holds
_DOWN_CLASSES = ("08", "57P", "53300", "58")  # connection, shutdown or start-up, too many connections, system


def pool(conninfo: str, *, name: str, size: int = 10) -> Pool:
    """A pool, not yet open, of autocommit connections with statement, lock and idle time limits."""
    made: Pool = AsyncConnectionPool(
        conninfo,
        min_size=1,
        max_size=size,
        open=False,
        timeout=5,
        max_waiting=20 * size,
        name=name,
        check=_check,
        kwargs={"autocommit": True, "application_name": name, "options": _LIMITS, **_KEEPALIVE},
    )
    return made


async def _check(connection: Connection) -> None:
    """Finds a connection of a restarted server broken, before it breaks somebody's call.

    A server that goes ends the stream, and one that stays says nothing by itself: only where something is to be read
    does the check cost a round trip, which every call would pay for otherwise.
    """
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    if waiting.poll(0):
        await AsyncConnectionPool.check_connection(connection)


async def connect(conninfo: str, *, name: str) -> Connection:
    """One autocommit connection with the same limits, for work that holds a session."""
    return await AsyncConnection.connect(conninfo, autocommit=True, application_name=name, options=_LIMITS)


@asynccontextmanager
async def transaction(source: Pool, *, snapshot: bool = False) -> AsyncGenerator[Connection]:
    """A connection in a transaction that commits when the block ends and rolls back when it raises.

    `snapshot`: read-only, and every statement sees the same moment.
    """
    level = IsolationLevel.REPEATABLE_READ if snapshot else None
    async with source.connection() as connection:
        # Part of BEGIN: a statement of its own costs a round trip, and most calls open two snapshots. Said each time,
        # since a connection keeps what was said for the last one.
        if connection.isolation_level is not level:
            await connection.set_isolation_level(level)
            await connection.set_read_only(snapshot or None)
        async with connection.transaction():
            yield connection


@asynccontextmanager
async def sole(conninfo: str, name: str) -> AsyncGenerator[Connection]:
    """Enters when this process alone holds `name` in this database; waits as a standby until then.

    Yields the session that holds the lock: work done on it cannot outlive the hold.
    """
    while True:
        async with await connect(conninfo, name=name) as session:
            cursor = await session.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", (name,))
            row = await cursor.fetchone()
            if row and row[0]:
                yield session
                return
        await asyncio.sleep(_STANDBY)


async def wait_until_ready(source: Pool, migrations: Traversable) -> None:
    """Opens the pool and returns when the server answers and the schema is as this code needs it.

    FailedPrecondition if the server could lose what it has acknowledged.
    """
    await source.open(wait=False)
    waited = ""
    while True:
        try:
            async with source.connection() as connection:
                await check_durability(connection)
                missing = await pending(connection, migrations)
            if not missing:
                return
            now = f"migrations not applied: {', '.join(missing)}"
        except (psycopg.OperationalError, PoolTimeout) as error:
            if not is_down(error):
                raise
            now = "PostgreSQL does not answer"
        if now != waited:
            telemetry.logger().warning("waiting for the database", reason=now)
            waited = now
        await asyncio.sleep(0.5)


async def check_durability(connection: Connection) -> None:
    """FailedPrecondition unless a commit survives a power cut; with these settings off, thousands were lost."""
    for setting, wrong in (
        ("fsync", ("off",)),
        ("full_page_writes", ("off",)),
        ("synchronous_commit", ("off",)),
    ):
        cursor = await connection.execute("SELECT current_setting(%s)", (setting,))
        row = await cursor.fetchone()
        value = str(row[0]) if row else ""
        if value in wrong:
            raise FailedPrecondition(
                "DATABASE_NOT_DURABLE",
                f"PostgreSQL runs with {setting} = {value}, which can lose acknowledged changes.",
                {"setting": setting, "value": value},
            )


def is_down(error: BaseException) -> bool:
    """Whether the error means that the server does not answer now (a slow or blocked statement does not)."""
    if isinstance(error, PoolTimeout | PoolClosed):
        return True
    if isinstance(error, psycopg.InterfaceError):
        return "closed" in str(error)
    if not isinstance(error, psycopg.OperationalError):
        return False
    return error.sqlstate is None or error.sqlstate.startswith(_DOWN_CLASSES)


def passes(error: BaseException) -> bool:
    """Whether work in the background goes on later: the server is away, or somebody, as a migration, holds a lock."""
    return is_down(error) or isinstance(
        error, psycopg.errors.LockNotAvailable | psycopg.errors.DeadlockDetected
    )


def translate(error: Exception) -> WinnowError | None:
    """What a database error means to a caller, for `kit.rpc.ErrorInterceptor`; None for a bug."""
    if isinstance(error, TooManyRequests):
        return ResourceExhausted("SERVER_BUSY", "Too many calls wait for the database.")
    if is_down(error):
        return Unavailable("DATABASE_UNAVAILABLE", "The database does not answer.")
    if isinstance(error, psycopg.errors.LockNotAvailable | psycopg.errors.DeadlockDetected):
        return Aborted("CONCURRENT_CHANGE", "Somebody else is changing the same; try again.")
    if isinstance(error, psycopg.errors.SerializationFailure):
        return Aborted("CONCURRENT_CHANGE", "Somebody else changed the same; try again.")
    if isinstance(error, psycopg.errors.DiskFull):
        return ResourceExhausted("STORAGE_FULL", "The database's storage is full; reading still works.")
    return None


_MIGRATIONS = """
    CREATE TABLE IF NOT EXISTS schema_migrations (
        name text PRIMARY KEY,
        digest text NOT NULL,
        apply_time timestamptz NOT NULL DEFAULT now()
    )
"""
_NO_TRANSACTION = b"-- no transaction"


def _files(folder: Traversable) -> list[tuple[str, bytes]]:
    names = [entry for entry in folder.iterdir() if re.fullmatch(r"\d{4}_\w+\.sql", entry.name)]
    return sorted((entry.name, entry.read_bytes()) for entry in names)


async def pending(connection: Connection, folder: Traversable) -> list[str]:
    """Names of migrations in `folder` that this database has not seen."""
    cursor = await connection.execute("SELECT to_regclass('schema_migrations') IS NOT NULL")
    row = await cursor.fetchone()
    if not (row and row[0]):
        return [name for name, _ in _files(folder)]
    cursor = await connection.execute("SELECT name FROM schema_migrations")
    seen = {applied[0] for applied in await cursor.fetchall()}
    return [name for name, _ in _files(folder) if name not in seen]


async def migrate(conninfo: str, folder: Traversable) -> list[str]:
    """Applies the `NNNN_name.sql` files of `folder` that are new, in order; returns their names.

    Each runs in a transaction of its own, except one whose first line is `-- no transaction`, which is run
    statement by statement and must be repeatable. Waits for another process that migrates.
    FailedPrecondition if an applied file has been edited since.
    """
    session = await AsyncConnection.connect(
        conninfo,
        autocommit=True,
        application_name="migrate",
        options="-c lock_timeout=2s -c statement_timeout=10min -c timezone=UTC",
    )
    async with session:
        while True:
            cursor = await session.execute("SELECT pg_try_advisory_lock(hashtextextended('migrate', 0))")
            row = await cursor.fetchone()
            if row and row[0]:
                break
            await asyncio.sleep(0.2)
        await session.execute(_MIGRATIONS)
        # Services read it to wait for their schema.
        await session.execute("GRANT SELECT ON schema_migrations TO PUBLIC")
        cursor = await session.execute("SELECT name, digest FROM schema_migrations")
        seen: dict[str, str] = dict(await cursor.fetchall())
        applied: list[str] = []
        for name, text in _files(folder):
            digest = hashlib.sha256(text).hexdigest()
            if name in seen:
                if seen[name] != digest:
                    raise FailedPrecondition(
                        "MIGRATION_EDITED", f"{name} was edited after it was applied.", {"migration": name}
                    )
                continue
            if text.startswith(_NO_TRANSACTION):
                for statement in text.split(b";\n"):
                    if statement.strip():
                        await session.execute(statement)
                await _note(session, name, digest)
            else:
                async with session.transaction():
                    await session.execute(text)
                    await _note(session, name, digest)
            applied.append(name)
        return applied


async def _note(session: Connection, name: str, digest: str) -> None:
    await session.execute("INSERT INTO schema_migrations (name, digest) VALUES (%s, %s)", (name, digest))
