"""What is told of the use of one resource (QueryEngagement), for whoever tells a figure that is made of it.

It is made of the rows that plans are formed from: months in sums, and the latest month of each learner.
"""

from __future__ import annotations

from services.catalog.domain.engagement import YEAR, Month, month_index
from services.catalog.domain.participation import Counts, Participation, Told, told
from services.catalog.review.surroundings import Surroundings


def use_told(resource: str, around: Surroundings) -> Told:
    """The figures of its year and of its months; none where nothing is known."""
    use = around.use.get(resource)
    if use is None or use.newest is None:
        return Told()
    first = month_index(use.newest) - YEAR + 1
    measured = use.learners is not None
    year = _counts(use.year, measured=measured)
    if measured:
        latest = [month_index(each.month) for each in around.enrolled_in(resource)]
        reach = sum(first <= month < first + YEAR for month in latest)
        year = Counts(reach, min(reach, year.started), min(reach, year.completed or 0))
    months = {
        each.month: _counts(each, measured=measured)
        for each in use.months
        if first <= month_index(each.month) < first + YEAR
    }
    return told(Participation(use.newest, year, months))


def figures(said: Told) -> list[float]:
    """How many the groups of its year have of which it is told."""
    told_ = (each.value for each in (said.reach, said.started, said.completed))
    return [value for value in told_ if value is not None]


def _counts(month: Month, *, measured: bool) -> Counts:
    reach = max(month.enrolled, month.started)
    return Counts(reach, month.started, month.completed, measured=measured)
