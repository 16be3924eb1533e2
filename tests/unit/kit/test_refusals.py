"""Refusals are counted, told at once and then once a while, and none is left out when telling fails."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from services.kit.refusals import MOST_METHODS, Refusals, Refused


class Log:
    """What was told; `away` refuses to take it."""

    def __init__(self) -> None:
        self.away = False
        self.told: list[Sequence[Refused]] = []
        self.heard = asyncio.Event()

    async def __call__(self, refused: Sequence[Refused]) -> bool:
        self.heard.set()
        if not self.away:
            self.told.append(refused)
        return not self.away

    async def next(self) -> None:
        await asyncio.wait_for(self.heard.wait(), 10)
        self.heard.clear()


async def test_the_first_is_told_at_once_and_a_flood_after_it_in_one_entry() -> None:
    log, stop = Log(), asyncio.Event()
    refusals = Refusals(log)
    running = asyncio.ensure_future(refusals.run(stop))
    refusals.count("json", "CREDENTIAL_INVALID", "a")
    await log.next()
    assert log.told == [[Refused("json", "CREDENTIAL_INVALID", 1, (("a", 1),))]]
    for number in range(100_000):
        refusals.count("json", "CREDENTIAL_INVALID", f"method {number}")
    refusals.count("grpc", "CREDENTIAL_INVALID", "b")
    stop.set()
    await asyncio.wait_for(running, 10)
    (flood, other) = log.told[1]
    assert (flood.count, len(flood.methods), other.count) == (100_000, MOST_METHODS + 1, 1)
    assert sum(count for _, count in flood.methods) == 100_000


async def test_what_nobody_takes_is_told_with_the_next() -> None:
    log, stop = Log(), asyncio.Event()
    refusals = Refusals(log, every=0.001)
    log.away = True
    running = asyncio.ensure_future(refusals.run(stop))
    refusals.count("json", "CREDENTIAL_INVALID", "a")
    await log.next()
    refusals.count("json", "CREDENTIAL_INVALID", "a")
    log.away = False
    await log.next()
    stop.set()
    await asyncio.wait_for(running, 10)
    assert sum(each.count for told in log.told for each in told) == 2
