"""Links in texts: what a visit finds, and when one counts as dead."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

RHYTHM = timedelta(days=7)  # behaviour.md §4: dead after two checks, 7 days apart
MAX_URL = 2000


class Found(StrEnum):
    """What a visit found: something is there, it is gone, nobody can be reached, or none of these is known."""

    ANSWERS = "ANSWERS"
    GONE = "GONE"
    UNREACHABLE = "UNREACHABLE"
    UNCLEAR = "UNCLEAR"


@dataclass(frozen=True, slots=True)
class Visit:
    """The outcome of one visit; `reason` says it to people."""

    found: Found
    reason: str


@dataclass(frozen=True, slots=True)
class LinkCheck:
    """What the visits to one link found: the days of the first and the last failure since it last answered."""

    url: str
    first_failed: date | None = None
    last_failed: date | None = None
    reason: str = ""

    def after(self, visit: Visit, today: date) -> LinkCheck:
        """The same after another visit; one that is unclear changes nothing."""
        match visit.found:
            case Found.ANSWERS:
                return LinkCheck(self.url)
            case Found.GONE | Found.UNREACHABLE:
                first = self.first_failed or today
                return replace(self, first_failed=first, last_failed=today, reason=visit.reason)
            case Found.UNCLEAR:
                return self

    @property
    def dead(self) -> bool:
        """Whether two visits that are far enough apart have failed, and none between them succeeded."""
        if self.first_failed is None or self.last_failed is None:
            return False
        return self.last_failed - self.first_failed >= RHYTHM
