"""The catalog's database: one way in, a transaction."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, TypeVar

from google.protobuf.message import Message
from google.protobuf.wrappers_pb2 import StringValue
from psycopg import Rollback
from typing_extensions import override

from services.catalog.domain.notice import Notice
from services.catalog.domain.people import Viewer
from services.catalog.domain.post import Post
from services.catalog.postgres.announcements import Announcements
from services.catalog.postgres.change_list import ChangeList
from services.catalog.postgres.changes import Bell
from services.catalog.postgres.credentials import Credentials
from services.catalog.postgres.drafts import Drafts
from services.catalog.postgres.engagement import Engagement
from services.catalog.postgres.feed import Feed
from services.catalog.postgres.house_rules import Rules
from services.catalog.postgres.imports import Imports
from services.catalog.postgres.journal import Journal
from services.catalog.postgres.links import Links
from services.catalog.postgres.participation import Participating
from services.catalog.postgres.people_feeds import PeopleFeeds
from services.catalog.postgres.programs import Programs
from services.catalog.postgres.requests import Requests
from services.catalog.postgres.sources import Sources
from services.catalog.postgres.webhooks import Webhooks
from services.kit import postgres
from services.kit.clock import Clock
from services.kit.errors import AlreadyExists
from services.kit.postgres import Connection, Pool
from winnow.catalog.v1.events_pb2 import PeopleChanged

M = TypeVar("M", bound=Message)


class Transaction(
    Programs,
    Sources,
    ChangeList,
    Imports,
    Drafts,
    Engagement,
    Participating,
    Credentials,
    PeopleFeeds,
    Requests,
    Announcements,
    Rules,
    Links,
    Feed,
    Webhooks,
    Journal,
):
    """Everything that can be read and written in one transaction."""

    notice: Notice = Notice()
    """What this installation gives where house rules say nothing."""
    post: Post = Post()
    """How this installation reaches people."""

    @override
    async def flush(self) -> None:
        if self._owners_moved:
            # Whoever gains or loses an object may read more or less from the next call on.
            people = await self.duties_moved(self._owners_moved)
            if people:
                self.record(PeopleChanged(person_ids=people))
        await super().flush()


class Database:
    """Gives transactions: each commits with its events when its block ends and rolls back when it raises."""

    def __init__(
        self, pool: Pool, clock: Clock, notice: Notice | None = None, post: Post | None = None
    ) -> None:
        self.pool = pool
        self.clock = clock
        self.bell = Bell()
        self.notice = notice or Notice()
        self.post = post or Post()

    @asynccontextmanager
    async def transaction(self, *, now: datetime | None = None) -> AsyncGenerator[Transaction]:
        """A transaction for reading and writing; `now` is the moment its changes bear."""
        async with postgres.transaction(self.pool) as connection:
            tx = self._on(connection, now or self.clock.now())
            yield tx
            await tx.flush()

    async def answer_once(
        self, request: Any, caller: Viewer, kind: type[M], verb: Callable[[Transaction], Awaitable[M]]
    ) -> M:
        """What the verb answers in a transaction that also keeps it; a repetition of the request gets that answer."""
        once = {"principal": caller.person.id, "request_id": request.request_id, "method": caller.method}
        async with self.transaction() as tx:
            earlier = await tx.earlier(request, kind, **once)
            if earlier is not None:
                return earlier
            answer = await verb(tx)
            await tx.keep(request, answer, **once)
            return answer

    async def show_once(
        self, request: Any, caller: Viewer, verb: Callable[[Transaction], Awaitable[tuple[str, M]]]
    ) -> M:
        """What the verb answers beside the name of what it made; the answer has a secret and is kept nowhere.

        AlreadyExists with that name for a repetition of the request.
        """
        once = {"principal": caller.person.id, "request_id": request.request_id, "method": caller.method}
        async with self.transaction() as tx:
            earlier = await tx.earlier(request, StringValue, **once)
            if earlier is not None:
                raise AlreadyExists(
                    "SECRET_SHOWN",
                    f"The first call with this request_id made {earlier.value} and showed its secret, which is not "
                    "shown again. If that answer is lost, end what it made and ask with another request_id.",
                    {"request_id": request.request_id, "name": earlier.value},
                )
            name, answer = await verb(tx)
            await tx.keep(request, StringValue(value=name), **once)
            return answer

    @asynccontextmanager
    async def rehearsal(self) -> AsyncGenerator[Transaction]:
        """A transaction that leaves nothing behind: what would come of a change is found by making it."""
        async with postgres.transaction(self.pool) as connection:
            yield self._on(connection, self.clock.now())
            raise Rollback

    @asynccontextmanager
    async def snapshot(self) -> AsyncGenerator[Transaction]:
        """A transaction for reading alone, in which every statement sees the same moment."""
        async with postgres.transaction(self.pool, snapshot=True) as connection:
            yield self._on(connection, self.clock.now())

    @asynccontextmanager
    async def glance(self) -> AsyncGenerator[Transaction]:
        """As `snapshot` for a single statement, which sees one moment by itself: no BEGIN and COMMIT around it."""
        async with self.pool.connection() as connection:
            yield self._on(connection, self.clock.now())

    def _on(self, connection: Connection, now: datetime) -> Transaction:
        tx = Transaction(connection, now)
        tx.notice = self.notice
        tx.post = self.post
        return tx
