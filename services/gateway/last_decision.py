"""When the last decision was saved, as far as this gateway knows: for whoever asks while the catalog cannot tell."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from services.kit.clock import Clock


class LastDecision:
    """The newest decision of a person that an answer of the catalog has told of; `time` is None before the first.

    Another gateway may know of a later one, so it is said as what is known here.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.time: datetime | None = None

    def note(self, answer: dict[str, Any]) -> None:
        """Looks at an answer, as JSON: a suggestion, a list of decisions, what became of a batch."""
        decisions: list[dict[str, Any]] = [answer.get("decision") or {}, *answer.get("decisions", ())]
        for each in decisions:
            # What follows by itself has no address for its actor.
            if "@" in each.get("actor", "") and each.get("time"):
                self._later(datetime.fromisoformat(each["time"]).astimezone(UTC))
        # A batch that was only tried has no name, and what nothing was done to has a reason; it tells no times.
        if answer.get("batch") and any(not each["reason"] for each in answer.get("outcomes", ())):
            self._later(self._clock.now())

    def _later(self, time: datetime) -> None:
        self.time = time if self.time is None else max(self.time, time)
