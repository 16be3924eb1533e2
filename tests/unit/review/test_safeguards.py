"""Every safeguard refuses what it must, names a remedy, and is silent when that remedy is taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from services.catalog.domain.programs import ProgramItem
from services.catalog.domain.resources import Lifecycle, Resource
from services.catalog.domain.sources import Source
from services.catalog.review.domain import Plan, Risk
from services.catalog.review.findings import Draft, Relation
from services.catalog.review.surroundings import Surroundings
from tests.unit.review.shorthand import (
    NOW,
    TODAY,
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
    unused,
    use,
)

A, B, C = (resource(name) for name in "abc")
LEARNERS = {"lms": Source(id="s", display_name="lms", no_learners=False)}


def archived(where: Surroundings) -> Plan:
    return plan_of(duplicate("a", "b"), where)


BROKEN: dict[str, Callable[[], Plan]] = {
    "mandatory": lambda: archived(around(A, resource("b", mandatory=True))),
    "certification": lambda: archived(around(A, resource("b", certification=True))),
    "in_progress": lambda: archived(around(A, B, use={"b": use(in_progress=1)})),
    "prerequisite": lambda: archived(around(A, B, C, program("p", "b", item("c", needs=["b"])))),
    "on_hold": lambda: archived(around(A, resource("b", hold="audit"))),
    "only_language": lambda: archived(around(resource("a", language="en"), resource("b", language="de"))),
    "only_accessible": lambda: archived(around(A, resource("b", accessible_form=True))),
    "session_soon": lambda: archived(
        around(
            A, B, enrolments=(enrolled("l", resource="b", state="not_started", due=TODAY + timedelta(60)),)
        )
    ),
    "engagement_stale": lambda: archived(
        around(A, B, use={"b": use(newest=date(2026, 9, 1), in_progress=0)}, sources=LEARNERS)
    ),
    "successor_elsewhere": lambda: archived(around(A, B, committed={"b": ["other"]})),
    "in_program": lambda: plan_of(outdated("b", "archive"), around(B, program("p", "b"))),
    "only_cover": lambda: plan_of(
        drop("p", "b"),
        around(
            A,
            resource("b", objectives=("Climb safely.",)),
            program("p", "a", "b", objectives=("climb safely",)),
        ),
    ),
    "too_many": lambda: plan_of(
        duplicate("r0", *(f"r{n}" for n in range(1, 52))), around(*(resource(f"r{n}") for n in range(52)))
    ),
}


@pytest.mark.parametrize("code", BROKEN)
def test_a_broken_safeguard_is_named_with_its_remedy(code: str) -> None:
    found = BROKEN[code]().safeguards
    assert {guard.code for guard in found} == {code}
    assert all(guard.text and guard.remedy for guard in found)


EN, DE, DE_2 = (resource(name, language=said) for name, said in (("a", "en"), ("b", "de"), ("c", "de-AT")))


@pytest.mark.parametrize(
    ("others", "broken"),
    [((EN,), True), ((EN, DE_2), False), ((resource("a"),), False), ((), False)],
    ids=["in another language", "in its own too", "language not known", "none"],
)
def test_the_last_translation_goes_only_with_a_successor(others: Sequence[Resource], broken: bool) -> None:
    where = around(*others, DE, translations={"b": [each.id for each in others]})
    for operation in ("archive", "unlist"):
        found = plan_of(outdated("b", operation), where).safeguards
        assert [guard.code for guard in found] == ["only_language"] * broken
    gone = EN.want("lifecycle", Lifecycle.ARCHIVED, author="x", suggestion="", now=NOW)
    assert plan_of(outdated("b", "archive"), around(gone, DE, translations={"b": ["a"]})).safeguards == ()


def replaced_in_a_program(old: Resource, new: Resource, *others: Resource) -> Plan:
    held = program("p", old.id, *(each.id for each in others), objectives=("climb safely",))
    return plan_of(duplicate(new.id, old.id, relation=Relation.REVISED), around(old, new, *others, held))


def test_an_objective_stays_covered_by_what_takes_the_place_or_something_else() -> None:
    old = resource("b", objectives=("Climb safely.",))
    (guard,) = replaced_in_a_program(old, A).safeguards
    assert (guard.code, guard.target, guard.part) == ("only_cover", "resources/b", "programs/p")
    assert "Say that “A” covers it" in guard.remedy
    assert replaced_in_a_program(old, resource("a", objectives=("climb safely",))).safeguards == ()
    assert replaced_in_a_program(old, A, resource("c", objectives=("Climb safely",))).safeguards == ()
    text = {"outline_hash": "t", "content_hash": "t"}
    same = [replace(each, listings=(replace(each.first, **text),)) for each in (old, A)]
    assert replaced_in_a_program(*same).safeguards == ()


def test_an_item_gives_way_to_one_of_its_language_only() -> None:
    (guard,) = replaced_in_a_program(DE, EN).safeguards
    assert (guard.code, guard.part) == ("only_language", "programs/p")
    assert replaced_in_a_program(DE, DE_2).safeguards == ()


def test_a_program_keeps_an_item_in_an_accessible_form() -> None:
    open_ = resource("b", accessible_form=True)
    (guard,) = replaced_in_a_program(open_, A).safeguards
    assert (guard.code, guard.part) == ("only_accessible", "programs/p")
    assert replaced_in_a_program(open_, resource("a", accessible_form=True)).safeguards == ()
    (guard,) = plan_of(drop("p", "b"), around(A, open_, program("p", "a", "b"))).safeguards
    assert guard.code == "only_accessible"
    other = resource("a", accessible_form=True)
    assert plan_of(drop("p", "b"), around(other, open_, program("p", "a", "b"))).safeguards == ()


CREDIT: dict[str, Any] = {"mandatory": {"mandatory": True}, "certification": {"certification": True}}


@pytest.mark.parametrize("code", CREDIT)
def test_what_learners_owe_leaves_a_program_only_with_its_credit(code: str) -> None:
    owed = resource("b", **CREDIT[code])
    held = around(A, owed, program("p", "a", "b"))
    optional = replace(drop("p", "b"), drafts=(Draft("item_make_optional", "b", program="p"),))
    for finding in (drop("p", "b"), optional):
        assert [guard.code for guard in plan_of(finding, held).safeguards] == [code]
    edition = duplicate("a", "b", relation=Relation.REVISED)
    kept = plan_of(edition, around(A, owed, program("p", "b")))
    assert (kept.safeguards, kept.risk) == ((), Risk.R3)
    where = around(A, owed, program("p", "b"))
    uncredited = plan_of(edition, where, author="x", drop_changes=("add_equivalence.a.b",))
    assert code in {guard.code for guard in uncredited.safeguards}


KEPT: dict[str, Callable[[], Plan]] = {
    "an obligatory one may be replaced by a newer edition with its credit": lambda: plan_of(
        duplicate("a", "b", relation=Relation.REVISED),
        around(A, resource("b", mandatory=True), program("p", "b")),
    ),
    "who is in progress finishes on what is only marked as replaced": lambda: plan_of(
        duplicate("a", "b", relation=Relation.REVISED), around(A, B, use={"b": use(in_progress=1)})
    ),
    "a due date beyond 60 days is no reason": lambda: archived(
        around(
            A, B, enrolments=(enrolled("l", resource="b", state="not_started", due=TODAY + timedelta(61)),)
        )
    ),
    "a due date of somebody who has completed is no reason": lambda: archived(
        around(A, B, enrolments=(enrolled("l", resource="b", state="completed", due=TODAY),))
    ),
    "engagement of 35 days is new enough": lambda: archived(
        around(
            A,
            B,
            use={"b": use(newest=date(2026, 10, 1), in_progress=0)},
            sources=LEARNERS,
            today=date(2026, 12, 5),
        )
    ),
    "a source of files without engagement counts as without learners": lambda: archived(around(A, B)),
    "an objective that another item covers may lose this one": lambda: plan_of(
        drop("p", "b"),
        around(
            resource("a", objectives=("Climb safely",)),
            resource("b", objectives=("Climb safely",)),
            program("p", "a", "b", objectives=("Climb safely",)),
        ),
    ),
    "the one that stays may be on hold": lambda: archived(
        around(resource("a", hold="audit"), B, use={"b": use(completed=1)})
    ),
    "what is required in an archived program binds nobody": lambda: archived(
        around(A, B, C, program("p", item("c", needs=["b"]), archived=True))
    ),
}


@pytest.mark.parametrize("story", KEPT)
def test_a_plan_that_breaks_nothing_has_no_safeguard(story: str) -> None:
    assert KEPT[story]().safeguards == ()


UNUSED: dict[str, Surroundings] = {
    "mandatory": around(resource("b", mandatory=True)),
    "in_progress": around(B, use={"b": use(in_progress=1)}),
    "prerequisite": around(B, C, program("p", item("c", needs=["b"]))),
    "on_hold": around(resource("b", hold="audit")),
    "engagement_stale": around(B, use={"b": use(newest=date(2026, 9, 1), in_progress=0)}, sources=LEARNERS),
    "in_program": around(B, program("p", "b")),
}


@pytest.mark.parametrize("step", ["unlist", "archive"])
@pytest.mark.parametrize("code", UNUSED)
def test_neither_step_for_unused_content_gets_past_a_safeguard(code: str, step: str) -> None:
    assert {guard.code for guard in plan_of(unused("b", step), UNUSED[code]).safeguards} == {code}


def test_an_unused_item_leaves_its_programs_before_it_is_unlisted() -> None:
    plan = plan_of(unused("b", "unlist", "p"), around(B, program("p", item("b", mandatory=False))))
    assert said(plan) == [("programs/p", "item_drop", "programs/p"), ("resources", "unlist", "resources/b")]
    assert plan.parts[-1].depends_on == ("programs/p",)
    assert plan.safeguards == ()


def test_engagement_a_day_older_than_it_may_be_is_stale() -> None:
    where = around(
        A,
        B,
        use={"b": use(newest=date(2026, 10, 1), in_progress=0)},
        sources=LEARNERS,
        today=date(2026, 12, 6),
    )
    assert [guard.code for guard in archived(where).safeguards] == ["engagement_stale"]


def test_a_declared_rhythm_is_given_a_week_of_grace() -> None:
    quarterly = {"lms": Source(id="s", display_name="lms", no_learners=False, rhythm_days=92)}

    def codes(today: date) -> list[str]:
        known = {"b": use(newest=date(2026, 10, 1), in_progress=0)}
        return [g.code for g in archived(around(A, B, use=known, sources=quarterly, today=today)).safeguards]

    last = date(2026, 10, 31) + timedelta(days=99)
    assert (codes(last), codes(last + timedelta(days=1))) == ([], ["engagement_stale"])


def test_a_source_with_learners_that_never_delivered_is_stale_from_its_35th_day() -> None:
    def codes(days: int) -> list[str]:
        where = around(A, B, sources=LEARNERS, today=TODAY + timedelta(days=days))
        return [guard.code for guard in archived(where).safeguards]

    assert (codes(35), codes(36)) == ([], ["engagement_stale"])


@pytest.mark.parametrize(("listed", "closed", "fails"), [(399, 30, False), (400, 20, False), (400, 21, True)])
def test_a_plan_closes_at_most_a_twentieth_of_a_large_source(listed: int, closed: int, fails: bool) -> None:
    members = [resource(f"r{n}") for n in range(closed + 1)]
    proposal = duplicate("r0", *(f"r{n}" for n in range(1, closed + 1)))
    plan = plan_of(proposal, around(*members, listed={"lms": listed}))
    assert [guard.code for guard in plan.safeguards] == (["too_many"] if fails else [])


def test_what_a_program_around_needs_is_not_dropped_inside() -> None:
    inner, other = program("p", "a", "b"), program("o", item("c", needs=["b"]))
    outer = program("q", item("c", needs=["b"]), ProgramItem(program="p"))
    around_it = program("r", item("c", needs=["b"]), ProgramItem(program="m"))
    for between in ((outer,), (around_it, program("m", ProgramItem(program="p")))):
        (guard,) = plan_of(drop("p", "b"), around(A, B, C, inner, *between)).safeguards
        assert (guard.code, guard.target, guard.part) == ("prerequisite", "resources/b", "programs/p")
        assert f"in “{between[0].title}” requires" in guard.text
    gone = program("q", item("c", needs=["b"]), ProgramItem(program="p"), archived=True)
    assert plan_of(drop("p", "b"), around(A, B, C, inner, other, gone)).safeguards == ()


def test_an_objective_of_a_program_around_stays_covered() -> None:
    old = resource("b", objectives=("Climb safely.",))
    inner = program("p", "a", "b")

    def broken(*items: ProgramItem | str) -> list[str]:
        outer = program("q", *items, ProgramItem(program="p"), objectives=("climb safely",))
        others = (resource("c", objectives=("Climb safely",)), program("s", "c"))
        return [
            guard.code for guard in plan_of(drop("p", "b"), around(A, old, *others, inner, outer)).safeguards
        ]

    assert broken() == ["only_cover"]
    assert broken("c") == broken(ProgramItem(program="s")) == []
