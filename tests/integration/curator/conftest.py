"""A curator without its process: its parts on a real database, real NATS and Qdrant's engine."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from nats.aio.client import Client

from services.curator import postgres as sql
from services.curator import reconciling
from services.curator.analysis.embedding import Embedder, WordEmbedder
from services.curator.embedding_model import Model
from services.curator.feed import Feed
from services.curator.indexing import Indexer
from services.curator.judging import Judge
from services.curator.main import MIGRATIONS
from services.curator.openings import Openings
from services.curator.ports import VectorIndex
from services.curator.qdrant_edge import open_edge
from services.curator.reading import Reader
from services.kit import postgres, rpc
from services.kit.clock import Clock
from services.kit.natsrpc import NatsChannel, NatsServer
from services.kit.postgres import Connection, Pool
from tests.integration.curator.feed import MemoryFeed
from tests.servers import PostgresServer
from winnow.curation.v1.events_pb2 import (
    PassCompleted,
    ProposalMade,
    ProposalWithdrawn,
    ResourcesClassified,
)
from winnow.curation.v1.proposal_pb2 import Proposal
from winnow.internal.v1.feed_service_pb2_grpc import add_FeedServiceServicer_to_server

TODAY = date(2026, 6, 15)
EVENTS: dict[str, type[Any]] = {
    kind.DESCRIPTOR.full_name: kind
    for kind in (ProposalMade, ProposalWithdrawn, PassCompleted, ResourcesClassified)
}


@dataclass
class Curator:
    """The parts, and what tests do with them."""

    feed: MemoryFeed
    pool: Pool
    session: Connection
    reader: Reader
    index: VectorIndex
    indexer: Indexer
    judge: Judge
    hold: Path
    remote: Feed
    space: str

    async def hear(self, *keys: str, kind: int = sql.RESOURCES) -> None:
        """Takes in the event that these objects changed."""
        await self.reader.read(kind, keys)

    async def settle(self) -> None:
        """Judges until nothing waits."""
        while await self.judge.judge_some(self.session):
            pass

    async def sweep(self) -> int:
        return await reconciling.sweep(self.pool, self.remote, self.reader)

    async def events(self) -> list[Any]:
        """What was told to the catalog since the last call, in order."""
        async with self.pool.connection() as connection:
            cursor = await connection.execute("SELECT type, data FROM outbox ORDER BY id")
            rows = await cursor.fetchall()
            await connection.execute("DELETE FROM outbox")
        return [EVENTS[kind].FromString(data) for kind, data in rows]

    async def proposals(self) -> dict[str, Proposal]:
        """What is proposed now, by key."""
        async with self.pool.connection() as connection:
            cursor = await connection.execute("SELECT proposal FROM proposals ORDER BY key")
            found = [Proposal.FromString(row[0]) for row in await cursor.fetchall()]
        return {proposal.key: proposal for proposal in found}

    async def counters(self) -> dict[str, int]:
        async with self.pool.connection() as connection:
            return await sql.counters(connection)

    async def meaning_candidates(self, key: str) -> set[str]:
        """The resources that have a block near one of this resource's by meaning."""
        async with self.pool.connection() as connection:
            own = await sql.telling_blocks(connection, [key])
        near = await self.judge.near(own)
        return {other for other, _ in near.get(key, ())}


@pytest.fixture
def across() -> Embedder | None:
    """What embeds openings; a test module that is about translations says what."""
    return None


@pytest.fixture
async def curator(
    postgres_server: PostgresServer, bus: Client, tmp_path: Path, across: Embedder | None
) -> AsyncGenerator[Curator]:
    database = postgres_server.database("curator")
    await postgres.migrate(database.owner, MIGRATIONS)
    pool = postgres.pool(database.app, name="curator")
    await postgres.wait_until_ready(pool, MIGRATIONS)
    feed = MemoryFeed()
    server: Any = NatsServer(bus, queue="catalog", chain=rpc.interceptors())
    add_FeedServiceServicer_to_server(feed, server)
    await server.start()
    embedder = WordEmbedder()
    model = Model(lambda: embedder)
    model.load_now()
    multilingual = Model(lambda: across) if across is not None else None
    if multilingual is not None:
        multilingual.load_now()
    remote = Feed(NatsChannel(bus))
    reader = Reader(pool, remote, model, multilingual)
    index = open_edge(tmp_path / "index", embedder.dimension)
    hold = tmp_path / "hold"
    indexer = Indexer(pool, index, embedder.space, hold)
    await indexer.check()
    clock = Clock(ZoneInfo("UTC"), TODAY)
    session = await postgres.connect(database.app, name="judge")

    async def no_sweep() -> int:
        return 0

    yield Curator(
        feed,
        pool,
        session,
        reader,
        index,
        indexer,
        Judge(
            pool,
            indexer,
            Openings(across.space if across is not None else None),
            clock,
            no_sweep,
            reader.fill_openings,
        ),
        hold,
        remote,
        embedder.space,
    )
    await session.close()
    await index.close()
    await server.stop()
    await pool.close()
