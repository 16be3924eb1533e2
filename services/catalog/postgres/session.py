"""What the parts of a transaction share: the connection, what was loaded, and what the feed has to hear of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from google.protobuf.message import Message
from psycopg.rows import dict_row

from services.catalog.domain.programs import Program
from services.catalog.domain.resources import Resource
from services.kit import outbox
from services.kit.postgres import Connection
from winnow.catalog.v1.events_pb2 import (
    EngagementRecorded,
    HouseRulesChanged,
    ProgramsChanged,
    ResourcesChanged,
)

SERVICE = "catalog"
BATCH = 200  # ids an event carries at most; events.proto says so

_LOCK_FEED = "SELECT pg_advisory_xact_lock(hashtextextended('feed', 0)), epoch FROM settings"
_NOTE_REVISION = "UPDATE settings SET revision = (SELECT last_value FROM feed_revision)"
_NEXT_REVISION = "SELECT nextval('feed_revision')"
_REVISE_RESOURCES = """
    WITH numbered AS MATERIALIZED (
        SELECT id, nextval('feed_revision') AS revision FROM unnest(%s::text[]) AS id
    )
    UPDATE resources SET revision = numbered.revision FROM numbered WHERE resources.id = numbered.id
    RETURNING resources.id, resources.revision
"""
_REVISE_PROGRAMS = """
    WITH numbered AS MATERIALIZED (
        SELECT id, nextval('feed_revision') AS revision FROM unnest(%s::text[]) AS id
    )
    UPDATE programs SET revision = numbered.revision FROM numbered WHERE programs.id = numbered.id
    RETURNING programs.id, programs.revision
"""
_REVISE_ENGAGEMENT = """
    INSERT INTO engagement_states (resource, revision)
    SELECT id, nextval('feed_revision') FROM unnest(%s::text[]) AS id
    ON CONFLICT (resource) DO UPDATE SET revision = excluded.revision
    RETURNING resource AS id, revision
"""

Row = Mapping[str, Any]


def columns(row: Row, *left_out: str, **replaced: object) -> dict[str, Any]:
    """A row's columns as arguments of the value they make, some left out or read anew."""
    return {**{name: value for name, value in row.items() if name not in left_out}, **replaced}


class Session:
    """One transaction's connection and its unit of work.

    Revisions are given and events written in `flush`, after the last save and under one lock that is held
    until the commit: so the feed's order is the order of commits, and a batch makes one event.
    """

    def __init__(self, connection: Connection, now: datetime) -> None:
        self.connection = connection
        self.now = now
        self._loaded_resources: dict[str, Resource] = {}
        self._loaded_programs: dict[str, Program] = {}
        self._saved_resources: dict[str, bool] = {}
        self._saved_programs: set[str] = set()
        self._used_resources: set[str] = set()
        self._events: list[Message] = []
        self._epoch: str | None = None
        self._owners_moved: set[str] = set()

    async def rows(self, query: Any, values: Mapping[str, Any] | tuple[Any, ...] = ()) -> list[Row]:
        """The rows of a statement, by column name."""
        async with self.connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(query, values)
            return list(await cursor.fetchall())

    async def row(self, query: Any, values: Mapping[str, Any] | tuple[Any, ...] = ()) -> Row | None:
        """The first row of a statement, None when there is none."""
        async with self.connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(query, values)
            return await cursor.fetchone()

    async def run(self, query: Any, values: Mapping[str, Any] | tuple[Any, ...] = ()) -> int:
        """Runs a statement; the number of rows it changed."""
        cursor = await self.connection.execute(query, values)
        return cursor.rowcount

    async def run_many(self, query: Any, values: Iterable[tuple[Any, ...]]) -> int:
        """Runs a statement for each tuple, in one round trip; the number of rows changed in all."""
        all_values = list(values)
        if not all_values:
            return 0
        async with self.connection.cursor() as cursor:
            await cursor.executemany(query, all_values)
            return cursor.rowcount

    def record(self, message: Message) -> None:
        """Puts an event into this transaction; it goes out after those of the saved objects."""
        self._events.append(message)

    async def feed_revision(self) -> int:
        """The next revision of the feed; call it late: from here on no other transaction commits a state."""
        await self._lock_feed()
        row = await self.row(_NEXT_REVISION)
        return int(row["nextval"]) if row else 0

    async def told_revision(self) -> int:
        """The next revision of the feed for something that people tell, which this transaction then tells of."""
        revision = await self.feed_revision()
        self.record(HouseRulesChanged(revision=revision, epoch=await self._lock_feed()))
        return revision

    def touch_resources(self, resources: Iterable[str]) -> None:
        """What is known around these resources has moved, not their own state: the feed shall say so."""
        for id_ in resources:
            self._saved_resources.setdefault(id_, False)

    def touch_engagement(self, resources: Iterable[str]) -> None:
        """These resources' use has moved: the feed shall say so."""
        self._used_resources.update(resources)

    async def epoch(self) -> str:
        """The feed's epoch."""
        row = await self.row("SELECT epoch FROM settings")
        return str(row["epoch"]) if row else ""

    async def feed_position(self) -> tuple[str, int]:
        """The feed's epoch and its newest revision, which stand for one state of resources, programs and their use."""
        row = await self.row("SELECT epoch, revision FROM settings")
        return (str(row["epoch"]), int(row["revision"])) if row else ("", 0)

    async def _lock_feed(self) -> str:
        if self._epoch is None:
            row = await self.row(_LOCK_FEED)
            self._epoch = str(row["epoch"]) if row else ""
        return self._epoch

    async def flush(self) -> None:
        """Gives revisions to what was saved and writes its events; the last thing before the commit."""
        moved = self._saved_resources or self._saved_programs or self._used_resources
        if not (moved or self._events or self._epoch):
            return
        epoch = await self._lock_feed()
        for ids in _batches(self._saved_resources):
            found = {row["id"]: row["revision"] for row in await self.rows(_REVISE_RESOURCES, (ids,))}
            items = [
                ResourcesChanged.Item(id=id_, revision=found[id_], text_changed=self._saved_resources[id_])
                for id_ in ids
            ]
            await self._write(ResourcesChanged(items=items, epoch=epoch))
        for ids in _batches(self._saved_programs):
            revisions = [row["revision"] for row in await self.rows(_REVISE_PROGRAMS, (ids,))]
            await self._write(ProgramsChanged(ids=ids, revision=max(revisions), epoch=epoch))
        for ids in _batches(self._used_resources):
            revisions = [row["revision"] for row in await self.rows(_REVISE_ENGAGEMENT, (ids,))]
            await self._write(EngagementRecorded(resource_ids=ids, revision=max(revisions), epoch=epoch))
        await self.run(_NOTE_REVISION)
        for message in self._events:
            await self._write(message)

    async def _write(self, message: Message) -> UUID:
        return await outbox.record(self.connection, message, source=SERVICE, now=self.now)


def _batches(ids: Iterable[str]) -> Iterable[list[str]]:
    ordered = sorted(ids)
    return (ordered[start : start + BATCH] for start in range(0, len(ordered), BATCH))
