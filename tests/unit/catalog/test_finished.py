"""Completions of all resources by the month: what is told beside those of single resources."""

from __future__ import annotations

from datetime import date

import pytest

from services.catalog.domain.finished import Finished, finished_by_month
from services.catalog.domain.participation import HIDDEN, UNKNOWN, Figure

NEWEST = date(2026, 5, 1)


@pytest.mark.parametrize(
    ("people", "in_few", "told"),
    [
        (300, 0, Figure(300.0)),
        (300, 5, Figure(300.0)),
        (300, 3, HIDDEN),  # all single resources that are told have 297 of them
        (4, 4, HIDDEN),
        (0, 0, Figure(0.0)),
    ],
)
def test_a_month_is_hidden_that_tells_of_a_few_by_itself_or_less_what_single_resources_tell(
    people: int, in_few: int, told: Figure
) -> None:
    assert finished_by_month([Finished(NEWEST, people, people, in_few)])[-1].finished == told


def test_months_stand_beside_the_year_before_and_are_not_known_before_the_first() -> None:
    counted = [Finished(date(2025, 3, 1), 40, 30, 9), Finished(NEWEST, 70, 60, 0)]
    told = finished_by_month(counted)
    assert [each.month for each in told][::11] == [date(2025, 6, 1), NEWEST]
    assert [each.finished for each in told] == [Figure(0.0)] * 11 + [Figure(70.0)]
    assert [each.before for each in told] == [UNKNOWN] * 9 + [Figure(40.0), Figure(0.0), Figure(0.0)]
    assert finished_by_month([]) == ()
