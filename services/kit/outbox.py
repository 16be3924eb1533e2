"""The outbox: an event is a row of the transaction that makes it true, and a relay publishes the rows in order.

Delivery is at least once. A row's `event_id` is made with the row and stays its identity everywhere; a
number would be handed out again after a restored backup, and JetStream would drop the new event as a repeat
of the old.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote
from uuid import UUID

import psycopg
from google.protobuf.message import Message
from nats.aio.client import Client
from nats.errors import Error
from nats.js.api import PubAck
from psycopg.rows import class_row

from services.kit import events, nats, postgres, telemetry

TABLE = """
CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id uuid NOT NULL UNIQUE,
    type text NOT NULL CHECK (type <> ''),
    source text NOT NULL CHECK (source <> ''),
    time timestamptz NOT NULL,
    data bytea NOT NULL CHECK (octet_length(data) <= 900000),
    trace text NOT NULL
);
"""
"""The table, for a service's first migration (by copy; a test compares). Its app login needs SELECT, INSERT,
UPDATE and DELETE: the relay locks rows before it publishes them."""

WINDOW = 100  # publishes in flight; more brings nothing (measured)
POLL = 1.0  # seconds; a NOTIFY wakes the relay sooner
_PUBLISH_TIMEOUT = 2.0
_CHECK_STREAMS = 15.0  # seconds between two looks whether stream and durables are still there
_BACKOFF = (0.2, 0.5, 1.0, 2.0, 5.0)

_RECORD = """
    WITH recorded AS (
        INSERT INTO outbox (event_id, type, source, time, data, trace) VALUES (%s, %s, %s, %s, %s, %s)
        RETURNING id
    )
    SELECT pg_notify('outbox', '') FROM recorded
"""
_NEXT = """
    SELECT id, event_id, type, source, time, data, trace FROM outbox ORDER BY id LIMIT %s FOR UPDATE
"""
_DELETE = "DELETE FROM outbox WHERE id = ANY(%s)"
_BACKLOG = "SELECT count(*) AS waiting, min(time) AS oldest FROM outbox"


@dataclass(frozen=True, slots=True)
class Row:
    """One event waiting to be published."""

    id: int
    event_id: UUID
    type: str
    source: str
    time: datetime
    data: bytes
    trace: str


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many events wait, and since when the oldest does."""

    waiting: int
    oldest: datetime | None


async def record(connection: postgres.Connection, message: Message, *, source: str, now: datetime) -> UUID:
    """Records the event in the connection's transaction: published if and only if that commits.

    The message's full name is the event's type; `source` names the service. Call it after the last save of
    the transaction: the row locks then make outbox order equal commit order. Returns the event's id.
    """
    event_id = uuid.uuid4()
    kind = message.DESCRIPTOR.full_name
    data = message.SerializeToString()
    await connection.execute(_RECORD, (event_id, kind, source, now, data, telemetry.trace()))
    return event_id


async def backlog(connection: postgres.Connection) -> Backlog:
    """What waits in this database's outbox."""
    async with connection.cursor(row_factory=class_row(Backlog)) as cursor:
        await cursor.execute(_BACKLOG)
        found = await cursor.fetchone()
    return found or Backlog(0, None)


def headers(row: Row) -> dict[str, str]:
    """The event's NATS headers: CloudEvents 1.0 in binary mode, lower case because nats-py's are case-sensitive."""
    return {
        "Nats-Msg-Id": f"{row.source}/{row.event_id}",
        "ce-specversion": "1.0",
        "ce-id": str(row.event_id),
        "ce-source": quote(row.source),
        "ce-type": quote(row.type),
        "ce-time": row.time.isoformat(),
        "ce-datacontenttype": "application/protobuf",
        telemetry.TRACE_HEADER: row.trace,
    }


class Relay:
    """Publishes one database's outbox to one stream: rows in id order, deleted when acknowledged.

    One relay a database works; others wait as standbys. It makes the stream *and* its durables when one is
    missing and publishes nothing before (a stream that keeps by interest drops what nobody has subscribed
    to), and alone makes its stream, so that nothing slips in between.
    """

    def __init__(self, conninfo: str, connection: Client, *, stream: str, replicas: int = 1) -> None:
        self._conninfo = conninfo
        self._connection = connection
        self._js = nats.jetstream(connection)
        self._stream = stream
        self._replicas = replicas
        self._ensured_until = 0.0
        self._measured = 0.0

    async def run(self) -> None:
        """Relays until cancelled, through restarts of PostgreSQL and NATS."""
        await nats.until_connected(self._connection)
        failures = 0
        while True:
            try:
                async with postgres.sole(self._conninfo, "outbox relay") as session:
                    await session.execute("LISTEN outbox")
                    failures = 0
                    await self._work(session)
            except psycopg.Error as error:
                if not postgres.passes(error):
                    raise
                telemetry.logger().warning("outbox: PostgreSQL does not answer", error=str(error).strip())
            await asyncio.sleep(_BACKOFF[min(failures, len(_BACKOFF) - 1)])
            failures += 1

    async def _work(self, session: postgres.Connection) -> None:
        failures = 0
        while True:
            try:
                await self._ensure()
                full = await self._publish_some(session)
                failures = 0
            except (Error, OSError) as error:
                # Whatever NATS says, the rows stay; a full stream or a lost connection holds them back.
                self._ensured_until = 0.0
                if failures == 0:
                    telemetry.logger().warning("outbox: events are held back", error=str(error))
                await self._measure(session)
                await asyncio.sleep(_BACKOFF[min(failures, len(_BACKOFF) - 1)])
                failures += 1
                continue
            await self._measure(session)
            if not full:
                async for _ in session.notifies(timeout=POLL, stop_after=1):
                    pass

    async def _ensure(self) -> None:
        if time.monotonic() < self._ensured_until:
            return
        await events.ensure_streams(self._js, (self._stream, events.DEAD), replicas=self._replicas)
        self._ensured_until = time.monotonic() + _CHECK_STREAMS

    async def _publish_some(self, session: postgres.Connection) -> bool:
        """Publishes up to a window of rows; True if there may be more. Raises the first failure after deleting."""
        async with session.transaction():
            async with session.cursor(row_factory=class_row(Row)) as cursor:
                await cursor.execute(_NEXT, (WINDOW,))
                rows = await cursor.fetchall()
            if not rows:
                return False
            results = await asyncio.gather(*(self._publish(row) for row in rows), return_exceptions=True)
            acknowledged = [
                row for row, result in zip(rows, results, strict=True) if isinstance(result, PubAck)
            ]
            await session.execute(_DELETE, ([row.id for row in acknowledged],))
        self._count(acknowledged, results)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return len(rows) == WINDOW

    async def _publish(self, row: Row) -> PubAck:
        return await self._js.publish(
            events.subject(row.type), row.data, timeout=_PUBLISH_TIMEOUT, headers=headers(row)
        )

    @staticmethod
    def _count(acknowledged: Sequence[Row], results: Sequence[PubAck | BaseException]) -> None:
        for row in acknowledged:
            telemetry.outbox_published.labels(row.type).inc()
        # After a crash between publishing and deleting a repeat is expected; it must stay rare.
        repeated = sum(1 for result in results if isinstance(result, PubAck) and result.duplicate)
        if repeated:
            telemetry.outbox_duplicates.inc(repeated)
            telemetry.logger().info("outbox: JetStream had some events already", count=repeated)

    async def _measure(self, session: postgres.Connection) -> None:
        if time.monotonic() < self._measured + POLL:
            return
        self._measured = time.monotonic()
        waiting = await backlog(session)
        telemetry.outbox_unpublished.set(waiting.waiting)
        age = 0.0 if waiting.oldest is None else time.time() - waiting.oldest.timestamp()
        telemetry.outbox_oldest_seconds.set(max(0.0, age))
