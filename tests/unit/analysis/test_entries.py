"""What two entries have in common beside their texts: the arithmetic of days and titles, and what it leads to."""

from __future__ import annotations

from datetime import date

import pytest

from services.curator.analysis import relations
from services.curator.analysis.entries import Entries, telling_title
from services.curator.analysis.features import Beside
from services.curator.analysis.model import Document, Part
from tests.unit.analysis.prose import LADDERS, LADDERS_OTHER_WORDS, document, prepared, quotes_stand

_MARCH, _MAY, _JUNE = date(2020, 3, 1), date(2021, 5, 1), date(2022, 6, 1)


def _entry(
    name: str, title: str = "", created: date | None = _MARCH, updated: date | None = _MAY
) -> Document:
    return Document(name, title, (Part("", "body", ""),), created=created, updated=updated)


@pytest.mark.parametrize(
    ("of_the_day", "worth"), [(2, 1.0), (3, 1.0), (4, 0.5), (6, 0.5), (7, 0.0), (40, 0.0)]
)
def test_the_fewer_entries_a_day_has_the_more_it_says(of_the_day: int, worth: float) -> None:
    others = [_entry(f"other {number}") for number in range(of_the_day - 2)]
    a, b = _entry("a"), _entry("b", updated=_JUNE)
    assert Entries([a, b, *others]).together(a, b) == worth


@pytest.mark.parametrize(
    "other",
    [
        _entry("b", created=None),
        _entry("b", created=_MAY, updated=_JUNE),
        _entry("b", updated=None),
        _entry("b", updated=_MAY),
    ],
)
def test_an_unknown_or_other_day_and_one_same_change_say_nothing(other: Document) -> None:
    a = _entry("a")
    assert Entries([a, other]).together(a, other) == 0.0


def _parallel(a: Document, b: Document, others: int = 8) -> float:
    rest = [_entry(f"other {number}", created=_MAY, updated=_JUNE) for number in range(others)]
    return Entries([a, b, *rest]).parallel(a, b)


def test_made_and_changed_side_by_side() -> None:
    assert _parallel(_entry("a"), _entry("b")) == 1.0
    assert _parallel(_entry("a"), _entry("b", updated=_JUNE)) == 0.0
    # An import gives everything one day.
    assert _parallel(_entry("a", updated=_MARCH), _entry("b", updated=_MARCH)) == 0.0
    assert _parallel(_entry("a", created=None), _entry("b", created=None)) == 0.0


@pytest.mark.parametrize(("others", "worth"), [(18, 1.0), (5, 1.0), (1, 0.0), (0, 0.0)])
def test_days_that_most_of_a_catalog_shares_say_nothing(others: int, worth: float) -> None:
    assert _parallel(_entry("a"), _entry("b"), others) == worth


def test_editions_have_one_title_and_general_titles_are_nobodys() -> None:
    assert telling_title("Working on ladders 2024") == telling_title("Working on ladders, 2nd edition")
    assert telling_title("Introduction") is None
    assert telling_title("") is None
    assert telling_title("About the") is None


def test_entries_of_a_rare_day_or_a_telling_title_are_worth_a_comparison() -> None:
    entries = [
        _entry("a", "Working on ladders"),
        _entry("b", "Introduction", updated=_JUNE),
        _entry("c", "Working on ladders", created=_MAY),
        _entry("d", "Introduction", created=_JUNE),
        _entry("e", "Goodbye", created=None),
    ]
    found = Entries(entries)
    assert found.alike(entries[0]) == ["b", "c"]
    assert found.alike(entries[3]) == []
    assert found.alike(entries[4]) == []
    assert found.pairs({one.id: one for one in entries}) == {("a", "b"), ("a", "c")}


def test_what_stands_beside_the_texts_makes_a_rewritten_page_likelier_and_nothing_else_certain() -> None:
    texts = {"a": document("a", LADDERS), "b": document("b", LADDERS_OTHER_WORDS)}
    ready = prepared(*texts.values())
    without = relations.compare(ready["a"], ready["b"])
    with_ = relations.compare(ready["a"], ready["b"], beside=Beside(together=1.0))
    assert without.probability < with_.probability < 0.9
    assert quotes_stand(with_, texts)
