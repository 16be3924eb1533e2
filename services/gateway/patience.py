"""Waiting for a service that may be slow, and not for one that is not there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import grpc

from services.kit import rpc

T = TypeVar("T")

PATIENCE = 2.0  # seconds without an answer after which the service is asked whether it is there at all


async def while_alive(asked: Awaitable[T], lives: Callable[[], Awaitable[bool]], who: str) -> T:
    """What comes of `asked`, waited for only while `who` gives signs of life (`lives`); else UNAVAILABLE.

    What comes of the whole call otherwise, errors and its own deadline, is as it is.
    """
    asking = asyncio.ensure_future(asked)
    try:
        while not (await asyncio.wait((asking,), timeout=PATIENCE))[0]:
            if not await lives() and not asking.done():
                raise rpc.failure(grpc.StatusCode.UNAVAILABLE, f"the {who} gives no sign of life")
        return asking.result()
    finally:
        asking.cancel()
