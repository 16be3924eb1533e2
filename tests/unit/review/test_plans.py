"""Which plan each finding gets, by relation and by what the catalog's rows say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from services.catalog.domain.programs import ProgramItem
from services.catalog.domain.resources import Lifecycle
from services.catalog.review.assessment import assessed
from services.catalog.review.domain import RESOURCES_PART, Edits, Risk
from services.catalog.review.findings import Evidence, Relation
from tests.unit.review.shorthand import (
    NOW,
    around,
    drop,
    duplicate,
    enrolled,
    item,
    outdated,
    plan_of,
    program,
    resource,
    said,
    use,
)

A, B, C = (resource(name) for name in "abc")


def test_a_copy_outside_of_programs_is_archived_towards_the_one_that_stays() -> None:
    plan = plan_of(duplicate("a", "b"), around(A, B))
    assert said(plan) == [(RESOURCES_PART, "archive", "resources/b")]
    (change,) = plan.changes
    assert [(w.field, w.before, w.after) for w in change.writes] == [
        ("lifecycle", "PUBLISHED", "ARCHIVED"),
        ("successor", "", "a"),
    ]
    assert (plan.survivor, plan.risk, plan.caveat) == ("a", Risk.R1, "use: not known")


def test_each_program_that_holds_the_copy_is_a_part_and_the_resources_wait_for_all_of_them() -> None:
    where = around(A, B, program("p", "b"), program("q", "b", "a"), program("r", "a"))
    plan = plan_of(duplicate("a", "b"), where)
    assert [part.id for part in plan.parts] == ["programs/p", "programs/q", RESOURCES_PART]
    assert plan.parts[2].depends_on == ("programs/p", "programs/q")
    assert "has “A” already" in plan.parts[1].changes[0].text


def test_two_of_the_same_title_are_told_apart_by_where_they_come_from() -> None:
    alike = resource("a", title="Ladders"), resource("b", title="Ladders", source="drive")
    where = around(*alike, program("p", "b"))
    in_program, credited, archived = (change.text for change in plan_of(duplicate("a", "b"), where).changes)
    kept, gone = "“Ladders” (lms: x-a)", "“Ladders” (drive: x-b)"
    assert in_program == f"{gone} is replaced by {kept} in “P”"
    assert credited == f"Who has completed {gone} keeps the credit: it counts as {kept}"
    assert archived == f"{gone} is archived; learners are led to {kept}"


def test_an_equivalence_is_added_where_somebody_completed_the_copy_or_nobody_knows() -> None:
    known = plan_of(duplicate("a", "b"), around(A, B, use={"b": use(completed=3)}))
    assert [operation for _, operation, _ in said(known)] == ["add_equivalence", "archive"]
    nobody = plan_of(duplicate("a", "b"), around(A, B, program("p", "b"), use={"b": use(completed=0)}))
    assert "add_equivalence" not in [operation for _, operation, _ in said(nobody)]


def test_without_a_clear_survivor_a_person_has_to_choose() -> None:
    plan = plan_of(duplicate("a", "b", chosen=False), around(A, B))
    assert (plan.parts, bool(plan.missing)) == ((), True)
    assert said(plan_of(duplicate("a", "b", chosen=False), around(A, B), author="x", survivor="b")) == [
        (RESOURCES_PART, "archive", "resources/a")
    ]


def test_only_members_that_may_go_are_retired() -> None:
    proposal = replace(duplicate("a", "b", "c"), drafts=duplicate("a", "c").drafts)
    assert said(plan_of(proposal, around(A, B, C))) == [(RESOURCES_PART, "archive", "resources/c")]


def test_an_older_edition_is_marked_as_replaced_and_never_archived_at_once() -> None:
    plan = plan_of(duplicate("a", "b", relation=Relation.REVISED), around(A, B))
    assert said(plan) == [(RESOURCES_PART, "deprecate", "resources/b")]


@pytest.mark.parametrize(
    "relation", [Relation.CONTAINED, Relation.OVERLAP, Relation.TRANSLATED, Relation.VARIANT]
)
def test_relations_that_never_archive_ask_the_owner(relation: Relation) -> None:
    plan = plan_of(duplicate("a", "b", relation=relation), around(A, B, program("p", "a", "b")))
    assert {operation for _, operation, _ in said(plan)} == {"request_update"}
    assert (plan.risk, len(plan.tasks)) == (Risk.R0, 1)


def test_one_thing_listed_twice_becomes_one_under_the_older_name() -> None:
    plan = plan_of(duplicate("b", "a", relation=Relation.SAME_ITEM), around(A, B))
    assert said(plan) == [(RESOURCES_PART, "link_listings", "resources/b")]
    assert (plan.survivor, plan.risk) == ("a", Risk.R0)


def test_while_a_program_keeps_the_copy_it_is_not_archived() -> None:
    where = around(A, B, program("p", "b"), program("q", "b"))
    plan = plan_of(duplicate("a", "b"), where, drop_parts=("programs/p",))
    assert ("programs/q", "item_replace", "programs/q") in said(plan)
    assert "archive" not in [operation for _, operation, _ in said(plan)]


def test_when_every_part_is_refused_nothing_is_left() -> None:
    where = around(A, B, program("p", "b"))
    assert plan_of(duplicate("a", "b"), where, drop_parts=("programs/p",)).parts == ()


def test_what_only_the_copy_says_becomes_a_task_with_its_words() -> None:
    lost = Evidence("would_be_lost", quote="Hold the rail.", resource="b", place="page 2")
    plan = plan_of(duplicate("a", "b", evidence=[lost]), around(A, B))
    assert plan.tasks == ("Carry over into “A” what only the others say", "“Hold the rail.” (page 2)")


def test_what_is_already_so_is_no_plan() -> None:
    gone = B.want("lifecycle", Lifecycle.ARCHIVED, author="x", suggestion="", now=NOW)
    assert plan_of(duplicate("a", "b"), around(A, gone)).parts == ()


def test_a_review_sets_the_day_of_the_next_one_by_the_interval_of_its_class() -> None:
    plan = plan_of(outdated("a", "confirm", evidence=[Evidence("class", value=36.0)]), around(A))
    (change,) = plan.changes
    assert [(w.field, w.after) for w in change.writes] == [
        ("review_date", "2029-11-24"),
        ("reviewed", "2026-11-24"),
    ]
    assert plan.risk is Risk.R0


def test_an_update_is_a_task_with_the_places() -> None:
    dated = Evidence("dated_statement", "The day has passed.", "From 1 March 2024 …", "a", "page 1")
    plan = plan_of(outdated("a", "request_update", evidence=[dated]), around(resource("a", owner="o@x.org")))
    assert said(plan) == [(RESOURCES_PART, "request_update", "resources/a")]
    assert plan.tasks == (
        "Update “A” (owner: o@x.org)",
        "page 1: “From 1 March 2024 …” – The day has passed.",
    )


def test_an_outdated_one_without_successor_stays_while_a_program_holds_it() -> None:
    plan = plan_of(outdated("a", "archive"), around(A, program("p", "a")))
    assert [guard.code for guard in plan.safeguards] == ["in_program"]


def test_a_redundant_item_is_dropped_from_its_program() -> None:
    plan = plan_of(drop("p", "a"), around(A, B, program("p", "a", "b")))
    assert said(plan) == [("programs/p", "item_drop", "programs/p")]


def test_dropping_a_change_leaves_the_rest() -> None:
    where = around(A, B, C)
    plan = plan_of(duplicate("a", "b", "c"), where, author="x", drop_changes=("archive.b",))
    assert said(plan) == [(RESOURCES_PART, "archive", "resources/c")]


def test_who_is_in_progress_finishes_on_the_old_one_when_the_edit_says_so() -> None:
    where = around(A, B, use={"b": use(in_progress=2)}, enrolments=(enrolled("l", resource="b"),))
    assert said(plan_of(duplicate("a", "b"), where))[-1][1] == "archive"
    eased = plan_of(duplicate("a", "b"), where, author="x", finish_on_old=True)
    assert (said(eased)[-1][1], eased.safeguards) == ("close_to_new", ())


def test_how_far_a_member_goes_stays_as_it_was_said_whoever_begins_or_finishes() -> None:
    older = duplicate("a", "b", relation=Relation.REVISED)
    some, nobody = (around(A, B, use={"b": use(in_progress=count)}) for count in (2, 0))
    closed, archived = plan_of(older, some), plan_of(older, nobody)
    assert (said(closed)[-1][1], said(archived)[-1][1]) == ("close_to_new", "archive")
    assert said(assessed(older, Edits(), nobody, {}, before=closed)) == said(closed)
    assigned = around(A, B, use={"b": use(in_progress=0)}, enrolments=[enrolled("l", resource="b", state="")])
    assert said(plan_of(older, assigned)) == said(closed)
    assert said(assessed(older, Edits(), assigned, {}, before=archived)) == said(archived)
    # What a safeguard forbids by now is said anew.
    assert said(assessed(older, Edits(), some, {}, before=archived)) == said(closed)


def test_a_plan_formed_before_any_use_was_known_is_formed_anew_until_somebody_approves_it() -> None:
    older = duplicate("a", "b", relation=Relation.REVISED)
    first, known = plan_of(older, around(A, B)), around(A, B, use={"b": use(in_progress=0, completed=3)})
    assert [each[1] for each in said(assessed(older, Edits(), known, {}, before=first))] == [
        "add_equivalence",
        "archive",
    ]
    assert said(assessed(older, Edits(), known, {}, before=first, approved=True)) == said(first)


def test_an_approved_plan_gains_an_equivalence_only_where_learners_of_a_program_would_lose_credit() -> None:
    nobody, some = ({"b": use(completed=count)} for count in (0, 3))
    alone, held = duplicate("a", "b"), program("p", "b")
    plan = plan_of(alone, around(A, B, use=nobody))
    assert said(assessed(alone, Edits(), around(A, B, use=some), {}, before=plan, approved=True)) == said(
        plan
    )
    inside = plan_of(alone, around(A, B, held, use=nobody))
    now = assessed(alone, Edits(), around(A, B, held, use=some), {}, before=inside, approved=True)
    assert {each[1] for each in said(now)} - {each[1] for each in said(inside)} == {"add_equivalence"}
    unknown = plan_of(alone, around(A, B, held))
    kept = assessed(alone, Edits(), around(A, B, held, use=nobody), {}, before=unknown, approved=True)
    assert said(kept) == said(unknown)


def test_who_finished_meanwhile_does_not_change_what_an_edit_said() -> None:
    some, nobody = (around(A, B, use={"b": use(in_progress=count)}) for count in (2, 0))
    edits = Edits(author="x", finish_on_old=True)
    closed = assessed(duplicate("a", "b"), edits, some, {})
    assert said(assessed(duplicate("a", "b"), edits, nobody, {}, before=closed)) == said(closed)
    assert said(closed)[-1][1] == "close_to_new"
    dropped = Edits(author="x", drop_changes=("close_to_new.b",))
    older = duplicate("a", "b", relation=Relation.REVISED)
    assert said(assessed(older, dropped, some, {})) == said(assessed(older, dropped, nobody, {})) == []


def test_requirements_move_to_the_one_that_stays_when_the_edit_says_so() -> None:
    where = around(A, B, C, program("p", "b", item("c", needs=["b"])))
    eased = plan_of(duplicate("a", "b"), where, author="x", move_requirements=True)
    assert [(w.field, w.before, w.after) for w in eased.parts[0].changes[0].writes] == [
        ("items", "b", "a"),
        ("requirements", "b", "a"),
    ]
    assert eased.safeguards == ()


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"mandatory": True}, Risk.R3),
        ({"certification": True}, Risk.R3),
        ({}, Risk.R1),
    ],
)
def test_what_is_mandatory_or_certifies_makes_a_plan_the_riskiest(
    changed: dict[str, bool], expected: Risk
) -> None:
    plan = plan_of(duplicate("a", "b", relation=Relation.REVISED), around(A, resource("b", **changed)))
    assert plan.risk is expected


def test_active_learners_raise_the_risk_and_many_raise_it_further() -> None:
    def risk(active: int) -> Risk:
        where = around(A, B, use={"b": use(in_progress=active)})
        return plan_of(duplicate("a", "b", relation=Relation.REVISED), where).risk

    assert [risk(0), risk(1), risk(500), risk(501)] == [Risk.R1, Risk.R2, Risk.R2, Risk.R3]


@pytest.mark.parametrize(
    ("field", "value", "changed", "active", "expected"),
    [
        ("title", "Better", {}, 0, Risk.R1),
        ("title", "Better", {}, 500, Risk.R2),
        ("title", "Better", {}, 501, Risk.R3),
        ("title", "Better", {"mandatory": True}, 0, Risk.R3),
        ("title", "Better", {"certification": True}, 0, Risk.R3),
        ("expires", "2027-05-01", {"mandatory": True}, 501, Risk.R0),
    ],
)
def test_what_learners_are_told_of_a_resource_is_as_risky_as_whom_it_concerns(
    field: str, value: str, changed: dict[str, bool], active: int, expected: Risk
) -> None:
    told = outdated("b", "set_metadata")
    told = replace(told, drafts=(replace(told.drafts[0], field=field, value=value),))
    where = around(resource("b", **changed), use={"b": use(in_progress=active)})
    assert plan_of(told, where).risk is expected


def test_more_than_five_programs_are_the_riskiest() -> None:
    def risk(count: int) -> Risk:
        programs = [program(f"p{n}", "b") for n in range(count)]
        return plan_of(duplicate("a", "b"), around(A, B, *programs)).risk

    assert [risk(5), risk(6)] == [Risk.R2, Risk.R3]


def test_programs_around_the_one_that_changes_count_among_the_five() -> None:
    def risk(count: int) -> Risk:
        outer = [program(f"q{n}", ProgramItem(program="p")) for n in range(count)]
        return plan_of(duplicate("a", "b"), around(A, B, program("p", "b"), *outer)).risk

    assert [risk(4), risk(5)] == [Risk.R2, Risk.R3]


def test_a_program_whose_use_is_known_in_sums_only_is_the_riskiest_and_says_so() -> None:
    plan = plan_of(
        duplicate("a", "b"), around(A, B, program("p", "b"), use={"b": use(newest=date(2026, 11, 1))})
    )
    assert plan.simulation is not None
    assert (plan.simulation.sums_only, plan.risk) == (True, Risk.R3)
