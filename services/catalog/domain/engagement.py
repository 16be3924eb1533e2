"""Use of resources and programs: sums a month, and the months of pseudonymous learners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

SHOWN_MONTHS = 36
YEAR = 12


@dataclass(frozen=True, slots=True)
class Month:
    """Counts of one month; `month` is its first day."""

    month: date
    enrolled: int = 0
    started: int = 0
    completed: int = 0
    seconds: int = 0
    rating: float | None = None


def month_index(day: date) -> int:
    """Months since year 0, for counting distances."""
    return day.year * 12 + day.month - 1


@dataclass(frozen=True, slots=True)
class Use:
    """Use of one resource: `months` oldest first, `newest` the newest month its deliverers know of.

    `in_progress` is None when no learner rows are known; `learners` counts the distinct ones known.
    """

    months: tuple[Month, ...] = ()
    newest: date | None = None
    in_progress: int | None = None
    learners: int | None = None

    @property
    def year(self) -> Month:
        """Sums of the 12 months that end with the newest."""
        if self.newest is None:
            return Month(date.min)
        return summed(self.newest, [m for m in self.months if self._age(m) < YEAR])

    @property
    def started_months(self) -> tuple[int, ...]:
        """Starts of each month up to the newest, oldest first, at most 36; months without data are 0."""
        if self.newest is None or not self.months:
            return ()
        ages = {self._age(month): month.started for month in self.months}
        oldest = min(SHOWN_MONTHS - 1, max(ages))
        return tuple(ages.get(age, 0) for age in range(oldest, -1, -1))

    def _age(self, month: Month) -> int:
        return month_index(self.newest or month.month) - month_index(month.month)


def summed(month: date, months: Sequence[Month]) -> Month:
    """The counts added up under one month; ratings averaged over the months that have one."""
    ratings = [each.rating for each in months if each.rating is not None]
    return Month(
        month,
        enrolled=sum(each.enrolled for each in months),
        started=sum(each.started for each in months),
        completed=sum(each.completed for each in months),
        seconds=sum(each.seconds for each in months),
        rating=sum(ratings) / len(ratings) if ratings else None,
    )


@dataclass(frozen=True, slots=True)
class Enrolment:
    """The latest month of one pseudonymous learner in a resource or program (one of the two ids is empty).

    `state` is not_started, in_progress, completed or failed; empty when the delivery did not say.
    """

    learner: str
    resource: str
    program: str
    month: date
    state: str
    due: date | None = None
