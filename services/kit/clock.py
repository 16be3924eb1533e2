"""The time, and the organisation's day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Clock:
    """Now and today; `replaced_today` moves both to another day (tests and the demo).

    With a replaced day, `now()` keeps the real time of day and goes on running, so that what is due
    in an hour is due in an hour; `today()` stays that day.
    """

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    replaced_today: date | None = None
    _shift: timedelta = field(init=False, default=timedelta(0))

    def __post_init__(self) -> None:
        if self.replaced_today is not None:
            shift = self.replaced_today - datetime.now(self.zone).date()
            object.__setattr__(self, "_shift", shift)

    def now(self) -> datetime:
        """The moment, in UTC."""
        return datetime.now(UTC) + self._shift

    def today(self) -> date:
        """The organisation's day."""
        return self.replaced_today or datetime.now(self.zone).date()

    def next_midnight(self) -> datetime:
        """The moment the organisation's next day begins, in UTC."""
        day = self.now().astimezone(self.zone).date() + timedelta(days=1)
        return datetime.combine(day, datetime.min.time(), self.zone).astimezone(UTC)
