"""Connections to NATS: kept for ever, by NKey, with private inboxes; errors are counted, not printed."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import httpx
from nats.aio.client import Client
from nats.errors import (
    ConnectionClosedError,
    ConnectionDrainingError,
    ConnectionReconnectingError,
    Error,
    NoRespondersError,
    NoServersError,
    OutboundBufferLimitError,
    SlowConsumerError,
    StaleConnectionError,
)
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js import JetStreamContext
from nats.js.errors import NoStreamResponseError, ServiceUnavailableError

from services.kit import telemetry

_LOG_EVERY = 60.0  # seconds

_DOWN = (
    ConnectionClosedError,
    ConnectionDrainingError,
    ConnectionReconnectingError,
    NatsTimeoutError,
    NoRespondersError,
    NoServersError,
    NoStreamResponseError,
    OutboundBufferLimitError,
    ServiceUnavailableError,
    StaleConnectionError,
)


def is_down(error: BaseException) -> bool:
    """Whether the error means that NATS or JetStream does not answer now."""
    return isinstance(error, _DOWN)


class _Errors:
    """Counts a connection's errors and logs each text once a minute, as a refused login repeats five times a second."""

    def __init__(self) -> None:
        self._logged: dict[str, float] = {}

    async def note(self, error: Exception) -> None:
        text = str(error) or type(error).__name__
        # A denied publish shows up only here and as a time-out of the publisher (measured), hence the
        # counter.
        denied = any(words in text.lower() for words in ("permissions violation", "authorization violation"))
        if denied:
            telemetry.nats_permission_denied.inc()
        if isinstance(error, SlowConsumerError):
            telemetry.nats_slow_consumer.inc()
        if time.monotonic() < self._logged.get(text, 0.0) + _LOG_EVERY:
            return
        self._logged[text] = time.monotonic()
        if denied:
            telemetry.logger().error("NATS refused a subject or the login", error=text)
        elif isinstance(error, OSError | NatsTimeoutError | StaleConnectionError):
            telemetry.logger().info("NATS does not answer", error=text)
        else:
            telemetry.logger().warning("NATS connection error", error=text)


async def connect(
    url: str, *, name: str, seed_file: Path | None = None, client: Client | None = None
) -> Client:
    """Returns once connected, and tries for ever until then; lost connections are made again by themselves.

    `name` is the service's: its replies come to `_INBOX_<name>.>`, which no other login may read.
    `seed_file` holds its NKey seed. Give a new `Client()` to hold the connection before it is there: calls
    on it are UNAVAILABLE.
    """
    connection = client or Client()

    async def lost() -> None:
        telemetry.logger().warning("NATS connection lost", connection=name)

    async def back() -> None:
        telemetry.logger().info("NATS connection is back", connection=name)

    await connection.connect(
        url,
        name=name,
        nkeys_seed=None if seed_file is None else str(seed_file),
        inbox_prefix=f"_INBOX_{name}",
        max_reconnect_attempts=-1,
        reconnect_time_wait=0.2,  # pyright: ignore[reportArgumentType] - typed int, used as seconds
        connect_timeout=2,
        ping_interval=10,
        max_outstanding_pings=2,
        error_cb=_Errors().note,
        disconnected_cb=lost,
        reconnected_cb=back,
    )
    return connection


async def until_connected(connection: Client) -> None:
    """Returns when the connection is there."""
    # Before the first connect nats-py has no inbox prefix, and it offers no event to wait for.
    while not connection.is_connected:  # noqa: ASYNC110
        await asyncio.sleep(0.05)


def jetstream(connection: Client) -> JetStreamContext:
    """JetStream over the connection; each of its calls takes at most 2 seconds."""
    return connection.jetstream(timeout=2)  # pyright: ignore[reportUnknownMemberType]


async def close(connection: Client) -> None:
    """Sends what is waiting and closes; a connection that is away is closed as it is."""
    if connection.is_closed:
        return
    try:
        if connection.is_connected:
            await connection.flush(timeout=2)
    except (Error, OSError) as error:
        telemetry.logger().warning("NATS connection closed before all was sent", error=str(error))
    await connection.close()


async def durability_doubt(monitor_url: str) -> str | None:
    """What speaks against trusting JetStream's acknowledgements, None when they survive a power cut.

    Only `/varz` tells whether each message is synced (`sync_interval: always`); the default loses whole
    streams.
    """
    try:
        async with httpx.AsyncClient(timeout=2) as client:
            varz = (await client.get(f"{monitor_url}/varz")).raise_for_status().json()
    except (httpx.HTTPError, ValueError) as error:
        return f"the NATS monitor does not answer: {type(error).__name__}"
    config = varz.get("jetstream", {}).get("config")
    if not config:
        return "JetStream is off"
    return (
        None if config.get("sync_always") else "JetStream does not sync each message (sync_interval: always)"
    )
