"""gRPC servers and channels: one chain of interceptors, one form of error, a deadline on every call.

The interceptors serve `grpc.aio` and `kit.natsrpc` alike. Order matters: telemetry sees the final code, the
error interceptor what deadline and identity raise.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import ContextVar
from typing import Any

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from typing_extensions import override

from services.kit import identity, telemetry
from services.kit.clock import Clock
from services.kit.errors import DeadlineExceeded, Unavailable, WinnowError

DOMAIN = "winnow"
STATUS_KEY = "grpc-status-details-bin"
MAX_MESSAGE = 4 * 1024 * 1024
MAX_STATUS = 8 * 1024  # a metadata value over 16 KiB replaces the error by RESOURCE_EXHAUSTED (measured)
DEFAULT_DEADLINE = 5.0
MAX_DEADLINE = 30.0
HOP = 0.02  # kept back at each hop, so that the answer "too late" still arrives in time

CODES: dict[int, grpc.StatusCode] = {code.value[0]: code for code in grpc.StatusCode}

Translate = Callable[[Exception], WinnowError | None]
"""Says what an exception of a library means, or None when it is a bug."""

Wire = Callable[[object], Message | None]
"""Makes the message of a domain value attached to an error, or None when there is none."""

_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


def time_left() -> float | None:
    """Seconds the running call may still take, less the hop's share; None outside a call."""
    at = _deadline.get()
    return None if at is None else max(0.0, at - time.monotonic())


def outgoing_timeout(asked: float | None) -> float:
    """Seconds for a call made from here: as asked or by default, within what the running call has left."""
    left = time_left()
    wanted = DEFAULT_DEADLINE if asked is None else asked
    return wanted if left is None else min(wanted, left)


def status(error: WinnowError, wire: Wire | None = None) -> Status:
    """The error's Status: ErrorInfo first, then BadRequest, then its details as far as they fit."""
    message = Status(code=int(error.code), message=error.text)
    message.details.add().Pack(ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=error.metadata))
    if error.violations:
        fields = [
            BadRequest.FieldViolation(field=violation.field, description=violation.text)
            for violation in error.violations
        ]
        message.details.add().Pack(BadRequest(field_violations=fields))
    for detail in error.details:
        packed = detail if isinstance(detail, Message) else wire(detail) if wire else None
        if packed is not None and message.ByteSize() + packed.ByteSize() <= MAX_STATUS:
            message.details.add().Pack(packed)
    return message


def status_of(error: grpc.RpcError) -> Status:
    """The Status a failed call carries; one of code and text alone when the server sent no details."""
    if not isinstance(error, grpc.aio.AioRpcError):
        raise TypeError("expected the error of an asynchronous call")
    for key, value in error.trailing_metadata() or ():
        if key == STATUS_KEY and isinstance(value, bytes):
            return Status.FromString(value)
    return Status(code=error.code().value[0], message=error.details() or "")


def error_info(error: grpc.RpcError) -> ErrorInfo | None:
    """The stable reason of a failed call with its metadata; None when the server gave none."""
    info = ErrorInfo()
    for detail in status_of(error).details:
        if detail.Unpack(info):
            return info
    return None


def failure(code: grpc.StatusCode, text: str, details: Status | None = None) -> grpc.aio.AioRpcError:
    """A failed call as a client sees it, for transports that are not gRPC's own."""
    trailing = grpc.aio.Metadata()
    if details is not None:
        trailing.add(STATUS_KEY, details.SerializeToString())
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), trailing, details=text)


def is_down(error: BaseException) -> bool:
    """Whether a failed call means that the other side does not answer now (and not that it said no)."""
    if isinstance(error, Unavailable):
        return True
    return isinstance(error, grpc.aio.AioRpcError) and error.code() in (
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
    )


_Around = Callable[[Any, bool], AbstractAsyncContextManager[None]]


def _wrapped(handler: Any, around: _Around) -> Any:
    """The handler with `around(context, streaming)` entered before its behaviour and left after it."""
    streaming = bool(handler.request_streaming or handler.response_streaming)
    kind = ("stream" if handler.request_streaming else "unary") + (
        "_stream" if handler.response_streaming else "_unary"
    )
    behaviour = getattr(handler, kind)

    async def answer(request: Any, context: Any) -> Any:
        async with around(context, streaming):
            return await behaviour(request, context)

    async def answers(request: Any, context: Any) -> AsyncGenerator[Any]:
        async with around(context, streaming):
            produced = behaviour(request, context)
            if hasattr(produced, "__aiter__"):
                async for message in produced:
                    yield message
            else:  # a coroutine that calls context.write() itself
                await produced

    make = getattr(grpc, f"{kind}_rpc_method_handler")
    return make(
        answers if handler.response_streaming else answer,
        request_deserializer=handler.request_deserializer,
        response_serializer=handler.response_serializer,
    )


class _Interceptor(grpc.aio.ServerInterceptor):
    """Runs `around` about every method."""

    @override
    async def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:
        handler = await continuation(handler_call_details)
        if handler is None:
            return None
        details = handler_call_details
        return _wrapped(handler, lambda context, streaming: self.around(context, streaming, details))

    def around(self, context: Any, streaming: bool, details: Any) -> AbstractAsyncContextManager[None]:
        raise NotImplementedError


def _metadata(details: Any, key: str) -> str | None:
    for name, value in details.invocation_metadata or ():
        if name == key:
            return value if isinstance(value, str) else value.decode("latin-1")
    return None


class TelemetryInterceptor(_Interceptor):
    """Continues the caller's trace and counts calls by method and code."""

    @override
    @asynccontextmanager
    async def around(self, context: Any, streaming: bool, details: Any) -> AsyncGenerator[None]:
        telemetry.bind_trace(_metadata(details, telemetry.TRACE_HEADER))
        begun = time.monotonic()
        code = "OK"
        try:
            yield
        except asyncio.CancelledError:
            code = grpc.StatusCode.CANCELLED.name
            raise
        except BaseException:
            # An aborted call carries its code in the context, as an int in gRPC's own contexts.
            known = CODES.get(getattr(context.code(), "value", (context.code(),))[0])
            code = known.name if known else grpc.StatusCode.UNKNOWN.name
            raise
        finally:
            telemetry.rpc_handled.labels(details.method, code).inc()
            if not streaming:
                telemetry.rpc_seconds.labels(details.method).observe(time.monotonic() - begun)


class ErrorInterceptor(_Interceptor):
    """Ends failed calls with a Status; a bug is logged once, here, and answered without text."""

    def __init__(self, wire: Wire | None = None, translate: Translate | None = None) -> None:
        self._wire = wire
        self._translate = translate

    def _meaning(self, error: Exception) -> WinnowError | None:
        if isinstance(error, WinnowError):
            return error
        if is_down(error):
            return Unavailable("DEPENDENCY_UNAVAILABLE", "A service that this call needs does not answer.")
        return self._translate(error) if self._translate else None

    @override
    @asynccontextmanager
    async def around(self, context: Any, streaming: bool, details: Any) -> AsyncGenerator[None]:
        try:
            yield
        except grpc.aio.AbortError:
            raise
        except Exception as error:  # noqa: BLE001 - one of the two boundaries
            meaning = self._meaning(error)
            if meaning is None:
                telemetry.logger().exception("call failed by a bug", method=details.method)
                await context.abort(grpc.StatusCode.INTERNAL, "")
                return
            message = status(meaning, self._wire)
            trailing = ((STATUS_KEY, message.SerializeToString()),)
            await context.abort(CODES[int(meaning.code)], meaning.text, trailing)


class DeadlineInterceptor(_Interceptor):
    """Gives every unary call a deadline: the caller's, else the default, never more than the maximum.

    Streams keep the caller's own, which gRPC itself enforces.
    """

    def __init__(self, default: float = DEFAULT_DEADLINE, maximum: float = MAX_DEADLINE) -> None:
        self._default = default
        self._maximum = maximum

    @override
    @asynccontextmanager
    async def around(self, context: Any, streaming: bool, details: Any) -> AsyncGenerator[None]:
        given: float | None = context.time_remaining()
        if streaming:
            yield
            return
        budget = min(self._default if given is None else given, self._maximum) - HOP
        late = DeadlineExceeded("DEADLINE_EXCEEDED", "The time for this call is up.")
        if budget <= 0:
            raise late
        _deadline.set(time.monotonic() + budget)
        limit = asyncio.timeout(budget)
        try:
            async with limit:
                yield
        except TimeoutError:
            if limit.expired():
                raise late from None
            raise


class IdentityInterceptor(_Interceptor):
    """Binds the verified caller to the call; without a token `identity.caller()` refuses."""

    def __init__(self, verifier: identity.Verifier, clock: Clock) -> None:
        self._verifier = verifier
        self._clock = clock

    @override
    @asynccontextmanager
    async def around(self, context: Any, streaming: bool, details: Any) -> AsyncGenerator[None]:
        token = _metadata(details, identity.METADATA_KEY)
        known = self._verifier.verify(token, details.method, self._clock.now()) if token else None
        identity.bind_caller(known)
        yield


def interceptors(
    *,
    wire: Wire | None = None,
    translate: Translate | None = None,
    verifier: identity.Verifier | None = None,
    clock: Clock | None = None,
) -> list[grpc.aio.ServerInterceptor]:
    """The chain of a service, in order; identity is left out without a verifier."""
    chain: list[grpc.aio.ServerInterceptor] = [
        TelemetryInterceptor(),
        ErrorInterceptor(wire, translate),
        DeadlineInterceptor(),
    ]
    if verifier is not None:
        chain.append(IdentityInterceptor(verifier, clock or Clock()))
    return chain


def server(chain: Sequence[grpc.aio.ServerInterceptor], *, concurrency: int = 256) -> grpc.aio.Server:
    """A gRPC server with set limits; more than `concurrency` calls at once get RESOURCE_EXHAUSTED."""
    return grpc.aio.server(
        interceptors=list(chain),
        maximum_concurrent_rpcs=concurrency,
        options=[
            ("grpc.max_receive_message_length", MAX_MESSAGE),
            ("grpc.max_send_message_length", MAX_MESSAGE),
            ("grpc.max_connection_age_ms", 300_000),
            ("grpc.max_connection_age_grace_ms", 30_000),
            ("grpc.http2.min_recv_ping_interval_without_data_ms", 20_000),
            ("grpc.keepalive_time_ms", 60_000),
            ("grpc.so_reuseport", 0),  # a second server on the port must fail, not share it
        ],
    )


class Health:
    """The standard health service of a server: NOT_SERVING until set, and again when it drains."""

    def __init__(self, served: grpc.aio.Server, names: Iterable[str] = ()) -> None:
        self._names = ("", *names)
        untyped: Any = health  # the package has no types for its servicer
        self._servicer = untyped.aio.HealthServicer()
        generated: Any = health_pb2_grpc
        generated.add_HealthServicer_to_server(self._servicer, served)

    async def set(self, serving: bool) -> None:
        """Tells every watcher whether the server takes calls."""
        kind = health_pb2.HealthCheckResponse
        for name in self._names:
            await self._servicer.set(name, kind.SERVING if serving else kind.NOT_SERVING)

    async def drain(self) -> None:
        """NOT_SERVING from now on, whatever is set later."""
        await self._servicer.enter_graceful_shutdown()


async def serve_until_stopped(
    served: grpc.aio.Server, watched: Health, stop: asyncio.Event, *, grace: float = 25.0
) -> None:
    """Serves until `stop` is set, then drains: no new calls, running ones get `grace` seconds to end."""
    await served.start()
    await watched.set(True)
    try:
        await stop.wait()
    finally:
        await watched.drain()
        await served.stop(grace)


def service_config(services: Iterable[ServiceDescriptor]) -> str:
    """The client's service config: UNAVAILABLE is retried for repeatable methods, within a budget."""
    repeatable = [
        {"service": service.full_name, "method": method.name}
        for service in services
        for method in service.methods
        if method.GetOptions().idempotency_level != MethodOptions.IDEMPOTENCY_UNKNOWN
    ]
    policy = {
        "maxAttempts": 4,
        "initialBackoff": "0.1s",
        "maxBackoff": "1s",
        "backoffMultiplier": 2,
        "retryableStatusCodes": ["UNAVAILABLE"],
    }
    config: dict[str, Any] = {
        "loadBalancingConfig": [{"round_robin": {}}],
        "retryThrottling": {"maxTokens": 10, "tokenRatio": 0.1},
    }
    if repeatable:
        config["methodConfig"] = [{"name": repeatable, "retryPolicy": policy}]
    return json.dumps(config)


class _Outgoing(grpc.aio.UnaryUnaryClientInterceptor):
    """Gives every unary call a deadline within the running call's, and the trace."""

    @override
    async def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        details = client_call_details
        timeout = outgoing_timeout(details.timeout)
        if timeout <= 0:
            raise failure(grpc.StatusCode.DEADLINE_EXCEEDED, "no time left for this call")
        metadata = grpc.aio.Metadata(*(details.metadata or ()))
        metadata.add(telemetry.TRACE_HEADER, telemetry.trace())
        return await continuation(
            grpc.aio.ClientCallDetails(
                details.method, timeout, metadata, details.credentials, details.wait_for_ready
            ),
            request,
        )


def channel(target: str, services: Iterable[ServiceDescriptor] = ()) -> grpc.aio.Channel:
    """A channel that spreads calls, retries the repeatable methods of `services` and ends every call."""
    return grpc.aio.insecure_channel(
        target,
        interceptors=[_Outgoing()],
        options=[
            ("grpc.service_config", service_config(services)),
            ("grpc.enable_retries", 1),
            ("grpc.max_receive_message_length", MAX_MESSAGE),
            ("grpc.keepalive_time_ms", 30_000),
            ("grpc.http2.ping_timeout_ms", 5_000),  # without it a black hole went unnoticed (measured)
            ("grpc.max_reconnect_backoff_ms", 2_000),
        ],
    )
