"""When a kind is paused and when it goes on, and what a decision says about the finding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from services.catalog.review.findings import Claim, Kind
from services.catalog.review.outcomes import Outcome, label_of
from services.catalog.review.pauses import A_WEEK, WINDOW, Pace, pause, weighed
from tests.unit.review.shorthand import NOW, duplicate, outdated

DAY = timedelta(days=1)
RUNNING = Pace(Kind.DUPLICATE)
PAUSED = Pace(Kind.DUPLICATE, pause_time=NOW)


def outcomes(accepted: Sequence[bool], *, opened: bool = True) -> list[Outcome]:
    """One a day, oldest first."""
    return [
        Outcome(
            suggestion=f"s{n}",
            revision=1,
            kind=Kind.DUPLICATE,
            accepted=yes,
            label=yes,
            score=0.9,
            confidence=0.9,
            map_version=0,
            blind=False,
            opened=opened,
            decide_time=NOW + n * DAY,
        )
        for n, yes in enumerate(accepted)
    ]


def test_fewer_than_half_of_twenty_pauses() -> None:
    nine, ten = [True] * 9 + [False] * 11, [True] * 10 + [False] * 10
    assert weighed(RUNNING, outcomes(nine), NOW) == replace(RUNNING, pause_time=NOW)
    assert weighed(RUNNING, outcomes(ten), NOW) == RUNNING
    assert weighed(RUNNING, outcomes(nine[1:]), NOW) == RUNNING, "19 decisions say nothing yet"
    assert weighed(RUNNING, outcomes([False] * 30 + ten), NOW) == RUNNING, "only the last 20 count"


@pytest.mark.parametrize(
    ("accepted", "refused", "goes_on"),
    [(10, 0, True), (9, 0, False), (10, 4, True), (10, 5, False), (14, 6, True)],
)
def test_ten_accepted_at_seventy_percent_end_a_pause(accepted: int, refused: int, goes_on: bool) -> None:
    decided = outcomes([False] * refused + [True] * accepted)
    later = NOW + 40 * DAY
    expected = Pace(Kind.DUPLICATE, resume_time=later) if goes_on else PAUSED
    assert weighed(PAUSED, decided, later) == expected


def test_what_somebody_picked_from_those_held_does_not_end_a_pause() -> None:
    assert weighed(PAUSED, outcomes([True] * 30, opened=False), NOW) == PAUSED


def test_after_a_pause_only_what_was_decided_since_counts() -> None:
    went_on = PAUSED.resumed(NOW)
    assert (went_on.pause_time, went_on.since) == (None, NOW)
    assert weighed(went_on, outcomes([False] * (WINDOW - 1)), NOW) == went_on


def test_a_paused_kind_shows_two_a_week_less_those_decided_in_it() -> None:
    def left(decided: list[Outcome], days: int) -> int:
        found = pause(PAUSED, decided, NOW + days * DAY)
        assert found is not None
        return found.left

    two = outcomes([False, True])
    assert pause(RUNNING, two, NOW) is None
    assert [left([], 0), left(two[:1], 1), left(two, 6), left(two, 7)] == [A_WEEK, 1, 0, A_WEEK]


@pytest.mark.parametrize(
    ("kind", "reason", "label"),
    [
        (Kind.DUPLICATE, "", True),
        (Kind.DUPLICATE, "intentional_copy", True),
        (Kind.DUPLICATE, "required", True),
        (Kind.DUPLICATE, "used_elsewhere", True),
        (Kind.DUPLICATE, "seasonal", True),
        (Kind.UNUSED, "seasonal", None),
        (Kind.DUPLICATE, "not_same", False),
        (Kind.DUPLICATE, "different_audience", False),
        (Kind.DUPLICATE, "different_language", False),
        (Kind.DUPLICATE, "different_level", False),
        (Kind.DUPLICATE, "different_purpose", False),
        (Kind.DUPLICATE, "bad_data", False),
        (Kind.DUPLICATE, "still_accurate", None),
        (Kind.OUTDATED, "still_accurate", False),
        (Kind.OUTDATED, "other", None),
    ],
)
def test_the_reason_says_whether_the_finding_was_right(kind: Kind, reason: str, label: bool | None) -> None:
    assert label_of(replace(duplicate("a", "b"), kind=kind), reason) is label


def test_what_a_rule_found_leaves_no_label() -> None:
    due = replace(outdated("a", "confirm"), claims=(Claim("review_due", 1.0),))
    hard = replace(outdated("a", "deprecate"), claims=(Claim("expired", 1.0, hard=True),))
    evident = replace(
        outdated("a", "request_update"), claims=(Claim("superseded", 0.8), Claim("review_due", 1.0))
    )
    assert [label_of(each, "") for each in (due, hard, evident)] == [None, None, True]
