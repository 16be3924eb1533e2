"""One sentence in an older and a newer document, with another figure in it."""

from __future__ import annotations

from datetime import date

import pytest

from services.curator.analysis.contradictions import contradicted, contradictions
from services.curator.analysis.model import Document, Judgement, Passage, Quote, Relation
from tests.unit.analysis.shorthand import document

TODAY = date(2026, 1, 15)
OLD, NEW = date(2021, 3, 1), date(2025, 3, 1)


def pair(older: Document, newer: Document, relation: Relation = Relation.OVERLAP) -> Judgement:
    passage = Passage(
        Quote(older.id, "page.html", 0, older.parts[0].text),
        Quote(newer.id, "page.html", 0, newer.parts[0].text),
        "near",
        0.9,
    )
    return Judgement(older.id, newer.id, relation, 0.8, 0.8, 0.5, 0.5, (passage,))


def two(
    first: str, second: str, titles: tuple[str, str] = ("Travel costs", "Travel costs")
) -> dict[str, Document]:
    return {
        "old": document("old", first, title=titles[0], updated=OLD),
        "new": document("new", second, title=titles[1], updated=NEW),
    }


@pytest.mark.parametrize(
    ("sentence", "before", "after"),
    [
        ("Claims for travel are paid up to {} for each night.", "€50", "€80"),
        ("You must report an accident within {} days to your manager.", "3", "2"),
        ("Call the helpdesk of the company on {} at any hour.", "0800 123 4567", "0800 765 4321"),
        ("The password must have at least {} characters of two kinds.", "8", "14"),
        ("This form must be used for all orders until {} of each year.", "31 March", "30 June"),
    ],
)
def test_another_figure_in_a_newer_text_is_claimed_with_both_sentences(
    sentence: str, before: str, after: str
) -> None:
    documents = two(f"Some words first. {sentence.format(before)}", f"{sentence.format(after)} And more.")
    found = contradictions([pair(documents["old"], documents["new"])], documents)
    claim = contradicted(documents["old"], found["old"], documents, TODAY)
    assert claim is not None
    assert [quote.text for quote in claim.quotes] == [sentence.format(before), sentence.format(after)]
    for quote in claim.quotes:
        text = documents[quote.document].parts[0].text
        assert text[quote.start : quote.start + len(quote.text)] == quote.text
    assert before in claim.reasons[0].text
    assert "new" not in found  # the newer one is right


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (sentence.format(first), sentence.format(second))
        for sentence, first, second in (
            # another matter: the words differ, not the figure alone
            ("{} for each night are paid by the company.", "Hotels up to €50", "Meals up to €80"),
            # numbers of the text itself
            ("The answers to it are in table {} of at least that part.", "3", "4"),
            # nothing binding about it
            ("There are {} nice pictures of the old harbour to look at.", "4", "9"),
            # the same figure in another way of writing
            ("The fee for such a late claim is {} for each of us.", "€1,000", "€1.000"),
            # no sentence
            ("Required: True Position: {} Default value: None within Accept input", "0", "1"),
            # marks of a list and of notes
            ("{} It must define one or more of the limits of it.", "1.", "2."),
            ("The rate of it is the one [{}] that was given in the text.", "12", "13"),
        )
    ],
)
def test_what_only_looks_like_a_contradiction_is_quiet(before: str, after: str) -> None:
    documents = two(before, after)
    assert not contradictions([pair(documents["old"], documents["new"])], documents)


def test_only_texts_on_one_matter_contradict_each_other() -> None:
    first, second = (
        "You must pay within 30 days of the invoice date.",
        "You must pay within 14 days of the invoice date.",
    )
    other = two(first, second, ("Buying paper", "Selling ships"))
    assert not contradictions([pair(other["old"], other["new"], Relation.UNRELATED)], other)
    assert not contradictions([pair(other["old"], other["new"], Relation.VARIANT)], other)
    alike = two(first, second)
    assert contradictions([pair(alike["old"], alike["new"], Relation.UNRELATED)], alike)


def test_a_newer_text_of_tomorrow_or_in_the_archive_proves_nothing() -> None:
    documents = two(
        "You must pay within 30 days of the invoice date.", "You must pay within 14 days of the invoice date."
    )
    found = contradictions([pair(documents["old"], documents["new"])], documents)["old"]
    assert contradicted(documents["old"], found, documents, date(2025, 2, 1)) is None
    gone = documents | {"new": document("new", updated=NEW, archived=True)}
    assert contradicted(documents["old"], found, gone, TODAY) is None


def test_a_form_filled_differently_in_one_text_states_nothing() -> None:
    row = "The part must be replaced within {} days of the first use."
    documents = two(f"{row.format(5)} {row.format(9)}", row.format(7))
    assert not contradictions([pair(documents["old"], documents["new"])], documents)
