"""One catalog in this process, on a real PostgreSQL, called over gRPC by two reviewers while everything else moves."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.resources import files
from typing import Any, TypeVar

import grpc.aio
import psycopg

from services.catalog.main import grpc_door, refusals_to
from services.catalog.postgres.database import Database
from services.catalog.review import proposals, wire
from services.catalog.scheduler import Scheduler
from services.catalog.usecases.identity import FirstPerson, bootstrap
from services.kit import postgres
from services.kit.clock import Clock
from services.kit.identity import Verifier
from services.kit.rpc import error_info
from tests import servers
from tests.integration.catalog.conftest import FIRST_LINK, FIRST_TOKEN, TABLES
from tests.integration.review.conftest import REVIEW_TABLES, Curator, Reviewer, Team
from tests.servers import free_port
from tests.unit.kit.test_small_modules import PUBLIC
from winnow.catalog.v1 import people_service_pb2 as people
from winnow.curation.v1.proposal_pb2 import Proposal

T = TypeVar("T")
EXPECTED = frozenset(
    {
        *(
            "SUGGESTION_DECIDED",
            "SUGGESTION_CHANGED",
            "SAFEGUARD_FAILED",
            "SIMULATION_FAILED",
            "PLAN_INCOMPLETE",
        ),
        *("STATE_HAS_NO_VERB", "UNDO_CONFLICT", "PLAN_OVERLAPS", "APPROVED_ALREADY", "NOT_ALLOWED"),
        *("FIELD_INVALID", "VERDICT_STANDS", "ETAG_STALE", "CONCURRENT_CHANGE"),
    }
)
"""Reasons with which a reviewer may be refused; anything else is a fault."""


@dataclass
class _Sql:
    """What the curator's part of the fixtures needs of a catalog process."""

    database: servers.Database

    def sql(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database.owner, autocommit=True) as connection:
            cursor = connection.execute(query.encode(), values)
            return cursor.fetchall() if cursor.description else []


@dataclass
class World:
    """Starts once; `reset` empties it for the next history."""

    database: servers.Database
    runner: asyncio.Runner = field(default_factory=asyncio.Runner)
    days: int = 0

    def __post_init__(self) -> None:
        self.sql = _Sql(self.database).sql
        self.curator = Curator(None, _Sql(self.database))  # type: ignore[arg-type] - it publishes nothing here
        self.run(self._start())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    async def _start(self) -> None:
        await postgres.migrate(self.database.owner, files("services.catalog") / "migrations")
        pool = postgres.pool(self.database.app, name="histories", size=6)
        await postgres.wait_until_ready(pool, files("services.catalog") / "migrations")
        self.pool, self.db = pool, Database(pool, Clock())
        await bootstrap(self.db, FirstPerson("first@example.org", "First", FIRST_TOKEN, FIRST_LINK))
        port = free_port()

        async def lag() -> int:
            return 0

        # Identity is judged by the wall clock: the histories move the catalog's own.
        access_to = Database(pool, Clock())
        self.door = grpc_door(
            Verifier(PUBLIC),
            access_to=access_to,
            database=self.db,
            lag=lag,
            refusals=refusals_to(access_to),
        )
        self.door.add_insecure_port(f"127.0.0.1:{port}")
        await self.door.start()
        self.channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}")
        self.leader = Reviewer(self.channel, FIRST_TOKEN)
        team = Team(self.leader, self.channel)
        self.designer = await team.join("dora@example.org", people.Person.INSTRUCTIONAL_DESIGNER)

    def stop(self) -> None:
        async def end() -> None:
            await self.channel.close()
            await self.door.stop(None)
            await self.pool.close()

        self.run(end())
        self.runner.close()

    def reset(self) -> None:
        self.days = 0
        self.db.clock = Clock()
        self.sql(TABLES)
        self.sql(REVIEW_TABLES)

    def wait_days(self, days: int) -> None:
        """Time passes, and whatever is due then happens."""
        self.days += days
        today = Clock().today() + timedelta(days=self.days)
        self.db.clock = Clock(replaced_today=today)
        self.tick()

    def tick(self) -> None:
        self.run(Scheduler(self.db, "").tick())

    def propose(self, *messages: Proposal) -> None:
        """As the durable consumer does with what it is delivered, once or again."""
        self.run(proposals.take_proposals(self.db, [wire.proposal(each) for each in messages]))

    def withdraw(self, message: Proposal) -> None:
        gone = wire.Withdrawal(message.key, "Gone.", wire.proposal(message).members, "")
        self.run(proposals.withdraw(self.db, gone))


async def refused(call: Coroutine[Any, Any, T]) -> T | str:
    """What the call answers, or the reason with which it was refused; AssertionError for a fault."""
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        info = error_info(error)
        if info is None or info.reason not in EXPECTED:
            raise AssertionError(f"refused as nobody should be: {error}") from error
        return info.reason
