"""What goes by a name of its own needs more text in common to be called the same thing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from itertools import combinations

from services.curator.analysis.duplicates import find_duplicates
from services.curator.analysis.model import Document, Judgement, Part, Relation
from services.curator.analysis.names import named_apart


def document(title: str, created: date = date(2020, 3, 1), name: str = "") -> Document:
    return Document(name or title, title, (Part("body", "body", "Text."),), created=created)


def told(*documents: Document) -> dict[str, Document]:
    return {one.id: one for one in documents}


def tie(
    a: Document, b: Document, less: float, more: float, relation: Relation = Relation.REVISED
) -> Judgement:
    return Judgement(a.id, b.id, relation, 0.95, 0.95, less, more)


def quiet(one: Judgement, documents: Mapping[str, Document]) -> bool:
    said = named_apart([one], documents)
    assert bool(find_duplicates([one], documents=documents)) is not bool(said)
    assert find_duplicates([one])  # without documents nothing is known of names
    return bool(said)


def test_a_revision_under_another_name_has_most_of_either_text() -> None:
    lift, ladder = document("Lifting loads with the crane"), document("Working safely on ladders")
    assert quiet(tie(lift, ladder, 0.5, 0.9), told(lift, ladder))
    assert not quiet(tie(lift, ladder, 0.6, 0.9), told(lift, ladder))


def test_an_overlap_under_two_names_has_half_of_one() -> None:
    lift, ladder = document("Lifting loads with the crane"), document("Working safely on ladders")
    assert quiet(tie(lift, ladder, 0.1, 0.3, Relation.OVERLAP), told(lift, ladder))
    assert quiet(tie(lift, ladder, 0.1, 0.45, Relation.OVERLAP), told(lift, ladder))
    assert not quiet(tie(lift, ladder, 0.1, 0.5, Relation.OVERLAP), told(lift, ladder))
    assert not quiet(tie(lift, ladder, 0.1, 0.99, Relation.CONTAINED), told(lift, ladder))
    again = replace(ladder, title="Lifting loads with the new crane")
    assert not quiet(tie(lift, again, 0.1, 0.3, Relation.OVERLAP), told(lift, again))


def test_one_title_over_two_texts_is_a_subject_in_common_unless_one_record_was_revised() -> None:
    first = document("What you should know before", name="one")
    other = document("What you should know before", date(2022, 5, 1), "other")
    assert quiet(tie(first, other, 0.1, 0.2), told(first, other))
    assert not quiet(tie(first, other, 0.2, 0.4), told(first, other))
    revised = replace(other, created=first.created)
    assert not quiet(tie(first, revised, 0.1, 0.2), told(first, revised))


def test_two_years_of_news_are_no_editions_of_one_text() -> None:
    first, second = document("News of 2023"), document("News of 2024", date(2022, 5, 1))
    assert quiet(tie(first, second, 0.3, 0.4), told(first, second))
    assert not quiet(tie(first, second, 0.4, 0.6), told(first, second))  # much was added since


def test_texts_that_pass_for_revisions_of_several_by_other_names_fill_a_template() -> None:
    pages = [document(f"Alarm of the {which} pump in the cellar") for which in ("left", "right", "spare")]
    ties = [tie(a, b, 0.95, 0.95) for a, b in combinations(pages, 2)]
    documents = told(*pages)
    assert named_apart(ties, documents) == {(one.a, one.b) for one in ties}
    assert not find_duplicates(ties, documents=documents)
    assert not named_apart(ties[:1], documents)  # two may be one that was renamed


def test_a_text_that_was_renamed_by_words_left_out_fills_no_template() -> None:
    names = (
        "Alarm of the left pump",
        "Alarm of the left pump in the cellar",
        "Alarm of the left pump, cellar two",
    )
    pages = [document(name) for name in names]
    documents = told(*pages)
    assert not named_apart([tie(pages[0], other, 0.95, 0.95) for other in pages[1:]], documents)
    assert named_apart([tie(pages[0], other, 0.45, 0.45) for other in pages[1:]], documents)


def test_what_has_no_title_is_left_to_its_text() -> None:
    lift, bare = document("Lifting loads with the crane"), document("", date(2022, 5, 1), "bare")
    assert not quiet(tie(lift, bare, 0.1, 0.2), told(lift, bare))


def test_three_courses_on_one_subject_are_copies_whatever_they_are_called_and_five_fill_a_template() -> None:
    names = (
        "Privacy and data protection",
        "Privacy in practice",
        "Data privacy, short",
        "GDPR",
        "Personal files",
    )
    pages = [document(name) for name in names]
    documents = told(*pages)
    ties = [tie(a, b, 0.8, 0.9) for a, b in combinations(pages, 2)]
    three = [one for one in ties if {one.a, one.b} <= set(names[:3])]
    assert not named_apart(three, documents)
    assert [one.members for one in find_duplicates(three, documents=documents)] == [tuple(sorted(names[:3]))]
    assert len(named_apart(ties, documents)) == len(ties)


def test_two_that_go_on_under_their_own_names_are_two_things_and_one_of_them_may_be_the_other_renamed() -> (
    None
):
    ladders = [document("Working safely on ladders", name=f"ladders {n}") for n in (1, 2)]
    heights = [document("Jobs high above ground", name=f"heights {n}") for n in (1, 2)]
    documents = told(*ladders, *heights)
    across = [tie(a, b, 0.8, 0.9) for a in ladders for b in heights]
    own = [
        tie(ladders[0], ladders[1], 0.9, 0.9),
        tie(heights[0], heights[1], 1.0, 1.0, Relation.IDENTICAL),
    ]
    assert len(named_apart([*across, *own], documents)) == len(across)
    assert not named_apart([*across, own[0]], documents)
