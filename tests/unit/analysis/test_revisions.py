"""Half-lives from a catalog's own revisions: arithmetic of behaviour §4, nothing fitted."""

from __future__ import annotations

import math
from datetime import date

from services.curator.analysis.classes import HALF_LIVES, ContentClass
from services.curator.analysis.model import Document, Judgement, Relation
from services.curator.analysis.revisions import History, half_lives, histories
from tests.unit.analysis.shorthand import document

CLASS = ContentClass.COMPLIANCE  # 12 months to begin with
TODAY = date(2026, 1, 1)


def test_without_any_history_a_class_ages_as_it_starts() -> None:
    assert half_lives([]) == HALF_LIVES


def test_revisions_shorten_and_quiet_months_lengthen_the_half_life() -> None:
    # (3·12 + ln 2 · 120) / (3 + 12) = 7.9; (3·12 + ln 2 · 60) / 3 = 25.9
    assert half_lives([History(CLASS, 70, 5), History(CLASS, 50, 7)])[CLASS] == 8
    assert half_lives([History(CLASS, 60, 0)])[CLASS] == 26


def test_a_history_that_agrees_with_the_start_changes_nothing() -> None:
    months = 12 / math.log(2) * 10  # ten revisions at the rate that a half-life of 12 months means
    assert half_lives([History(CLASS, months, 10)])[CLASS] == 12


def test_the_half_life_stays_within_a_quarter_and_four_times_and_to_its_class() -> None:
    assert half_lives([History(CLASS, 1, 1000)])[CLASS] == 3
    learned = half_lives([History(CLASS, 1e6, 0)])
    assert learned[CLASS] == 48
    assert learned[ContentClass.POLICY] == HALF_LIVES[ContentClass.POLICY]


def editions(coverage: float) -> list[History]:
    made = {
        "a": document("a", created=date(2020, 1, 1), updated=date(2020, 1, 1)),
        "b": document("b", created=date(2023, 1, 1), updated=date(2023, 1, 1)),
    }
    judged = Judgement("a", "b", Relation.REVISED, 0.99, 0.95, coverage, coverage)
    return of(made, [judged])


def of(made: dict[str, Document], judged: list[Judgement]) -> list[History]:
    return histories(made, dict.fromkeys(made, CLASS), judged, dict.fromkeys(made, TODAY))


def test_editions_are_one_document_watched_from_the_first_and_revised_between_them() -> None:
    (found,) = editions(0.8)
    assert (round(found.months), found.revisions) == (72, 1)


def test_an_edition_that_says_the_same_is_no_revision() -> None:
    (found,) = editions(0.96)
    assert found.revisions == 0


def test_a_document_without_editions_counts_whether_it_was_ever_changed() -> None:
    changed = document("a", created=date(2024, 1, 1), updated=date(2025, 1, 1))
    untouched = document("b", created=date(2024, 1, 1), updated=date(2024, 1, 1))
    undated = document("c")
    found = of({"a": changed, "b": untouched, "c": undated}, [])
    assert [(round(one.months), one.revisions) for one in found] == [(24, 1), (24, 0)]
