"""Items that come too early, and objectives that nothing covers: what is found, and what stays quiet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from services.curator.analysis.model import Document, Program
from services.curator.analysis.programs.objectives import gaps
from services.curator.analysis.programs.ordering import introduces, reorders
from services.curator.analysis.programs.paths import Surroundings
from services.curator.analysis.text import segment
from tests.unit.analysis.shorthand import document, program

USES = (
    "Put each lockout tag on the switch before you begin.\n\n"
    "A missing lockout tag stops the job. Sign the lockout tag with your name."
)
TEACHES = "A lockout tag is a label that says who has switched a machine off.\n\nIt hangs on the switch."


def around(*documents: Document) -> Surroundings:
    by_id = {one.id: one for one in documents}
    return Surroundings(by_id, {one.id: segment(one) for one in documents}, {})


def moved(one: Program, *documents: Document, more: Sequence[Program] = ()) -> list[tuple[str, ...]]:
    programs = {each.id: each for each in (one, *more)}
    return [found.items for found in reorders(one, programs, around(*documents))]


def test_an_item_that_first_teaches_a_term_moves_before_the_one_that_uses_it() -> None:
    uses = document("uses", USES, "Isolating pumps")
    teaches = document("teaches", TEACHES, "What is a lockout tag?")
    given = around(uses, teaches)
    one = program("p", "uses", "teaches")
    (found,) = reorders(one, {"p": one}, given)
    assert (found.operation, found.items, found.subject) == ("reorder", ("teaches", "uses"), "lockout tag")
    for quote in found.quotes:
        text = given.documents[quote.document].parts[0].text
        assert text[quote.start :].startswith(quote.text)
    assert moved(program("p", "teaches", "uses"), uses, teaches) == []


def test_a_mention_or_an_earlier_explanation_moves_nothing() -> None:
    teaches = document("teaches", TEACHES, "What is a lockout tag?")
    mentions = document("mentions", "Later you will learn what a lockout tag does.", "Isolating pumps")
    assert moved(program("p", "mentions", "teaches"), mentions, teaches) == []
    uses = document("uses", USES, "Isolating pumps")
    said = document("said", "A lockout tag is the label on a switch.", "Words we use")
    assert moved(program("p", "said", "uses", "teaches"), said, uses, teaches) == []


def test_a_word_of_the_whole_path_and_an_overview_move_nothing() -> None:
    uses = document("uses", USES, "Isolating pumps")
    teaches = document("teaches", TEACHES, "What is a lockout tag?")
    others = [document(f"o{n}", f"{n}: ask for the lockout tag.", f"Job {n}") for n in range(2)]
    path = ("uses", "teaches", "o0", "o1")
    assert moved(program("p", *path[:3]), uses, teaches, *others) == [("teaches", "uses")]
    assert moved(program("p", *path), uses, teaches, *others) == []
    overview = document("uses", USES, "Overview of the week")
    assert moved(program("p", "uses", "teaches"), overview, teaches) == []


def test_parts_numbered_backwards_and_declared_prerequisites_move() -> None:
    first, second = document("one", title="Pumps, part 1"), document("two", title="Pumps, part 2")
    assert moved(program("p", "two", "one"), first, second) == [("one", "two")]
    assert moved(program("p", "one", "two"), first, second) == []
    other = document("other", title="Valves, part 1")
    assert moved(program("p", "two", "other"), second, other) == []
    needs = program("p", "late", "early")
    items = (replace(needs.items[0], prerequisites=("early",)), needs.items[1])
    assert moved(replace(needs, items=items), document("late"), document("early")) == [("early", "late")]


def test_a_prerequisite_named_in_the_text_moves() -> None:
    late = document("late", "Before you start, complete Working at height.", "Roof inspection")
    early = document("early", "Ropes and hooks.", "Working at height")
    assert moved(program("p", "late", "early"), late, early) == [("early", "late")]
    assert moved(program("p", "early", "late"), late, early) == []


def test_items_that_need_each_other_and_items_of_other_programs_stay() -> None:
    a = document("a", "Before you start, complete Working at height.", "Roof inspection work")
    b = document("b", "Before you begin, complete Roof inspection work.", "Working at height")
    assert moved(program("p", "a", "b"), a, b) == []
    inner = program("p-in", "two")
    parts = document("one", title="Pumps, part 1"), document("two", title="Pumps, part 2")
    assert moved(program("p", "p-in", "one"), *parts, more=[inner]) == []


@pytest.mark.parametrize(
    ("title", "term"),
    [
        ("What is a lockout tag?", "lockout tag"),
        ("Introduction to marketing", "marketing"),
        ("Excel basics", "excel"),
        ("Isolating pumps", ""),
        ("Introduction", ""),
        ("What is the best way to learn about pumps here", ""),
    ],
)
def test_titles_that_introduce_a_term(title: str, term: str) -> None:
    assert introduces(title) == term


WORDS = "The pump room is cleaned every week and the log is signed by the shift leader at once. " * 4


def test_an_objective_that_nothing_covers_is_a_gap_with_a_resource_that_fills_it() -> None:
    one = program("p", "pumps", objectives=("Report spilled chemicals", "Clean the pump room"))
    pumps = document("pumps", WORDS, "Pump room")
    spills = document("spills", f"{WORDS}\n\nReport spilled chemicals to the desk at once.", "Spills")
    given = around(pumps, spills)
    (found,) = gaps(one, {"p": one}, given)
    assert (found.operation, found.subject, found.replacement) == (
        "gap",
        "Report spilled chemicals",
        "spills",
    )
    assert found.quotes[0].text == "Report spilled chemicals to the desk at once."
    (brief,) = gaps(one, {"p": one}, around(pumps))
    assert brief.replacement == ""


def test_an_elective_covers_an_objective_and_an_unreadable_item_may() -> None:
    pumps = document("pumps", WORDS, "Pump room")
    spills = document("spills", f"{WORDS} Report spilled chemicals to the desk.", "Spills")
    wanted = ("Report spilled chemicals",)
    one = program("p", "pumps", "spills", objectives=wanted, elective=("spills",))
    assert gaps(one, {"p": one}, around(pumps, spills)) == []
    two = program("p", "pumps", "classroom", objectives=wanted)
    assert gaps(two, {"p": two}, around(pumps, document("classroom", "A day in the yard."))) == []
