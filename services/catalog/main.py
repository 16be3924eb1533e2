"""Settings and wiring of the catalog; the only reader of its environment."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Self, cast

import orjson
import psycopg
from google.protobuf.message import Message
from grpc.aio import Server
from nats.aio.client import Client
from nats.errors import Error
from nats.js.errors import NotFoundError
from psycopg_pool import PoolTimeout
from pydantic import Field, model_validator

from services.catalog import wire
from services.catalog.access import AccessInterceptor, JudgedHere
from services.catalog.domain.house_rules import MAX_NOTICE_DAYS
from services.catalog.domain.notice import Notice
from services.catalog.domain.people import checked_email
from services.catalog.domain.post import Post
from services.catalog.feed import FeedServicer
from services.catalog.imports.worker import ParseWorker
from services.catalog.links.checking import LinkChecker
from services.catalog.links.visiting import Visitor
from services.catalog.postgres.database import Database
from services.catalog.review import wire as review_wire
from services.catalog.review.public_rpc import PublicServicer
from services.catalog.review.rpc import ReviewServicer
from services.catalog.review.rpc_audit import AuditServicer
from services.catalog.review.rpc_statements import StatementServicer
from services.catalog.rpc import CatalogServicer
from services.catalog.rpc_credentials import CredentialServicer
from services.catalog.rpc_people import IdentityServicer, PeopleServicer
from services.catalog.scheduler import Scheduler, waiting_plans
from services.catalog.subscriptions import DURABLE, Reviews
from services.catalog.telling import smtp
from services.catalog.telling.courier import Courier
from services.catalog.telling.hooks import HttpWay, allowed
from services.catalog.telling.rpc import NoticeServicer
from services.catalog.telling.rpc_hooks import WebhookServicer
from services.catalog.telling.smtp import Mailer
from services.catalog.usecases.identity import FirstPerson, bootstrap
from services.catalog.usecases.importing import Importer
from services.catalog.usecases.refusals import write_refusals
from services.catalog.usecases.status import Lag
from services.kit import events, health, nats, postgres, process, rpc, telemetry
from services.kit.consumer import Consumer
from services.kit.health import Readiness
from services.kit.identity import Verifier
from services.kit.natsrpc import NatsServer
from services.kit.outbox import Relay
from services.kit.refusals import Refusals, Refused
from services.kit.settings import Listen, ServiceSettings
from winnow.catalog.v1.catalog_service_pb2_grpc import add_CatalogServiceServicer_to_server
from winnow.catalog.v1.credential_service_pb2_grpc import add_CredentialServiceServicer_to_server
from winnow.catalog.v1.people_service_pb2_grpc import add_PeopleServiceServicer_to_server
from winnow.internal.v1.feed_service_pb2_grpc import add_FeedServiceServicer_to_server
from winnow.internal.v1.identity_service_pb2_grpc import add_IdentityServiceServicer_to_server
from winnow.internal.v1.public_service_pb2_grpc import add_PublicServiceServicer_to_server
from winnow.review.v1.audit_service_pb2_grpc import add_AuditServiceServicer_to_server
from winnow.review.v1.notice_service_pb2_grpc import add_NoticeServiceServicer_to_server
from winnow.review.v1.review_service_pb2_grpc import add_ReviewServiceServicer_to_server
from winnow.review.v1.statement_service_pb2_grpc import add_StatementServiceServicer_to_server
from winnow.review.v1.webhook_service_pb2_grpc import add_WebhookServiceServicer_to_server

MIGRATIONS = files("services.catalog") / "migrations"
STREAM = "CATALOG"


class Settings(ServiceSettings):
    """The catalog's own settings beside the shared ones."""

    database_url: str
    grpc_listen: Listen = "127.0.0.1:8082"
    identity_public_key_file: Path
    bootstrap_file: Path | None = None
    notice_r2_days: int = Field(7, ge=0, le=MAX_NOTICE_DAYS)
    notice_r3_days: int = Field(14, ge=0, le=MAX_NOTICE_DAYS)
    public_url: str = ""
    smtp_url: str = ""
    smtp_password_file: Path | None = None
    mail_from: str = ""
    webhook_allowed: str = ""

    @model_validator(mode="after")
    def _webhooks_can_be_read(self) -> Self:
        allowed(self.webhook_allowed)
        return self

    @model_validator(mode="after")
    def _mail_has_all_it_needs(self) -> Self:
        if self.smtp_url:
            smtp.server(self.smtp_url)
            checked_email(self.mail_from, "WINNOW_MAIL_FROM")
            if not self.public_url:
                raise ValueError("mail needs WINNOW_PUBLIC_URL, for its links")
        return self

    def mailer(self) -> Mailer | None:
        """Who sends mail; None where this installation sends none."""
        if not self.smtp_url:
            return None
        at = smtp.server(self.smtp_url)
        if at.user and self.smtp_password_file:
            at = replace(at, password=self.smtp_password_file.read_text("utf-8").strip())
        return Mailer(at, self.mail_from)

    def post(self) -> Post:
        """How this installation reaches people."""
        return Post(bool(self.smtp_url), self.public_url.rstrip("/"))


class MigrationSettings(ServiceSettings):
    """What `migrate` needs: the owner's login."""

    nats_url: str = ""
    database_url: str


def _detail(value: object) -> Message | None:
    return wire.detail(value) or review_wire.detail(value)


def refusals_to(database: Database) -> Refusals:
    """Counts what is refused to callers whom nobody knows, into the audit log."""

    async def write(refused: Sequence[Refused]) -> bool:
        try:
            await write_refusals(database, refused)
        except (psycopg.Error, PoolTimeout) as error:
            if not postgres.is_down(error):
                raise
            return False
        return True

    return Refusals(write)


def grpc_door(
    verifier: Verifier,
    *,
    access_to: Database,
    database: Database,
    lag: Lag,
    refusals: Refusals,
    way: HttpWay | None = None,
) -> Server:
    """Every service that the gateway reaches, with its interceptors; `access_to` is where refusals are written."""
    served = rpc.server(
        [
            *rpc.interceptors(wire=_detail, translate=postgres.translate),
            AccessInterceptor(verifier, access_to, refusals),
        ]
    )
    add_CatalogServiceServicer_to_server(CatalogServicer(database, waiting_plans, lag), served)
    add_ReviewServiceServicer_to_server(ReviewServicer(database), served)
    add_AuditServiceServicer_to_server(AuditServicer(database), served)
    add_NoticeServiceServicer_to_server(NoticeServicer(database), served)
    add_StatementServiceServicer_to_server(StatementServicer(database), served)
    add_WebhookServiceServicer_to_server(WebhookServicer(database, way or HttpWay()), served)
    add_PublicServiceServicer_to_server(PublicServicer(database), served)
    add_PeopleServiceServicer_to_server(PeopleServicer(database), served)
    add_IdentityServiceServicer_to_server(IdentityServicer(database), served)
    add_CredentialServiceServicer_to_server(CredentialServicer(database), served)
    served.add_generic_rpc_handlers((JudgedHere(),))
    return served


async def serve(settings: Settings, worker: ParseWorker) -> None:
    """Serves until a signal stops it; whatever is away is waited for."""
    telemetry.configure_logging("catalog", settings.log_level)
    pool = postgres.pool(settings.database_url, name="catalog", size=20)
    notice = Notice(settings.notice_r2_days, settings.notice_r3_days)
    database = Database(pool, settings.clock(), notice, settings.post())
    connection = Client()
    verifier = Verifier(settings.identity_public_key_file.read_bytes())
    js = nats.jetstream(connection)
    way = HttpWay(allowed(settings.webhook_allowed))

    async def lag() -> int | None:
        if not connection.is_connected:
            return None
        try:
            found = await events.lag(js, DURABLE)
        except NotFoundError:
            return 0  # nobody has published to the stream yet
        except (Error, OSError):
            return None
        return found.pending + found.unacknowledged

    async def database_answers() -> str | None:
        if not ready.is_set():
            return "the database has not answered yet"
        async with pool.connection() as session:
            await session.execute("SELECT 1")
        return None

    async def nats_answers() -> str | None:
        return None if connection.is_connected else "NATS is not connected"

    readiness = Readiness()
    readiness.add("database", database_answers)
    readiness.add("nats", nats_answers, warning=True)
    if (monitor := settings.nats_monitor_url) is not None:
        readiness.add("nats durability", lambda: nats.durability_doubt(monitor), warning=True)

    refusals = refusals_to(database)
    served = grpc_door(verifier, access_to=database, database=database, lag=lag, refusals=refusals, way=way)
    watched = rpc.Health(served)
    served.add_insecure_port(settings.grpc_listen)

    # Who calls the feed is a service, whose NATS login may use the subject: there is no person to ask about.
    feed = NatsServer(connection, queue="catalog", chain=rpc.interceptors(translate=postgres.translate))
    # Generated code asks for gRPC's server and uses what both have.
    add_FeedServiceServicer_to_server(FeedServicer(database), cast("Server", feed))

    stop = process.stop_on_signals()
    ready = asyncio.Event()

    async def prepare() -> None:
        await postgres.wait_until_ready(pool, MIGRATIONS)
        if settings.bootstrap_file is not None:
            await bootstrap(database, _first_person(settings.bootstrap_file))
        ready.set()
        await nats.connect(
            settings.nats_url, name="catalog", seed_file=settings.nats_nkey_file, client=connection
        )
        await asyncio.Event().wait()

    async def until_ready() -> bool:
        """Whether it may begin; False when it is told to stop before."""
        waiting = [asyncio.ensure_future(event.wait()) for event in (ready, stop)]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for each in waiting:
            each.cancel()
        return ready.is_set() and not stop.is_set()

    async def answer_calls() -> None:
        if await until_ready():
            await rpc.serve_until_stopped(served, watched, stop)

    async def answer_feed() -> None:
        if await until_ready():
            await feed.serve_until_stopped(stop)

    async def relay() -> None:
        await ready.wait()
        await Relay(settings.database_url, connection, stream=STREAM).run()

    async def review() -> None:
        await ready.wait()
        await Consumer(connection, DURABLE, Reviews(database).handle).run()

    async def schedule() -> None:
        await ready.wait()
        await Scheduler(database, settings.database_url).run()

    async def check_links() -> None:
        await ready.wait()
        await LinkChecker(database, settings.database_url, Visitor().visit).run()

    async def deliver() -> None:
        await ready.wait()
        mailer = settings.mailer()
        await Courier(database, settings.database_url, mailer.deliver if mailer else None, way).run()

    async def ring() -> None:
        await ready.wait()
        await database.bell.listen(settings.database_url)

    async def read_imports() -> None:
        await ready.wait()
        await Importer(database, settings.database_url, worker.parse).run()

    web = health.server(readiness, settings.health_listen)
    try:
        await process.run_until_stopped(
            stop,
            draining=[
                database.bell.close(stop),
                answer_calls(),
                answer_feed(),
                refusals.run(stop),
                web.serve_until_stopped(stop),
            ],
            endless=[
                *(prepare(), relay(), review(), schedule(), check_links(), read_imports(), ring()),
                deliver(),
            ],
        )
    finally:
        await nats.close(connection)
        await pool.close()


def _first_person(file: Path) -> FirstPerson:
    values: dict[str, str] = orjson.loads(file.read_bytes())
    return FirstPerson(
        email=values["email"],
        display_name=values.get("display_name", ""),
        token=values.get("token", ""),
        link_token=values.get("link_token", ""),
    )


async def migrate(settings: MigrationSettings) -> None:
    """Applies new migrations with the owner's login."""
    telemetry.configure_logging("catalog", settings.log_level)
    applied = await postgres.migrate(settings.database_url, MIGRATIONS)
    telemetry.logger().info("migrations applied", migrations=applied)


def main() -> None:
    """`python -m services.catalog.main [migrate]`."""
    if sys.argv[1:] == ["migrate"]:
        asyncio.run(migrate(MigrationSettings()))  # pyright: ignore[reportCallIssue] - from the environment
    elif not sys.argv[1:]:
        settings = Settings()  # pyright: ignore[reportCallIssue] - from the environment
        # Before any socket or thread exists: what reads files must not inherit one.
        with ParseWorker() as worker:
            asyncio.run(serve(settings, worker))
    else:
        raise SystemExit("usage: python -m services.catalog.main [migrate]")


if __name__ == "__main__":
    main()
