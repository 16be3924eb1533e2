"""A page waits for a curator that is slow, and not for one that is not there."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
import grpc.aio
import pytest
from starlette.requests import Request

from services.gateway import patience
from services.gateway.web import api as module
from services.gateway.web.api import Api, Json
from services.kit import rpc
from services.kit.clock import Clock

PAGE = Request({"type": "http"})
FOUND: Json = {"hits": []}


class Curator:
    """Answers a question after `takes` seconds and whether it is there after `stirs`, or not at all (None)."""

    def __init__(self, takes: float | None, stirs: float | None) -> None:
        self.takes, self.stirs = takes, stirs
        self.given_up = False
        self.asked_whether_there = 0
        self.api = Api(self.get, self.never, self.never, Clock())

    async def get(self, request: Request, path: str, _: Any) -> Json:
        if path == "/v1/index/status":
            self.asked_whether_there += 1
            return await self._after(self.stirs, {})
        try:
            return await self._after(self.takes, FOUND)
        except asyncio.CancelledError:
            self.given_up = True
            raise

    async def _after(self, seconds: float | None, answer: Json) -> Json:
        await asyncio.sleep(60 if seconds is None else seconds)
        return answer

    async def never(self, *_: Any) -> Json:
        raise NotImplementedError

    async def answer(self) -> Json:
        return await self.api.of_curator(PAGE, self.api.get(PAGE, "/v1/search", {}))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PATIENCE", 0.05)
    monkeypatch.setattr(module, "_SIGN_OF_LIFE", 0.2)


async def test_an_answer_at_once_asks_nothing_else() -> None:
    curator = Curator(0, None)
    assert await curator.answer() == FOUND
    assert curator.asked_whether_there == 0


async def test_a_slow_answer_is_waited_for_while_there_are_signs_of_life() -> None:
    curator = Curator(0.5, 0)
    assert await curator.answer() == FOUND
    assert curator.asked_whether_there > 1


async def test_no_sign_of_life_ends_the_wait_and_the_call() -> None:
    curator = Curator(None, None)
    async with asyncio.timeout(10):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await curator.answer()
    assert rpc.is_down(refused.value)
    await asyncio.sleep(0)
    assert curator.given_up


async def test_an_answer_that_comes_before_the_sign_of_life_is_taken() -> None:
    assert await Curator(0.15, None).answer() == FOUND


async def test_a_page_that_is_left_ends_the_call() -> None:
    curator = Curator(None, 0)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(curator.answer(), 0.2)
    await asyncio.sleep(0)
    assert curator.given_up
