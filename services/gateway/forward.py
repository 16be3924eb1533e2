"""Carries calls as bytes to the service that owns the method: catalog over gRPC, curator over NATS.

Nothing here knows what a call is about; the only exception is that answers about people and credentials make the
gateway ask again who its callers are, so that a removed person is out at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Mapping
from typing import Any, TypeVar

import grpc
import grpc.aio
from limits import RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from services.gateway.auth import Authenticator, Watcher
from services.gateway.methods import Method
from services.kit import identity
from services.kit.errors import ResourceExhausted, Unavailable
from services.kit.natsrpc import NatsChannel
from services.kit.rpc import error_info, is_down
from winnow.internal.v1.identity_service_pb2 import AuthenticateResponse

AUTHORIZE_ONLY = ("winnow-authorize-only", "1")
"""Asks the owner to judge the caller's rights on the named object and to do nothing else."""

JUDGE = "catalog"
JUDGED_SECONDS = 5.0
"""In which the catalog says whether somebody may go on."""
_CHECK = "/grpc.health.v1.Health/Check"  # of the whole server, when its request is empty
_ABOUT_CALLERS = ("winnow.catalog.v1.PeopleService", "winnow.catalog.v1.CredentialService")

T = TypeVar("T")


def _raw(message: bytes) -> bytes:
    return message


class Forwarder:
    """Calls methods for credentials: authenticates, limits, signs, forwards."""

    def __init__(
        self,
        catalog: grpc.aio.Channel,
        curator: NatsChannel,
        authenticator: Authenticator,
        calls_per_second: int,
    ) -> None:
        self._channels: Mapping[str, grpc.aio.Channel | NatsChannel] = {
            "catalog": catalog,
            "curator": curator,
        }
        self._authenticator = authenticator
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._limit = RateLimitItemPerSecond(calls_per_second)

    async def admit(self, credential: str) -> AuthenticateResponse:
        """Whom the credential stands for, within their rate; Unauthenticated, or ResourceExhausted RATE_LIMITED."""
        known = await self._authenticator.authenticate(credential)
        await self._within_rate(known.person)
        return known

    async def admit_stranger(self, address: str) -> None:
        """Returns while somebody without a credential is within the rate of their address; else RATE_LIMITED."""
        await self._within_rate(f"address {address}")

    async def catalog_lives(self) -> bool:
        """Whether the catalog says anything of itself, however busy it is, within the 5 s of a short call."""
        check = self._channels[JUDGE].unary_unary(_CHECK, request_serializer=_raw, response_deserializer=_raw)
        try:
            await check(b"")
        except grpc.aio.AioRpcError as error:
            return not is_down(error)
        return True

    async def _within_rate(self, who: str) -> None:
        if not await self._limiter.hit(self._limit, who):
            raise ResourceExhausted(
                "RATE_LIMITED",
                f"More than {self._limit.amount} calls a second; slow down and try again.",
                {"limit": str(self._limit.amount)},
            )

    async def unary(
        self, method: Method, request: bytes, credential: str, timeout: float, *, authorize_only: bool = False
    ) -> bytes:
        """The answer's bytes; the owner's error as it came.

        `authorize_only` never has an effect: the owner answers INVALID_ARGUMENT where it would have begun.
        """
        known = await self.admit(credential)
        try:
            answer = await self._call(method, request, known, timeout, authorize_only)
        except grpc.aio.AioRpcError as error:
            if not _duties_changed(error):
                raise
            # The person's roles moved since the gateway asked; who they are now decides.
            self._authenticator.forget(credential)
            known = await self._authenticator.authenticate(credential)
            answer = await self._call(method, request, known, timeout, authorize_only)
        if method.service.full_name in _ABOUT_CALLERS and not method.read_only:
            self._authenticator.forget_people()
        return answer

    async def _call(
        self,
        method: Method,
        request: bytes,
        known: AuthenticateResponse,
        timeout: float,
        authorize_only: bool,
    ) -> bytes:
        call = self._channels[method.owner].unary_unary(
            method.path, request_serializer=_raw, response_deserializer=_raw
        )
        metadata = self._metadata(method, known)
        if method.owner != JUDGE:
            judged = await self._judged(method, metadata, timeout)
            if authorize_only:
                raise judged
        elif authorize_only:
            metadata = (*metadata, AUTHORIZE_ONLY)
        return await call(request, timeout=timeout, metadata=metadata)

    async def _judged(
        self, method: Method, metadata: tuple[tuple[str, str], ...], timeout: float
    ) -> grpc.aio.AioRpcError:
        """The catalog's word that the caller may; it has the policy and the audit log also for what others answer."""
        judge = self._channels[JUDGE].unary_unary(
            method.path, request_serializer=_raw, response_deserializer=_raw
        )
        try:
            await judge(b"", timeout=timeout, metadata=(*metadata, AUTHORIZE_ONLY))
        except grpc.aio.AioRpcError as error:
            if error.code() == grpc.StatusCode.INVALID_ARGUMENT:
                return error
            raise
        raise AssertionError("a method is judged by an error")

    async def upload(
        self, method: Method, requests: AsyncIterator[bytes], credential: str, timeout: float
    ) -> bytes:
        """The answer to a client stream; the stream is read only as fast as the owner takes it.

        Unauthenticated within a second of its caller being gone, and the owner's refusal once they may not any more.
        """
        known = await self._begins(credential)
        channel = self._channels[method.owner]
        call = channel.stream_unary(method.path, request_serializer=_raw, response_deserializer=_raw)(
            requests, timeout=timeout, metadata=self._metadata(method, known)
        )
        try:
            return await self.while_theirs(method, credential, call)
        finally:
            call.cancel()

    async def while_theirs(self, method: Method, credential: str, sent: Awaitable[T]) -> T:
        """What somebody sends for an upload, once it is here; as `upload` when they may not send it any more."""
        known = await self._authenticator.authenticate(credential)
        with self._authenticator.watching(credential, known, upload=True) as watcher:
            arriving = asyncio.ensure_future(sent)
            try:
                # What has arrived is the owner's by then, whatever becomes of its sender.
                while not (await self._waited(arriving, watcher) or arriving.done()):
                    await self._may_go_on(method, watcher)
                return arriving.result()
            finally:
                arriving.cancel()

    async def _begins(self, credential: str) -> AuthenticateResponse:
        """As `admit` for a stream, which cannot be begun anew: who its caller is now, not a moment ago."""
        self._authenticator.forget(credential)
        return await self.admit(credential)

    async def _may_go_on(self, method: Method, watcher: Watcher) -> None:
        """Returns while an upload's caller is there and may send it; with other rights the owner judges what came."""
        now = await self._authenticator.anew(watcher)
        if now.duties_version == watcher.known.duties_version:
            return
        watcher.known = now
        try:
            await self._call(method, b"", now, JUDGED_SECONDS, authorize_only=True)
        except grpc.aio.AioRpcError as error:
            if error.code() != grpc.StatusCode.INVALID_ARGUMENT:
                raise

    async def watch(self, method: Method, request: bytes, credential: str) -> AsyncGenerator[bytes]:
        """The messages of a server stream, until it ends or the caller is not any more who they were.

        Unauthenticated within a second of that, and when the credential ends; Unavailable when this gateway stops.
        """
        known = await self._begins(credential)
        with self._authenticator.watching(credential, known) as watcher:
            call = self._channels[method.owner].unary_stream(
                method.path, request_serializer=_raw, response_deserializer=_raw
            )(request, metadata=self._metadata(method, known))
            try:
                while (message := await self._next(call, watcher)) is not None:
                    yield message
            finally:
                call.cancel()

    async def _next(self, call: Any, watcher: Watcher) -> bytes | None:
        reading = asyncio.ensure_future(call.read())
        try:
            while not await self._waited(reading, watcher):
                if watcher.stopping:
                    raise Unavailable("SERVICE_UNAVAILABLE", "This server is being stopped; come back.")
                await self._authenticator.still(watcher)
            message = reading.result()
            return message if isinstance(message, bytes) else None
        finally:
            reading.cancel()

    async def _waited(self, awaited: asyncio.Future[Any], watcher: Watcher) -> bool:
        """Whether it is done; not when the stream's caller may have changed, or this gateway stops."""
        doubting = asyncio.ensure_future(watcher.doubt.wait())
        try:
            await asyncio.wait(
                (awaited, doubting),
                timeout=self._authenticator.seconds_left(watcher),
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            doubting.cancel()
        sure = awaited.done() and not watcher.doubt.is_set()
        watcher.doubt.clear()
        return sure

    def _metadata(self, method: Method, known: AuthenticateResponse) -> tuple[tuple[str, str], ...]:
        token = self._authenticator.sign(known, method.path)
        return tuple(identity.metadata(token))


def _duties_changed(error: grpc.aio.AioRpcError) -> bool:
    if error.code() != grpc.StatusCode.UNAUTHENTICATED:
        return False
    info = error_info(error)
    return info is not None and info.reason == "DUTIES_CHANGED"
