"""Programs inside programs: what changes inside concerns who owns, takes or orders the one around it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest

from tests.integration.review.conftest import Curator, Reviewer, Team, course, words
from tests.integration.review.test_objections import give_notice, links
from tests.integration.review.test_responsibility import switch
from tests.integration.review.test_reviewers import refused
from winnow.catalog.v1.program_pb2 import ProgramItem
from winnow.catalog.v1.responsibility_mode_pb2 import ResponsibilityMode
from winnow.review.v1 import review_service_pb2 as review
from winnow.review.v1.suggestion_pb2 import Plan, Suggestion

OLGA, ODA, OTTO = (f"{name}@example.org" for name in ("olga", "oda", "otto"))
HEAD = "resource,month,enrolled,started,completed,seconds,learner,state,due\n"


def inside(program: Any) -> ProgramItem:
    return ProgramItem(program=program.name, mandatory=True)


async def nested(leader: Reviewer, *held: Any, items: tuple[Any, ...] = ()) -> Any:
    """Olga's program with these in it, in one that nobody owns, in Oda's; `items` are further ones of Oda's."""
    inner = await leader.program("safety", *held, owners=[OLGA])
    between = await leader.program("field work", inside(inner))
    await leader.program("curriculum", *items, inside(between), owners=[ODA])
    await leader.program("another", *items, owners=[OTTO])
    return inner


async def found(leader: Reviewer, curator: Curator, **more: Any) -> Suggestion:
    """A copy in the inner program, and the plan that replaces it there."""
    kept, copy = await leader.put(course("kept", "Ladders", words("a")), course("copy", "Copy", words("a")))
    await nested(leader, copy, **more)
    await curator.propose(curator.duplicate(kept, copy))
    return await leader.only(Suggestion.OPEN)


async def test_owners_of_programs_around_can_object_and_need_not_approve(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    olga = await team.join(OLGA)
    await give_notice(leader, 7, 14)
    seen = await found(leader, curator)
    assert [part.title for part in seen.plan.parts] == ["Safety", "Resources"]
    assert next(iter(seen.plan.approvals_needed)) == "Safety: an owner of “Safety”"
    await olga.accept(seen, parts=[seen.plan.parts[0].id])
    planned = await leader.accept(seen)
    assert planned.state == Suggestion.SCHEDULED
    assert [each.email for each in await links(leader, planned)] == [ODA, OLGA]


@pytest.mark.parametrize("mode", [ResponsibilityMode.PROGRAM_BASED, ResponsibilityMode.HYBRID])
async def test_who_owns_a_program_around_decides_in_it_and_nobody_else(
    mode: Any, leader: Reviewer, curator: Curator, team: Team
) -> None:
    await team.join(OLGA)
    oda, otto = await team.join(ODA), await team.join(OTTO)
    await switch(leader, mode)
    seen = await found(leader, curator)
    assert seen.plan.risk == Plan.R2
    for one, may in ((oda, True), (otto, False)):
        lines = await one.suggestions(view=review.ListSuggestionsRequest.LINE)
        assert [each.may_decide for each in lines] == [may]
        assert (await one.get(seen.name)).may_decide is may
    denied = grpc.StatusCode.PERMISSION_DENIED
    await refused(otto.accept(seen), denied, "NOT_ALLOWED")
    await refused(otto.reject(seen, "not_same"), denied, "NOT_ALLOWED")
    given = await oda.accept(seen)
    assert [(each.person, each.part, each.capacity) for each in given.approvals] == [
        (ODA, seen.plan.parts[0].id, "OWNER_STEPPED_IN")
    ]
    # The copy that stays is in no program: that part is for others.
    assert (await leader.accept(given)).state == Suggestion.APPLIED


async def test_who_owns_a_program_around_refuses_what_changes_inside(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    oda = await team.join(ODA)
    seen = await found(leader, curator)
    (shared,) = await oda.suggestions(shared_with=ODA)
    assert shared.name == seen.name
    assert (await oda.reject(seen, "not_same")).state == Suggestion.REJECTED


async def test_what_a_program_around_comes_to_need_holds_an_approved_plan_back(
    leader: Reviewer, curator: Curator
) -> None:
    a, b, c = await leader.put(*(course(key, key.upper(), words(key)) for key in "abc"))
    await give_notice(leader, 7, 14)
    inner = await nested(leader, a, b, items=(c,))
    await curator.propose(curator.drop(inner, b))
    planned = await leader.accept(await leader.only(Suggestion.OPEN))
    assert planned.state == Suggestion.SCHEDULED
    needing = ProgramItem(resource=c.name, mandatory=True, prerequisites=[b.name])
    await nested(leader, a, b, items=(needing,))
    back = await leader.in_state(planned.name, Suggestion.OPEN)
    assert [(each.code, each.target) for each in back.plan.safeguards] == [("prerequisite", b.name)]
    assert back.plan.safeguards[0].text == "“C” in “Curriculum” requires “B” before."


async def test_learners_of_the_programs_around_are_simulated(leader: Reviewer, curator: Curator) -> None:
    today = datetime.now(UTC).date()
    month, late = f"{today:%Y-%m}", (today - timedelta(days=1)).isoformat()
    seen = await found(leader, curator)
    rows = "".join(
        f"copy,{month},1,1,1,60,l{n},completed,\ncurriculum,{month},1,1,0,60,l{n},in_progress,{late}\n"
        for n in range(6)
    ) + "".join(f"curriculum,{month},1,1,0,60,m{n},in_progress,\n" for n in range(5))
    done = await leader.imported("lms", {"engagement.csv": (HEAD + rows).encode()})
    assert (list(done.questions), list(done.unreadable)) == ([], [])
    seen = await leader.in_state(seen.name, Suggestion.OPEN, lambda one: one.plan.simulation.enrolments > 0)
    told = seen.plan.simulation
    assert (told.enrolments, told.lose_credit, told.newly_overdue, told.sums_only) == (11, 0, 0, False)
    credit = [
        change.id
        for part in seen.plan.parts
        for change in part.changes
        if change.operation == "add_equivalence"
    ]
    edited = await leader(
        "EditSuggestion",
        review.EditSuggestionRequest(name=seen.name, revision=seen.revision, drop_changes=credit),
    )
    told = edited.plan.simulation
    assert (told.enrolments, told.lose_credit, told.newly_overdue) == (11, 6, 6)
    await refused(leader.accept(edited), grpc.StatusCode.FAILED_PRECONDITION, "SIMULATION_FAILED")
