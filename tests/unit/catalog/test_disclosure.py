"""What of groups may be told: no group of one to four, alone or as what a total leaves."""

from __future__ import annotations

import itertools

import pytest

from services.catalog.domain.disclosure import LEAST, apart, coarse, hidden_cells, leaves_few, nested


@pytest.mark.parametrize(
    ("cells", "hidden", "total"),
    [
        ([20, 30], set[int](), False),
        ([4, 6, 12], {0, 1}, False),
        ([4, 0, 12, 30], {0, 2}, False),
        ([1, 2, 40, 50], {0, 1, 2}, False),
        ([3, 4, 40], {0, 1}, False),
        ([0, 4], {1}, True),
        ([2, 2], {0, 1}, True),
        ([0, 0], set[int](), False),
    ],
)
def test_a_small_cell_takes_the_next_smallest_with_it(
    cells: list[int], hidden: set[int], total: bool
) -> None:
    assert hidden_cells(cells, sum(cells)) == (hidden, total)


def test_no_total_less_the_shown_cells_leaves_one_to_four() -> None:
    for cells in itertools.product((0, 1, 3, 4, 5, 6, 9), repeat=4):
        hidden, total_hidden = hidden_cells(cells, sum(cells))
        shown = [count for at, count in enumerate(cells) if at not in hidden]
        assert not any(0 < count < 5 for count in shown)
        if not total_hidden:
            assert not 0 < sum(cells) - sum(shown) < 5
            assert not any(0 < sum(cells) - count < 5 for count in shown)


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [
        ([50, 50, 40], [False, False, False]),
        ([50, 46, 46], [False, True, True]),
        ([50, 44, 41], [False, False, True]),
        ([4, 4, 0], [True, True, False]),
        ([50, 50, 0], [False, False, False]),
    ],
)
def test_of_groups_inside_each_other_none_is_told_that_leaves_a_few(
    counts: list[int], hidden: list[bool]
) -> None:
    assert nested(counts) == hidden


@pytest.mark.parametrize(
    ("count", "groups", "hidden"),
    [
        (4, (), True),
        (0, (100,), False),
        (103, (100, 3), True),
        (153, (100, 50, 3), True),
        (103, (100,), True),
        (100, (103,), True),
        (105, (100, 5), False),
        (100, (100, 0), False),
    ],
)
def test_a_sum_is_hidden_that_is_over_a_few_or_leaves_a_few(
    count: int, groups: tuple[int, ...], hidden: bool
) -> None:
    assert leaves_few(count, groups) is hidden


def test_a_count_is_told_with_one_to_four_beyond_any_group_inside_it_as_five() -> None:
    assert [coarse(count) for count in (0, 1, 4, 5, 103)] == [0, 5, 5, 5, 103]
    groups = ((100,), (100, 98), (3,), (103,), (50, 98))
    assert [coarse(103, each) for each in groups] == [105, 105, 103, 103, 103]
    for inside in itertools.product((0, 5, 7, 11, 20), repeat=3):
        for each in inside:
            assert len({coarse(each + count, inside) for count in range(1, LEAST)}) == 1, inside


@pytest.mark.parametrize(
    ("between", "hidden", "more"),
    [
        ([3, 7, 0, 9], {0}, {1}),
        ([3, 7, 0, 9], {0, 3}, set[int]()),
        ([0, 7, 0, 9], {0}, set[int]()),
        ([3, 0, 0, 0], {0}, set[int]()),
    ],
)
def test_a_few_between_two_totals_are_not_told_as_what_the_shown_cells_leave(
    between: list[int], hidden: set[int], more: set[int]
) -> None:
    assert apart(between, frozenset(hidden)) == more
