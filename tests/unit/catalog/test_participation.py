"""What is told of a year and its months together."""

from __future__ import annotations

from datetime import date

from services.catalog.domain.participation import Counts, Participation, told


def test_three_who_only_enrolled_are_not_told_as_the_year_less_its_shown_months() -> None:
    """Ten in the year began nothing: seven in a month that shows both, so that three are left for the hidden ones."""
    cells = [(50, 43), (20, 17), (15, 15), (30, 30), (40, 40)]
    months = {date(2026, n, 1): Counts(reach, started, 0) for n, (reach, started) in enumerate(cells, 1)}
    found = told(Participation(date(2026, 5, 1), Counts(155, 145, 0), months))
    assert (found.reach.value, found.started.value) == (155, 145)
    unseen = sum(
        months[each.month].reach - months[each.month].started for each in found.months if each.started.hidden
    )
    assert unseen == 10
