"""From an outbox row to a consumer's effect, over real PostgreSQL and JetStream, with what may fail in between.

Events are messages made at run time with the names of the table of streams, so that nothing depends on the
contracts. Power cuts and random kills of whole processes are proved elsewhere; here each failure is made by hand.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import psycopg
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from services.kit import (
    consumer,
    deadletters,
    events,
    nats,
    natsrpc,
    outbox,
    postgres,
    process,
    rpc,
    telemetry,
)
from services.kit.errors import Aborted, InvalidArgument, NotFound, Unavailable
from services.kit.events import Event
from tests.servers import Database, NatsServer, PostgresServer

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
PACKAGE = "winnow.catalog.v1"
GENERATED: Any = health_pb2_grpc
"""Untyped: the package has types for its messages only."""


def _messages() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="kit_test_events.proto", package=PACKAGE, syntax="proto3")
    for name in ("ResourcesChanged", "DayStarted"):
        message = file.message_type.add(name=name)
        message.field.add(name="number", number=1, type=3, label=1)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.{name}"))
        for name in ("ResourcesChanged", "DayStarted")
    }


MESSAGES = _messages()
Changed = MESSAGES["ResourcesChanged"]


@pytest.fixture
async def pool(postgres_server: PostgresServer) -> AsyncGenerator[tuple[Database, postgres.Pool]]:
    database = postgres_server.database("kit")
    made = postgres.pool(database.owner, name="test")
    async with made:
        async with made.connection() as connection:
            await connection.execute(outbox.TABLE)
        yield database, made


async def record(pool: postgres.Pool, *numbers: int, kind: Any = Changed) -> None:
    async with postgres.transaction(pool) as connection:
        for number in numbers:
            await outbox.record(connection, kind(number=number), source="kit", now=NOW)


@contextlib.asynccontextmanager
async def running(*works: Awaitable[None]) -> AsyncGenerator[Sequence[asyncio.Future[None]]]:
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        yield tasks
    finally:
        await process.end(tasks)


def sent_twice() -> float:
    return telemetry.REGISTRY.get_sample_value("winnow_outbox_duplicates_total") or 0


PATIENCE = 30.0  # seconds: of a busy machine; what must not take so long is put out of its reach by FAR_OFF
FAR_OFF = 600.0


async def until(condition: Callable[[], Any], seconds: float = PATIENCE) -> None:
    """Polls a condition, plain or awaitable, until it holds."""
    async with asyncio.timeout(seconds):
        while True:
            holds = condition()
            if asyncio.iscoroutine(holds):
                holds = await holds
            if holds:
                return
            await asyncio.sleep(0.02)


ONE = json.dumps({"batch": 1, "expires": int(PATIENCE * 1e9)}).encode()
"""Asks a durable for its next event."""


class Worker:
    """A handler that remembers the numbers it made durable and fails as told."""

    def __init__(self) -> None:
        self.done: list[int] = []
        self.deliveries: dict[int, int] = {}
        self.batches: list[list[int]] = []
        self.failures: dict[int, Callable[[], Exception | None]] = {}

    async def handle(self, batch: Sequence[Event]) -> None:
        numbers = [events.payload(event, Changed).number for event in batch]
        self.batches.append(numbers)
        for number, event in zip(numbers, batch, strict=True):
            self.deliveries[number] = event.deliveries
            error = self.failures[number]() if number in self.failures else None
            if error is not None:
                raise error
        self.done.extend(numbers)

    def always(self, number: int, error: Exception) -> None:
        self.failures[number] = lambda: error

    def times(self, number: int, count: int, error: Exception) -> None:
        left = iter([error] * count)
        self.failures[number] = lambda: next(left, None)


async def publish(js: JetStreamContext, *numbers: int) -> None:
    for number in numbers:
        data = Changed(number=number).SerializeToString()
        row = outbox.Row(0, uuid.uuid4(), Changed.DESCRIPTOR.full_name, "kit", NOW, data, "")
        await js.publish(events.subject(row.type), data, headers=outbox.headers(row))


@pytest.fixture
async def js(bus: Client) -> JetStreamContext:
    made = nats.jetstream(bus)
    await events.ensure_streams(made)
    return made


async def with_ack_wait(js: JetStreamContext, monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Makes the durables anew: what is delivered and not answered for so long comes again."""
    await js.delete_stream("CATALOG")
    monkeypatch.setattr(events, "ACK_WAIT", seconds)
    await events.ensure_streams(js)


async def settled(js: JetStreamContext, durable: str = "curator-embed") -> bool:
    return await events.lag(js, durable) == events.Lag(0, 0)


async def test_the_relay_publishes_rows_in_order_as_cloudevents_and_empties_the_outbox(
    bus: Client, pool: tuple[Database, postgres.Pool]
) -> None:
    database, made = pool
    trace_id = telemetry.bind_trace(None)
    await record(made, *range(250))
    seen: list[Event] = []

    async def handle(batch: Sequence[Event]) -> None:
        seen.extend(batch)

    relay = outbox.Relay(database.owner, bus, stream="CATALOG")
    async with running(relay.run(), consumer.Consumer(bus, "curator-embed", handle).run()):
        await until(lambda: len(seen) == 250)
        await record(made, 250)
        await until(lambda: len(seen) == 251)
    assert [events.payload(event, Changed).number for event in seen] == list(range(251))
    assert {(event.type, event.source, event.time) for event in seen} == {
        ("winnow.catalog.v1.ResourcesChanged", "kit", NOW)
    }
    assert len({event.id for event in seen}) == 251
    assert {event.trace.split("-")[1] for event in seen[:250]} == {trace_id}
    async with made.connection() as connection:
        assert (await outbox.backlog(connection)).waiting == 0


async def test_events_carry_the_headers_of_the_cloudevents_binding(
    bus: Client, pool: tuple[Database, postgres.Pool]
) -> None:
    database, made = pool
    plain = await bus.subscribe("events.>")  # pyright: ignore[reportUnknownMemberType]
    await bus.flush()
    await record(made, 1)
    async with running(outbox.Relay(database.owner, bus, stream="CATALOG").run()):
        message = await plain.next_msg(timeout=PATIENCE)
    headers = message.headers or {}
    assert headers["ce-specversion"] == "1.0"
    assert headers["ce-type"] == "winnow.catalog.v1.ResourcesChanged"
    assert headers["ce-datacontenttype"] == "application/protobuf"
    assert datetime.fromisoformat(headers["ce-time"]) == NOW
    assert headers["Nats-Msg-Id"] == f"kit/{headers['ce-id']}"


async def test_an_event_published_twice_is_in_the_stream_once(
    bus: Client, js: JetStreamContext, pool: tuple[Database, postgres.Pool]
) -> None:
    """The rows come back as after a crash between the acknowledgement and the delete."""
    database, made = pool
    await record(made, 1, 2, 3)
    async with made.connection() as connection:
        await connection.execute("CREATE TABLE copy AS SELECT * FROM outbox")
    duplicates = sent_twice()

    async def empty() -> bool:
        async with made.connection() as connection:
            return (await outbox.backlog(connection)).waiting == 0

    async with running(outbox.Relay(database.owner, bus, stream="CATALOG").run()):
        await until(empty)
        async with made.connection() as connection:
            await connection.execute(
                "INSERT INTO outbox (event_id, type, source, time, data, trace)"
                " SELECT event_id, type, source, time, data, trace FROM copy; "
            )
        await until(empty)
    assert (await js.stream_info("CATALOG")).state.messages == 3
    assert sent_twice() == duplicates + 3


async def test_a_transaction_that_commits_late_is_not_skipped(
    bus: Client, js: JetStreamContext, pool: tuple[Database, postgres.Pool]
) -> None:
    database, made = pool
    worker = Worker()
    async with running(
        outbox.Relay(database.owner, bus, stream="CATALOG").run(),
        consumer.Consumer(bus, "curator-embed", worker.handle).run(),
    ):
        async with postgres.transaction(made) as slow:
            await outbox.record(slow, Changed(number=1), source="kit", now=NOW)
            await record(made, 2)
            await until(lambda: worker.done == [2])
        await until(lambda: worker.done == [2, 1])


async def test_without_nats_events_wait_and_with_nats_back_they_arrive(
    own_nats_server: NatsServer, pool: tuple[Database, postgres.Pool]
) -> None:
    database, made = pool
    bus = await nats.connect(own_nats_server.url, name="test")
    worker = Worker()
    async with running(
        outbox.Relay(database.owner, bus, stream="CATALOG").run(),
        consumer.Consumer(bus, "curator-embed", worker.handle).run(),
    ):
        await record(made, 1)
        await until(lambda: worker.done == [1])
        own_nats_server.kill()
        await record(made, 2, 3)
        async with made.connection() as connection:
            assert (await outbox.backlog(connection)).waiting == 2
        own_nats_server.start()
        await until(lambda: sorted(set(worker.done)) == [1, 2, 3])
    await bus.close()


async def test_a_lost_store_is_made_again_with_its_durables_before_anything_is_published(
    own_nats_server: NatsServer, pool: tuple[Database, postgres.Pool]
) -> None:
    """A stream that keeps by interest drops what comes before its durables; the events after the loss must arrive."""
    database, made = pool
    bus = await nats.connect(own_nats_server.url, name="test")
    worker = Worker()
    async with running(
        outbox.Relay(database.owner, bus, stream="CATALOG").run(),
        consumer.Consumer(bus, "curator-embed", worker.handle).run(),
    ):
        await record(made, 1)
        await until(lambda: worker.done == [1])
        own_nats_server.kill()
        own_nats_server.wipe()
        await record(made, *range(2, 60))
        own_nats_server.start()
        await until(lambda: sorted(set(worker.done)) == list(range(1, 60)))
    await bus.close()


async def test_the_relay_makes_a_vanished_durable_again_by_itself(
    bus: Client, pool: tuple[Database, postgres.Pool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing fails when only a durable has gone: events without interest are accepted, and dropped."""
    monkeypatch.setattr(outbox, "_CHECK_STREAMS", 0.1)
    database, _ = pool
    js = nats.jetstream(bus)

    async def there() -> bool:
        try:
            return "curator-embed" in [info.name for info in await js.consumers_info("CATALOG")]
        except NotFoundError:
            return False

    async with running(outbox.Relay(database.owner, bus, stream="CATALOG").run()):
        await until(there)
        await js.delete_consumer("CATALOG", "curator-embed")
        await until(there)


async def test_one_relay_works_and_the_standby_takes_over(
    bus: Client, js: JetStreamContext, pool: tuple[Database, postgres.Pool]
) -> None:
    database, made = pool
    relays = [outbox.Relay(database.owner, bus, stream="CATALOG") for _ in range(2)]

    async def empty() -> bool:
        async with made.connection() as connection:
            return (await outbox.backlog(connection)).waiting == 0

    async with running(relays[0].run()) as (first,):
        await record(made, 1)
        await until(empty)
        async with running(relays[1].run()):
            await record(made, 2)
            await until(empty)
            first.cancel()
            await record(made, 3)
            await until(empty)
    assert (await js.stream_info("CATALOG")).state.messages == 3


async def test_the_relay_goes_on_after_a_lock_that_was_held_for_longer_than_it_waits(
    bus: Client, pool: tuple[Database, postgres.Pool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "POLL", 0.1)
    database, made = pool
    worker = Worker()

    async def waits() -> bool:
        async with made.connection() as connection:
            found = await connection.execute(
                "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'outbox'::regclass"
            )
            return await found.fetchone() is not None

    async def waits_no_more() -> bool:
        return not await waits()

    async with running(
        outbox.Relay(database.owner, bus, stream="CATALOG").run(),
        consumer.Consumer(bus, "curator-embed", worker.handle).run(),
    ):
        await record(made, 1)
        await until(lambda: worker.done == [1])
        async with made.connection() as holder, holder.transaction():
            await holder.execute("LOCK TABLE outbox")
            await until(waits)
            await until(waits_no_more)
        await record(made, 2)
        await until(lambda: worker.done == [1, 2])


async def test_the_relay_survives_a_killed_postgres(
    nats_server: NatsServer, own_postgres_server: PostgresServer
) -> None:
    database = own_postgres_server.database("kit")
    bus = await nats.connect(nats_server.url, name="test")
    made = postgres.pool(database.owner, name="test")
    worker = Worker()
    async with made:
        async with made.connection() as connection:
            await connection.execute(outbox.TABLE)
        async with running(
            outbox.Relay(database.owner, bus, stream="CATALOG").run(),
            consumer.Consumer(bus, "curator-embed", worker.handle).run(),
        ):
            await record(made, 1)
            await until(lambda: worker.done == [1])
            own_postgres_server.kill()
            own_postgres_server.start()
            await record(made, 2)
            await until(lambda: worker.done == [1, 2])
    await bus.close()


async def test_streams_have_the_bounds_promised(js: JetStreamContext) -> None:
    for stream in events.STREAMS:
        config = (await js.stream_info(stream.name)).config
        assert config.retention == ("limits" if stream.name == "DEAD" else "interest")
        assert config.discard == "new"
        assert config.max_bytes == stream.max_bytes
        assert config.duplicate_window == 120
        for durable in stream.durables:
            found = (await js.consumer_info(stream.name, durable.name)).config
            assert (found.ack_wait, found.max_ack_pending, found.max_deliver) == (10, 200, 5)
            assert not found.backoff


async def test_a_stream_that_differs_from_the_table_is_brought_to_it(js: JetStreamContext) -> None:
    config = (await js.stream_info("CATALOG")).config
    config.max_bytes = 1024
    await js.update_stream(config)  # pyright: ignore[reportUnknownMemberType]
    await events.ensure_streams(js, ["CATALOG"])
    assert (await js.stream_info("CATALOG")).config.max_bytes == 256 * 1024 * 1024


async def test_what_waits_is_handed_over_in_batches_and_a_single_event_without_delay(
    bus: Client, js: JetStreamContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "_IDLE", FAR_OFF)  # no request ends by time
    await publish(js, *range(150))
    worker = Worker()
    async with running(consumer.Consumer(bus, "curator-embed", worker.handle).run()):
        await until(lambda: len(worker.done) == 150)
        assert max(len(batch) for batch in worker.batches) >= 50
        await publish(js, 150)
        await until(lambda: 150 in worker.done)
        await until(lambda: settled(js))
    assert worker.done == list(range(151))


async def test_poison_blocks_no_other_event_and_becomes_dead_letters_with_reasons(
    bus: Client, js: JetStreamContext
) -> None:
    poison = list(range(5, 100, 10))
    worker = Worker()
    for number in poison:
        worker.always(number, InvalidArgument("BAD_NUMBER", f"{number} is bad – ✗", {"number": str(number)}))
    await publish(js, *range(100))
    async with running(consumer.Consumer(bus, "curator-embed", worker.handle).run()):
        await until(lambda: settled(js))
        assert sorted(worker.done) == [number for number in range(100) if number not in poison]
        letters = await deadletters.letters(js)
        assert [Changed.FromString(letter.data).number for letter in letters] == poison
        assert {(letter.reason, letter.durable) for letter in letters} == {("BAD_NUMBER", "curator-embed")}
        assert {letter.subject for letter in letters} == {"events.winnow.catalog.v1.ResourcesChanged"}

        worker.failures.clear()
        retried = await deadletters.retry(js, letters[0].number)
        await until(lambda: 5 in worker.done)
        assert retried.event_id == letters[0].event_id
        assert len(await deadletters.letters(js)) == 9
    with pytest.raises(NotFound):
        await deadletters.retry(js, letters[0].number)


async def test_a_retried_event_that_fails_again_is_a_dead_letter_again(
    bus: Client, js: JetStreamContext
) -> None:
    worker = Worker()
    worker.always(1, InvalidArgument("BAD_NUMBER", "bad"))
    await publish(js, 1)
    async with running(consumer.Consumer(bus, "curator-embed", worker.handle).run()):
        await until(lambda: settled(js))
        (letter,) = await deadletters.letters(js)
        await deadletters.retry(js, letter.number)
        await until(lambda: len(worker.batches) == 2)
        await until(lambda: settled(js))
        (again,) = await deadletters.letters(js)
    assert again.number != letter.number
    assert again.event_id == letter.event_id


async def test_what_is_no_cloudevent_is_a_dead_letter(bus: Client, js: JetStreamContext) -> None:
    worker = Worker()
    subject = "events.winnow.catalog.v1.ResourcesChanged"
    await js.publish(subject, b"\x00\xff")
    await publish(js, 1)
    await js.publish(
        subject, b"", headers={"ce-id": "x", "ce-source": "y", "ce-type": "z", "ce-time": "never"}
    )
    async with running(consumer.Consumer(bus, "curator-embed", worker.handle).run()):
        await until(lambda: settled(js))
    assert worker.done == [1]
    assert {letter.reason for letter in await deadletters.letters(js)} == {"EVENT_MALFORMED"}


@pytest.mark.parametrize("error", [Aborted("TAKEN", "taken"), ValueError("a bug")])
async def test_what_may_pass_comes_back_after_a_delay(
    bus: Client, js: JetStreamContext, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(consumer, "DELAYS", (0.1, 0.1, 0.1, 0.1))
    worker = Worker()
    worker.times(1, 2, error)
    await publish(js, 1)
    async with running(consumer.Consumer(bus, "curator-embed", worker.handle).run()):
        await until(lambda: worker.done == [1])
        await until(lambda: settled(js))
    assert worker.deliveries == {1: 3}
    assert await deadletters.letters(js) == []


async def test_a_bug_that_stays_is_a_dead_letter_after_five_deliveries(
    bus: Client, js: JetStreamContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "DELAYS", (0.05, 0.05, 0.05, 0.05))
    worker = Worker()
    worker.always(1, ValueError("a secret bug"))
    await publish(js, 1, 2)
    async with running(consumer.Consumer(bus, "curator-embed", worker.handle).run()):
        await until(lambda: settled(js))
    assert worker.done == [2]
    assert worker.deliveries[1] == 5
    (letter,) = await deadletters.letters(js)
    assert (letter.reason, letter.text) == ("INTERNAL", "ValueError")


@pytest.mark.parametrize(
    "error",
    [psycopg.OperationalError("connection refused"), Unavailable("AWAY", "away"), ConnectionError("index")],
)
async def test_a_dependency_that_is_away_pauses_the_consumer_and_spends_no_delivery(
    bus: Client, js: JetStreamContext, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(consumer, "_PAUSES", (0.05,))
    worker = Worker()
    away = asyncio.Event()
    away.set()
    worker.failures[1] = lambda: error if away.is_set() else None

    def is_down(failure: BaseException) -> bool:
        return isinstance(failure, ConnectionError) or consumer.dependency_down(failure)

    async def tried(times: int) -> None:
        reached = len(worker.batches) + times
        await until(lambda: len(worker.batches) >= reached)

    await publish(js, 1)
    async with running(consumer.Consumer(bus, "curator-embed", worker.handle, is_down=is_down).run()):
        await tried(3)
        await publish(js, 2)
        await until(lambda: waits(js, events.Lag(1, 1)))
        await tried(3)
        assert await waits(js, events.Lag(1, 1))  # nothing is fetched meanwhile
        assert worker.done == []
        away.clear()
        await until(lambda: sorted(worker.done) == [1, 2])
        await until(lambda: settled(js))
    assert worker.deliveries == {1: 1, 2: 1}
    assert await deadletters.letters(js) == []


async def waits(js: JetStreamContext, lag: events.Lag) -> bool:
    return await events.lag(js, "curator-embed") == lag


async def test_a_batch_that_takes_longer_than_the_acknowledgement_wait_is_not_delivered_twice(
    bus: Client, js: JetStreamContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker waits for it. The time is over when the server itself says so, of an event that nobody answers."""
    await with_ack_wait(js, monkeypatch, 2.0)
    monkeypatch.setattr(consumer, "IN_PROGRESS", 0.1)
    seen: list[int] = []

    async def handle(batch: Sequence[Event]) -> None:
        seen.extend(event.deliveries for event in batch)
        await given_again(bus, js, 3)

    await publish(js, 1)
    workers = [consumer.Consumer(bus, "curator-embed", handle).run() for _ in range(2)]
    async with running(*workers):
        await until(lambda: settled(js))
    assert seen == [1]


async def given_again(bus: Client, js: JetStreamContext, times: int) -> None:
    """Returns when an event of now, which nobody answers, has been delivered so often."""
    row = outbox.Row(0, uuid.uuid4(), MESSAGES["DayStarted"].DESCRIPTOR.full_name, "kit", NOW, b"", "")
    await js.publish(events.subject(row.type), b"", headers=outbox.headers(row))
    inbox = bus.new_inbox()
    fetched = await bus.subscribe(inbox)  # pyright: ignore[reportUnknownMemberType]
    ask = "$JS.API.CONSUMER.MSG.NEXT.CATALOG.curator-judge"
    for _ in range(times):
        await bus.publish(ask, ONE, reply=inbox)
        await fetched.next_msg(timeout=PATIENCE)


async def test_a_stopped_consumer_gives_back_what_it_holds(
    bus: Client, js: JetStreamContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    await with_ack_wait(js, monkeypatch, FAR_OFF)
    started = asyncio.Event()

    async def never(_: Sequence[Event]) -> None:
        started.set()
        await asyncio.Event().wait()

    await publish(js, 1)
    async with running(consumer.Consumer(bus, "curator-embed", never).run()):
        await asyncio.wait_for(started.wait(), PATIENCE)
    worker = Worker()
    async with running(consumer.Consumer(bus, "curator-embed", worker.handle).run()):
        await until(lambda: worker.done == [1])


async def test_an_event_nobody_answers_is_listed_from_the_advisory_and_can_be_retried(
    bus: Client, js: JetStreamContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when an event kills its process each time: fetched and never answered; nobody of ours is listening."""
    await with_ack_wait(js, monkeypatch, 0.1)
    await publish(js, 1)
    inbox = bus.new_inbox()
    fetched = await bus.subscribe(inbox)  # pyright: ignore[reportUnknownMemberType]
    for delivery in range(6):
        ask = "$JS.API.CONSUMER.MSG.NEXT.CATALOG.curator-embed"
        await bus.publish(ask, ONE, reply=inbox)
        if delivery < 5:  # the sixth request gets nothing, and makes the server notice that five were enough
            await fetched.next_msg(timeout=PATIENCE)

    async def listed() -> bool:
        return len(await deadletters.letters(js)) == 1

    await until(listed)
    (letter,) = await deadletters.letters(js)
    assert (letter.reason, letter.durable) == (deadletters.UNANSWERED, "curator-embed")
    assert Changed.FromString(letter.data).number == 1
    worker = Worker()
    async with running(consumer.Consumer(bus, "curator-embed", worker.handle).run()):
        await deadletters.retry(js, letter.number)
        await until(lambda: worker.done == [1])
    assert await deadletters.letters(js) == []


async def test_a_vanished_durable_is_made_again_by_its_consumer(bus: Client, js: JetStreamContext) -> None:
    worker = Worker()
    async with running(consumer.Consumer(bus, "curator-embed", worker.handle).run()):
        await publish(js, 1)
        await until(lambda: worker.done == [1])
        await js.delete_consumer("CATALOG", "curator-embed")

        async def back() -> bool:
            names = [info.name for info in await js.consumers_info("CATALOG")]
            return "curator-embed" in names

        await until(back)
        await publish(js, 2)
        await until(lambda: worker.done == [1, 2])


async def test_events_reach_only_the_role_they_are_for(bus: Client, js: JetStreamContext) -> None:
    embed: list[str] = []
    judge: list[str] = []

    async def to(seen: list[str], batch: Sequence[Event]) -> None:
        seen.extend(event.type.rpartition(".")[2] for event in batch)

    for name in ("ResourcesChanged", "DayStarted"):
        kind = MESSAGES[name]
        row = outbox.Row(0, uuid.uuid4(), kind.DESCRIPTOR.full_name, "kit", NOW, b"", "")
        await js.publish(events.subject(row.type), b"", headers=outbox.headers(row))
    async with running(
        consumer.Consumer(bus, "curator-embed", lambda batch: to(embed, batch)).run(),
        consumer.Consumer(bus, "curator-judge", lambda batch: to(judge, batch)).run(),
    ):
        await until(lambda: embed and judge)
    assert (embed, judge) == (["ResourcesChanged"], ["DayStarted"])


async def test_a_process_that_starts_before_nats_works_once_nats_is_there(
    tmp_path: Path, pool: tuple[Database, postgres.Pool]
) -> None:
    """As `main` wires it: every part runs side by side on a connection that is still being made."""
    database, made = pool
    server = NatsServer(tmp_path / "nats")
    bus = Client()
    worker, stop = Worker(), asyncio.Event()
    rpc_server = natsrpc.NatsServer(bus, queue="test", chain=rpc.interceptors())
    GENERATED.add_HealthServicer_to_server(HealthServicer(), rpc_server)

    async def connect() -> None:
        await nats.connect(server.url, name="early", client=bus)

    await record(made, 1)
    async with running(
        connect(),
        outbox.Relay(database.owner, bus, stream="CATALOG").run(),
        consumer.Consumer(bus, "curator-embed", worker.handle).run(),
        rpc_server.serve_until_stopped(stop),
    ) as parts:
        done, _ = await asyncio.wait(parts, timeout=0.3)
        assert not done
        server.start()
        await until(lambda: worker.done == [1])
        stub = GENERATED.HealthStub(natsrpc.NatsChannel(bus))

        async def served() -> bool:
            try:
                await stub.Check(health_pb2.HealthCheckRequest())
            except grpc.aio.AioRpcError as error:
                return error.code() is not grpc.StatusCode.UNAVAILABLE
            return True

        await until(served)
        stop.set()
        await asyncio.wait_for(parts[-1], PATIENCE)
    await bus.close()
    server.stop()


async def test_a_server_over_nats_stops_though_nats_never_came() -> None:
    stop = asyncio.Event()
    server = natsrpc.NatsServer(Client(), queue="test", chain=[])
    serving = asyncio.ensure_future(server.serve_until_stopped(stop))
    done, _ = await asyncio.wait([serving], timeout=0.2)
    assert not done
    stop.set()
    await asyncio.wait_for(serving, PATIENCE)
