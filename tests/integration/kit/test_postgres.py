"""PostgreSQL as kit uses it: migrations, limits, one-at-a-time work, request ids, and what its errors mean."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import psycopg
import pytest
from google.protobuf.wrappers_pb2 import StringValue

from services.kit import outbox, postgres, requests
from services.kit.errors import Aborted, FailedPrecondition, InvalidArgument, Unavailable
from tests.servers import Database, PostgresServer

NOW = datetime(2026, 3, 4, tzinfo=UTC)


@pytest.fixture
async def pool(postgres_server: PostgresServer) -> AsyncGenerator[postgres.Pool]:
    made = postgres.pool(postgres_server.database("kit").owner, name="test")
    async with made:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "0001_first.sql").write_text(
        "CREATE TABLE things (id int PRIMARY KEY); GRANT SELECT ON things TO kit_app;"
    )
    (tmp_path / "0002_index.sql").write_text(
        "-- no transaction\nCREATE INDEX CONCURRENTLY IF NOT EXISTS things_id ON things (id);\n"
    )
    (tmp_path / "notes.txt").write_text("not a migration")
    return tmp_path


async def value(source: postgres.Pool, query: Any) -> Any:
    async with source.connection() as connection:
        row = await (await connection.execute(query)).fetchone()
    return row and row[0]


async def test_migrations_run_once_in_order_and_by_one_process(
    postgres_server: PostgresServer, folder: Path
) -> None:
    database = postgres_server.database("kit")
    runs = await asyncio.gather(*(postgres.migrate(database.owner, folder) for _ in range(4)))
    assert sorted(runs) == [[], [], [], ["0001_first.sql", "0002_index.sql"]]
    async with await postgres.connect(database.app, name="test") as connection:
        assert await postgres.pending(connection, folder) == []
        (folder / "0003_more.sql").write_text("SELECT 1;")
        assert await postgres.pending(connection, folder) == ["0003_more.sql"]


async def test_a_failing_migration_leaves_nothing_behind(
    postgres_server: PostgresServer, folder: Path
) -> None:
    database = postgres_server.database("kit")
    (folder / "0003_bad.sql").write_text("CREATE TABLE half (id int); SELECT 1/0;")
    with pytest.raises(psycopg.errors.DivisionByZero):
        await postgres.migrate(database.owner, folder)
    async with await postgres.connect(database.owner, name="test") as connection:
        row = await (await connection.execute("SELECT to_regclass('half')")).fetchone()
        assert row == (None,)
        assert await postgres.pending(connection, folder) == ["0003_bad.sql"]


async def test_an_edited_migration_is_refused(postgres_server: PostgresServer, folder: Path) -> None:
    database = postgres_server.database("kit")
    await postgres.migrate(database.owner, folder)
    (folder / "0001_first.sql").write_text("CREATE TABLE others (id int);")
    with pytest.raises(FailedPrecondition) as refused:
        await postgres.migrate(database.owner, folder)
    assert refused.value.metadata == {"migration": "0001_first.sql"}


async def test_a_service_waits_for_its_schema(postgres_server: PostgresServer, folder: Path) -> None:
    database = postgres_server.database("kit")
    made = postgres.pool(database.app, name="test")
    waiting = asyncio.ensure_future(postgres.wait_until_ready(made, folder))
    done, _ = await asyncio.wait([waiting], timeout=0.3)
    assert not done
    await postgres.migrate(database.owner, folder)
    await asyncio.wait_for(waiting, 5)
    await made.close()


async def test_a_server_that_may_lose_commits_is_refused(own_postgres_server: PostgresServer) -> None:
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        own_postgres_server.stop()
        own_postgres_server.start(**{setting: "off"})
        async with await postgres.connect(
            own_postgres_server.conninfo("postgres"), name="test"
        ) as connection:
            with pytest.raises(FailedPrecondition) as refused:
                await postgres.check_durability(connection)
            assert refused.value.metadata["setting"] == setting


async def test_a_durable_server_is_accepted(pool: postgres.Pool) -> None:
    async with pool.connection() as connection:
        await postgres.check_durability(connection)


async def test_every_session_has_time_limits(pool: postgres.Pool) -> None:
    for query, expected in (
        ("SHOW statement_timeout", "15s"),
        ("SHOW lock_timeout", "2s"),
        ("SHOW idle_in_transaction_session_timeout", "30s"),
        ("SHOW timezone", "UTC"),
    ):
        assert await value(pool, query) == expected


async def test_a_transaction_commits_whole_or_not_at_all(pool: postgres.Pool) -> None:
    async with postgres.transaction(pool) as connection:
        await connection.execute("CREATE TABLE t (id int)")

    async def fail() -> None:
        async with postgres.transaction(pool) as connection:
            await connection.execute("INSERT INTO t VALUES (1)")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await value(pool, "SELECT count(*) FROM t") == 0
    async with postgres.transaction(pool, snapshot=True) as connection:
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            await connection.execute("INSERT INTO t VALUES (1)")


async def test_a_blocked_statement_is_an_abort_and_not_an_outage(pool: postgres.Pool) -> None:
    async with postgres.transaction(pool) as first:
        await first.execute("CREATE TABLE locked (id int)")
        await first.execute("INSERT INTO locked VALUES (1)")
    async with postgres.transaction(pool) as first, pool.connection() as second:
        await first.execute("SELECT * FROM locked FOR UPDATE")
        await second.execute("SET lock_timeout = '50ms'")
        with pytest.raises(psycopg.OperationalError) as blocked:
            await second.execute("SELECT * FROM locked FOR UPDATE")
    assert isinstance(postgres.translate(blocked.value), Aborted)
    assert not postgres.is_down(blocked.value)


async def test_a_server_that_is_gone_is_an_outage_and_the_pool_recovers(
    own_postgres_server: PostgresServer,
) -> None:
    made = postgres.pool(own_postgres_server.conninfo("postgres"), name="test", size=2)
    async with made:
        assert await value(made, "SELECT 1") == 1
        async with made.connection() as connection:
            own_postgres_server.kill()
            # A backend notices in its own time that its postmaster is gone.
            with pytest.raises(psycopg.OperationalError) as broken:
                async with asyncio.timeout(30):
                    while True:
                        await connection.execute("SELECT 1")
                        await asyncio.sleep(0.02)
        assert isinstance(postgres.translate(broken.value), Unavailable)
        own_postgres_server.start()
        assert await value(made, "SELECT 1") == 1


async def test_a_connection_that_its_server_has_closed_is_replaced_before_anybody_gets_it(
    postgres_server: PostgresServer, pool: postgres.Pool
) -> None:
    closed = await value(pool, "SELECT pg_backend_pid()")
    with postgres_server.admin() as other:
        other.execute("SELECT pg_terminate_backend(%s, 2000)", (closed,))
    assert await value(pool, "SELECT pg_backend_pid()") not in (None, closed)


async def test_one_holder_at_a_time_and_the_standby_takes_over(
    postgres_server: PostgresServer, database: Database
) -> None:
    holders: list[str] = []
    entered = {name: asyncio.Event() for name in "ab"}

    async def hold(name: str) -> None:
        async with postgres.sole(database.app, "work") as session:
            holders.append(name)
            await session.execute("SELECT 1")
            entered[name].set()
            await asyncio.Event().wait()

    first = asyncio.ensure_future(hold("a"))
    await asyncio.wait_for(entered["a"].wait(), 5)
    second = asyncio.ensure_future(hold("b"))
    done, _ = await asyncio.wait([second], timeout=0.3)
    assert not done
    assert holders == ["a"]
    first.cancel()
    await asyncio.wait_for(entered["b"].wait(), 10)
    second.cancel()


class TestRequestIds:
    """The effect is a row in `effects`; a retry must not add a second."""

    ARGUMENTS: ClassVar[dict[str, Any]] = {"principal": "ada", "method": "/s/M", "now": NOW}

    @pytest.fixture(autouse=True)
    async def tables(self, pool: postgres.Pool) -> None:
        async with pool.connection() as connection:
            await connection.execute(requests.TABLE)
            await connection.execute("CREATE TABLE effects (id int)")

    async def mutate(self, pool: postgres.Pool, body: str, request_id: str, **changed: Any) -> str:
        arguments = {**self.ARGUMENTS, **changed}
        request = StringValue(value=body)
        async with postgres.transaction(pool) as connection:
            known = await requests.earlier(
                connection, request, StringValue, request_id=request_id, **arguments
            )
            if known is not None:
                return known.value
            await connection.execute("INSERT INTO effects VALUES (1)")
            row = await (await connection.execute("SELECT count(*) FROM effects")).fetchone()
            result = StringValue(value=f"{body}:{row}")
            await requests.keep(connection, request, result, request_id=request_id, **arguments)
            return result.value

    async def test_twenty_retries_at_once_have_one_effect_and_one_answer(self, pool: postgres.Pool) -> None:
        answers = await asyncio.gather(*(self.mutate(pool, "a", "id-1") for _ in range(20)))
        assert len(set(answers)) == 1
        assert await value(pool, "SELECT count(*) FROM effects") == 1

    async def test_the_same_id_for_another_request_is_refused(self, pool: postgres.Pool) -> None:
        await self.mutate(pool, "a", "id-1")
        for body, changed in (("b", {}), ("a", {"method": "/s/Other"})):
            with pytest.raises(FailedPrecondition) as refused:
                await self.mutate(pool, body, "id-1", **changed)
            assert refused.value.reason == "REQUEST_ID_REUSED"

    async def test_ids_are_a_principals_own_and_empty_ones_ask_for_nothing(self, pool: postgres.Pool) -> None:
        await self.mutate(pool, "a", "id-1")
        await self.mutate(pool, "b", "id-1", principal="bob")
        await self.mutate(pool, "a", "")
        await self.mutate(pool, "a", "")
        assert await value(pool, "SELECT count(*) FROM effects") == 4

    async def test_an_answer_is_kept_for_seven_days(self, pool: postgres.Pool) -> None:
        await self.mutate(pool, "a", "id-1")
        await self.mutate(pool, "a", "id-1", now=NOW + timedelta(days=6, hours=23))
        assert await value(pool, "SELECT count(*) FROM effects") == 1
        await self.mutate(pool, "b", "id-1", now=NOW + timedelta(days=8))
        assert await value(pool, "SELECT count(*) FROM effects") == 2
        async with pool.connection() as connection:
            await requests.forget(connection, NOW + timedelta(days=20))
        assert await value(pool, "SELECT count(*) FROM requests") == 0

    async def test_a_long_id_is_refused(self, pool: postgres.Pool) -> None:
        with pytest.raises(InvalidArgument):
            await self.mutate(pool, "a", "x" * 65)


async def test_an_event_exists_only_with_its_change(pool: postgres.Pool) -> None:
    async with pool.connection() as connection:
        await connection.execute(outbox.TABLE)

    async def fail() -> None:
        async with postgres.transaction(pool) as connection:
            await outbox.record(connection, StringValue(value="x"), source="kit", now=NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with postgres.transaction(pool) as connection:
        assert await outbox.backlog(connection) == outbox.Backlog(0, None)
        await outbox.record(connection, StringValue(value="x"), source="kit", now=NOW)
        assert await outbox.backlog(connection) == outbox.Backlog(1, NOW)


async def test_an_event_too_large_for_nats_fails_with_its_change(pool: postgres.Pool) -> None:
    async with pool.connection() as connection:
        await connection.execute(outbox.TABLE)
    with pytest.raises(psycopg.errors.CheckViolation):
        async with postgres.transaction(pool) as connection:
            await outbox.record(connection, StringValue(value="x" * 900_001), source="kit", now=NOW)
