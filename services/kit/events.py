"""Streams and durables in one table, and what an event is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from urllib.parse import unquote

from google.protobuf.message import DecodeError, Message
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.errors import NotFoundError

from services.kit import telemetry
from services.kit.errors import (
    InvalidArgument,
)

DEAD = "DEAD"
DEAD_PREFIX = "dead."
ADVISORY_PREFIX = "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES."
_PREFIX = "events."
_MIB = 1024 * 1024

ACK_WAIT = 10.0
MAX_ACK_PENDING = 200
MAX_DELIVER = 5


@dataclass(frozen=True, slots=True)
class Durable:
    """One consumer role: what it is called and which subjects it gets."""

    name: str
    filters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream, made by the relay of the service that publishes to it."""

    name: str
    subjects: tuple[str, ...]
    max_bytes: int
    durables: tuple[Durable, ...] = ()

    def config(self, replicas: int) -> StreamConfig:
        """By interest with bounds; a full stream refuses (the outbox then holds back) instead of forgetting."""
        dead = self.name == DEAD
        return StreamConfig(
            name=self.name,
            subjects=list(self.subjects),
            retention=RetentionPolicy.LIMITS if dead else RetentionPolicy.INTEREST,
            storage=StorageType.FILE,
            max_age=(90 if dead else 7) * 86_400.0,
            max_bytes=self.max_bytes,
            discard=DiscardPolicy.NEW,
            duplicate_window=120.0,
            num_replicas=replicas,
        )


def subject(event_type: str) -> str:
    """The subject on which events of a type (a protobuf full name) are published."""
    return _PREFIX + event_type


def _named(package: str, *names: str) -> tuple[str, ...]:
    return tuple(subject(f"{package}.{name}") for name in names)


STREAMS: tuple[Stream, ...] = (
    Stream(
        "CATALOG",
        ("events.winnow.catalog.v1.>", "events.winnow.review.v1.>"),
        256 * _MIB,
        (
            Durable("curator-embed", _named("winnow.catalog.v1", "ResourcesChanged")),
            # Everything else; filters cannot say "but", so events without text are named.
            Durable(
                "curator-judge",
                (
                    *_named(
                        "winnow.catalog.v1",
                        "ProgramsChanged",
                        "EngagementRecorded",
                        "PeopleChanged",
                        "VerdictsChanged",
                        "HouseRulesChanged",
                        "AnalysisRequested",
                        "DayStarted",
                    ),
                    "events.winnow.review.v1.>",
                ),
            ),
        ),
    ),
    Stream(
        "CURATOR",
        ("events.winnow.curation.v1.>",),
        512 * _MIB,
        (Durable("catalog-review", ("events.winnow.curation.v1.>",)),),
    ),
    Stream(DEAD, (f"{DEAD_PREFIX}>", f"{ADVISORY_PREFIX}>"), 64 * _MIB),
)


def stream_of(durable: str) -> tuple[Stream, Durable]:
    """The stream and entry of a durable in the table; KeyError for a name that is not there."""
    for stream in STREAMS:
        for entry in stream.durables:
            if entry.name == durable:
                return stream, entry
    raise KeyError(durable)


def _consumer_config(entry: Durable) -> ConsumerConfig:
    return ConsumerConfig(
        durable_name=entry.name,
        name=entry.name,
        # One filter goes alone: nats-py then puts it into the API subject, which permissions can name.
        filter_subject=entry.filters[0] if len(entry.filters) == 1 else None,
        filter_subjects=list(entry.filters) if len(entry.filters) > 1 else None,
        deliver_policy=DeliverPolicy.ALL,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=ACK_WAIT,
        max_ack_pending=MAX_ACK_PENDING,
        max_deliver=MAX_DELIVER,
    )


async def ensure_streams(
    js: JetStreamContext, names: Iterable[str] | None = None, *, replicas: int = 1
) -> None:
    """Makes the named streams (all, if none is named) with their durables, or brings them to the table's state.

    Returns only when both exist; whoever publishes must not do so before. Replicas of an existing stream
    stay.
    """
    wanted = None if names is None else set(names)
    for stream in STREAMS:
        if wanted is not None and stream.name not in wanted:
            continue
        try:
            found = (await js.stream_info(stream.name)).config
            config = stream.config(found.num_replicas or replicas)
            if any(
                getattr(found, name) != getattr(config, name)
                for name in ("subjects", "max_age", "max_bytes", "discard", "duplicate_window")
            ):
                await js.update_stream(config)  # pyright: ignore[reportUnknownMemberType]
        except NotFoundError:
            await js.add_stream(stream.config(replicas))  # pyright: ignore[reportUnknownMemberType]
            telemetry.logger().warning("stream made", stream=stream.name)
        for entry in stream.durables:
            await ensure_durable(js, stream, entry)


async def ensure_durable(js: JetStreamContext, stream: Stream, entry: Durable) -> None:
    """NotFoundError when the stream itself is missing: only its relay makes that."""
    try:
        found = (await js.consumer_info(stream.name, entry.name)).config
        filters = set(found.filter_subjects or [found.filter_subject])
        if filters == set(entry.filters) and found.max_deliver == MAX_DELIVER:
            return
    except NotFoundError:
        telemetry.logger().warning("durable made", durable=entry.name)
    await js.add_consumer(  # pyright: ignore[reportUnknownMemberType]
        stream.name, _consumer_config(entry)
    )


@dataclass(frozen=True, slots=True)
class Event:
    """One CloudEvent as it was delivered; `deliveries` counts this one."""

    id: str
    source: str
    type: str
    time: datetime
    data: bytes
    trace: str
    subject: str
    deliveries: int


M = TypeVar("M", bound=Message)


def payload(event: Event, kind: type[M]) -> M:
    """The event's message; InvalidArgument if it is of another type or not readable."""
    wanted = kind.DESCRIPTOR.full_name
    if event.type != wanted:
        raise InvalidArgument("EVENT_UNKNOWN", f"Expected {wanted}, got {event.type}.", {"type": event.type})
    try:
        return kind.FromString(event.data)
    except DecodeError as error:
        raise InvalidArgument(
            "EVENT_UNREADABLE", "The event's data is not its message.", {"type": wanted}
        ) from error


def parse(message: Msg) -> Event:
    """The message as an event; InvalidArgument if it lacks what a CloudEvent must have."""
    headers = {key.lower(): unquote(value) for key, value in (message.headers or {}).items()}
    try:
        return Event(
            id=headers["ce-id"],
            source=headers["ce-source"],
            type=headers["ce-type"],
            time=datetime.fromisoformat(headers["ce-time"]),
            data=message.data,
            trace=headers.get(telemetry.TRACE_HEADER, ""),
            subject=message.subject,
            deliveries=message.metadata.num_delivered or 1,
        )
    except (KeyError, ValueError) as error:
        raise InvalidArgument(
            "EVENT_MALFORMED", f"Not a CloudEvent: {error}.", {"header": str(error)}
        ) from error


@dataclass(frozen=True, slots=True)
class Lag:
    """What a durable still has before it; both 0 means it has settled everything (`ack_floor` does not tell)."""

    pending: int
    unacknowledged: int


async def lag(js: JetStreamContext, durable: str) -> Lag:
    """The durable's lag; NotFoundError when stream or durable is missing."""
    stream, _ = stream_of(durable)
    info = await js.consumer_info(stream.name, durable)
    return Lag(info.num_pending or 0, info.num_ack_pending or 0)
