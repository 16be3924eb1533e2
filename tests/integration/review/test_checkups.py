"""Somebody goes through a program and leaves a dated record, through gRPC.

What a check-up shows of a program before it is recorded is the page's, see tests/browser.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import grpc

from services.kit.protobuf import moment
from services.kit.rpc import error_info
from tests.integration.catalog.conftest import CatalogProcess
from tests.integration.review.conftest import Curator, Reviewer, Team, bare, course, words
from tests.integration.review.test_reviewers import refused
from winnow.catalog.v1 import people_service_pb2 as people
from winnow.catalog.v1 import program_pb2
from winnow.catalog.v1.duty_pb2 import Duty, DutyChange
from winnow.catalog.v1.people_service_pb2 import Person
from winnow.review.v1 import checkup_pb2 as api
from winnow.review.v1.checkup_pb2 import Checkup
from winnow.review.v1.suggestion_pb2 import Suggestion


async def record(who: Reviewer, program: Any, note: str = "", request_id: str = "") -> Checkup:
    return await who(
        "RecordCheckup", api.RecordCheckupRequest(parent=program.name, note=note, request_id=request_id)
    )


def told(error: grpc.aio.AioRpcError) -> dict[str, str]:
    info = error_info(error)
    return dict(info.metadata) if info else {}


async def listed(who: Reviewer, **asked: Any) -> list[Checkup]:
    return list((await who("ListCheckups", api.ListCheckupsRequest(**asked))).checkups)


async def onboarding(leader: Reviewer, **more: Any) -> tuple[Any, Any, Any]:
    """A program with two items, and both."""
    one, two = await leader.put(course("c1", "Ladders", words("a")), course("c2", "Ropes", words("b")))
    return await leader.program("onboarding", one, two, **more), one, two


async def test_a_check_up_records_what_was_decided_and_whose_the_rest_is(
    leader: Reviewer, curator: Curator, catalog: CatalogProcess
) -> None:
    program, one, two = await onboarding(leader)
    (elsewhere,) = await leader.put(course("c3", "Knots", words("c")))
    await curator.propose(*(curator.outdated(each) for each in (one, two, elsewhere)))
    await curator.settled()
    ladders, ropes, _ = sorted(await leader.suggestions(), key=lambda each: bare(each.members[0].resource))
    await leader.reject(ladders, "still_accurate")
    made = await record(leader, program, "Ladders are right as they are.")
    assert (made.program, made.author, made.note) == (
        program.name,
        "first@example.org",
        "Ladders are right as they are.",
    )
    assert [(each.suggestion, each.state, each.assignee) for each in made.decided] == [
        (ladders.name, Suggestion.REJECTED, "first@example.org")
    ]
    assert [(each.suggestion, each.state, each.assignee) for each in made.open] == [
        (ropes.name, Suggestion.OPEN, "first@example.org")
    ]
    assert (made.decided_count, made.open_count) == (1, 1)
    assert list(made.missing) == [Duty.DESIGN, Duty.DEVELOP, Duty.FACILITATE, Duty.EVALUATE]
    assert await leader("GetCheckup", api.GetCheckupRequest(name=made.name)) == made
    assert catalog.sql(
        "SELECT count(*) FROM audit WHERE method LIKE '%%RecordCheckup' AND target = %s", (program.name,)
    ) == [(1,)]
    # The next one begins where this one ended.
    again = await record(leader, program)
    assert (again.decided_count, again.open_count) == (0, 1)


async def test_what_is_nobodys_has_to_be_given_to_somebody_first(
    leader: Reviewer, curator: Curator, catalog: CatalogProcess
) -> None:
    program, one, _ = await onboarding(leader)
    await curator.propose(curator.outdated(one))
    seen = await leader.only(Suggestion.OPEN)
    catalog.sql("UPDATE suggestions SET assignee = ''")
    error = await refused(record(leader, program), grpc.StatusCode.FAILED_PRECONDITION, "CHECKUP_UNASSIGNED")
    assert told(error)["suggestions"] == seen.name
    assert await listed(leader) == []


async def test_repeated_it_is_recorded_once_and_told_once(
    leader: Reviewer, curator: Curator, catalog: CatalogProcess
) -> None:
    program, _, _ = await onboarding(leader)
    first = await record(leader, program, "Seen.", "once")
    assert await record(leader, program, "Seen.", "once") == first
    assert [each.name for each in await listed(leader, program=program.name)] == [first.name]
    assert catalog.sql("SELECT count(*) FROM checkups") == [(1,)]


async def test_an_owner_checks_their_own_program_and_others_learn_who_can(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    owner = await team.join("olga@example.org")
    specialist = await team.join("sam@example.org", Person.SPECIALIST)
    program, one, _ = await onboarding(leader, owners=["olga@example.org"])
    other = await leader.program("other", one, owners=["sam@example.org"])
    made = await record(owner, program)
    assert made.author == "olga@example.org"
    denied = grpc.StatusCode.PERMISSION_DENIED
    refusal = await refused(record(owner, other), denied, "NOT_ALLOWED")
    assert "a learning leader" in told(refusal)["who_can"]
    assert (await listed(specialist, program=program.name))[0].name == made.name


async def test_lists_give_the_newest_of_each_program(leader: Reviewer, curator: Curator) -> None:
    program, one, _ = await onboarding(leader)
    other = await leader.program("other", one)
    older, newer = await record(leader, program), await record(leader, program)
    single = await record(leader, other)
    assert [each.name for each in await listed(leader)] == [single.name, newer.name, older.name]
    assert [each.name for each in await listed(leader, newest_only=True)] == [single.name, newer.name]
    page = await leader("ListCheckups", api.ListCheckupsRequest(page_size=2))
    rest = await leader("ListCheckups", api.ListCheckupsRequest(page_size=2, page_token=page.next_page_token))
    assert [each.name for each in rest.checkups] == [older.name]
    assert isinstance(moment(newer.create_time), datetime)


async def test_a_stage_somebody_holds_is_not_missing(leader: Reviewer, curator: Curator, team: Team) -> None:
    await team.join("ida@example.org", Person.INSTRUCTIONAL_DESIGNER)
    program, _, _ = await onboarding(leader)
    change = DutyChange(kind=Duty.DESIGN, people=["ida@example.org"])
    await leader("SetDuties", people.SetDutiesRequest(name=program.name, changes=[change]))
    made = await record(leader, program)
    assert list(made.missing) == [Duty.DEVELOP, Duty.FACILITATE, Duty.EVALUATE]
    one = await leader("ListResponsibilities", people.ListResponsibilitiesRequest(name=program.name))
    assert [each.name for each in one.responsibilities] == [program.name]
    assert list(one.responsibilities[0].missing) == list(made.missing)


async def test_suggestions_are_listed_of_a_program_and_all_that_is_in_it(
    leader: Reviewer, curator: Curator
) -> None:
    inner, one, _ = await onboarding(leader)
    (elsewhere,) = await leader.put(course("c3", "Knots", words("c")))
    outer = await leader.program("outer", program_pb2.ProgramItem(program=inner.name, mandatory=True))
    await curator.propose(curator.outdated(one), curator.outdated(elsewhere))
    await curator.settled()
    (seen,) = await leader.suggestions(program=outer.name)
    assert seen.members[0].resource == one.name
    assert [each.name for each in await leader.suggestions(program=inner.name)] == [seen.name]
    assert len(await leader.suggestions()) == 2
