"""Completions of all resources together by the month, as far as they may be told beside those of single ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.catalog.domain.disclosure import few
from services.catalog.domain.participation import HIDDEN, UNKNOWN, Figure, months_to
from services.catalog.domain.periods import year_before


@dataclass(frozen=True, slots=True)
class Finished:
    """Completions of one month, and of how many people.

    `in_few` are the people with those of resources of which so few completed in the month that it is told of none.
    """

    month: date
    completions: int
    people: int
    in_few: int


@dataclass(frozen=True, slots=True)
class FinishedMonth:
    """What is told of one month, and of the same a year before."""

    month: date
    finished: Figure
    before: Figure


def finished_by_month(counted: Sequence[Finished]) -> tuple[FinishedMonth, ...]:
    """The 12 months to the newest, oldest first; not known is a month before the first of all. Empty without any.

    A month is hidden of one to four people, and where all that is told of single resources leaves as few of it: no sum
    of months is told, so that one that is hidden takes no other with it.
    """
    if not counted:
        return ()
    of = {each.month: each for each in counted}
    first = min(of)

    def told(month: date) -> Figure:
        found = of.get(month)
        if found is None:
            return UNKNOWN if month < first else Figure(0.0)
        return HIDDEN if few(found.people) or few(found.in_few) else Figure(float(found.completions))

    return tuple(FinishedMonth(month, told(month), told(year_before(month))) for month in months_to(max(of)))
