"""Fixtures every test may use: generated protobuf code that is up to date, and real servers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from nats.aio.client import Client

from services.kit import nats
from tests.servers import Database, NatsServer, PostgresServer

# Machines are shared: how long an example takes says nothing about the code.
settings.register_profile("winnow", deadline=None)
settings.load_profile("winnow")

PROTOS = Path(__file__).resolve().parents[1] / "protos"


def _stale() -> bool:
    sources = list((PROTOS / "winnow").rglob("*.proto"))
    made = [source.with_name(f"{source.stem}_pb2.py") for source in sources]
    if not all(path.exists() for path in made):
        return True
    return max((path.stat().st_mtime for path in sources), default=0) > min(
        (path.stat().st_mtime for path in made), default=0
    )


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and _stale():  # one process generates, not each of xdist's
        subprocess.run([sys.executable, PROTOS / "build_hook.py"], check=True)


@pytest.fixture(scope="session")
def nats_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    server = NatsServer(tmp_path_factory.mktemp("nats")).start()
    yield server
    server.stop()


@pytest.fixture
async def nats_server(nats_session: NatsServer) -> AsyncGenerator[NatsServer]:
    """The run's nats-server without a stream in it; a test that kills it uses `own_nats_server`."""
    yield nats_session
    connection = await nats.connect(nats_session.url, name="cleaner")
    js = nats.jetstream(connection)
    for stream in await js.streams_info():
        await js.delete_stream(stream.config.name or "")
    await connection.close()


@pytest.fixture
def own_nats_server(tmp_path: Path) -> Iterator[NatsServer]:
    """A nats-server of the test's own, to kill and wipe."""
    server = NatsServer(tmp_path / "nats").start()
    yield server
    server.stop()


@pytest.fixture
async def bus(nats_server: NatsServer) -> AsyncGenerator[Client]:
    """A connection to the run's nats-server."""
    connection = await nats.connect(nats_server.url, name="test")
    yield connection
    await connection.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The run's PostgreSQL; a test that kills it starts its own."""
    server = PostgresServer().start()
    yield server
    server.remove()


@pytest.fixture
def own_postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL of the test's own, to kill."""
    server = PostgresServer().start()
    yield server
    server.remove()


@pytest.fixture(scope="module")
def database(postgres_server: PostgresServer) -> Database:
    """An empty database of the module's own, with an owner and an app login."""
    return postgres_server.database("kit")
