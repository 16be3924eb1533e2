"""What applied plans mean for learners: a notice each, and a list of exactly those the plan was simulated on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import grpc
import pytest

from services.kit.rpc import error_info
from tests.integration.review.conftest import Curator, Reviewer, Team, course, words
from tests.integration.review.test_responsibility import give, set_duties
from winnow.catalog.v1 import program_pb2
from winnow.catalog.v1.duty_pb2 import Duty
from winnow.review.v1 import notice_pb2
from winnow.review.v1.suggestion_pb2 import Plan, Suggestion

HEAD = "resource,month,enrolled,started,completed,seconds,learner,state,due\n"


async def applied(leader: Reviewer, curator: Curator, learners: int, *, title: str = "Copy") -> Suggestion:
    """The plan that takes a copy out of a program, applied after so many have completed it."""
    kept, copy = await leader.put(course("kept", "Ladders", words("a")), course("copy", title, words("a")))
    await leader.program("safety", program_pb2.ProgramItem(resource=copy.name))
    month = datetime.now(UTC).strftime("%Y-%m")
    rows = "".join(f"copy,{month},1,1,1,60,l{n},completed,\n" for n in range(learners))
    done = await leader.imported("lms", {"engagement.csv": (HEAD + rows).encode()})
    assert not done.unreadable, done
    await curator.propose(curator.duplicate(kept, copy))
    found = await leader.accept(await leader.only(Suggestion.OPEN))
    assert (found.state, found.plan.risk) == (Suggestion.APPLIED, Plan.R2), found
    return found


async def notices(by: Reviewer) -> list[notice_pb2.LearnerNotice]:
    return list((await by("ListLearnerNotices", notice_pb2.ListLearnerNoticesRequest())).notices)


async def listed(by: Reviewer, name: str) -> list[str]:
    found = await by("ExportNoticeLearners", notice_pb2.ExportNoticeLearnersRequest(name=name))
    return found.content.decode().splitlines()


async def test_a_notice_says_what_changes_what_to_do_and_what_stays_to_exactly_those_simulated(
    leader: Reviewer, curator: Curator, catalog: Any
) -> None:
    done = await applied(leader, curator, 6)
    (notice,) = await notices(leader)
    assert notice.suggestion == done.name
    assert notice.title == "“Copy” is replaced by “Ladders”"
    assert "“Copy” is no longer offered; “Ladders” takes its place." in notice.changes
    assert list(notice.to_do) == ["If you have not finished “Copy”, go on with “Ladders”."]
    assert "Everything you have completed stays on your record." in notice.stays
    assert "Having completed “Copy” counts as “Ladders”." in notice.stays
    assert all(line in notice.text for line in (*notice.changes, *notice.to_do, *notice.stays))
    assert (notice.learners, notice.listable) == (done.plan.simulation.enrolments, True)
    head, *pseudonyms = await listed(leader, done.name)
    stored = catalog.sql("SELECT DISTINCT learner FROM learner_months ORDER BY learner")
    assert head == "learner"
    assert pseudonyms == [learner for (learner,) in stored]
    assert len(pseudonyms) == 6
    assert notice.may_export
    await leader.undo(done)
    assert await notices(leader) == []


async def test_an_owner_tells_the_learners_of_their_own_program_and_of_no_other(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    done = await applied(leader, curator, 6)
    (safety,) = [part.id for part in done.plan.parts if part.id.startswith("programs/")]
    await leader.program("other", owners=["pia@example.org"])
    olga, pia = await team.join("olga@example.org"), await team.join("pia@example.org")
    await set_duties(leader, program_pb2.Program(name=safety), give(Duty.OWNER, "olga@example.org"))
    (hers,), (of_others,) = await notices(olga), await notices(pia)
    assert (hers.may_export, of_others.may_export) == (True, False)
    assert await listed(olga, done.name) == await listed(leader, done.name)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await listed(pia, done.name)
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_of_fewer_than_five_nobody_gets_a_list(leader: Reviewer, curator: Curator) -> None:
    done = await applied(leader, curator, 4, title="Ladders")
    (notice,) = await notices(leader)
    assert notice.title == "“Ladders” is offered once, no longer twice"  # titles alone would say nothing
    assert "“Ladders” was there twice; one of the two is no longer offered." in notice.changes
    assert (notice.learners, notice.listable) == (5, False)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await listed(leader, done.name)
    info = error_info(refused.value)
    assert info is not None
    assert info.reason == "LEARNERS_NOT_TOLD"
