"""One process made of several endless parts: it stops on a signal, and as a whole when one part fails."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Collection, Coroutine, Sequence
from typing import Any

_CANCEL_AGAIN = 5.0  # seconds


def stop_on_signals() -> asyncio.Event:
    """An event that SIGTERM or SIGINT sets; call it in the running loop of the main thread."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


async def end(tasks: Collection[asyncio.Future[Any]]) -> list[Any]:
    """Cancels the tasks until all have ended; returns what each came to, exceptions among them, in order.

    Once is not enough: `asyncio.wait_for` of Python 3.11, by which nats-py waits, drops a cancellation that comes in
    the same turn as what it waits for, and an endless task would go on.
    """
    left = {task for task in tasks if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=_CANCEL_AGAIN)
    return await asyncio.gather(*tasks, return_exceptions=True)


async def run_until_stopped(
    stop: asyncio.Event,
    *,
    draining: Sequence[Coroutine[Any, Any, None]] = (),
    endless: Sequence[Coroutine[Any, Any, None]] = (),
    grace: float = 30.0,
) -> None:
    """Runs the parts side by side until `stop` is set or one of them ends.

    Then the draining parts, which end by themselves once `stop` is set, get `grace` seconds while the
    endless ones still run for them; after that all are cancelled. Raises the first failure, so that the
    process exits non-zero and is started again.
    """
    drains = [asyncio.ensure_future(part) for part in draining]
    tasks = [*drains, *(asyncio.ensure_future(part) for part in endless)]
    waiting = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait([*tasks, waiting], return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        if drains:
            await asyncio.wait(drains, timeout=grace)
    finally:
        waiting.cancel()
        outcomes = await end(tasks)
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome
