"""Refusals of callers whom nobody knows, counted: each is told of, and a flood of them takes a few lines a minute."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

EVERY_SECONDS = 60.0
MOST_METHODS = 20
_OTHERS = "others"


@dataclass(frozen=True, slots=True)
class Refused:
    """How often a door refused for a reason; by method those that were asked for most, the rest as `others`."""

    door: str
    reason: str
    count: int
    methods: tuple[tuple[str, int], ...]


Tell = Callable[[Sequence[Refused]], Awaitable[bool]]
"""Writes them down; False when it cannot now, and shall be asked again."""


class Refusals:
    """Counts by door and reason. The first is told at once, those of the next minute together at its end.

    So nothing is left out, but of what was counted since the last telling when the process is killed.
    """

    def __init__(self, tell: Tell, every: float = EVERY_SECONDS) -> None:
        self._tell = tell
        self._every = every
        self._counted: dict[tuple[str, str], Counter[str]] = {}
        self._some = asyncio.Event()

    def count(self, door: str, reason: str, method: str) -> None:
        """One more refusal; `method` is what was asked for there."""
        by_method = self._counted.setdefault((door, reason), Counter())
        # Callers choose what they ask for: what is counted must not grow with it.
        by_method[method if method in by_method or len(by_method) < 10 * MOST_METHODS else _OTHERS] += 1
        self._some.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Tells until `stop` is set, and then once more."""
        stopped = asyncio.ensure_future(stop.wait())
        try:
            while not stop.is_set():
                some = asyncio.ensure_future(self._some.wait())
                await asyncio.wait((some, stopped), return_when=asyncio.FIRST_COMPLETED)
                some.cancel()
                await self._tell_all()
                await asyncio.wait((stopped,), timeout=self._every)
            await self._tell_all()
        finally:
            stopped.cancel()

    async def _tell_all(self) -> None:
        self._some.clear()
        counted, self._counted = self._counted, {}
        if not counted or await self._tell([_refused(*each) for each in counted.items()]):
            return
        for key, by_method in counted.items():
            self._counted.setdefault(key, Counter()).update(by_method)
        self._some.set()


def _refused(key: tuple[str, str], by_method: Counter[str]) -> Refused:
    most = by_method.most_common(MOST_METHODS)
    rest = by_method.total() - sum(count for _, count in most)
    return Refused(*key, by_method.total(), (*most, *([(_OTHERS, rest)] if rest else [])))
