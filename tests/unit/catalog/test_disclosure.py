"""What of groups may be told: no group of one to four, alone or as what a total leaves."""

from __future__ import annotations

import itertools

import pytest

from services.catalog.domain.disclosure import hidden_cells, nested


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
