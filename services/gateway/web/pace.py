"""How long an import will still take, by what its page has seen of it: an estimate that says so, or none."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

# Set by hand: less than that says nothing of what is to come, since files differ in what is in them.
_SECONDS, _FILES = 10.0, 10


@dataclass(slots=True)
class Pace:
    """Remembers of each import when it was first looked at, and how many files were read by then.

    When an import was begun says nothing: it may have waited for another, for a question, for a restart.
    """

    clock: Callable[[], float] = time.monotonic
    _first: dict[str, tuple[float, int]] = field(default_factory=dict[str, tuple[float, int]])

    def left(self, name: str, done: int, total: int) -> float | None:
        """Seconds that the rest takes at the pace seen so far; None while too little was seen, and with no rest."""
        begun, before = self._first.setdefault(name, (self.clock(), done))
        if done < before:  # files that waited for an answer are read again
            self._first[name] = (self.clock(), done)
            return None
        seconds, files = self.clock() - begun, done - before
        if seconds < _SECONDS or files < _FILES or done >= total:
            return None
        return (total - done) * seconds / files

    def forget_others(self, names: Iterable[str]) -> None:
        """Keeps what is known of these, which are still read."""
        self._first = {name: self._first[name] for name in names if name in self._first}
