"""What a plan does to each enrolment: nobody may lose credit or become overdue. One to four are told as five."""

from __future__ import annotations

from datetime import timedelta

from services.catalog.domain.programs import Program, ProgramItem
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
    assert (found.enrolments, found.lose_credit, found.newly_overdue) == (5, 0, 0)


def test_without_the_equivalence_the_credit_is_lost_and_the_learner_overdue() -> None:
    rows = (enrolled("l", resource="b", state="completed"), enrolled("l", program="p", due=LATE))
    found = simulated(
        A, B, program("p", "b"), where={"enrolments": rows}, author="x", drop_changes=("add_equivalence.a.b",)
    )
    assert (found.lose_credit, found.newly_overdue) == (5, 5)


def test_who_was_overdue_before_is_not_newly_so() -> None:
    found = simulated(A, B, program("p", "b"), where={"enrolments": (enrolled("l", program="p", due=LATE),)})
    assert found.newly_overdue == 0


def test_a_dropped_item_saves_its_minutes_for_each_who_has_not_done_it() -> None:
    rows = [enrolled(f"l{n}", program="p") for n in range(12)]
    rows += [enrolled(f"l{n}", resource="b", state="completed") for n in range(6)]
    found = simulated(
        A, B, program("p", "a", "b"), proposal=drop("p", "b"), where={"enrolments": tuple(rows)}
    )
    assert (found.enrolments, found.minutes_saved) == (12, 180.0)


def test_an_elective_item_saves_nobody_anything() -> None:
    rows = (enrolled("l", program="p"),)
    held = program("p", "a", item("b", mandatory=False))
    assert simulated(A, B, held, proposal=drop("p", "b"), where={"enrolments": rows}).minutes_saved == 0


def test_learners_of_other_programs_are_not_counted() -> None:
    rows = (enrolled("l", program="q"), enrolled("m", resource="a"))
    found = simulated(A, B, program("p", "a", "b"), proposal=drop("p", "b"), where={"enrolments": rows})
    assert found.enrolments == 0


def counts(of: dict[str, int], **more: object) -> Simulation:
    """The simulation of a plan that replaces B by A in these programs, each with so many learners."""
    rows = tuple(enrolled(f"{key}{n}", program=key) for key, count in of.items() for n in range(count))
    return simulated(A, B, *(program(key, "b") for key in of), where={"enrolments": rows}, **more)


def test_what_a_program_adds_to_the_others_tells_of_no_few() -> None:
    """Nor what is left of the sum when its part is dropped."""
    alone = counts({"p": 30})
    assert (alone.enrolments, alone.minutes_saved, alone.rounded) == (30, 300.0, False)
    (found,) = {counts({"p": 30, "q": few}) for few in range(1, 5)}
    assert (found.enrolments, found.minutes_saved, found.rounded, found.few) == (35, 300.0, True, True)
    assert counts({"p": 30, "q": 5}).minutes_saved == 350.0


def test_whom_it_counts_beyond_a_group_that_is_told_are_told_as_five_when_few() -> None:
    found = set[Simulation]()
    for few in range(1, 5):
        rows = [enrolled(f"l{n}", program="p") for n in range(30)]
        rows += [enrolled(f"m{n}", resource="b") for n in range(few)]
        found.add(simulated(A, B, program("p", "b"), where={"enrolments": tuple(rows)}))
    (one,) = found
    assert (one.enrolments, one.minutes_saved, one.few) == (35, 0.0, False)


def test_minutes_do_not_tell_how_few_have_done_it_already() -> None:
    found = set[float]()
    for few in range(1, 5):
        rows = [enrolled(f"l{n}", program="p") for n in range(30)]
        rows += [enrolled(f"l{n}", resource="b", state="completed") for n in range(few)]
        held = program("p", "a", "b")
        found.add(
            simulated(A, B, held, proposal=drop("p", "b"), where={"enrolments": tuple(rows)}).minutes_saved
        )
    assert found == {0.0}


def nested(*outer: ProgramItem | str) -> tuple[Program, ...]:
    """A program `q` around `p` (which holds `b`), and `r` around both; `outer` are further items of `q`."""
    inner = program("p", "b")
    return inner, program("q", *outer, ProgramItem(program="p")), program("r", ProgramItem(program="q"))


def test_who_is_enrolled_in_a_program_around_the_one_that_changes_is_computed_too() -> None:
    rows = (
        enrolled("l", resource="b", state="completed"),
        *(enrolled("l", program=name, due=LATE) for name in "qr"),
        enrolled("m", program="r"),
    )
    kept = simulated(A, B, *nested(), where={"enrolments": rows})
    assert (kept.enrolments, kept.lose_credit, kept.newly_overdue, kept.sums_only) == (5, 0, 0, False)
    lost = simulated(
        A, B, *nested(), where={"enrolments": rows}, author="x", drop_changes=("add_equivalence.a.b",)
    )
    # Of three programs inside one another the learner's is one enrolment.
    assert (lost.enrolments, lost.lose_credit, lost.newly_overdue) == (5, 5, 5)


def test_who_is_overdue_in_the_outer_program_for_something_else_is_not_newly_so() -> None:
    rows = (enrolled("l", resource="b", state="completed"), enrolled("l", program="q", due=LATE))
    where, drops = {"enrolments": rows}, ("add_equivalence.a.b",)
    found = simulated(A, B, resource("c"), *nested("c"), where=where, author="x", drop_changes=drops)
    assert (found.lose_credit, found.newly_overdue) == (5, 0)


def test_minutes_are_saved_once_by_who_is_in_a_program_and_in_the_one_around_it() -> None:
    rows = tuple(enrolled(f"l{n}", program=name) for name in "pqr" for n in range(5))
    found = simulated(A, B, *nested("a"), proposal=drop("p", "b"), where={"enrolments": rows})
    assert (found.enrolments, found.minutes_saved) == (5, 150.0)


def test_what_is_elective_in_the_outer_program_saves_its_learners_nothing() -> None:
    inner, elective = program("p", "b"), program("q", ProgramItem(program="p", mandatory=False))
    for name, saved in (("p", 30.0), ("q", 0.0)):
        where = {"enrolments": tuple(enrolled(f"l{n}", program=name) for n in range(5))}
        found = simulated(A, B, inner, elective, proposal=drop("p", "b"), where=where)
        assert (found.enrolments, found.minutes_saved) == (5, 5 * saved)


def test_programs_that_hold_one_another_do_not_go_round_for_ever() -> None:
    one, two = program("p", "b", ProgramItem(program="q")), program("q", "a", ProgramItem(program="p"))
    rows = (enrolled("l", program="p"), enrolled("l", program="q"))
    assert simulated(A, B, one, two, proposal=drop("p", "b"), where={"enrolments": rows}).enrolments == 5
