"""The figures of a quarter: rules of arithmetic over the log and engagement, no I/O.

A script in the tests makes the same of the exported log and of engagement.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.catalog.domain.disclosure import few, leaves_few
from services.catalog.domain.engagement import Use, month_index

WINDOW = 3  # months before and after the month of a plan that are compared: 90 days
_PER_YEAR = 12 // WINDOW
_NAME = re.compile(r"(\d{4})-Q([1-4])")


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter of a year; `number` is 1 to 4."""

    year: int
    number: int

    @property
    def name(self) -> str:
        """`2026-Q2`."""
        return f"{self.year}-Q{self.number}"

    @property
    def begin(self) -> date:
        """Its first day."""
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def end(self) -> date:
        """Its last day."""
        return self.after.begin - timedelta(days=1)

    @property
    def after(self) -> Quarter:
        """The next one."""
        return Quarter(self.year + self.number // 4, self.number % 4 + 1)


def quarter_of(day: date) -> Quarter:
    """The quarter that the day is in."""
    return Quarter(day.year, (day.month + 2) // 3)


def last_quarter(day: date) -> Quarter:
    """The last quarter that is over at the end of that day."""
    present = quarter_of(day)
    return present if day == present.end else quarter_of(present.begin - timedelta(days=1))


def quarter_named(name: str) -> Quarter | None:
    """The quarter of that name, None when it is none."""
    found = _NAME.fullmatch(name)
    return Quarter(int(found[1]), int(found[2])) if found else None


@dataclass(frozen=True, slots=True)
class Applied:
    """A plan that stands: when it was applied, what it was to give back a year, its resources and those it retired.

    `retired` is without what another plan of its kind has retired before. `hidden`: how many learners it touches may
    not be told.
    """

    suggestion: str
    kind: str
    time: datetime
    learners: float
    hidden: bool
    learner_hours: float
    members: tuple[str, ...]
    retired: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Measure:
    """Hours a year that plans were to give back, and did: of those whose 90 days are over and known.

    `plans` is how many that are, `waiting` how many are not measured yet or cannot be; `of` what each of those that
    are gave back, by its suggestion.
    """

    planned: float
    measured: float
    plans: int
    waiting: int
    of: Mapping[str, float]


def planned(applied: Sequence[Applied]) -> float:
    """Learner hours a year; those that would tell of fewer than five learners are left out."""
    return round(sum(each.learner_hours for each in applied if not few(each.learners)), 1)


def measure(applied: Sequence[tuple[Applied, date]], uses: Mapping[str, Use]) -> Measure:
    """What plans (with the day they were applied on) gave back: hours on all their resources, before less after.

    Three whole months on either side of the month in which they were applied, as hours a year. Learners who go on to
    the copy that was kept are on one of these resources still: only what they are spared counts. A resource that
    several plans are about counts once, with the first of them.
    """
    known = {
        each.suggestion: seconds
        for each, day in applied
        if (seconds := _seconds(each, day, uses)) is not None
    }
    counted: dict[str, int] = {}
    for seconds in known.values():
        counted = {**seconds, **counted}
    return Measure(
        planned=round(sum(each.learner_hours for each, _ in applied if each.suggestion in known), 1),
        measured=_hours(counted),
        plans=len(known),
        waiting=len(applied) - len(known),
        of={suggestion: _hours(seconds) for suggestion, seconds in known.items()},
    )


def _hours(seconds: Mapping[str, int]) -> float:
    return round(sum(seconds.values()) * _PER_YEAR / 3600, 1)


def _seconds(applied: Applied, day: date, uses: Mapping[str, Use]) -> dict[str, int] | None:
    """Seconds before less after, by resource; None while they are not known, or would tell of fewer than five."""
    at = month_index(day)
    found = {member: uses[member] for member in applied.members if member in uses}
    newest = [month_index(use.newest) for use in found.values() if use.newest is not None]
    if applied.hidden or few(applied.learners) or not newest or min(newest) < at + WINDOW:
        return None
    spared = dict.fromkeys(found, 0)
    for sign, first, end in ((1, at - WINDOW, at), (-1, at + 1, at + 1 + WINDOW)):
        inside = {
            member: [each for each in use.months if first <= month_index(each.month) < end]
            for member, use in found.items()
        }
        started = [sum(month.started for month in months) for months in inside.values()]
        if leaves_few(sum(started), started):
            return None
        for member, months in inside.items():
            spared[member] += sign * sum(month.seconds for month in months)
    return spared
