"""The public gRPC door: every reachable method by name, as bytes; reflection and health beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

import grpc
import grpc.aio
from grpc_reflection.v1alpha import reflection
from typing_extensions import override

from services.gateway.errors import status_of
from services.gateway.forward import Forwarder
from services.gateway.methods import Method, service_names
from services.gateway.refusals import GRPC, Strangers
from services.kit import rpc
from services.kit.errors import WinnowError
from services.kit.rpc import CODES, STATUS_KEY

UPLOAD_SECONDS = 3600.0
UNARY_SECONDS = 30.0


class Door(grpc.GenericRpcHandler):
    """Answers the reachable methods and no others (UNIMPLEMENTED)."""

    def __init__(self, methods: Mapping[str, Method], forwarder: Forwarder, strangers: Strangers) -> None:
        self._methods = methods
        self._forwarder = forwarder
        self._strangers = strangers

    @override
    def service(self, handler_call_details: Any) -> Any:
        method = self._methods.get(handler_call_details.method)
        if method is None:
            return None
        untyped: Any = grpc  # handlers of bytes: no serializers to type them by
        if method.server_streaming:
            return untyped.unary_stream_rpc_method_handler(self._watch(method))
        if method.client_streaming:
            return untyped.stream_unary_rpc_method_handler(self._upload(method))
        return untyped.unary_unary_rpc_method_handler(self._unary(method))

    def _unary(self, method: Method) -> Any:
        async def call(request: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
            # A call without a deadline was given one by the chain's DeadlineInterceptor.
            timeout = rpc.outgoing_timeout(UNARY_SECONDS)
            try:
                return await self._forwarder.unary(method, request, _credential(context), timeout)
            except (WinnowError, grpc.aio.AioRpcError) as error:
                await self._end(method, context, error)
                raise

        return call

    def _watch(self, method: Method) -> Any:
        async def call(
            request: bytes, context: grpc.aio.ServicerContext[bytes, bytes]
        ) -> AsyncIterator[bytes]:
            try:
                async for message in self._forwarder.watch(method, request, _credential(context)):
                    yield message
            except (WinnowError, grpc.aio.AioRpcError) as error:
                await self._end(method, context, error)
                raise

        return call

    def _upload(self, method: Method) -> Any:
        async def call(
            requests: AsyncIterator[bytes], context: grpc.aio.ServicerContext[bytes, bytes]
        ) -> bytes:
            try:
                return await self._forwarder.upload(method, requests, _credential(context), UPLOAD_SECONDS)
            except (WinnowError, grpc.aio.AioRpcError) as error:
                await self._end(method, context, error)
                raise

        return call

    async def _end(
        self,
        method: Method,
        context: grpc.aio.ServicerContext[bytes, bytes],
        error: WinnowError | grpc.aio.AioRpcError,
    ) -> None:
        # The owner's Status goes on as it came, details included.
        status = status_of(error)
        self._strangers.note(GRPC, method.path, status)
        trailing = ((STATUS_KEY, status.SerializeToString()),)
        await context.abort(CODES[status.code], status.message, trailing)


def _credential(context: grpc.aio.ServicerContext[bytes, bytes]) -> str:
    for key, value in context.invocation_metadata() or ():
        if key == "authorization":
            return bearer(value if isinstance(value, str) else value.decode("latin-1"))
    return ""


def bearer(header: str) -> str:
    """The credential in an Authorization header; empty when it carries none (RFC 6750)."""
    scheme, _, credential = header.partition(" ")
    return credential.strip() if scheme.lower() == "bearer" else ""


def enable_reflection(served: grpc.aio.Server, methods: Mapping[str, Method], more: Iterable[str]) -> None:
    """Lets tools such as `buf curl` list and call the reachable services."""
    enable: Any = reflection.enable_server_reflection  # pyright: ignore[reportUnknownMemberType]
    enable([*service_names(dict(methods)), *more, reflection.SERVICE_NAME], served)
