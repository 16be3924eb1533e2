"""Connections to NATS: kept for ever, by NKey, with private inboxes; errors are counted, not printed."""

from __future__ import annotations

from pathlib import Path

import httpx
from nats.aio.client import Client
from nats.errors import (
    AuthorizationError,
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


async def _count_error(error: Exception) -> None:
    # A denied publish shows up only here and as a time-out of the publisher (measured), hence the counter.
    if isinstance(error, SlowConsumerError):
        telemetry.nats_slow_consumer.inc()
    elif isinstance(error, AuthorizationError) or "permissions violation" in str(error).lower():
        telemetry.nats_permission_denied.inc()
        telemetry.logger().error("NATS refused a subject or the login", error=str(error))
    elif isinstance(error, OSError | NatsTimeoutError | StaleConnectionError):
        telemetry.logger().debug("NATS does not answer", error=str(error))
    else:
        telemetry.logger().warning("NATS connection error", error=str(error))


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
        error_cb=_count_error,
        disconnected_cb=lost,
        reconnected_cb=back,
    )
    return connection


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
