"""The catalog as a process of its own on real servers, called as the gateway calls it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import httpx
import psycopg
import pytest
from nats.aio.client import Client

from services.kit import identity, nats
from services.kit.identity import Caller, Signer
from services.kit.natsrpc import NatsChannel
from tests.servers import Database, NatsServer, PostgresServer, free_port
from tests.unit.kit.test_small_modules import PRIVATE, PUBLIC
from winnow.catalog.v1 import catalog_service_pb2 as api
from winnow.catalog.v1 import import_pb2
from winnow.catalog.v1.catalog_service_pb2_grpc import CatalogServiceStub
from winnow.catalog.v1.credential_service_pb2_grpc import CredentialServiceStub
from winnow.catalog.v1.people_service_pb2_grpc import PeopleServiceStub
from winnow.internal.v1.feed_service_pb2_grpc import FeedServiceStub
from winnow.internal.v1.identity_service_pb2 import AuthenticateRequest, AuthenticateResponse
from winnow.internal.v1.identity_service_pb2_grpc import IdentityServiceStub

FIRST_TOKEN = "first-token"
FIRST_LINK = "first-link"
TABLES = """
    TRUNCATE listing_names, engagement_sums, learner_months, engagement_names, engagement_states, resource_owners,
        listings, bodies, programs, resources, import_chunks, import_files, import_problems, import_questions,
        imports, source_answers, changes, sources, announcements, link_checks, audit, outbox, requests CASCADE;
    UPDATE audit_head SET id = 0, hash = decode(repeat('00', 32), 'hex');
    UPDATE house_rules SET version = 0, revision = 0, rules = '{}', author = '', update_time = NULL;
    UPDATE responsibility SET mode = 'HYBRID', asked_mode = NULL, asked_by = NULL;
    DELETE FROM person_requests;
    DELETE FROM page_settings;
    DELETE FROM handovers
"""


@dataclass
class CatalogProcess:
    """One catalog process; `kill` and `start` again keep database, address and NATS."""

    database: Database
    nats_url: str
    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.port, self.health_port = free_port(), free_port()
        (self.folder / "public.pem").write_bytes(PUBLIC)
        first = {
            "email": "first@example.org",
            "display_name": "First",
            "token": FIRST_TOKEN,
            "link_token": FIRST_LINK,
        }
        (self.folder / "bootstrap.json").write_text(json.dumps(first))

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "WINNOW_DATABASE_URL": self.database.app,
            "WINNOW_NATS_URL": self.nats_url,
            "WINNOW_GRPC_LISTEN": f"127.0.0.1:{self.port}",
            "WINNOW_HEALTH_LISTEN": f"127.0.0.1:{self.health_port}",
            "WINNOW_IDENTITY_PUBLIC_KEY_FILE": str(self.folder / "public.pem"),
            "WINNOW_BOOTSTRAP_FILE": str(self.folder / "bootstrap.json"),
            "WINNOW_NOTICE_R2_DAYS": "0",
            "WINNOW_NOTICE_R3_DAYS": "0",
            **self.settings,
        }

    def migrate(self) -> None:
        environment = {**self.environment, "WINNOW_DATABASE_URL": self.database.owner}
        command = [sys.executable, "-m", "services.catalog.main", "migrate"]
        subprocess.run(command, check=True, env=environment)

    def start(self) -> CatalogProcess:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "services.catalog.main"], env=self.environment, stderr=log
            )
        deadline = time.monotonic() + 30
        while True:
            with_channel = grpc.insecure_channel(f"127.0.0.1:{self.port}")
            try:
                grpc.channel_ready_future(with_channel).result(timeout=0.2)
                return self
            except grpc.FutureTimeoutError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(self.log()[-4000:]) from None
            finally:
                with_channel.close()

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=10)
        self.process = None

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            assert self.process.wait(timeout=20) == 0, self.log()[-4000:]
            self.process = None

    def sql(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """What an operator would see in the database, with the owner's login."""
        with psycopg.connect(self.database.owner, autocommit=True) as connection:
            cursor = connection.execute(query.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def ready(self) -> dict[str, Any]:
        return httpx.get(f"http://127.0.0.1:{self.health_port}/readyz").json()


class SignedIn:
    """Calls the catalog for one credential, as the gateway does: asks who it is, signs each call."""

    def __init__(self, channel: grpc.aio.Channel, credential: str) -> None:
        self._channel = channel
        self._credential = credential
        self._signer = Signer(PRIVATE)
        self._known: AuthenticateResponse | None = None

    def token(self, person: str, version: int, read: bool, method: str, credential: str = "") -> Any:
        caller = Caller(person, version, read_content=read, method=method, credential=credential)
        return identity.metadata(self._signer.sign(caller, datetime.now(UTC)))

    async def who(self) -> AuthenticateResponse:
        metadata = self.token("", 0, False, "/winnow.internal.v1.IdentityService/Authenticate")
        return await IdentityServiceStub(self._channel).Authenticate(
            AuthenticateRequest(credential=self._credential), metadata=metadata
        )

    async def __call__(self, method: str, request: Any, **more: Any) -> Any:
        known = await self.who()
        service = {
            **dict.fromkeys(dir(CatalogServiceStub(self._channel)), ("CatalogService", CatalogServiceStub)),
            **dict.fromkeys(dir(PeopleServiceStub(self._channel)), ("PeopleService", PeopleServiceStub)),
            **dict.fromkeys(
                ("ListCredentials", "RevokeCredential"), ("CredentialService", CredentialServiceStub)
            ),
        }[method]
        path = f"/winnow.catalog.v1.{service[0]}/{method}"
        metadata = self.token(known.person, known.duties_version, known.read_content, path, known.token_id)
        extra = more.pop("metadata", ())
        return await getattr(service[1](self._channel), method)(request, metadata=(*metadata, *extra), **more)

    async def deliver(self, source: str, files: dict[str, bytes], **start: Any) -> import_pb2.Import:
        """Sends files and returns the import at once."""

        async def messages() -> AsyncGenerator[import_pb2.ImportPackageRequest]:
            yield import_pb2.ImportPackageRequest(
                start=import_pb2.ImportPackageRequest.Start(source=source, **start)
            )
            for path, content in files.items():
                yield import_pb2.ImportPackageRequest(file=import_pb2.ImportPackageRequest.File(path=path))
                for begin in range(0, len(content), 1 << 20):
                    yield import_pb2.ImportPackageRequest(chunk=content[begin : begin + (1 << 20)])

        return await self("ImportPackage", messages())

    async def ended(self, name: str) -> import_pb2.Import:
        """The import once it has ended."""
        while True:
            found = await self("GetImport", api.GetImportRequest(name=name))
            if found.HasField("end_time"):
                return found
            await asyncio.sleep(0.02)

    async def imported(self, source: str, files: dict[str, bytes], **start: Any) -> import_pb2.Import:
        return await self.ended((await self.deliver(source, files, **start)).name)

    async def export(self, **request: Any) -> str:
        whole, token = "", ""
        while True:
            page = await self("ExportCatalog", api.ExportCatalogRequest(page_token=token, **request))
            whole += page.content
            token = page.next_page_token
            if not token:
                return whole


async def eventually(check: Callable[[], Any], seconds: float = 10.0) -> Any:
    """The first true answer of `check` (or of its awaitable); AssertionError when none came in time."""
    deadline = time.monotonic() + seconds
    while True:
        found = check()
        found = await found if asyncio.iscoroutine(found) else found
        if found or time.monotonic() > deadline:
            assert found
            return found
        await asyncio.sleep(0.01)


@pytest.fixture(scope="module")
def process(
    postgres_server: PostgresServer,
    nats_session: NatsServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[CatalogProcess]:
    made = CatalogProcess(
        postgres_server.database("catalog"), nats_session.url, tmp_path_factory.mktemp("catalog")
    )
    made.migrate()
    yield made.start()
    made.stop()


@pytest.fixture
def catalog(process: CatalogProcess) -> CatalogProcess:
    """The module's catalog with nothing in it but its first person."""
    while True:
        try:
            process.sql(TABLES)
        except psycopg.errors.DeadlockDetected:
            continue  # the running process held one table and wanted another
        return process


@pytest.fixture
async def channel(catalog: CatalogProcess) -> AsyncGenerator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{catalog.port}") as opened:
        yield opened


@pytest.fixture
def first(channel: grpc.aio.Channel) -> SignedIn:
    """The first person: ADMINISTRATOR and LEARNING_LEADER."""
    return SignedIn(channel, FIRST_TOKEN)


@pytest.fixture
async def feed(nats_session: NatsServer) -> AsyncGenerator[Any]:
    connection: Client = await nats.connect(nats_session.url, name="curator")
    yield FeedServiceStub(NatsChannel(connection))
    await connection.close()
