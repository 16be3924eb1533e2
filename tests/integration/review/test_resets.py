"""P2: each change is applied exactly once, however often a client repeats it over connections that are reset.

The same traffic without a `request_id` doubles some: were the key not looked at, this test would fail.
"""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import grpc
import grpc.aio
import pytest

from services.kit.rpc import error_info
from tests.integration.catalog.conftest import FIRST_TOKEN, CatalogProcess
from tests.integration.review.conftest import Curator, Reviewer
from tests.integration.review.test_proposals import course, words
from tests.servers import free_port
from winnow.review.v1 import note_pb2

COUNTS = [
    pytest.param(50, (0.05, 0.4), marks=pytest.mark.thorough),
    pytest.param(1_000, (0.02, 0.15), marks=[pytest.mark.soak, pytest.mark.timeout(1_800)]),  # of promises.md
]
"""How many changes, and the shortest and longest time in seconds between two resets of all connections."""
WITHOUT_A_KEY = 50
AT_ONCE = 8
PATIENCE = 60.0
ANSWERS_LATE = 0.01
"""Seconds between what the server says and what the client hears: the gap that a reset has to fall into."""
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER without lingering: closing sends RST


class Proxy:
    """Passes bytes on between its port and another, and resets all its connections again and again."""

    def __init__(self, to: int, chance: random.Random, pause: tuple[float, float]) -> None:
        self.port = free_port()
        self.resets = 0
        self._to = to
        self._chance = chance
        self._pause = pause
        self._open: set[asyncio.StreamWriter] = set()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._to)

        async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            while piece := await source.read(65_536):
                if target is writer:
                    await asyncio.sleep(ANSWERS_LATE)
                target.write(piece)
                await target.drain()

        ends = {writer, back}
        self._open |= ends
        copies = [asyncio.ensure_future(copy(reader, back)), asyncio.ensure_future(copy(there, writer))]
        await asyncio.wait(copies, return_when=asyncio.FIRST_COMPLETED)
        for each in copies:
            each.cancel()
        await asyncio.gather(*copies, return_exceptions=True)
        for end in ends:
            end.close()
        self._open -= ends

    async def _reset(self) -> None:
        while True:
            await asyncio.sleep(self._chance.uniform(*self._pause))
            for end in tuple(self._open):
                connection: socket.socket = end.get_extra_info("socket")
                with suppress(OSError):  # its other side was reset just now
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                end.transport.abort()
                self.resets += 1

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[Proxy]:
        server = await asyncio.start_server(self._pass_on, "127.0.0.1", self.port)
        resetting = asyncio.ensure_future(self._reset())
        try:
            yield self
        finally:
            resetting.cancel()
            server.close()


async def written(proxy: Proxy, suggestion: str, number: int, key: str) -> None:
    """One note, asked for until the answer came through."""
    until = asyncio.get_running_loop().time() + PATIENCE
    while True:
        options = [("grpc.initial_reconnect_backoff_ms", 10), ("grpc.use_local_subchannel_pool", 1)]
        async with grpc.aio.insecure_channel(f"127.0.0.1:{proxy.port}", options=options) as channel:
            try:
                person = Reviewer(channel, FIRST_TOKEN)
                request = note_pb2.AddNoteRequest(parent=suggestion, text=f"Note {number}", request_id=key)
                await person("AddNote", request)
            except grpc.aio.AioRpcError as error:
                again = error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.ABORTED)
                if not again or asyncio.get_running_loop().time() > until:
                    raise
            else:
                return


@pytest.mark.parametrize(("mutations", "pause"), COUNTS)
async def test_changes_over_connections_that_are_reset_happen_once_with_a_key_and_double_without(
    leader: Reviewer,
    curator: Curator,
    catalog: CatalogProcess,
    mutations: int,
    pause: tuple[float, float],
) -> None:
    kept, copy = await leader.put(course("c1", "One", words("a")), course("c2", "Two", words("a")))
    await curator.propose(curator.duplicate(kept, copy))
    suggestion = (await leader.only()).name
    limit = asyncio.Semaphore(AT_ONCE)

    async def one(number: int, key: str) -> None:
        async with limit:
            await written(proxy, suggestion, number, key)

    async with Proxy(catalog.port, random.Random(7), pause).running() as proxy:
        await asyncio.gather(*(one(number, f"key-{number}") for number in range(mutations)))
        assert proxy.resets > 0
        assert catalog.sql("SELECT count(*), count(DISTINCT text) FROM notes") == [(mutations, mutations)]
        rounds = 0
        doubled = 0
        while not doubled:
            rounds += 1
            assert rounds <= 5
            resets = proxy.resets
            catalog.sql("DELETE FROM notes")
            await asyncio.gather(*(one(number, "") for number in range(WITHOUT_A_KEY)))
            assert proxy.resets > resets
            ((doubled,),) = catalog.sql("SELECT count(*) - count(DISTINCT text) FROM notes")


async def test_a_key_belongs_to_one_request(leader: Reviewer, curator: Curator) -> None:
    kept, copy = await leader.put(course("c1", "One", words("a")), course("c2", "Two", words("a")))
    await curator.propose(curator.duplicate(kept, copy))
    suggestion = (await leader.only()).name
    request = note_pb2.AddNoteRequest(parent=suggestion, text="Mine", request_id="one key")
    first = await leader("AddNote", request)
    assert await leader("AddNote", request) == first
    request.text = "Another"
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await leader("AddNote", request)
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    info = error_info(refused.value)
    assert info is not None
    assert info.reason == "REQUEST_ID_REUSED"
