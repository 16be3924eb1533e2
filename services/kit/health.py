"""Health over HTTP: `/healthz` (the process runs), `/readyz` (it can do its work), `/metrics` (Prometheus)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp
from typing_extensions import override

from services.kit import telemetry
from services.kit.settings import split_listen

Check = Callable[[], Awaitable[str | None]]
"""Says what is wrong, or None; it has a second to do so."""

CHECK_SECONDS = 1.0


class Readiness:
    """What a process needs to do its work, asked whenever somebody asks `/readyz`.

    A failing check makes the process not ready; a failing `warning` is shown and changes nothing. Liveness
    asks none of them: a database that is away must not restart its clients.
    """

    def __init__(self) -> None:
        self._checks: dict[str, tuple[Check, bool]] = {}

    def add(self, name: str, check: Check, *, warning: bool = False) -> None:
        """Adds a check, or replaces the one of that name."""
        self._checks[name] = (check, warning)

    async def report(self) -> tuple[bool, dict[str, str]]:
        """Whether all is well, and for each check `ok` or what is wrong."""
        answers = await asyncio.gather(*(self._ask(check) for check, _ in self._checks.values()))
        ready = True
        found: dict[str, str] = {}
        for (name, (_, warning)), wrong in zip(self._checks.items(), answers, strict=True):
            found[name] = "ok" if wrong is None else f"warning: {wrong}" if warning else wrong
            ready = ready and (wrong is None or warning)
        return ready, found

    @staticmethod
    async def _ask(check: Check) -> str | None:
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                return await check()
        except TimeoutError:
            return f"no answer within {CHECK_SECONDS:g} s"


def routes(readiness: Readiness) -> list[Route]:
    """The three routes, for a process that serves HTTP anyway."""

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_: Request) -> Response:
        ready, checks = await readiness.report()
        return JSONResponse({"ready": ready, "checks": checks}, status_code=200 if ready else 503)

    async def metrics(_: Request) -> Response:
        return Response(telemetry.metrics(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]


class _Server(uvicorn.Server):
    """Leaves signals to the process, which has other things to stop as well."""

    @override
    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


class HttpServer:
    """Serves an ASGI application on `host:port` until stopped; `port` is the bound one once started."""

    def __init__(self, app: ASGIApp, listen: str, *, grace: float = 5.0) -> None:
        host, port = split_listen(listen)
        self._server = _Server(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                log_config=None,
                access_log=False,
                server_header=False,
                lifespan="off",
                timeout_graceful_shutdown=int(grace),
            )
        )
        self._task: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """The port it listens on; RuntimeError before `start` has returned."""
        for server in self._server.servers:
            for listening in server.sockets:
                return int(listening.getsockname()[1])
        raise RuntimeError("the server is not listening")

    async def start(self) -> None:
        """Returns when it listens; OSError when the address is taken."""
        self._task = asyncio.create_task(self._serve())
        while not self._server.started:
            if self._task.done():
                await self._task
                raise OSError(f"cannot listen on {self._server.config.host}:{self._server.config.port}")
            await asyncio.sleep(0.005)

    async def _serve(self) -> None:
        try:
            await self._server.serve()
        except SystemExit:  # uvicorn's answer to an address that is taken
            return

    async def stop(self) -> None:
        """Stops listening; running requests get the grace to end."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task

    async def serve_until_stopped(self, stop: asyncio.Event) -> None:
        """Serves until `stop` is set."""
        await self.start()
        try:
            await stop.wait()
        finally:
            await self.stop()


def server(readiness: Readiness, listen: str) -> HttpServer:
    """An HTTP server with the three routes alone."""
    return HttpServer(Starlette(routes=list(routes(readiness))), listen)
