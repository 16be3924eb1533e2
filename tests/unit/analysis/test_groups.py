"""Groups and what is found: every pair inside holds, verdicts bind, no pair is lost, excerpts stay alone."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from services.curator.analysis.duplicates import find_duplicates
from services.curator.analysis.groups import MOST_MEMBERS, families, group, pair, translations
from services.curator.analysis.model import Judgement, Passage, Quote, Reason, Relation


def tie(a: str, b: str, relation: Relation = Relation.REVISED, confidence: float = 0.9) -> Judgement:
    shared = 0.1 if relation is Relation.TRANSLATED else 0.9
    return Judgement(a, b, relation, confidence, confidence, shared, shared)


_NAMES = [f"r{n:02}" for n in range(16)]
_TIES = st.dictionaries(
    st.tuples(st.sampled_from(_NAMES), st.sampled_from(_NAMES)).filter(lambda key: key[0] < key[1]),
    st.tuples(st.sampled_from([Relation.IDENTICAL, Relation.REVISED, Relation.CONTAINED]), st.floats(0.4, 1)),
    max_size=60,
).map(lambda chosen: [tie(a, b, relation, sure) for (a, b), (relation, sure) in chosen.items()])


@given(
    _TIES, st.sets(st.tuples(st.sampled_from(_NAMES), st.sampled_from(_NAMES)).map(lambda key: pair(*key)))
)
def test_every_pair_inside_a_group_holds_and_none_is_lost(
    ties: list[Judgement], apart: set[tuple[str, str]]
) -> None:
    merged = {(one.a, one.b) for one in ties if one.relation is not Relation.CONTAINED} - apart
    inside: list[tuple[str, str]] = []
    for found in group(ties, apart):
        assert 2 <= len(found.members) <= MOST_MEMBERS
        pairs = list(combinations(found.members, 2))
        assert set(pairs) <= merged
        assert [(one.a, one.b) for one in found.judgements] == pairs
        inside += pairs
    assert sorted(inside) == sorted(merged)


@given(_TIES, st.randoms())
def test_the_order_of_the_judgements_does_not_matter(ties: list[Judgement], random: Random) -> None:
    shuffled = list(ties)
    random.shuffle(shuffled)
    assert find_duplicates(ties) == find_duplicates(shuffled)


def test_a_chain_of_strangers_makes_no_group_of_three() -> None:
    found = group([tie("a", "b", confidence=0.9), tie("b", "c", confidence=0.8)])
    assert [one.members for one in found] == [("a", "b"), ("b", "c")]


def test_a_verdict_keeps_two_apart_and_leaves_the_others_together() -> None:
    ties = [tie("a", "b"), tie("a", "c"), tie("b", "c")]
    assert [one.members for one in group(ties)] == [("a", "b", "c")]
    assert all(not {"a", "b"} <= set(one.members) for one in group(ties, {("a", "b")}))


def test_thirteen_copies_are_split() -> None:
    names = [f"c{n:02}" for n in range(13)]
    found = group([tie(a, b, Relation.IDENTICAL) for a, b in combinations(names, 2)])
    assert max(len(one.members) for one in found) == MOST_MEMBERS
    assert {name for one in found for name in one.members} == set(names)


def test_a_group_is_as_sure_as_its_weakest_pair_and_named_after_it() -> None:
    (found,) = group(
        [
            tie("a", "b", Relation.IDENTICAL, 0.99),
            tie("a", "c", confidence=0.8),
            tie("b", "c", confidence=0.75),
        ]
    )
    assert (found.relation, found.confidence) == (Relation.REVISED, 0.75)


def test_an_excerpt_is_a_finding_of_its_own() -> None:
    found = find_duplicates([tie("a", "b", Relation.IDENTICAL, 0.99), tie("c", "a", Relation.CONTAINED, 0.9)])
    assert [(one.members, one.relation) for one in found] == [
        (("a", "b"), Relation.IDENTICAL),
        (("a", "c"), Relation.CONTAINED),
    ]


def test_weak_pairs_variants_and_translations_are_not_proposed() -> None:
    assert not find_duplicates(
        [tie("a", "b", confidence=0.39), tie("a", "c", Relation.VARIANT), tie("a", "d", Relation.TRANSLATED)]
    )


def test_a_family_holds_translations_and_editions_without_a_cap() -> None:
    names = [f"l{n:02}" for n in range(20)]
    ties = [tie(names[0], name, Relation.TRANSLATED) for name in names[1:]]
    assert families(ties) == [frozenset(names)]
    assert len(families(ties, {(names[0], names[1])})[0]) == 19


def test_translations_of_one_content_are_one_family_with_its_editions() -> None:
    ties = [
        tie("de", "en", Relation.TRANSLATED, 0.9),
        tie("de", "en2", Relation.TRANSLATED, 0.8),
        tie("en", "en2", Relation.REVISED, 0.95),
        tie("en", "es", Relation.TRANSLATED, 0.85),
        tie("en2", "es", Relation.TRANSLATED, 0.8),
    ]
    (found,) = translations(ties)
    assert (found.members, found.relation) == (("de", "en", "en2", "es"), Relation.TRANSLATED)
    assert found.confidence == 0.85  # es belongs least surely
    assert {one.relation for one in found.judgements} == {Relation.TRANSLATED}
    assert not translations(ties[2:3])
    apart = {("de", "en"), ("de", "en2")}
    assert [one.members for one in translations(ties, apart)] == [("en", "en2", "es")]


def test_one_mistaken_tie_does_not_make_two_lessons_one_family() -> None:
    lessons = [[f"{lesson}-{language}" for language in ("de", "en", "es")] for lesson in "ab"]
    ties = [tie(x, y, Relation.TRANSLATED, 0.8) for names in lessons for x, y in combinations(names, 2)]
    mistaken = tie("a-en", "b-es", Relation.TRANSLATED, 0.99)
    found = translations([*ties, mistaken])
    assert all(not {"a-de", "b-de"} <= set(one.members) for one in found)


def test_unsure_ties_between_two_lessons_on_one_subject_do_not_make_them_one_family() -> None:
    lessons = [[f"{lesson}-{language}" for language in ("de", "en", "es", "fr")] for lesson in "ab"]
    ties = [tie(x, y, Relation.TRANSLATED, 0.98) for names in lessons for x, y in combinations(names, 2)]
    alike = [tie(x, y, Relation.TRANSLATED, 0.6) for x in lessons[0] for y in lessons[1] if x[2:] != y[2:]]
    assert [one.members for one in translations([*ties, *alike])] == [tuple(names) for names in lessons]


def test_of_equally_sure_ties_the_texts_decide_which_family_forms_and_not_the_names() -> None:
    def quoting(text: str, other: str) -> Judgement:
        passage = Passage(
            Quote("m", "body", 0, "Start the server."), Quote(other, "body", 0, text), "near", 0.9
        )
        return replace(tie("m", other, Relation.TRANSLATED, 0.6), passages=(passage,))

    for first, second in (("x", "y"), ("y", "x")):
        (found,) = translations(
            [quoting("Arranca el servidor.", first), quoting("Starte den Server.", second)]
        )
        assert found.members == tuple(sorted(("m", first)))


def test_what_stands_in_a_deck_as_it_is_is_no_translation_of_it() -> None:
    slide = replace(tie("deck", "slide", Relation.TRANSLATED), coverage_a=0.01, coverage_b=1.0)
    assert not translations([slide])
    assert translations([replace(slide, coverage_b=0.6)])  # code and names survive translation


def test_two_texts_that_tell_of_other_numbers_are_no_translations() -> None:
    days = replace(tie("de", "en", Relation.TRANSLATED), reasons=(Reason("numbers", 0.05, ""),))
    assert not translations([days])
    assert translations([replace(days, reasons=(Reason("numbers", 0.2, ""),))])


def test_two_texts_of_one_language_are_in_one_family_as_copies_of_one_another_only() -> None:
    languages = {"gate-en": "en", "gate-es": "es", "mail-en": "en", "mail-en2": "en-GB", "mail-de": "de"}
    ties = [
        tie("gate-en", "gate-es", Relation.TRANSLATED, 0.98),
        tie("mail-en", "mail-de", Relation.TRANSLATED, 0.98),
        tie("mail-en2", "mail-de", Relation.TRANSLATED, 0.97),
        tie("mail-en", "mail-en2", Relation.REVISED, 0.9),
        tie("gate-es", "mail-en", Relation.TRANSLATED, 0.96),
        tie("gate-es", "mail-en2", Relation.TRANSLATED, 0.96),
        tie("gate-es", "mail-de", Relation.TRANSLATED, 0.96),
        tie("gate-en", "mail-de", Relation.TRANSLATED, 0.96),
    ]
    found = translations(ties, languages=languages)
    assert [one.members for one in found] == [("gate-en", "gate-es"), ("mail-de", "mail-en", "mail-en2")]
    assert len(translations(ties)) == 1  # as without knowing what they are written in


def test_two_scripts_of_one_language_are_two_languages() -> None:
    ties = [
        tie("en", "hans", Relation.TRANSLATED, 1.0),
        tie("en", "hant", Relation.TRANSLATED, 1.0),
    ]
    languages = {"en": "en", "hans": "zh-Hans", "hant": "zh_hant"}
    assert [one.members for one in translations(ties, languages=languages)] == [("en", "hans", "hant")]
    assert len(translations(ties, languages=dict(languages, hant="zh"))[0].members) == 2
