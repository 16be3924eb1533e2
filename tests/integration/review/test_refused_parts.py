"""What a plan is without a part that somebody refused: checked like any other before it is applied; through gRPC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import grpc

from services.kit.protobuf import date_message
from tests.integration.review.conftest import Curator, Reviewer, Team
from tests.integration.review.test_edits import edit
from tests.integration.review.test_nested import HEAD
from tests.integration.review.test_reviewers import copies, refused
from winnow.catalog.v1.resource_pb2 import Resource
from winnow.review.v1 import review_service_pb2 as review
from winnow.review.v1.suggestion_pb2 import Suggestion


async def test_what_is_left_without_the_credit_is_not_applied_though_it_is_approved(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    kept, copy = await copies(leader)
    path = await leader.program("path", copy)
    month = f"{datetime.now(UTC).date():%Y-%m}"
    rows = "".join(f"c2,{month},1,1,1,60,l{n},completed,\n" for n in range(6))
    await leader.imported("lms", {"engagement.csv": (HEAD + rows).encode()})
    await curator.propose(curator.duplicate(kept, copy))
    seen = await leader.only(Suggestion.OPEN)
    half = await leader.accept(seen, parts=[path.name])
    assert half.state == Suggestion.OPEN
    left = await leader.reject(half, "other", comment="Keep it.", parts=["resources"])
    assert (left.state, left.revision) == (Suggestion.OPEN, seen.revision + 1)
    assert "not scheduled: 6 learners would lose credit" in left.note
    assert [part.id for part in left.plan.parts] == [path.name]
    await refused(leader.accept(left), grpc.StatusCode.FAILED_PRECONDITION, "SIMULATION_FAILED")
    whole = await leader("ReopenSuggestion", review.ReopenSuggestionRequest(name=seen.name))
    assert (await leader.accept(whole)).state == Suggestion.APPLIED
    assert (await leader.resource(copy)).lifecycle == Resource.ARCHIVED


async def test_a_part_is_refused_while_another_plan_changes_one_of_those_that_are_left(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    kept, copy, other = await copies(leader, 3)
    one, two = await leader.program("one", copy), await leader.program("two", copy, other)
    await curator.propose(curator.duplicate(kept, copy))
    seen = await leader.only(Suggestion.OPEN)
    half = await leader.accept(seen, parts=[two.name])
    assert half.state == Suggestion.OPEN
    dropped = curator.drop(two, other)
    await curator.propose(dropped)
    await curator.settled()
    (first,) = [each for each in await leader.suggestions(Suggestion.OPEN) if each.name != seen.name]
    day = date_message(datetime.now(UTC).date() + timedelta(days=40))
    waits = await leader.accept(await edit(leader, first, apply_date=day))
    assert waits.state == Suggestion.SCHEDULED
    left = await leader.reject(half, "different_audience", parts=[one.name, "resources"])
    assert (left.state, left.revision) == (Suggestion.OPEN, seen.revision + 1)
    assert f"not scheduled: The approved plan of {first.name} changes one of the same objects" in left.note
    await refused(leader.accept(left), grpc.StatusCode.ABORTED, "PLAN_OVERLAPS")
    await leader("RevokeApproval", review.RevokeApprovalRequest(name=first.name))
    # Nobody has to approve again what they have.
    assert (await leader.accept(left)).state == Suggestion.APPLIED


async def test_what_a_plan_no_longer_touches_stands_in_nobodys_way(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    kept, copy, other = await copies(leader, 3)
    one, two = await leader.program("one", copy), await leader.program("two", copy, other)
    day = date_message(datetime.now(UTC).date() + timedelta(days=40))
    await curator.propose(curator.drop(two, other))
    first = await leader.only(Suggestion.OPEN)
    first = await leader.accept(await edit(leader, first, apply_date=day))
    assert first.state == Suggestion.SCHEDULED
    await curator.propose(curator.duplicate(kept, copy))
    seen = await leader.only(Suggestion.OPEN)
    half = await leader.accept(seen, parts=[one.name])
    await refused(leader.accept(half), grpc.StatusCode.ABORTED, "PLAN_OVERLAPS")
    applied = await leader.reject(half, "different_audience", parts=[two.name, "resources"])
    assert (applied.state, applied.revision) == (Suggestion.APPLIED, seen.revision + 1)
