"""Under a biased, noisy reviewer confidence comes to say how often they agree, and pauses hold.

Findings and reviewers are made up with known probabilities; the rules are the catalog's own. Seeds are fixed, the
bounds are about half of what was wrong before. It does not prove that reviewers are right: against the truth the
error falls to what their bias leaves.
"""

from __future__ import annotations

import pytest

from benchmarks.learning.simulation import (
    BIASED,
    GRID,
    HOPELESS,
    OVERCONFIDENT,
    RECOVERS,
    UNDERCONFIDENT,
    Review,
    World,
)
from services.catalog.review.calibration import BLIND_SHARE, ENOUGH


@pytest.mark.parametrize("world", [OVERCONFIDENT, UNDERCONFIDENT], ids=lambda world: world.name)
def test_confidence_converges_to_what_the_reviewer_says_and_stays_there(world: World) -> None:
    review = Review(world, BIASED, pausing=False)
    before = review.checkpoint()
    for decisions in (600, 1200, 1800):
        now = review.until(decisions)
        assert now.reviewer < before.reviewer / 2
        assert now.truth < before.truth * 0.6
    assert review.maps[0].labels >= ENOUGH
    assert all(each.confidence == each.score for each in review.outcomes if not each.map_version)
    for each in review.maps:
        found = [each.confidence(score) for score in GRID]
        assert found == sorted(found)
    under_a_map = [each for each in review.outcomes if each.map_version]
    share = sum(each.blind for each in under_a_map) / len(under_a_map)
    assert share == pytest.approx(BLIND_SHARE, abs=0.02)
    assert now.blind
    assert now.reported is not None
    assert now.reported < before.reviewer


def lived(world: World, seed: int, days: int) -> Review:
    review = Review(world, BIASED, seed=seed, a_day=3, arriving=4)
    for day in review.days():
        if day == days:
            break
    return review


def test_a_kind_that_is_mostly_wrong_is_paused_and_stays_so_for_a_year() -> None:
    for seed in range(5):
        review = lived(HOPELESS, seed, 365)
        paused = review.paces[0].pause_time
        assert paused is not None
        if len(review.paces) > 1:  # by chance, in about 2 of 100: the next twenty decisions pause it again
            again = review.pace.pause_time
            assert again is not None
            assert (again - paused).days < 90
        shown = [each for each in review.outcomes if each.decide_time > paused]
        weeks = 365 / 7 + 1
        assert len(shown) <= 2 * weeks + 20


@pytest.mark.thorough
def test_a_kind_that_has_become_right_goes_on() -> None:
    went_on = 0
    for seed in range(5):
        review = Review(RECOVERS, BIASED, seed=seed, a_day=3, arriving=4)
        # Two answers a week, weighed with the bad ones since the pause: it takes months.
        for day in review.days():
            if len(review.paces) == 2 or day == 500:
                break
        assert review.paces[0].pause_time is not None
        went_on += len(review.paces) == 2
    assert went_on >= 4
