"""Replacements and drops of one program: what is redundant, what may never go, and that the best set goes together."""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.curator.analysis import relations
from services.curator.analysis.duplicates import kept_apart
from services.curator.analysis.model import Document, Group, Judgement, Passage, Program, Quote, Relation
from services.curator.analysis.programs.paths import ItemFacts, Surroundings, mandatory_path
from services.curator.analysis.programs.redundancy import drops
from services.curator.analysis.programs.streamlining import replacements, streamline
from services.curator.analysis.text import segment as blocks
from services.kit.errors import FailedPrecondition
from tests.unit.analysis.prose import ALERT, ALERTS, prepared
from tests.unit.analysis.shorthand import document, program


def paragraph(seed: int, words: int = 30) -> str:
    """Words that no other seed repeats in the same order."""
    chosen = random.Random(seed)
    return " ".join(f"word{chosen.randrange(5000)}" for _ in range(words)).capitalize() + "."


def resource(identifier: str, *seeds: int, **fields: Any) -> Document:
    return document(identifier, "\n\n".join(paragraph(seed) for seed in seeds), **fields)


def around(documents: Sequence[Document], **given_: object) -> Surroundings:
    fields: dict[str, object] = {"better": {}, **given_}
    by_id = {one.id: one for one in documents}
    return Surroundings(by_id, {one.id: blocks(one) for one in documents}, **fields)  # type: ignore[arg-type]


def gone(one: Program, surroundings: Surroundings, programs: Sequence[Program] = ()) -> set[str]:
    named = {each.id: each for each in (one, *programs)}
    return {item for finding in drops(one, named, surroundings) for item in finding.items}


def test_the_path_is_laid_flat_in_order_without_what_is_elective() -> None:
    inner = program("p-inner", "c", "d", elective=("d",))
    outer = program("p-outer", "a", "p-inner", "b", "p-unknown")
    found = mandatory_path(outer, {"p-inner": inner, "p-outer": outer})
    assert [(place.resource, place.holder) for place in found] == [
        ("a", "p-outer"),
        ("c", "p-inner"),
        ("b", "p-outer"),
    ]


def test_programs_that_contain_each_other_are_refused_by_name() -> None:
    one, two = program("p-one", "p-two"), program("p-two", "p-one")
    with pytest.raises(FailedPrecondition) as refused:
        mandatory_path(one, {"p-one": one, "p-two": two})
    assert refused.value.reason == "PROGRAM_CYCLE"
    assert "p-one → p-two → p-one" in refused.value.text


def test_the_fifth_level_is_allowed_and_the_sixth_refused() -> None:
    chain = {f"p-{n}": program(f"p-{n}", f"p-{n + 1}", f"r{n}") for n in range(5)}
    chain["p-5"] = program("p-5", "r5")
    assert len(mandatory_path(chain["p-1"], chain)) == 5
    with pytest.raises(FailedPrecondition) as refused:
        mandatory_path(chain["p-0"], chain)
    assert refused.value.reason == "PROGRAM_TOO_DEEP"


def test_an_item_that_others_of_the_path_cover_is_dropped_with_its_passages() -> None:
    short, long = resource("short", 1, 2, 3), resource("long", 1, 2, 3, 4, 5)
    surroundings = around(
        [short, long, resource("other", 8, 9)], facts={"short": ItemFacts(20)}, learners={"p": 300}
    )
    one = program("p", "short", "long", "other")
    (found,) = drops(one, {"p": one}, surroundings)
    assert (found.operation, found.items, found.program) == ("drop", ("short",), "p")
    assert found.saving_minutes == 20 * 300
    assert {reason.code for reason in found.reasons} >= {"coverage", "minutes", "learners_a_year", "saving"}
    assert len(found.passages) == 3
    for passage in found.passages:
        assert passage.a.text in short.parts[0].text
        assert passage.b.text in long.parts[0].text
        assert short.parts[0].text[passage.a.start :].startswith(passage.a.text)


def test_no_more_learners_are_spared_an_item_than_begin_it_in_all_programs() -> None:
    surroundings = around(
        [resource("short", 1, 2, 3), resource("long", 1, 2, 3, 4, 5)],
        facts={"short": ItemFacts(20, started=160)},
        learners={"p": 1156},  # most of whom take an item of it for another program
    )
    one = program("p", "short", "long")
    (found,) = drops(one, {"p": one}, surroundings)
    assert found.saving_minutes == 20 * 160
    said = next(reason for reason in found.reasons if reason.code == "learners_a_year")
    assert said.text == "160 learners a year (estimated)."


@pytest.mark.parametrize(("learners", "basis"), [({"p": 300.0}, "estimated"), (None, "measured")])
def test_minutes_that_learners_were_seen_to_take_count_before_stated_ones(
    learners: dict[str, float] | None, basis: str
) -> None:
    facts = {"short": ItemFacts(minutes=90, observed=394 / 60)}
    one = program("p", "short", "long")
    short, long = resource("short", 1, 2, 3), resource("long", 1, 2, 3, 4, 5)
    (found,) = drops(one, {"p": one}, around([short, long], facts=facts, learners=learners))
    assert found.savings[0].basis == basis
    assert found.savings[0].amount == pytest.approx(394 / 60 * (300 if learners else 1), abs=0.05)
    said = next(reason for reason in found.reasons if reason.code == "minutes")
    assert (said.value, said.text) == (6.6, "6.6 minutes for each learner (measured).")


def test_without_counted_learners_the_saving_is_minutes_for_each_and_says_so() -> None:
    one = program("p", "a", "b")
    (found,) = drops(one, {"p": one}, around([resource("a", 1, 2), resource("b", 1, 2, 3)]))
    assert found.saving_minutes == pytest.approx(60 / 200, abs=0.05)
    assert any("estimated" in reason.text for reason in found.reasons)
    assert not any(reason.code == "learners_a_year" for reason in found.reasons)


def test_two_items_that_cover_each_other_never_both_go() -> None:
    one = program("p", "a", "b")
    assert gone(one, around([resource("a", 1, 2, 3), resource("b", 1, 2, 3)])) == {"b"}


def test_of_two_equals_the_longer_goes() -> None:
    one = program("p", "a", "b")
    facts = {"a": ItemFacts(60), "b": ItemFacts(10)}
    assert gone(one, around([resource("a", 1, 2, 3), resource("b", 1, 2, 3)], facts=facts)) == {"a"}


def test_several_items_may_cover_one_together() -> None:
    items = [resource("sum", 1, 2, 3, 4), resource("x", 1, 2, 10, 11), resource("y", 3, 4, 12, 13)]
    assert gone(program("p", "sum", "x", "y"), around(items)) == {"sum"}


@pytest.mark.parametrize(("shared", "expected"), [((1, 2, 3, 4), {"a"}), ((1, 2, 3), set[str]())])
def test_eighty_percent_covered_is_enough_and_less_is_not(
    shared: tuple[int, ...], expected: set[str]
) -> None:
    one = program("p", "a", "b")
    assert gone(one, around([resource("a", 1, 2, 3, 4, 5), resource("b", *shared, 20, 21, 22)])) == expected


def test_what_assesses_or_gives_credit_stays() -> None:
    long = resource("long", 1, 2, 3, 4, 5, 6)
    quiz = resource("quiz", 1, 2, 3, kind="quiz")
    questions = ("Which comes first?", "Which comes next?", "Which comes last?")
    asks = document("asks", "\n\n".join([*map(paragraph, (1, 2, 3)), *questions]))
    checks = document("checks", "\n\n".join(["## Knowledge check", *map(paragraph, (1, 2, 3))]))
    credit = resource("credit", 1, 2, 3)
    facts = {"credit": ItemFacts(credited=True)}
    one = program("p", "quiz", "asks", "checks", "credit", "long")
    assert gone(one, around([quiz, asks, checks, credit, long], facts=facts)) == set()


def test_one_question_in_prose_is_no_assessment() -> None:
    a = document("a", "\n\n".join([*map(paragraph, (1, 2, 3, 4)), "Why does that matter to us?"]))
    assert gone(program("p", "a", "b"), around([a, resource("b", 1, 2, 3, 4, 5, 6, 7)])) == {"a"}


def test_an_elective_neither_goes_nor_covers() -> None:
    one = program("p", "a", "b", elective=("b",))
    assert gone(one, around([resource("a", 1, 2, 3), resource("b", 1, 2, 3, 4)])) == set()


def test_the_only_cover_of_an_objective_stays() -> None:
    text = "\n\n".join([*map(paragraph, (1, 2, 3, 4, 5)), "Evacuate the building safely."])
    a, b = document("a", text), resource("b", 1, 2, 3, 4, 5, 6, 7, 8)
    assert gone(program("p", "a", "b"), around([a, b])) == {"a"}
    kept = program("p", "a", "b", objectives=("Evacuate a building safely",))
    assert gone(kept, around([a, b])) == set()


def test_boilerplate_covers_nothing() -> None:
    a, b = resource("a", 1, 2), resource("b", 1, 2, 3)
    boilerplate = frozenset(block.hash for block in blocks(a))
    assert gone(program("p", "a", "b"), around([a, b], boilerplate=boilerplate)) == set()


@pytest.mark.parametrize(
    ("many", "title"), [(4, "When the {name} alert goes off"), (5, "{name}")], ids=["by names", "variants"]
)
def test_pages_of_one_template_about_several_things_cover_none_of_each_other(many: int, title: str) -> None:
    alerts = [document(one["name"], ALERT.format(**one), title=title.format(**one)) for one in ALERTS[:many]]
    told = "\n\nThe dashboard has moved to the new address; bookmark it before your first night on call.\n"
    again = document("again", ALERT.format(**ALERTS[0]) + told, title=alerts[0].title)
    pages = {one.id: one for one in (*alerts, again)}
    ready = prepared(*pages.values())
    judgements = [relations.compare(ready[a], ready[b]) for a, b in itertools.combinations(pages, 2)]
    one = program("p", *pages)
    # All but a sentence or two of each alert stands in the others.
    assert len(gone(one, around(list(pages.values())))) == many
    apart = kept_apart(judgements, pages)
    assert gone(one, around(list(pages.values()), apart=apart)) == {"again"}
    said = kept_apart(judgements, pages, {("again", "mail queue")})
    assert gone(one, around(list(pages.values()), apart=said)) == set()


def test_an_item_is_dropped_where_it_is_held_and_only_against_what_is_inside() -> None:
    inner = program("p-inner", "x", "y")
    outer = program("p-outer", "p-inner", "a")
    items = around([resource("x", 1, 2, 3), resource("y", 7, 8, 9), resource("a", 1, 2, 3)])
    assert gone(outer, items, [inner]) == {"a"}
    assert gone(inner, items, [outer]) == set()


def test_a_program_counts_on_nothing_that_the_one_inside_it_drops() -> None:
    inner = program("p-inner", "x", "big")
    outer = program("p-outer", "a", "p-inner")
    items = around([resource("a", 1, 2), resource("x", 1, 2), resource("big", 1, 2, 3)])
    assert gone(inner, items) == {"x"}
    (found,) = drops(outer, {"p-outer": outer, "p-inner": inner}, items)
    assert {passage.b.document for passage in found.passages} == {"big"}


def test_an_item_with_a_better_copy_is_replaced_once_and_dropped_where_the_copy_already_is() -> None:
    old, new = resource("old", 1, 2, 3), resource("new", 1, 2, 30, 31, title="New edition")
    passage = Passage(Quote("old", "page.html", 0, "x"), Quote("new", "page.html", 0, "x"), "exact", 1.0)
    judgement = Judgement("old", "new", Relation.REVISED, 0.99, 0.93, 0.9, 0.8, (passage,))
    group = Group(("new", "old"), Relation.REVISED, (judgement,), 0.93)
    surroundings = around([old, new, resource("z", 9)], better={"old": "new"}, groups=[group])
    one = program("p", "old", "z")
    (found,) = replacements(one, {"p": one}, surroundings)
    assert (found.operation, found.items, found.replacement) == ("replace", ("old",), "new")
    assert found.confidence == 0.93
    assert found.passages == (passage,)
    both = program("q", "old", "new")
    assert [finding.operation for finding in streamline(both, {"q": both}, surroundings)] == ["drop"]
    assert gone(both, surroundings) == {"old"}


def test_a_drop_is_no_surer_than_that_what_covers_it_is_a_copy() -> None:
    old, new = resource("old", 1, 2, 3), resource("new", 1, 2, 3, 4, title="New edition")
    judgement = Judgement("old", "new", Relation.REVISED, 0.61, 0.61, 1.0, 0.75)
    group = Group(("new", "old"), Relation.REVISED, (judgement,), 0.61)
    one = program("p", "old", "new")
    (sure,) = drops(one, {"p": one}, around([old, new]))
    (found,) = drops(one, {"p": one}, around([old, new], groups=[group]))
    assert (sure.confidence, found.confidence) == (0.95, 0.61)
    assert [reason.value for reason in found.reasons if reason.code == "copy"] == [0.61]
    # What stands in a third item as well does not hang on the two.
    third = resource("third", 1, 2, 3, 5, 6)
    three = program("p", "old", "new", "third")
    found = {
        each.items: each for each in drops(three, {"p": three}, around([old, new, third], groups=[group]))
    }
    assert found["old",].confidence == 0.95


def test_unknown_items_and_empty_programs_are_no_error() -> None:
    one = program("p", "nowhere")
    assert streamline(one, {"p": one}, around([])) == []
    assert streamline(program("q"), {}, around([])) == []


def _left_covered(kept: set[str], words: Mapping[str, list[int]], dropped: set[str]) -> bool:
    held = {seed for one in kept for seed in words[one]}
    return all(len([s for s in words[one] if s in held]) >= 0.8 * len(words[one]) for one in dropped)


@settings(max_examples=40)
@given(st.lists(st.lists(st.integers(0, 6), min_size=2, max_size=6, unique=True), min_size=2, max_size=6))
def test_the_dropped_set_is_covered_and_no_other_set_saves_more(content: list[list[int]]) -> None:
    words = {f"r{number}": seeds for number, seeds in enumerate(content)}
    items = [resource(identifier, *seeds) for identifier, seeds in words.items()]
    facts = {identifier: ItemFacts(float(len(seeds))) for identifier, seeds in words.items()}
    found = gone(program("p", *words), around(items, facts=facts))
    assert _left_covered(words.keys() - found, words, found)
    best = max(
        sum(len(words[one]) for one in chosen)
        for size in range(len(words) + 1)
        for chosen in itertools.combinations(words, size)
        if _left_covered(words.keys() - set(chosen), words, set(chosen))
    )
    assert sum(len(words[one]) for one in found) == best
