"""Of periods that lie inside each other, none tells of a few beside the others and the months, whatever is asked for.

Months are of sums, where what a period has less another is exactly what the months between have: so all that is told,
added and subtracted, is searched here for groups of one to four. Not proven: what answers of different months tell.
"""

from __future__ import annotations

import itertools
import random
from datetime import date
from typing import Any

import pytest

from services.catalog.domain.engagement import YEAR
from services.catalog.domain.participation import (
    Around,
    Counts,
    Inside,
    Participation,
    Told,
    can_yield,
    told,
)
from services.catalog.domain.periods import PERIODS, all_told, told_before, told_of

MONTHS = [date(2025 + (5 + n) // 12, (5 + n) % 12 + 1, 1) for n in range(12)]  # June 2025 to May 2026
MEASURES = ("reach", "started", "completed")


def summed(*cells: tuple[int, int, int], raters: int = 0) -> Counts:
    reach, started, completed = (sum(values) for values in zip(*cells, strict=True)) if cells else (0, 0, 0)
    return Counts(reach, started, completed, raters=raters, ratings=4.0 * raters)


def year(cells: list[tuple[int, int, int]], **more: Any) -> Participation:
    return Participation(
        MONTHS[-1],
        summed(*cells),
        {month: summed(cell) for month, cell in zip(MONTHS, cells, strict=True) if any(cell)},
        {length: summed(*cells[-length:]) for length in PERIODS[1:]},
        **more,
    )


def alike(*counts: int) -> Participation:
    """As many reached as started and completed."""
    return year([(count, count, count) for count in counts])


def value(said: Told, measure: str) -> float | None:
    return getattr(said, measure).value


def test_periods_of_many_are_told_as_they_are_counted() -> None:
    found = alike(*range(20, 32))
    assert [value(told_of(length, found), "reach") for length in PERIODS] == [306, 171, 90]
    assert told_of(3, found).completion.value == 1.0


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        # Three in the older half: with the half beside the year they would be what is left.
        ((0, 3, 0, 0, 0, 0, 9, 9, 9, 9, 9, 9), (True, False, True)),
        # Of three and six, one is in either half: three goes with another month of its own.
        ((0, 3, 0, 20, 20, 20, 6, 20, 20, 20, 20, 20), (True, True, True)),
        ((20, 20, 20, 20, 20, 20, 20, 20, 20, 3, 6, 20), (True, True, True)),
        # What the half has beyond the quarter is four.
        ((20, 20, 20, 20, 20, 20, 4, 0, 0, 20, 20, 20), (True, False, True)),
        ((4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), (False, False, False)),
    ],
)
def test_a_period_is_hidden_that_leaves_a_few_beside_a_wider_one_or_its_months(
    counts: tuple[int, ...], told: tuple[bool, ...]
) -> None:
    found = alike(*counts)
    assert tuple(value(told_of(length, found), "reach") is not None for length in PERIODS) == told


def test_a_hidden_month_takes_the_next_smallest_of_its_own_period_with_it() -> None:
    found = told_of(12, alike(20, 3, 30, 40, 50, 60, 6, 7, 8, 9, 9, 9))
    assert [at for at, each in enumerate(found.months) if each.reach.hidden] == [0, 1]


def test_few_who_did_not_finish_in_the_older_half_are_not_told_by_the_two() -> None:
    cells = [(20, 20, 20)] * 5 + [(20, 20, 17)] + [(20, 20, 10)] * 6
    found = year(cells)
    whole, half = (told_of(length, found) for length in (12, 6))
    assert (whole.started.value, whole.completed.value) == (240, 177)
    assert (half.started.value, half.completed.hidden, half.completion.hidden) == (120, True, True)


def test_a_mean_of_ratings_is_hidden_where_a_few_more_make_that_of_the_year() -> None:
    found = Participation(
        MONTHS[-1],
        summed((60, 60, 60), raters=33),
        {MONTHS[0]: summed((30, 30, 30), raters=3), MONTHS[-1]: summed((30, 30, 30), raters=30)},
        {length: summed((30, 30, 30), raters=30) for length in PERIODS[1:]},
    )
    assert told_of(12, found).rating.value == 4.0
    assert [told_of(length, found).rating.hidden for length in (6, 3)] == [True, True]
    assert [each.rating.hidden for each in told_of(12, found).months] == [True, *[False] * 10, True]


def test_no_choice_of_periods_and_months_tells_of_a_few() -> None:
    """Every sum of what is hidden that somebody can make, in two thousand years of few and many."""
    chance = random.Random(7)
    shown = 0
    for _ in range(2000):
        cells: list[tuple[int, int, int]] = []
        for _ in range(YEAR):
            reach = chance.choice((0, 0, 1, 3, 4, 5, 6, 9, 20, 40))
            started = max(0, reach - chance.choice((0, 0, 2, 7)))
            cells.append((reach, started, max(0, started - chance.choice((0, 0, 2, 7)))))
        found = year(cells)
        said = all_told(found).periods
        for at, measure in enumerate(MEASURES):
            # What somebody solves for: the hidden months of each stretch between periods that are told.
            told = sorted({0, *(length for length in PERIODS if value(said[length], measure) is not None)})
            shown += len(told)
            hidden = [each is None for each in (getattr(m, measure).value for m in said[12].months)]
            for shorter, longer in itertools.combinations(told, 2):
                stretch = range(YEAR - longer, YEAR - shorter)
                assert not 0 < sum(cells[n][at] for n in stretch) < 5, (cells, measure, shorter, longer)
                rest = [cells[n][at] for n in stretch if hidden[n] and cells[n][at]]
                assert not rest or (len(rest) > 1 and sum(rest) > 4), (cells, measure, shorter, longer)
        for one, other in itertools.combinations(range(3), 2):
            both = [
                length
                for length in PERIODS
                if all(value(said[length], MEASURES[at]) is not None for at in (one, other))
            ]
            for shorter, longer in itertools.combinations((0, *reversed(both)), 2):
                stretch = cells[YEAR - longer : YEAR - shorter]
                between = sum(cell[one] - cell[other] for cell in stretch)
                assert not 0 < between < 5, (cells, one, other, shorter, longer)
                unseen = [
                    cells[n][one] - cells[n][other]
                    for n in range(YEAR - longer, YEAR - shorter)
                    if any(getattr(said[12].months[n], MEASURES[at]).hidden for at in (one, other))
                ]
                assert not 0 < sum(unseen) < 5, (cells, one, other, shorter, longer)
    assert shown > 9000  # a test that sees everything hidden would prove nothing


def test_a_program_tells_its_months_and_its_items_give_way() -> None:
    """Ten to twenty a month, of whom each item has all but a few: beside the items none of them could be told."""
    program = alike(*range(10, 22))
    items = [alike(*(count - few for count in range(10, 22))) for few in (1, 2, 3)]
    parts = [Inside(each, told(each), yields=can_yield(each)) for each in items]
    assert [month.reach.value for month in told_of(YEAR, program, parts=parts).months] == list(range(10, 22))
    firm = [Inside(each, told(each)) for each in items]
    assert all(month.reach.hidden for month in told_of(YEAR, program, parts=firm).months)


def test_a_period_that_is_not_told_hides_no_month_of_the_year() -> None:
    """Beside an item the newest quarter cannot be told: so of its one small month the year alone tells."""
    program = alike(354, 6, 4, 3, 2, 1, 1, 1, 4, 1, 331, 409)
    item = alike(300, 6, 4, 3, 2, 1, 1, 1, 4, 0, 330, 408)
    said = all_told(program, parts=[Inside(item, told(item), yields=True)])
    assert [said.periods[length].reach.value for length in PERIODS] == [1117, None, None]
    assert [month.reach.value for month in said.periods[YEAR].months if month.reach.value] == [
        354,
        6,
        331,
        409,
    ]


def test_an_item_with_all_its_learners_in_one_month_does_not_give_way() -> None:
    item = alike(0, 0, 20, *([0] * 9))
    assert not can_yield(item)
    program = told_of(YEAR, alike(20, 20, 23, *([20] * 9)), parts=[Inside(item, told(item))])
    assert program.months[2].reach.hidden


def test_no_months_of_a_program_and_its_item_tell_of_a_few_by_their_difference() -> None:
    """Every year less the months shown, and each period that the program tells, in five hundred pairs."""
    chance = random.Random(11)
    shown = 0
    for _ in range(500):
        inner: list[tuple[int, int, int]] = []
        outer: list[tuple[int, int, int]] = []
        for _ in range(YEAR):
            reach = chance.choice((0, 0, 3, 6, 9, 20, 40))
            started = max(0, reach - chance.choice((0, 0, 2, 7)))
            inner.append((reach, started, started))
            more = chance.choice((0, 0, 0, 1, 3, 6, 20))
            outer.append((reach + more, started + chance.choice((0, more)), started))
        item, program = year(inner), year(outer)
        alone = told(item)
        said = all_told(program, parts=[Inside(item, alone, yields=can_yield(item))])
        whole = said.periods[YEAR]
        around = Around(program, whole, said.stretches)
        part = told(item, wholes=[around]) if can_yield(item) else alone
        assert [value(part, each) for each in MEASURES] == [value(alone, each) for each in MEASURES]
        for mine, theirs in ((0, 0), (1, 1), (0, 1)):
            less = [outer[n][mine] - inner[n][theirs] for n in range(YEAR)]
            told_of_program = [getattr(month, MEASURES[mine]).value is not None for month in whole.months]
            told_of_item = [getattr(month, MEASURES[theirs]).value is not None for month in part.months]
            shown += sum(told_of_program)
            both = [n for n in range(YEAR) if told_of_program[n] and told_of_item[n]]
            assert not any(0 < less[n] < 5 for n in both), (outer, inner)
            if value(whole, MEASURES[mine]) is not None and value(part, MEASURES[theirs]) is not None:
                assert not 0 < sum(less) < 5, (outer, inner)
                assert not 0 < sum(less) - sum(less[n] for n in both) < 5, (outer, inner)
            for length in PERIODS[1:]:
                within = range(YEAR - length, YEAR)
                if value(said.periods[length], MEASURES[mine]) is not None and all(
                    told_of_item[n] for n in within
                ):
                    assert not 0 < sum(less[n] for n in within) < 5, (outer, inner)
    assert shown > 7500  # a test that sees everything hidden would prove nothing


def test_the_year_before_is_told_by_the_same_rules_where_deliverers_know_of_it() -> None:
    found = alike(*range(20, 32))
    earlier = year([(10, 10, 10)] * 12)
    newest = MONTHS[-1].replace(year=2025)
    earlier = Participation(
        newest,
        earlier.year,
        {month.replace(year=month.year - 1): each for month, each in earlier.months.items()},
        earlier.shorter,
    )

    def before(months: int, oldest: date | None) -> float | None:
        said = told_before(months, Participation(found.newest, found.year, before=earlier, oldest=oldest))
        return said.reach.value if said else None

    assert (before(12, date(2024, 6, 1)), before(6, date(2024, 6, 1))) == (120, 60)
    assert (before(12, date(2024, 7, 1)), before(6, date(2024, 12, 1))) == (None, 60)
    assert before(12, None) is None
