"""One process made of several endless parts: it stops on a signal, and as a whole when one part fails."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine, Sequence
from typing import Any


def stop_on_signals() -> asyncio.Event:
    """An event that SIGTERM or SIGINT sets; call it in the running loop of the main thread."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


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
        for task in (waiting, *tasks):
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome
