"""The loop that works off a durable: batches to a service's handler, and what becomes of an event that fails."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.errors import NotFoundError

from services.kit import deadletters, events, nats, postgres, rpc, telemetry
from services.kit.errors import (
    Aborted,
    DeadlineExceeded,
    InvalidArgument,
    ResourceExhausted,
    Unavailable,
    WinnowError,
)
from services.kit.events import Event

BATCH = 100  # best fetch size measured
IN_PROGRESS = 3.0  # seconds; without it a long batch is delivered again, and older after newer (measured)
DELAYS = (1.0, 2.0, 10.0, 60.0)  # before deliveries 2, 3, 4 and 5 of one event
_PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)  # between two tries while a dependency does not answer
_IDLE = 5.0  # how long one request for events waits
_LOOK = 0.5  # how often a waiting request looks whether its connection is still the same
_LAG_EVERY = 2.0

Handler = Callable[[Sequence[Event]], Awaitable[None]]
"""Makes the effect of the events durable, then returns. Meets repeats and any order."""

Predicate = Callable[[BaseException], bool]


def dependency_down(error: BaseException) -> bool:
    """Whether a failure means that PostgreSQL, NATS or a called service does not answer now."""
    return postgres.is_down(error) or nats.is_down(error) or rpc.is_down(error)


class Consumer:
    """Works off one durable: takes what waits, up to 100, hands it over as a batch, acknowledges afterwards.

    A batch that fails is tried member by member, so that one poisonous event blocks no other. Of a member
    that fails: while a dependency does not answer, it is held and tried again (no delivery is spent,
    nothing is fetched meanwhile); Aborted, a limit or a bug comes back after 1, 2, 10, 60 s; what cannot
    succeed later, and what failed five times, is copied with its reason to `dead.<subject>` and ended.
    """

    def __init__(
        self, connection: Client, durable: str, handle: Handler, *, is_down: Predicate = dependency_down
    ) -> None:
        self._connection = connection
        self._js = nats.jetstream(connection)
        self._durable = durable
        self._stream, self._entry = events.stream_of(durable)
        self._handle = handle
        self._is_down = is_down
        self._held: dict[str, Msg] = {}
        self._measured = 0.0

    async def run(self) -> None:
        """Consumes until cancelled, through restarts of NATS and lost streams; events in hand are then given back."""
        await nats.until_connected(self._connection)
        inbox = self._connection.new_inbox()
        subscription = await self._connection.subscribe(inbox)  # pyright: ignore[reportUnknownMemberType]
        heartbeat = asyncio.create_task(self._keep_in_progress())
        bound = False
        try:
            while True:
                try:
                    # A request that comes before its durable gets no answer, not even a refusal.
                    if not bound and not await self._bind():
                        continue
                    messages = await self._fetch(inbox, subscription)
                    bound = bool(messages)
                    await self._measure()
                except (Error, OSError) as error:
                    telemetry.logger().debug("waiting for events", durable=self._durable, error=str(error))
                    await asyncio.sleep(_PAUSES[0])
                    continue
                if messages:
                    await self._settle_all(messages)
        finally:
            heartbeat.cancel()
            if self._connection.is_connected:
                for message in self._held.values():
                    await message.nak()
                await subscription.unsubscribe()

    async def _fetch(self, inbox: str, subscription: Any) -> list[Msg]:
        """What waits, up to a batch, at once; else the first event to come within the idle time, with what waits then.

        nats-py's own `fetch` lingers for a full batch after the first event has come.
        """
        messages = await self._request(inbox, subscription, {"batch": BATCH, "no_wait": True}, BATCH, 2.0)
        if messages:
            return messages
        idle = {"batch": 1, "expires": int(_IDLE * 1e9)}
        messages = await self._request(inbox, subscription, idle, 1, _IDLE + 1.0)
        if not messages:
            return []
        rest = {"batch": BATCH - 1, "no_wait": True}
        return messages + await self._request(inbox, subscription, rest, BATCH - 1, 2.0)

    async def _request(
        self, inbox: str, subscription: Any, request: dict[str, Any], wanted: int, seconds: float
    ) -> list[Msg]:
        ask = f"$JS.API.CONSUMER.MSG.NEXT.{self._stream.name}.{self._durable}"
        await self._connection.publish(ask, json.dumps(request).encode(), reply=inbox)
        until = time.monotonic() + seconds
        connections = self._connection.stats["reconnects"]
        messages: list[Msg] = []
        while len(messages) < wanted and (left := until - time.monotonic()) > 0:
            try:
                message: Msg = await subscription.next_msg(timeout=min(left, _LOOK))
            except NatsTimeoutError:
                if self._connection.stats["reconnects"] != connections:
                    break  # the request died with the old connection
                continue
            if message.headers and "Status" in message.headers and not message.data:
                break  # no (more) messages, time is up, or no such consumer: `_bind` finds out
            messages.append(message)
            self._held[message.reply] = message
        return messages

    async def _bind(self) -> bool:
        """Makes the durable if it is missing; False, after a pause, while its stream is."""
        # An empty fetch is all that tells of a vanished stream or durable.
        try:
            await events.ensure_durable(self._js, self._stream, self._entry)
        except NotFoundError:
            telemetry.logger().warning(
                "waiting for the stream", durable=self._durable, stream=self._stream.name
            )
            await asyncio.sleep(_PAUSES[2])
            return False
        return True

    async def _measure(self) -> None:
        if time.monotonic() >= self._measured + _LAG_EVERY:
            self._measured = time.monotonic()
            now = await events.lag(self._js, self._durable)
            telemetry.consumer_lag.labels(self._durable).set(now.pending + now.unacknowledged)

    async def _keep_in_progress(self) -> None:
        while True:
            await asyncio.sleep(IN_PROGRESS)
            if not self._connection.is_connected:
                continue
            for message in list(self._held.values()):
                if not message.is_acked:
                    await message.in_progress()

    async def _settle_all(self, messages: Sequence[Msg]) -> None:
        members: list[tuple[Msg, Event]] = []
        for message in messages:
            try:
                members.append((message, events.parse(message)))
            except InvalidArgument as error:
                await self._bury(message, error)
        if len(members) > 1:
            error = await self._try([event for _, event in members])
            if error is None:
                for message, _ in members:
                    await self._done(message, "handled", message.ack)
                return
        for message, event in members:
            await self._settle(message, event)

    async def _settle(self, message: Msg, event: Event) -> None:
        error = await self._try([event])
        if error is None:
            await self._done(message, "handled", message.ack)
        elif self._passing(error) and event.deliveries < events.MAX_DELIVER:
            delay = DELAYS[min(event.deliveries, len(DELAYS)) - 1]
            await self._done(message, "delayed", lambda: message.nak(delay))
        else:
            await self._bury(message, error)

    @staticmethod
    def _passing(error: Exception) -> bool:
        transient = (Aborted, DeadlineExceeded, ResourceExhausted, Unavailable)
        return isinstance(error, transient) or not isinstance(error, WinnowError)

    async def _try(self, batch: Sequence[Event]) -> Exception | None:
        """None when handled; else the failure. Stays here, paused, while a dependency does not answer."""
        tries = 0
        while True:
            telemetry.bind_trace(batch[0].trace)
            try:
                await self._handle(batch)
            except Exception as error:  # noqa: BLE001 - the other of the two boundaries
                if not self._is_down(error):
                    if len(batch) == 1 and not isinstance(error, WinnowError):
                        telemetry.logger().exception(
                            "event failed by a bug", durable=self._durable, event_id=batch[0].id
                        )
                    return error
                if tries == 0:
                    telemetry.logger().warning(
                        "consumer paused: a dependency does not answer",
                        durable=self._durable,
                        error=str(error),
                    )
                    telemetry.consumer_paused.labels(self._durable).set(1)
                await asyncio.sleep(_PAUSES[min(tries, len(_PAUSES) - 1)])
                tries += 1
            else:
                if tries:
                    telemetry.logger().info("consumer goes on", durable=self._durable)
                    telemetry.consumer_paused.labels(self._durable).set(0)
                return None

    async def _done(self, message: Msg, outcome: str, tell: Callable[[], Awaitable[None]]) -> None:
        self._held.pop(message.reply, None)
        try:
            await tell()
        except Error as error:
            # It comes again after ack_wait, and a repeat leaves the same state.
            telemetry.logger().debug("acknowledgement not sent", durable=self._durable, error=str(error))
        telemetry.consumer_handled.labels(self._durable, outcome).inc()

    async def _bury(self, message: Msg, error: Exception) -> None:
        reason = error.reason if isinstance(error, WinnowError) else "INTERNAL"
        text = error.text if isinstance(error, WinnowError) else type(error).__name__
        try:
            await deadletters.copy(self._js, message, self._durable, reason, text)
        except (Error, OSError) as failure:
            telemetry.logger().error("dead letter not stored", durable=self._durable, error=str(failure))
            await self._done(message, "delayed", lambda: message.nak(DELAYS[-1]))
            return
        telemetry.logger().error("event is a dead letter", durable=self._durable, reason=reason, text=text)
        await self._done(message, "dead", message.term)
