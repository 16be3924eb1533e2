"""Relations of company texts: what is a copy, an edition, an excerpt, and what only looks like one.

Asserts outcomes (relation, direction, shown or not), never a fitted probability.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.curator.analysis import relations
from services.curator.analysis.across import Resemblance
from services.curator.analysis.embedding import Vectors
from services.curator.analysis.features import Beside
from services.curator.analysis.model import Listing, Relation
from tests.unit.analysis.prose import (
    LADDERS,
    LADDERS_OTHER_WORDS,
    PHISHING,
    SHEET,
    SITES,
    document,
    judged,
    prepared,
    quotes_stand,
)

SHOWN = 0.70
_CUT = LADDERS.index("After work")
_PARAGRAPHS = LADDERS.strip().split("\n\n")
REVISED = (
    LADDERS.replace("half an hour", "twenty minutes")
    .replace(
        "A ladder with a cracked stile is withdrawn at once and\nmarked with red tape.",
        "Damaged ladders go to the store.",
    )
    .replace("Carry tools in a belt, never in your hand.", "Tools hang in a belt; both hands stay free.")
    .replace(
        "Somebody else holds the foot while you tie it.", "A second person stays at the foot of the ladder."
    )
    .replace("Enter every defect in the book beside the store.", "Report defects in the app on the same day.")
)


def test_the_same_text_in_two_resources_is_identical() -> None:
    found = judged(document("a", LADDERS, "Ladders"), document("b", LADDERS, "Climbing (copy)"))
    assert found.relation is Relation.IDENTICAL
    assert found.confidence >= SHOWN
    assert found.coverage_a == found.coverage_b == 1.0


def test_the_same_text_listed_by_two_sources_is_one_item() -> None:
    row = document("a", LADDERS, listings=(Listing("lms", "L-1", "csv"),))
    package = document("b", LADDERS, listings=(Listing("academy", "pkg", "scorm12"),))
    assert judged(row, package).relation is Relation.SAME_ITEM


def test_the_same_words_that_lead_elsewhere_are_an_edition_which_says_so() -> None:
    linked = f"{LADDERS}\nRead the [manual](https://ladders.example/2021.pdf) before you buy one.\n"
    moved = linked.replace("2021.pdf", "2024.pdf")
    found = judged(document("a", linked), document("b", moved))
    assert found.relation is Relation.REVISED
    assert found.reasons[0].code == "links"
    # What follows from where a page stands tells nothing: two sources, or two folders of one.
    one, other = (Listing("lms", "L-1"),), (Listing("academy", "A-1"),)
    listed = judged(document("a", linked, listings=one), document("b", moved, listings=other))
    assert listed.relation is Relation.SAME_ITEM
    beside = linked.replace("https://ladders.example/2021.pdf", "manual.pdf")
    above = linked.replace("https://ladders.example/2021.pdf", "../manual.pdf")
    assert judged(document("a", beside), document("b", above)).relation is Relation.IDENTICAL


def test_one_changed_number_makes_an_edition_and_no_copy() -> None:
    found = judged(
        document("a", LADDERS),
        document("b", LADDERS.replace("four metres", "five metres").replace("three points", "4 points")),
    )
    assert found.relation is Relation.REVISED
    assert found.confidence >= SHOWN


def test_an_edition_with_a_third_of_its_sentences_changed_is_found_with_its_direction() -> None:
    old = document("z", LADDERS, "Ladders", updated=date(2023, 3, 1))
    new = document("a", REVISED, "Ladders", updated=date(2025, 3, 1))
    found = judged(new, old)
    assert (found.relation, found.a, found.b) == (Relation.REVISED, "z", "a")
    assert found.confidence >= SHOWN


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ({"version": "1.9"}, {"version": "1.10"}),
        ({"title": "Ladders 2024"}, {"title": "Ladders 2025"}),
        ({"title": "Ladders"}, {"title": "Ladders, 2nd edition"}),
        ({"title": "Ladders (old)"}, {"title": "Ladders"}),
        ({"published": date(2022, 1, 1)}, {"published": date(2024, 1, 1)}),
    ],
)
def test_what_people_wrote_tells_which_edition_is_older(older: dict[str, str], newer: dict[str, str]) -> None:
    # The dates say the opposite wherever something stronger is there.
    old = replace(document("z", LADDERS, updated=date(2025, 6, 1)), **older)  # type: ignore[arg-type]
    new = replace(document("a", REVISED, updated=date(2025, 6, 1)), **newer)  # type: ignore[arg-type]
    found = judged(old, new)
    assert (found.a, found.b) == ("z", "a")
    assert "direction_unclear" not in {reason.code for reason in found.reasons}


def test_without_any_sign_the_direction_is_said_to_be_unclear() -> None:
    found = judged(document("a", LADDERS), document("b", REVISED))
    assert "direction_unclear" in {reason.code for reason in found.reasons}


def test_a_shortened_copy_is_contained_in_the_longer_one() -> None:
    short = "\n\n".join((_PARAGRAPHS[1], _PARAGRAPHS[3])).replace("climb down", "get down")
    found = judged(document("long", LADDERS + "\n\n" + PHISHING), document("short", short))
    assert (found.relation, found.a, found.b) == (Relation.CONTAINED, "short", "long")
    assert found.confidence >= SHOWN
    assert found.coverage_a > 0.9 > found.coverage_b


def test_the_same_topic_in_other_words_is_no_duplicate() -> None:
    found = judged(document("a", LADDERS, "Ladders"), document("b", LADDERS_OTHER_WORDS, "Ladders"))
    assert found.relation is Relation.UNRELATED
    assert found.probability < 0.1


@pytest.mark.parametrize("count", [2, 3, 4])
def test_one_template_filled_for_several_sites_stays_quiet(count: int) -> None:
    sheets = [
        document(fill["site"], SHEET.format(**fill), f"Safety sheet {fill['site']}") for fill in SITES[:count]
    ]
    ready = prepared(*sheets)
    for one, other in combinations(sorted(ready), 2):
        found = relations.compare(ready[one], ready[other])
        assert found.relation is Relation.VARIANT, found
        assert found.probability < 0.4


def test_swapping_two_bodies_swaps_what_is_found_whatever_the_titles_say() -> None:
    titles = {"a": "Ladders", "b": "Ladders again", "c": "False mail"}
    texts = {"a": LADDERS, "b": REVISED, "c": PHISHING}
    ready = prepared(*(document(key, texts[key], titles[key]) for key in texts))
    swapped = prepared(
        document("a", LADDERS, titles["a"]),
        document("b", PHISHING, titles["b"]),
        document("c", REVISED, titles["c"]),
    )
    assert relations.compare(ready["a"], ready["b"]).relation is Relation.REVISED
    assert relations.compare(ready["a"], ready["c"]).relation is Relation.UNRELATED
    assert relations.compare(swapped["a"], swapped["b"]).relation is Relation.UNRELATED
    assert relations.compare(swapped["a"], swapped["c"]).relation is Relation.REVISED


def test_the_frame_that_every_course_has_makes_no_overlap() -> None:
    frame = "\n\n".join(
        f"{text} and please read on below before you continue with the course."
        for text in (
            "Welcome to the learning portal of our company",
            "Mark this page as done",
            "Rate it with stars",
        )
    )
    bodies = [
        LADDERS,
        LADDERS_OTHER_WORDS,
        PHISHING,
        SHEET.format(**SITES[0]),
        SHEET.format(**SITES[1]),
        REVISED,
    ]
    made = [document(f"d{n}", f"{frame}\n\n{body}") for n, body in enumerate(bodies)]
    found = judged(*made)
    assert found.relation is Relation.UNRELATED
    assert not [p for p in found.passages if "learning portal" in p.a.text]


def test_what_every_course_begins_with_is_not_quoted_for_a_translation() -> None:
    header = "Tarnwick Water Learning Hub"
    german = (
        "Verbrecher schreiben, als wären sie Ihre Bank. Öffnen Sie keine Anhänge, die Sie nicht erwarten."
    )
    others = [document(f"d{n}", f"{header}\n\n{text}") for n, text in enumerate((LADDERS, REVISED, LADDERS))]
    pair = [
        document("en", f"{header}\n\n{PHISHING}", language="en"),
        document("de", f"{header}\n\n# Falsche Mails\n\n{german}", language="de"),
    ]
    made = prepared(*pair, *others)
    found = relations.compare(made["de"], made["en"], beside=Beside(resemblance=Resemblance(0.9, 1.2)))
    assert found.relation is Relation.TRANSLATED
    ((german_quote, english_quote),) = [(one.a.text, one.b.text) for one in found.passages]
    assert german_quote == german
    assert english_quote.startswith("Criminals write as if")


def test_facts_that_differ_are_told_in_words() -> None:
    numbered = LADDERS.replace("four metres", "4 metres").replace("three points", "3 points")
    newer = numbered.replace("4 metres", "5 metres").replace("points of contact", "points of firm contact")

    def told(text: str) -> list[str]:
        found = judged(document("a", numbered), document("b", text)).reasons
        return [reason.text for reason in found if reason.code == "facts"]

    assert told(newer) == [  # 4 and 5 of 3, 4, 3 and 5
        "In sentences that match otherwise, 2 of 4 numbers and names stand in one text only."
    ]
    assert told(newer.replace("5 metres", "4 metres")) == [
        "All numbers and names in matching sentences are the same."
    ]


def test_six_exact_copies_are_copies_although_all_their_blocks_look_like_a_frame() -> None:
    made = [document(f"d{n}", LADDERS) for n in range(6)]
    assert judged(*made).relation is Relation.IDENTICAL


def test_a_translation_is_told_by_what_survives_it() -> None:
    code = (
        "\n\n```sh\nwinch --load 250 --line north\nwinch release --force\nwinch status | tee log.txt\n```\n\n"
    )
    link = "https://winch.example/manual"
    english = f"# Winch\n\nStart the winch with these commands on panel 17.{code}See {link} for 12 more."
    german = f"# Winde\n\nDie Winde wird hiermit an der Tafel 17 gestartet.{code}Siehe {link} für 12 weitere."
    found = judged(document("a", english, language="en"), document("b", german, language="de"))
    assert found.relation is Relation.TRANSLATED


def test_a_text_in_another_language_with_nothing_in_common_is_not_claimed_to_be_a_translation() -> None:
    german = "Die Leiter steht fest auf dem Boden. Sie wird nicht allein benutzt und oben angebunden."
    found = judged(document("a", LADDERS, language="en"), document("b", german, language="de"))
    assert found.relation is Relation.UNRELATED


_EDITS = st.lists(
    st.sampled_from([LADDERS, REVISED, PHISHING, LADDERS_OTHER_WORDS, SHEET]), min_size=1, max_size=3
).map("\n\n".join)


@given(_EDITS, _EDITS)
def test_quotations_stand_where_they_say_and_the_order_of_the_two_does_not_matter(
    one: str, other: str
) -> None:
    documents = {"a": document("a", one), "b": document("b", other)}
    ready = prepared(*documents.values())
    found = relations.compare(ready["a"], ready["b"])
    assert found == relations.compare(ready["b"], ready["a"])
    assert quotes_stand(found, documents)
    assert {found.a, found.b} == {"a", "b"}
    assert 0 <= found.coverage_a <= 1
    assert 0 <= found.coverage_b <= 1
    for passage in found.passages:
        assert (passage.a.document, passage.b.document) == (found.a, found.b)
    if found.probability >= 0.5:
        assert found.passages


def test_blocks_that_mean_the_same_are_quoted_but_do_not_make_a_duplicate() -> None:
    documents = (
        document("a", LADDERS),
        document("b", LADDERS_OTHER_WORDS.replace("work", "job") + "\n\n" + _PARAGRAPHS[1]),
    )
    ready = prepared(*documents)
    keys = [block.hash for side in ready.values() for block in side.blocks]
    rows = dict(zip(keys, _one_direction(len(keys)), strict=True))
    without, with_ = (
        relations.compare(ready["a"], ready["b"]),
        relations.compare(ready["a"], ready["b"], rows),
    )
    assert {p.match for p in with_.passages} > {p.match for p in without.passages}
    assert with_.probability == without.probability


def _one_direction(count: int) -> Vectors:
    return np.tile(np.eye(1, 384, dtype=np.float32), (count, 1))
