"""Each tie that makes no finding is kept quiet by a rule that can be named, and what no rule keeps quiet is found."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from services.curator.analysis.duplicates import PROPOSED, find_duplicates, silenced
from services.curator.analysis.model import Judgement, Passage, Quiet, Quote, Reason, Relation
from tests.unit.analysis.shorthand import document

COMMON = "Asks you for confirmation before it runs the command on the items that you have named."


def tie(a: str, b: str, relation: Relation, coverage: tuple[float, float], sure: float = 0.95) -> Judgement:
    text = Passage(Quote(a, "body", 0, COMMON), Quote(b, "body", 0, COMMON), "exact", 1.0)
    return Judgement(a, b, relation, sure, sure, *coverage, (text,))


def test_pages_that_many_share_text_with_and_variants_are_quiet_as_a_template() -> None:
    pages = [
        tie(a, b, Relation.OVERLAP, (0.5, 0.5)) for a, b in combinations(["get", "set", "stop", "move"], 2)
    ]
    variant = replace(tie("here", "there", Relation.VARIANT, (0.9, 0.9)), probability=0.2, confidence=0.8)
    found = silenced([*pages, variant])
    assert found == dict.fromkeys(
        [*combinations(["get", "set", "stop", "move"], 2), ("here", "there")], "template"
    )


def test_an_edition_under_another_name_that_kept_little_is_quiet_by_names() -> None:
    one = tie("a", "b", Relation.REVISED, (0.5, 0.5))
    documents = {"a": document("a", title="Packing a pallet"), "b": document("b", title="Calling the doctor")}
    assert silenced([one], documents=documents) == {("a", "b"): Quiet.NAMES}
    assert silenced([one]) == {}


def test_an_older_edition_in_a_course_that_has_the_newer_one_follows_from_it() -> None:
    ties = [
        tie("lesson 2023", "lesson 2024", Relation.REVISED, (0.7, 0.7)),
        tie("lesson 2023", "course", Relation.CONTAINED, (0.75, 0.2)),
        tie("lesson 2024", "course", Relation.CONTAINED, (1.0, 0.2)),
    ]
    assert silenced(ties) == {("lesson 2023", "course"): Quiet.FOLLOWS}
    assert silenced(ties, {("course", "lesson 2024")}) == {}


def test_what_passes_for_a_translation_is_quiet_by_its_numbers_or_because_it_was_not_translated() -> None:
    other = replace(tie("a", "b", Relation.TRANSLATED, (0.1, 0.1)), reasons=(Reason("numbers", 0.05, ""),))
    part = tie("c", "d", Relation.TRANSLATED, (0.95, 0.1))
    twins = replace(tie("e", "f", Relation.TRANSLATED, (0.1, 0.1)), reasons=(Reason("numbers", 0.9, ""),))
    assert silenced([other, part, twins]) == {("a", "b"): "numbers", ("c", "d"): "untranslated"}


_NAMES = [f"r{number}" for number in range(8)]
_FOUND = [Relation.IDENTICAL, Relation.REVISED, Relation.CONTAINED, Relation.OVERLAP, Relation.VARIANT]
_TIES = st.dictionaries(
    st.tuples(st.sampled_from(_NAMES), st.sampled_from(_NAMES)).filter(lambda key: key[0] < key[1]),
    st.tuples(st.sampled_from(_FOUND), st.tuples(st.floats(0.2, 1), st.floats(0.2, 1)), st.floats(0.2, 1)),
    max_size=24,
).map(lambda chosen: [tie(a, b, *how) for (a, b), how in chosen.items()])


@given(_TIES, st.sets(st.sampled_from(list(combinations(_NAMES, 2))), max_size=4))
def test_what_is_sure_enough_is_found_or_a_rule_or_a_person_keeps_it_quiet(
    ties: list[Judgement], apart: set[tuple[str, str]]
) -> None:
    documents = {name: document(name, title=f"Course {name}") for name in _NAMES}
    quiet = silenced(ties, apart, documents)
    found = {(one.a, one.b) for each in find_duplicates(ties, apart, documents) for one in each.judgements}
    sure = {(one.a, one.b) for one in ties if one.confidence >= PROPOSED}
    assert found == sure - quiet.keys() - apart
