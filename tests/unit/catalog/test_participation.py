"""What is told of a year and its months together."""

from __future__ import annotations

from datetime import date

import pytest

from services.catalog.domain.participation import (
    HIDDEN,
    UNKNOWN,
    Counts,
    Figure,
    Participation,
    Told,
    in_both,
    told,
)


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


@pytest.mark.parametrize(
    ("one", "other", "either", "said"),
    [
        (50, 40, 60, Figure(30.0, basis="measured")),
        (50, 40, 90, Figure(0.0, basis="measured")),
        (50, 40, 86, HIDDEN),  # four are in both
        (50, 40, 52, HIDDEN),  # two of the second are in it alone
        (40, 40, 40, Figure(40.0, basis="measured")),
    ],
)
def test_who_is_in_both_is_told_where_it_tells_of_no_few(
    one: int, other: int, either: int, said: Figure
) -> None:
    groups = [Participation(date(2026, 5, 1), Counts(reach, reach)) for reach in (one, other, either)]
    assert in_both(*groups) == said


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ({}, HIDDEN),  # all of the first are in both: it would tell the hidden first
        ({"reach": 97}, HIDDEN),
        ({"reach": 90, "started": 97}, HIDDEN),
        ({"reach": 102}, HIDDEN),
        ({"reach": 95}, Figure(100.0, basis="measured")),
        ({"reach": 0, "started": 0}, Figure(100.0, basis="measured")),
    ],
)
def test_who_is_in_both_does_not_tell_by_a_difference_what_is_hidden(
    items: dict[str, float], said: Figure
) -> None:
    one, other, either = (Participation(date(2026, 5, 1), Counts(reach)) for reach in (100, 200, 200))
    shown = Told(reach=Figure(100.0))
    beside = [shown if items else Told(reach=HIDDEN), shown]
    shared = [Told(**{name: Figure(value) for name, value in items.items()})]
    assert in_both(one, other, either, beside=beside, shared=shared) == said


def test_who_is_in_both_is_not_known_of_sums_nor_of_other_months() -> None:
    group, sums = Participation(date(2026, 5, 1), Counts(50)), Counts(50, measured=False)
    earlier = Participation(date(2026, 4, 1), Counts(50))
    assert in_both(group, Participation(date(2026, 5, 1), sums), group) == UNKNOWN
    assert in_both(group, earlier, group) == UNKNOWN
    assert in_both(group, None, group) == UNKNOWN
