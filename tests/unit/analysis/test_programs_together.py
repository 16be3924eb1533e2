"""What several programs have in common: modules to share, programs to merge or retire, and what that saves."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from services.curator.analysis.model import (
    HOURS_OF_CARE,
    MINUTES_A_YEAR,
    Document,
    Group,
    Judgement,
    Program,
    Relation,
)
from services.curator.analysis.programs import savings
from services.curator.analysis.programs.contents import contents
from services.curator.analysis.programs.merging import compatible, mapped, merges
from services.curator.analysis.programs.paths import ItemFacts, Surroundings
from services.curator.analysis.programs.retiring import retirements
from services.curator.analysis.programs.sharing import shares
from services.curator.analysis.programs.streamlining import between
from services.curator.analysis.text import segment
from services.kit.errors import FailedPrecondition
from tests.unit.analysis.shorthand import document, program


def around(documents: Sequence[Document], **given: object) -> Surroundings:
    fields: dict[str, object] = {"better": {}, **given}
    by_id = {one.id: one for one in documents}
    return Surroundings(by_id, {one.id: segment(one) for one in documents}, **fields)  # type: ignore[arg-type]


def named(*programs: Program) -> dict[str, Program]:
    return {one.id: one for one in programs}


def copies(*members: str, sure: float = 0.9, relation: Relation = Relation.IDENTICAL) -> Group:
    inside = [
        Judgement(a, b, relation, sure, sure, 1.0, 1.0)
        for place, a in enumerate(members)
        for b in members[place + 1 :]
    ]
    return Group(tuple(members), relation, tuple(inside), sure)


SEVEN = ("a", "b", "c", "d", "e", "f")


def test_the_worked_example_of_a_merge() -> None:
    one, two = program("p-one", *SEVEN, "x"), program("p-two", *SEVEN, "y")
    facts = {key: ItemFacts(minutes=90.0, observed=22 / 6) for key in SEVEN}
    given = around(
        [document(key) for key in (*SEVEN, "x", "y")],
        facts=facts,
        in_both={("p-one", "p-two"): 420.0},
        completion={"p-one": 0.81, "p-two": 0.81},
    )
    (pair,) = mapped({"p-one": (*SEVEN, "x"), "p-two": (*SEVEN, "y")})
    assert (len(pair.shared), pair.jaccard) == (6, 0.75)
    (found,) = merges(named(one, two), given, contents(given))
    assert (found.operation, found.items) == ("merge", SEVEN)
    assert {found.program, *found.others} == {"p-one", "p-two"}
    hours = next(reason.value for reason in found.reasons if reason.code == "learner_hours")
    assert hours == savings.learner_hours(420, 0.81, 22) == 124.7
    assert found.savings[0].unit == MINUTES_A_YEAR
    assert found.savings[0].basis == "measured"
    assert found.savings[0].amount == pytest.approx(420 * 0.81 * 22, abs=0.1)


def test_programs_that_share_less_than_six_tenths_stay_apart() -> None:
    # 5 of 9 different items are in both.
    one, two = program("p-one", *"abcdexy"), program("p-two", *"abcdevw")
    given = around([document(key) for key in "abcdexyvw"])
    assert merges(named(one, two), given, contents(given)) == []


def test_copies_count_as_the_same_item() -> None:
    one, two = program("p-one", "a", "b", "c"), program("p-two", "a2", "b2", "c2")
    apart = around([document(key) for key in ("a", "b", "c", "a2", "b2", "c2")])
    assert merges(named(one, two), apart, contents(apart)) == []
    groups = [copies(key, f"{key}2") for key in "abc"]
    given = around(list(apart.documents.values()), groups=groups)
    (found,) = merges(named(one, two), given, contents(given))
    care = next(saving for saving in found.savings if saving.unit == HOURS_OF_CARE)
    assert (care.basis, care.amount) == ("assumed", savings.PROGRAM_CARE + 3 * savings.OTHER_CARE)


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        ("Safety", "Safety", True),
        ("Safety 2024", "Safety 2025", True),
        ("Safety for drivers", "Safety for nurses", False),
        ("Safety", "Safety for contractors", False),
        ("German, level 1", "German, level 2", False),
        ("Excel, beginners", "Excel, advanced", False),
    ],
)
def test_titles_for_different_people_or_levels_are_not_merged(one: str, two: str, expected: bool) -> None:
    a = Program("a", one, ())
    b = Program("b", two, ())
    assert compatible(a, b, {}) is expected


def test_other_languages_and_other_objectives_are_not_merged() -> None:
    a, b = Program("a", "Safety", ()), Program("b", "Safety", ())
    assert not compatible(a, b, {"a": "en", "b": "de"})
    assert compatible(a, b, {"a": "en"})
    ladders = Program("a", "Safety", (), ("Climb ladders safely",))
    assert compatible(ladders, Program("b", "Safety", (), ("Use ladders safely and climb down",)), {})
    assert not compatible(ladders, Program("b", "Safety", (), ("Store chemicals in cabinets",)), {})


def test_of_three_alike_two_go_into_the_one_that_holds_most() -> None:
    three = named(program("p-a", *"abcde"), program("p-b", *"abcdef"), program("p-c", *"abcdefg"))
    given = around([document(key, "word " * 300) for key in "abcdefg"])
    found = merges(three, given, contents(given))
    assert [(one.program, one.others) for one in found] == [("p-a", ("p-c",)), ("p-b", ("p-c",))]


def test_the_program_with_the_newer_copies_stays() -> None:
    old, new = program("p-z", "a", "b", "c"), program("p-a", "a2", "b2", "c2")
    groups = [copies(key, f"{key}2", relation=Relation.REVISED) for key in "abc"]
    given = around([document(key) for each in "abc" for key in (each, f"{each}2")], groups=groups)
    (found,) = merges(named(old, new), given, contents(given))
    assert (found.program, found.others) == ("p-z", ("p-a",))


def test_a_program_is_not_merged_with_one_that_it_holds() -> None:
    inner = program("p-in", *"abc")
    outer = program("p-out", "p-in", "d")
    given = around([document(key) for key in "abcd"])
    assert merges(named(inner, outer), given, contents(given)) == []


def test_a_run_of_items_in_two_programs_is_a_module() -> None:
    one, two = program("p-one", "x", "a", "b", "c"), program("p-two", "a", "b", "c", "y", "z", "v")
    given = around([document(key) for key in "abcxyzv"])
    (found,) = shares(named(one, two), given, contents(given))
    assert (found.program, found.others, found.items) == ("p-one", ("p-two",), ("a", "b", "c"))
    assert found.savings[0].unit == HOURS_OF_CARE
    assert found.savings[0].amount == 3 * savings.PLACE_CARE  # no copies: only the places in one list


def test_a_module_saves_the_care_of_all_copies_but_one() -> None:
    rows = named(*(program(f"p-{n}", f"a{n}", f"b{n}", f"x{n}", f"y{n}", f"z{n}") for n in range(3)))
    ids = [item.resource for one in rows.values() for item in one.items]
    groups = [copies(*(f"{key}{n}" for n in range(3))) for key in "ab"]
    given = around([document(key, kind="video") for key in ids], groups=groups)
    (found,) = shares(rows, given, contents(given))
    assert found.others == ("p-1", "p-2")
    assert found.savings[0].amount == 2 * 2 * savings.CARE["video"] + 2 * 2 * savings.PLACE_CARE


def test_minutes_of_learners_who_take_a_module_twice_are_counted_where_known() -> None:
    one, two = program("p-one", "a", "b", "x", "y"), program("p-two", "a", "b", "v", "w")
    facts = {"a": ItemFacts(observed=10.0), "b": ItemFacts(observed=20.0)}
    given = around([document(key) for key in "abxyvw"], facts=facts, in_both={("p-one", "p-two"): 50.0})
    (found,) = shares(named(one, two), given, contents(given))
    assert (found.savings[1].amount, found.savings[1].unit, found.savings[1].basis) == (
        1500.0,
        MINUTES_A_YEAR,
        "measured",
    )


def test_one_common_item_another_order_and_electives_make_no_module() -> None:
    given = around([document(key) for key in "abxy"])
    same = contents(given)
    assert shares(named(program("p-1", "a", "x"), program("p-2", "a", "y")), given, same) == []
    assert shares(named(program("p-1", "a", "b"), program("p-2", "b", "a")), given, same) == []
    elective = program("p-2", "a", "b", "y", elective=("b",))
    assert shares(named(program("p-1", "a", "b"), elective), given, same) == []


def test_each_place_is_in_one_module_only() -> None:
    rows = named(program("p-1", *"abcd"), program("p-2", *"abcd"), program("p-3", *"cdx"))
    given = around([document(key) for key in "abcdx"])
    found = shares(rows, given, contents(given))
    assert [one.items for one in found] == [("a", "b", "c", "d")]


def test_what_is_merged_shares_nothing_besides() -> None:
    rows = named(program("p-a", *"abcd"), program("p-b", *"abcd"))
    given = around([document(key) for key in "abcd"])
    assert [one.operation for one in between(rows, given)] == ["merge"]


def test_two_owners_are_told_that_the_plan_crosses_ownership() -> None:
    rows = {
        key: Program(key, key, program(key, *"ab", key).items, owner=owner)
        for key, owner in (("one", "ann@example.org"), ("two", "bob@example.org"))
    }
    given = around([document(key) for key in ("a", "b", "one", "two")])
    (found,) = shares(rows, given, contents(given))
    (reason,) = [each for each in found.reasons if each.code == "crosses_ownership"]
    assert "ann@example.org" in reason.text
    assert "bob@example.org" in reason.text
    mine = {key: Program(key, key, each.items, owner="ann@example.org") for key, each in rows.items()}
    (found,) = shares(mine, given, contents(given))
    assert "crosses_ownership" not in {each.code for each in found.reasons}


LADDERS = "Climb ladders safely. " + "Ladders stand on level ground and are tied at the top. " * 10


def test_an_idle_program_whose_objectives_stand_elsewhere_is_retired() -> None:
    old = program("p-old", "old", objectives=("Climb ladders safely",))
    new = program("p-new", "new")
    given = around([document("old", LADDERS), document("new", LADDERS)], idle={"p-old": 15})
    (found,) = retirements(named(old, new), given, contents(given))
    assert (found.program, found.operation, found.others) == ("p-old", "retire", ("p-new",))
    assert found.savings[0].unit == HOURS_OF_CARE


def test_fourteen_months_an_objective_nowhere_else_or_a_holder_keep_a_program() -> None:
    old = program("p-old", "old", objectives=("Climb ladders safely",))
    new = program("p-new", "new")
    texts = [document("old", LADDERS), document("new", LADDERS), document("other", "Chemicals. " * 30)]
    short = around(texts, idle={"p-old": 14})
    assert retirements(named(old, new), short, contents(short)) == []
    idle = around(texts, idle={"p-old": 20})
    assert retirements(named(old, program("p-new", "other")), idle, contents(idle)) == []
    assert retirements(named(old, program("p-new", "new", "p-old")), idle, contents(idle)) == []
    both = around(texts, idle={"p-old": 20, "p-new": 20})
    assert retirements(named(old, new), both, contents(both)) == []


def test_without_objectives_every_item_has_to_stand_elsewhere() -> None:
    old, new = program("p-old", "a", "b"), program("p-new", "a", "b", "c")
    given = around([document(key) for key in "abc"], idle={"p-old": 24})
    assert [one.program for one in retirements(named(old, new), given, contents(given))] == ["p-old"]
    less = program("p-new", "a", "c")
    assert retirements(named(old, less), given, contents(given)) == []


def test_programs_in_a_circle_are_refused() -> None:
    one, two = program("p-one", "p-two"), program("p-two", "p-one")
    given = around([])
    with pytest.raises(FailedPrecondition):
        between(named(one, two), given)
