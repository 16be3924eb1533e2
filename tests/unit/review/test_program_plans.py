"""Plans on whole programs: what they change, what forbids them, and that undo restores exactly what was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.catalog.domain.programs import Program, ProgramItem
from services.catalog.domain.resources import Resource
from services.catalog.review import applying
from services.catalog.review.applying import Work
from services.catalog.review.domain import Plan, Risk
from services.catalog.review.findings import Draft, Kind, Member, Proposal, Relation
from tests.unit.review.shorthand import (
    NOW,
    TODAY,
    around,
    enrolled,
    item,
    plan_of,
    program,
    resource,
    said,
    use,
)

A, B, C, D = (resource(name) for name in "abcd")


def proposal(*drafts: Draft, members: str = "") -> Proposal:
    return Proposal(
        key="PROGRAM:p:x",
        kind=Kind.PROGRAM,
        relation=Relation.NONE,
        members=tuple(Member(each) for each in members),
        programs={draft.program: 1 for draft in drafts},
        score=0.9,
        drafts=drafts,
    )


MERGE = proposal(Draft("merge_programs", program="p", into="q"), members="ab")
RETIRE = proposal(Draft("archive_program", program="p"))
MOVE = proposal(Draft("item_move", "c", "a", "p"), members="ca")


def applied(plan: Plan, *things: Resource | Program) -> Work:
    where = around(*things)
    work = Work("s", "lea", NOW, dict(where.resources), dict(where.programs))
    applying.apply(work, plan.changes)
    return work


def shown(programs: Any) -> dict[str, Any]:
    return {key: ([i.target for i in each.items], each.archived) for key, each in programs.items()}


def back(done: Work) -> tuple[Work, list[applying.Conflict]]:
    work = Work("s", "lea", NOW, dict(done.resources), dict(done.programs))
    return work, applying.undo(work, done.receipts, {})


def test_a_merge_takes_in_what_only_one_has_and_archives_it_each_in_its_owners_part() -> None:
    things = (A, B, C, D, program("p", "a", "b", "c"), program("q", "a", "b", "d"))
    plan = plan_of(MERGE, around(*things))
    assert said(plan) == [
        ("programs/p", "merge_programs", "programs/p"),
        ("programs/q", "item_insert", "programs/q"),
    ]
    assert plan.parts[0].depends_on == ("programs/q",)
    assert plan.risk is Risk.R2
    assert plan.safeguards == ()
    done = applied(plan, *things)
    assert done.moved == []
    assert done.programs["p"].archived
    assert [(i.resource, i.mandatory) for i in done.programs["q"].items] == [
        ("a", True), ("b", True), ("d", True), ("c", False),
    ]  # fmt: skip
    assert [(line.external_id, line.field) for line in done.lines] == [("p", "archived"), ("q", "items")]
    undone, conflicts = back(done)
    assert conflicts == []
    assert shown(undone.programs) == shown({"p": things[4], "q": things[5]})
    assert not undone.programs["p"].desired
    assert not undone.programs["q"].desired


def test_without_the_part_of_the_program_that_stays_nothing_is_merged() -> None:
    things = (A, B, C, program("p", "a", "b", "c"), program("q", "a", "b"))
    assert plan_of(MERGE, around(*things), drop_parts=("programs/q",)).parts == ()


def test_nobody_loses_a_program_in_the_middle_of_it_or_shortly_before_its_date() -> None:
    p, q = program("p", "a", "b"), program("q", "a", "b")
    busy = around(A, B, p, q, enrolments=(enrolled("l1", program="p"),))
    assert [guard.code for guard in plan_of(MERGE, busy).safeguards] == ["in_progress"]
    due = enrolled("l1", program="p", state="not_started", due=TODAY + timedelta(days=30))
    assert [guard.code for guard in plan_of(RETIRE, around(A, B, p, enrolments=(due,))).safeguards] == [
        "session_soon"
    ]
    late = enrolled("l1", program="p", state="completed")
    assert plan_of(RETIRE, around(A, B, p, enrolments=(late,))).safeguards == ()


@pytest.mark.parametrize("code", ["mandatory", "certification"])
def test_a_program_inside_another_and_the_only_holder_of_what_learners_owe_stay(code: str) -> None:
    holder = program("h", ProgramItem(program="p"))
    inside = plan_of(RETIRE, around(A, program("p", "a"), holder))
    assert [guard.code for guard in inside.safeguards] == ["in_program"]
    must = resource("a", **{code: True})
    alone = plan_of(RETIRE, around(must, program("p", "a")))
    assert [guard.code for guard in alone.safeguards] == [code]
    assert alone.risk is Risk.R3
    assert plan_of(RETIRE, around(must, program("p", "a"), program("q", "a"))).safeguards == ()


def test_a_program_whose_learners_are_known_in_sums_only_is_a_greater_risk() -> None:
    plan = plan_of(RETIRE, around(A, program("p", "a"), use={"a": use(started=3)}))
    assert plan.risk is Risk.R3
    assert plan.simulation is not None
    assert plan.simulation.sums_only


def test_an_item_moves_before_the_one_that_needs_it_and_back() -> None:
    things = (A, B, C, program("p", "a", "b", "c"))
    plan = plan_of(MOVE, around(*things))
    assert said(plan) == [("programs/p", "item_move", "programs/p")]
    assert plan.risk is Risk.R2
    done = applied(plan, *things)
    assert [i.resource for i in done.programs["p"].items] == ["c", "a", "b"]
    undone, conflicts = back(done)
    assert conflicts == []
    assert [i.resource for i in undone.programs["p"].items] == ["a", "b", "c"]
    edited = done.programs["p"]
    done.programs["p"] = edited.want("items", (*edited.items, item("d")), author="x", suggestion="", now=NOW)
    assert [each.field for each in back(done)[1]] == ["items"]


def test_an_order_that_holds_already_or_that_a_requirement_forbids_is_no_plan() -> None:
    assert plan_of(MOVE, around(A, B, C, program("p", "c", "a"))).parts == ()
    needing = program("p", "a", "b", item("c", needs=["b"]))
    assert plan_of(MOVE, around(A, B, C, needing)).parts == ()
    stale = plan_of(MOVE, around(A, B, C, program("p", "a", "b", "c")))
    assert applied(stale, A, B, C, program("p", "c", "a", "b")).moved != []


def test_a_module_and_a_brief_are_tasks_of_each_program() -> None:
    module = proposal(
        Draft("extract_module", program="p"), Draft("extract_module", program="q"), members="ab"
    )
    plan = plan_of(module, around(A, B, program("p", "a", "b"), program("q", "a", "b")))
    assert [part.id for part in plan.parts] == ["programs/p", "programs/q"]
    assert plan.risk is Risk.R0
    assert plan.tasks[0] == "Make one module of “A”, “B” and let “P” hold it"
    brief = plan_of(
        proposal(Draft("brief", program="p", subject="Climb safely")), around(A, program("p", "a"))
    )
    assert brief.tasks == ("Find or make an item for “P” on “Climb safely”",)


def test_a_gap_is_filled_with_an_elective() -> None:
    fill = proposal(Draft("item_insert", "b", program="p"), members="b")
    plan = plan_of(fill, around(A, B, program("p", "a")))
    assert said(plan) == [("programs/p", "item_insert", "programs/p")]
    done = applied(plan, A, B, program("p", "a"))
    assert [(i.resource, i.mandatory) for i in done.programs["p"].items] == [("a", True), ("b", False)]
    assert plan_of(fill, around(A, B, program("p", "a", "b"))).parts == ()
