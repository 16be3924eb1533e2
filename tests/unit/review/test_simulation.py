"""What a plan does to each enrolment: nobody may lose credit or become overdue."""

from __future__ import annotations

from datetime import timedelta

from services.catalog.review.domain import Simulation
from tests.unit.review.shorthand import (
    TODAY,
    around,
    drop,
    duplicate,
    enrolled,
    item,
    plan_of,
    program,
    resource,
)

A = resource("a", duration_seconds=1200)
B = resource("b", duration_seconds=1800)
LATE = TODAY - timedelta(days=1)


def simulated(*things: object, proposal: object = None, **more: object) -> Simulation:
    plan = plan_of(proposal or duplicate("a", "b"), around(*things, **more.pop("where", {})), **more)  # type: ignore[arg-type]
    assert plan.simulation is not None
    return plan.simulation


def test_who_completed_the_old_one_keeps_the_credit_by_the_equivalence() -> None:
    rows = (enrolled("l", resource="b", state="completed"), enrolled("l", program="p", due=LATE))
    found = simulated(A, B, program("p", "b"), where={"enrolments": rows})
    assert (found.enrolments, found.lose_credit, found.newly_overdue) == (1, 0, 0)


def test_without_the_equivalence_the_credit_is_lost_and_the_learner_overdue() -> None:
    rows = (enrolled("l", resource="b", state="completed"), enrolled("l", program="p", due=LATE))
    found = simulated(
        A, B, program("p", "b"), where={"enrolments": rows}, author="x", drop_changes=("add_equivalence.a.b",)
    )
    assert (found.lose_credit, found.newly_overdue) == (1, 1)


def test_who_was_overdue_before_is_not_newly_so() -> None:
    found = simulated(A, B, program("p", "b"), where={"enrolments": (enrolled("l", program="p", due=LATE),)})
    assert found.newly_overdue == 0


def test_a_dropped_item_saves_its_minutes_for_each_who_has_not_done_it() -> None:
    rows = (
        enrolled("l", program="p"),
        enrolled("m", program="p"),
        enrolled("m", resource="b", state="completed"),
    )
    found = simulated(A, B, program("p", "a", "b"), proposal=drop("p", "b"), where={"enrolments": rows})
    assert (found.enrolments, found.minutes_saved) == (2, 30.0)


def test_an_elective_item_saves_nobody_anything() -> None:
    rows = (enrolled("l", program="p"),)
    held = program("p", "a", item("b", mandatory=False))
    assert simulated(A, B, held, proposal=drop("p", "b"), where={"enrolments": rows}).minutes_saved == 0


def test_learners_of_other_programs_are_not_counted() -> None:
    rows = (enrolled("l", program="q"), enrolled("m", resource="a"))
    found = simulated(A, B, program("p", "a", "b"), proposal=drop("p", "b"), where={"enrolments": rows})
    assert found.enrolments == 0
