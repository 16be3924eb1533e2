"""One trace for all that a request of the HTTP door makes services do, as gRPC's interceptor begins one for a call."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from services.kit import telemetry


class Traced:
    """Middleware that goes on with the caller's trace or begins one; its id finds what every service logs of it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request within its trace."""
        if scope["type"] == "http":
            telemetry.bind_trace(Headers(scope=scope).get(telemetry.TRACE_HEADER))
        await self._app(scope, receive, send)
