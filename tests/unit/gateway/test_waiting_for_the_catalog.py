"""A page waits for a catalog that is slow, and not for one that is not there."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
import grpc.aio
import pytest
from starlette.requests import Request

from services.gateway import patience
from services.gateway.forward import Forwarder
from services.gateway.http import JsonApi
from services.gateway.methods import reachable
from services.gateway.session_cookie import SessionCookie
from services.kit import rpc

PAGE = Request({"type": "http", "headers": []})


class Stopped(grpc.GenericRpcHandler):
    """Takes calls and answers none, but for health when it is `alive`."""

    def __init__(self, *, alive: bool) -> None:
        self.alive = alive
        self.checked = 0

    def service(self, handler_call_details: Any) -> Any:
        health = handler_call_details.method.startswith("/grpc.health")

        async def answer(_: bytes, context: Any) -> bytes:
            self.checked += health
            if not (health and self.alive):
                await asyncio.sleep(60)
            return b""

        handler: Any = grpc.unary_unary_rpc_method_handler
        return handler(answer)


class Known:
    """Signs in everybody at once, as when they were asked for a moment ago."""

    async def authenticate(self, _: str) -> Any:
        return type("Person", (), {"person": "one"})

    def sign(self, *_: Any) -> str:
        return "token"


@pytest.mark.parametrize("alive", [False, True])
async def test_a_page_waits_for_the_catalog_only_while_it_lives(
    alive: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "PATIENCE", 0.05)
    monkeypatch.setattr(rpc, "DEFAULT_DEADLINE", 0.5)
    catalog = Stopped(alive=alive)
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((catalog,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    nothing: Any = None
    known: Any = Known()
    async with rpc.channel(f"127.0.0.1:{port}") as channel:
        forwarder = Forwarder(channel, nothing, known, 1000)
        api = JsonApi(reachable(), forwarder, SessionCookie(secure=False), "1", nothing, nothing)
        asking = asyncio.ensure_future(api.get(PAGE, "/v1/sources", {}))
        done, _ = await asyncio.wait((asking,), timeout=2)
        if alive:
            assert not done
            assert catalog.checked > 1
            asking.cancel()
        else:
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                asking.result()
            assert refused.value.code() == grpc.StatusCode.UNAVAILABLE
    await server.stop(0)
