"""The map from score to confidence, and the table that says how far it can be trusted."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import isotonic_regression

from services.catalog.review.calibration import (
    ENOUGH,
    IDENTITY,
    PRIOR,
    Bin,
    Block,
    Label,
    Map,
    calibration_error,
    fitted,
    isotonic,
    reliability,
    sampled,
)


def map_of(labels: list[Label]) -> Map:
    points = fitted(labels)
    assert points is not None
    return Map(1, len(labels), *points)


def alternating(score: float, count: int, *, right_of_ten: int) -> list[Label]:
    return [(score, n % 10 < right_of_ten) for n in range(count)]


@given(st.lists(st.tuples(st.integers(0, 40), st.booleans()), min_size=1, max_size=80))
def test_pooling_violators_gives_the_least_squares_fit(values: list[tuple[int, bool]]) -> None:
    ordered = sorted(values)
    blocks = isotonic([Block(float(score), float(right), 1.0) for score, right in ordered])
    fit = np.repeat([b.value for b in blocks], [int(b.weight) for b in blocks])
    scores, index = np.unique([score for score, _ in ordered], return_inverse=True)
    weights = np.bincount(index).astype(float)
    means = np.bincount(index, [float(right) for _, right in ordered]) / weights
    np.testing.assert_allclose(fit, isotonic_regression(means, weights=weights).x[index], atol=1e-12)
    assert len(scores) >= len(blocks)


@pytest.mark.parametrize("seed", range(20))
def test_the_map_never_falls_and_stays_a_probability(seed: int) -> None:
    drawn = random.Random(seed)
    steps = drawn.choice([3, 30, 10**9])
    learned = map_of(
        [
            (0.7 + 0.3 * drawn.randint(0, steps) / steps, drawn.random() < 0.6)
            for _ in range(ENOUGH + drawn.randint(0, 100))
        ]
    )
    found = [learned.confidence(score) for score in sorted(drawn.random() for _ in range(300))]
    assert found == sorted(found)
    assert all(0 <= each <= 1 for each in found)


def test_until_there_are_two_hundred_labels_confidence_is_the_score() -> None:
    labels = alternating(0.9, ENOUGH, right_of_ten=5)
    assert fitted(labels[1:]) is None
    assert IDENTITY.confidence(0.83) == 0.83
    assert map_of(labels).confidence(0.9) == pytest.approx((0.5 * ENOUGH + PRIOR * 0.9) / (ENOUGH + PRIOR))


def test_labels_below_the_threshold_teach_nothing() -> None:
    picked = alternating(0.6, 500, right_of_ten=10)
    assert fitted(picked) is None
    shown = alternating(0.9, 300, right_of_ten=8)
    assert fitted([*picked, *shown]) == fitted(shown)


def test_below_what_was_judged_the_score_stands_capped_where_it_would_break_the_order() -> None:
    better = map_of([*alternating(0.8, 150, right_of_ten=9), *alternating(0.95, 150, right_of_ten=10)])
    assert [better.confidence(score) for score in (0.2, 0.69, 0.75)] == [0.2, 0.69, 0.75]
    worse = map_of([*alternating(0.8, 150, right_of_ten=4), *alternating(0.95, 150, right_of_ten=6)])
    assert worse.confidence(0.3) == 0.3
    assert worse.confidence(0.69) == worse.confidence(0.8) == pytest.approx(0.4, abs=0.01)
    assert worse.confidence(1.0) == worse.confidence(0.95) == pytest.approx(0.6, abs=0.01)


def test_a_single_label_at_the_edge_moves_little_and_nothing_becomes_certain() -> None:
    most = alternating(0.9, 300, right_of_ten=8)
    without, learned = map_of(most), map_of([(0.70, False), *most, (0.99, True)])
    assert (
        learned.confidence(0.75)
        == learned.confidence(0.99)
        == pytest.approx(without.confidence(0.9), abs=0.01)
    )
    assert 0.9 < map_of(alternating(0.9, 300, right_of_ten=10)).confidence(0.99) < 1


def test_the_table_counts_each_label_once_and_weighs_the_gaps() -> None:
    bins = reliability([(0.70, True), (0.75, False), (0.79, True), (0.99, True), (1.0, True)])
    assert [(each.lower, each.upper, each.count) for each in bins] == [(0.7, 0.8, 3), (0.9, 1.0, 2)]
    assert bins[0].share == pytest.approx(2 / 3)
    assert calibration_error([Bin(0.7, 0.8, 30, 0.75, 0.65), Bin(0.9, 1.0, 10, 0.95, 0.95)]) == pytest.approx(
        0.075
    )
    assert calibration_error([]) == 0.0


def test_one_in_twenty_is_shown_blind_and_always_the_same() -> None:
    drawn = random.Random(7)
    keys = [f"{drawn.random()}" for _ in range(10_000)]
    chosen = [key for key in keys if sampled(key)]
    assert 400 < len(chosen) < 600
    assert all(map(sampled, chosen))
