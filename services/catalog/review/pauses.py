"""When a kind of suggestion is paused and when it goes on: a pure function of what was decided (behaviour.md §9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.catalog.review.findings import Kind
from services.catalog.review.outcomes import Outcome
from services.catalog.review.pacing import Pause

WINDOW = 20  # decisions
PAUSE_BELOW = 0.50  # accepted among these
A_WEEK = 2  # suggestions that a paused kind shows
ACCEPTED_ENOUGH = 10  # of those
RESUME_FROM = 0.70  # accepted among those
WEEK = timedelta(days=7)
_BY_RULE = f"fewer than {PAUSE_BELOW:.0%} of the last {WINDOW} of this kind were accepted"
_UNTIL = (
    f"the best {A_WEEK} a week are shown until {ACCEPTED_ENOUGH} of them are accepted at {RESUME_FROM:.0%} or more, "
    "or a learning leader resumes it."
)


@dataclass(frozen=True, slots=True)
class Pace:
    """Whether a kind is paused, since when and by whom (empty: by the rule); decisions count after `resume_time`."""

    kind: Kind
    pause_time: datetime | None = None
    paused_by: str = ""
    resume_time: datetime | None = None

    @property
    def since(self) -> datetime | None:
        """After which moment decisions count; None when all do."""
        return self.pause_time or self.resume_time

    def suspended(self, by: str, now: datetime) -> Pace:
        """Paused from now on by a person, who may also take over a pause that the rule made."""
        return replace(self, pause_time=now, paused_by=by)

    def resumed(self, now: datetime) -> Pace:
        """Goes on as if nothing had been decided yet; as it is when it was not paused."""
        return self if self.pause_time is None else Pace(self.kind, resume_time=now)


def weighed(pace: Pace, decided: Sequence[Outcome], now: datetime) -> Pace:
    """Paused or resumed as the decisions since `pace.since`, oldest first, ask for."""
    if pace.pause_time is None:
        newest = decided[-WINDOW:]
        accepted = sum(each.accepted for each in newest)
        pauses = len(newest) == WINDOW and accepted < PAUSE_BELOW * WINDOW
        return replace(pace, pause_time=now) if pauses else pace
    shown = [each for each in decided if each.opened]
    accepted = sum(each.accepted for each in shown)
    resumes = accepted >= ACCEPTED_ENOUGH and accepted >= RESUME_FROM * len(shown)
    return pace.resumed(now) if resumes else pace


def pause(pace: Pace, decided: Sequence[Outcome], now: datetime) -> Pause | None:
    """What a paused kind may show now; None for one that is not paused. `decided`: since `pace.since`."""
    start = pace.pause_time
    if start is None:
        return None
    week = start + (now - start) // WEEK * WEEK
    shown = [each for each in decided if each.opened]
    this_week = sum(each.decide_time >= week for each in shown)
    why = "a learning leader paused this kind" if pace.paused_by else _BY_RULE
    # Without figures: what all that wait say must not change with every decision.
    return Pause(f"{why}; {_UNTIL}", max(0, A_WEEK - this_week))
