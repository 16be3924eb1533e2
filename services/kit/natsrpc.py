"""Generated gRPC services over NATS request and reply: the same servicer, stub and errors, unary only.

Subject `rpc.<package>.<Service>.<Method>`, queue group per service, body = the protobuf message. The
request's headers carry the time left (`grpc-timeout`, milliseconds), identity and trace; the reply's carry
the status as gRPC trailers do. Built on plain subscriptions: `nats.micro` runs one call at a time and sends
exception texts to callers.
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

import grpc
from google.protobuf.message import DecodeError
from google.rpc.status_pb2 import Status
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error, MaxPayloadError, NoRespondersError
from nats.errors import TimeoutError as NatsTimeoutError
from typing_extensions import override

from services.kit import nats, rpc, telemetry
from services.kit.errors import InvalidArgument, ResourceExhausted, Unimplemented, WinnowError

MAX_BODY = 900_000  # the server's max_payload is 1 MB and counts headers too
MAX_HEADERS = 16_000  # nats-py does not check headers; beyond max_payload the server cuts the connection
SUBJECT_PREFIX = "rpc."

_TIMEOUT = "grpc-timeout"
_STATUS = "grpc-status"
_MESSAGE = "grpc-message"
_RESERVED = frozenset({_TIMEOUT, _STATUS, _MESSAGE, rpc.STATUS_KEY})


def _subject(method: str) -> str:
    return SUBJECT_PREFIX + method.lstrip("/").replace("/", ".")


def _headers_size(headers: Mapping[str, str]) -> int:
    return 12 + sum(len(key) + len(value.encode()) + 4 for key, value in headers.items())


@dataclass(frozen=True, slots=True)
class _CallDetails:
    method: str
    invocation_metadata: Sequence[tuple[str, str]]


class _Context:
    """What a servicer and the interceptors use of a grpc.aio.ServicerContext."""

    def __init__(self, details: _CallDetails, deadline: float | None) -> None:
        self._details = details
        self._deadline = deadline
        self._code = grpc.StatusCode.OK
        self._text = ""
        self._trailing: Sequence[tuple[str, str | bytes]] = ()

    def invocation_metadata(self) -> Sequence[tuple[str, str]]:
        return self._details.invocation_metadata

    def time_remaining(self) -> float | None:
        return None if self._deadline is None else max(0.0, self._deadline - time.monotonic())

    async def abort(
        self,
        code: grpc.StatusCode,
        details: str = "",
        trailing_metadata: Sequence[tuple[str, str | bytes]] = (),
    ) -> None:
        self._code, self._text, self._trailing = code, details, trailing_metadata
        raise grpc.aio.AbortError

    def set_code(self, code: grpc.StatusCode) -> None:
        self._code = code

    def set_details(self, details: str) -> None:
        self._text = details

    def set_trailing_metadata(self, trailing_metadata: Sequence[tuple[str, str | bytes]]) -> None:
        self._trailing = trailing_metadata

    def trailing_metadata(self) -> Sequence[tuple[str, str | bytes]]:
        return self._trailing

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str:
        return self._text

    def peer(self) -> str:
        return "nats"

    def cancelled(self) -> bool:
        return False

    def done(self) -> bool:
        return False


class NatsServer:
    """Serves generated gRPC services on a NATS connection.

    `add_XServicer_to_server(servicer, nats_server)` works as it is; pass the interceptors of
    `rpc.interceptors()`. More than `concurrency` calls at once get RESOURCE_EXHAUSTED; a call whose time is
    up is not started.
    """

    def __init__(
        self,
        connection: Client,
        *,
        queue: str,
        chain: Sequence[grpc.aio.ServerInterceptor],
        concurrency: int = 64,
    ) -> None:
        self._connection = connection
        self._queue = queue
        self._chain = tuple(chain)
        self._concurrency = concurrency
        self._services: dict[str, Mapping[str, Any]] = {}
        self._subscriptions: list[Subscription] = []
        self._calls: set[asyncio.Task[None]] = set()

    def add_registered_method_handlers(self, service: str, method_handlers: Mapping[str, Any]) -> None:
        """Called by generated code: `service` is the full name, handlers are by method name."""
        self._services[service] = method_handlers

    def add_generic_rpc_handlers(self, generic_rpc_handlers: Iterable[Any]) -> None:
        """Called by generated code with the same handlers once more; nothing is left to do."""

    async def start(self) -> None:
        """Returns when callers on other connections reach this server; waits for the connection first."""
        await nats.until_connected(self._connection)
        for service in self._services:
            subject = f"{SUBJECT_PREFIX}{service}.*"
            self._subscriptions.append(
                await self._connection.subscribe(  # pyright: ignore[reportUnknownMemberType]
                    subject, queue=self._queue, cb=self._receive
                )
            )
        # One flush is no barrier: a caller right after it met no responder in 3 to 15 of 100
        # tries, after two in none (measured).
        await self._connection.flush()
        await self._connection.flush()

    async def stop(self, grace: float = 5.0) -> None:
        """Takes no new calls; running ones get `grace` seconds to end."""
        for subscription in self._subscriptions:
            if self._connection.is_connected:
                await subscription.drain()
        self._subscriptions.clear()
        if self._calls:
            _, late = await asyncio.wait(self._calls, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def serve_until_stopped(self, stop: asyncio.Event, *, grace: float = 5.0) -> None:
        """Serves until `stop` is set, then drains."""
        starting = asyncio.ensure_future(self.start())
        stopping = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait([starting, stopping], return_when=asyncio.FIRST_COMPLETED)
            if not stop.is_set():
                await starting
                await stopping
        finally:
            starting.cancel()
            stopping.cancel()
            await self.stop(grace)

    async def _receive(self, message: Msg) -> None:
        # Runs in the subscription's one reader, so it only decides and starts a task.
        if not message.reply:
            return
        headers = message.headers or {}
        given = headers.get(_TIMEOUT)
        deadline = time.monotonic() + int(given) / 1000 if given and given.isdigit() else None
        # Tasks are counted, not a semaphore's holders: tasks of one burst have not acquired it yet.
        if len(self._calls) >= self._concurrency:
            busy = ResourceExhausted(
                "SERVER_BUSY", "Too many calls at once.", {"limit": str(self._concurrency)}
            )
            await self._answer_error(message, busy)
            return
        task = asyncio.create_task(self._call(message, headers, deadline))
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)

    async def _call(self, message: Msg, headers: Mapping[str, str], deadline: float | None) -> None:
        if deadline is not None and time.monotonic() >= deadline:
            return  # the caller has given up
        service, _, name = message.subject.removeprefix(SUBJECT_PREFIX).rpartition(".")
        method = f"/{service}/{name}"
        metadata = tuple((key.lower(), value) for key, value in headers.items() if key not in _RESERVED)
        details = _CallDetails(method, metadata)
        context = _Context(details, deadline)
        handler = await self._handler(details, service, name)
        if handler is None or handler.request_streaming or handler.response_streaming:
            await self._answer_error(
                message, Unimplemented("METHOD_UNKNOWN", f"There is no unary method {method} here.")
            )
            return
        try:
            request = handler.request_deserializer(message.data)
        except DecodeError:
            unreadable = InvalidArgument(
                "REQUEST_UNREADABLE", "The request is not the message of this method."
            )
            await self._answer_error(message, unreadable)
            return
        try:
            answer = await handler.unary_unary(request, context)
        except grpc.aio.AbortError:
            await self._reply(message, b"", context.code(), context.details(), context.trailing_metadata())
            return
        if context.code() is not grpc.StatusCode.OK:
            await self._reply(message, b"", context.code(), context.details(), context.trailing_metadata())
            return
        body: bytes = handler.response_serializer(answer)
        if len(body) > MAX_BODY:
            too_big = ResourceExhausted(
                "MESSAGE_TOO_LARGE",
                "The answer is too large.",
                {"size": str(len(body)), "limit": str(MAX_BODY)},
            )
            await self._answer_error(message, too_big)
            return
        await self._reply(message, body, grpc.StatusCode.OK, "", context.trailing_metadata())

    async def _handler(self, details: _CallDetails, service: str, name: str) -> Any:
        async def found(_: _CallDetails) -> Any:
            return self._services.get(service, {}).get(name)

        def chained(interceptor: Any, continuation: Any) -> Callable[[_CallDetails], Any]:
            return lambda details: interceptor.intercept_service(continuation, details)

        continuation: Any = found
        for interceptor in reversed(self._chain):
            continuation = chained(interceptor, continuation)
        return await continuation(details)

    async def _answer_error(self, message: Msg, error: WinnowError) -> None:
        trailing = ((rpc.STATUS_KEY, rpc.status(error).SerializeToString()),)
        await self._reply(message, b"", rpc.CODES[int(error.code)], error.text, trailing)

    async def _reply(
        self,
        message: Msg,
        body: bytes,
        code: grpc.StatusCode,
        text: str,
        trailing: Sequence[tuple[str, str | bytes]],
    ) -> None:
        headers = {_STATUS: str(code.value[0])}
        if text:
            headers[_MESSAGE] = quote(text[:2000])
        for key, value in trailing:
            coded = base64.b64encode(value).decode() if isinstance(value, bytes) else value
            if _headers_size(headers) + len(key) + len(coded) + 4 <= MAX_HEADERS:
                headers[key] = coded
        try:
            await self._connection.publish(message.reply, body, headers=headers)
        except Error as error:
            # The connection is away; the caller's deadline ends its wait.
            telemetry.logger().warning("reply not sent", subject=message.subject, error=str(error))


class _Call:
    """A running call: await it for the response."""

    def __init__(self, task: asyncio.Task[Any]) -> None:
        self._task = task

    def __await__(self) -> Generator[Any, None, Any]:
        return self._task.__await__()

    def cancel(self) -> bool:
        return self._task.cancel()

    def done(self) -> bool:
        return self._task.done()


class NatsChannel(grpc.aio.Channel):
    """A channel for generated stubs (`XStub(NatsChannel(connection))`).

    Calls fail like gRPC's, with an AioRpcError: UNAVAILABLE at once when nobody serves the method or the
    connection is away, DEADLINE_EXCEEDED when no answer came in time (whether the effect happened is then
    unknown).
    """

    def __init__(self, connection: Client) -> None:
        self._connection = connection

    @override
    def unary_unary(
        self,
        method: str,
        request_serializer: Any = None,
        response_deserializer: Any = None,
        _registered_method: bool | None = False,
    ) -> Any:
        def call(request: Any, *, timeout: float | None = None, metadata: Any = None, **_: Any) -> _Call:
            body = request_serializer(request) if request_serializer else request
            return _Call(asyncio.create_task(run(body, rpc.outgoing_timeout(timeout), metadata)))

        async def run(body: bytes, seconds: float, metadata: Any) -> Any:
            answer = await self._request(method, body, seconds, metadata)
            return response_deserializer(answer) if response_deserializer else answer

        return call

    async def _request(self, method: str, body: bytes, seconds: float, metadata: Any) -> bytes:
        if seconds <= 0:
            raise rpc.failure(grpc.StatusCode.DEADLINE_EXCEEDED, "no time left for this call")
        # A request into the buffer of a lost connection would be sent after the caller had given up.
        if not self._connection.is_connected:
            raise rpc.failure(grpc.StatusCode.UNAVAILABLE, "not connected to NATS")
        headers = {key: str(value) for key, value in metadata or ()}
        headers[_TIMEOUT] = str(int(seconds * 1000))
        headers[telemetry.TRACE_HEADER] = telemetry.trace()
        if len(body) > MAX_BODY or _headers_size(headers) > MAX_HEADERS:
            raise rpc.failure(grpc.StatusCode.RESOURCE_EXHAUSTED, "the request is too large")
        try:
            reply = await self._connection.request(_subject(method), body, timeout=seconds, headers=headers)
        except NoRespondersError:
            raise rpc.failure(grpc.StatusCode.UNAVAILABLE, f"nobody serves {method}") from None
        except NatsTimeoutError:
            raise rpc.failure(grpc.StatusCode.DEADLINE_EXCEEDED, "no answer in time") from None
        except MaxPayloadError:
            raise rpc.failure(grpc.StatusCode.RESOURCE_EXHAUSTED, "the request is too large") from None
        except Error as error:
            raise rpc.failure(grpc.StatusCode.UNAVAILABLE, str(error)) from error
        answer = reply.headers or {}
        code = rpc.CODES.get(int(answer.get(_STATUS, "2")), grpc.StatusCode.UNKNOWN)
        if code is grpc.StatusCode.OK:
            return reply.data
        coded = answer.get(rpc.STATUS_KEY)
        details = Status.FromString(base64.b64decode(coded)) if coded else None
        raise rpc.failure(code, unquote(answer.get(_MESSAGE, "")), details)

    def _unary_only(self, method: str) -> Any:
        def call(*_: Any, **__: Any) -> Any:
            raise rpc.failure(grpc.StatusCode.UNIMPLEMENTED, f"{method} streams, which NATS calls do not")

        return call

    @override
    def unary_stream(self, method: str, *_: Any, **__: Any) -> Any:
        return self._unary_only(method)

    @override
    def stream_unary(self, method: str, *_: Any, **__: Any) -> Any:
        return self._unary_only(method)

    @override
    def stream_stream(self, method: str, *_: Any, **__: Any) -> Any:
        return self._unary_only(method)

    @override
    async def close(self, grace: float | None = None) -> None:
        """Nothing to close: the connection belongs to who made it."""

    @override
    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        ready = self._connection.is_connected
        return grpc.ChannelConnectivity.READY if ready else grpc.ChannelConnectivity.TRANSIENT_FAILURE

    @override
    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        raise NotImplementedError("the NATS connection keeps itself")

    @override
    async def channel_ready(self) -> None:
        raise NotImplementedError("the NATS connection keeps itself")

    @override
    async def __aenter__(self) -> NatsChannel:
        return self

    @override
    async def __aexit__(self, *_: object) -> None:
        """Leaves the connection open."""
