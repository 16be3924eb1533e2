"""Edits of plans, what is put off, and reviews of whole resources: through gRPC."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import grpc
import pytest

from services.kit.protobuf import date_message, date_value
from services.kit.rpc import error_info
from tests.integration.catalog.conftest import CatalogProcess
from tests.integration.review.conftest import Curator, Reviewer, Team, course, words
from tests.integration.review.test_reviewers import copies, detail, guard, refused
from winnow.catalog.v1.people_service_pb2 import Person
from winnow.review.v1 import review_service_pb2 as review
from winnow.review.v1.suggestion_pb2 import Decision, Suggestion

ABORTED, INVALID = grpc.StatusCode.ABORTED, grpc.StatusCode.INVALID_ARGUMENT


async def edit(by: Reviewer, seen: Suggestion, **more: Any) -> Suggestion:
    request = review.EditSuggestionRequest(name=seen.name, revision=seen.revision, **more)
    return await by("EditSuggestion", request)


async def confirm(by: Reviewer, one: Any, **more: Any) -> Any:
    return await by("ConfirmCurrent", review.ConfirmCurrentRequest(name=one.name, **more))


def changes(one: Suggestion) -> list[str]:
    return [change.id for part in one.plan.parts for change in part.changes]


async def snooze(by: Reviewer, seen: Suggestion, **more: Any) -> Suggestion:
    return await by("SnoozeSuggestion", review.SnoozeSuggestionRequest(name=seen.name, **more))


async def test_a_copy_is_left_out_and_a_change_unticked_and_both_come_back(
    leader: Reviewer, curator: Curator
) -> None:
    a, b, c = await copies(leader, 3)
    await curator.propose(curator.duplicate(a, b, c))
    seen = await leader.only(Suggestion.OPEN)
    whole = changes(seen)
    less = await edit(leader, seen, leave_out=[c.name], drop_changes=[], survivor=b.name)
    assert [change.target for part in less.plan.parts for change in part.changes] == [a.name]
    assert (less.edits.survivor, list(less.edits.left_out), less.edits.author) == (
        b.name,
        [c.name],
        "first@example.org",
    )
    again = await edit(leader, less, take_in=[c.name], survivor=a.name)
    assert (changes(again), again.revision) == (whole, seen.revision + 2)
    dropped = await edit(leader, again, drop_changes=[whole[0]])
    assert changes(dropped) == whole[1:]
    assert list(dropped.edits.dropped_changes) == [whole[0]]
    assert changes(await edit(leader, dropped, restore_changes=[whole[0]])) == whole
    now = await leader.get(seen.name)
    for bad in ({"take_in": [c.name]}, {"restore_changes": [whole[0]]}):
        await refused(edit(leader, now, **bad), INVALID, "FIELD_INVALID")
    # The curator adds evidence and does not rewrite.
    await curator.propose(curator.duplicate(c, a, b, score=0.97))
    await curator.settled()
    assert changes(await leader.get(seen.name)) == whole


async def test_a_plan_is_applied_on_the_day_that_somebody_chose(
    leader: Reviewer, curator: Curator, catalog: CatalogProcess
) -> None:
    kept, copy = await copies(leader)
    await curator.propose(curator.duplicate(kept, copy))
    seen = await leader.only(Suggestion.OPEN)
    day = datetime.now(UTC).date() + timedelta(days=40)
    for bad in (day - timedelta(days=50), day + timedelta(days=400)):
        await refused(edit(leader, seen, apply_date=date_message(bad)), INVALID, "FIELD_INVALID")
    later = await edit(leader, seen, apply_date=date_message(day))
    waits = await leader.accept(later)
    assert waits.state == Suggestion.SCHEDULED
    assert waits.due_time.ToDatetime() == datetime(day.year, day.month, day.day)  # noqa: DTZ001 - as protobuf gives it
    back = await leader("RevokeApproval", review.RevokeApprovalRequest(name=seen.name))
    today = await edit(leader, back, apply_date=date_message(datetime.now(UTC).date()))
    assert (await leader.accept(today)).state == Suggestion.APPLIED


async def test_of_two_who_change_a_plan_the_second_is_told_what_the_first_did(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    designer = await team.join("dana@example.org", Person.INSTRUCTIONAL_DESIGNER)
    kept, copy = await copies(leader)
    await curator.propose(curator.duplicate(kept, copy))
    seen = await leader.only(Suggestion.OPEN)
    day = datetime.now(UTC).date() + timedelta(days=40)
    first = await edit(leader, seen, apply_date=date_message(day), fingerprint=seen.fingerprint)
    assert first.fingerprint == seen.fingerprint  # the day is no part of the plan
    sooner = edit(designer, seen, apply_date=date_message(day - timedelta(days=9)))
    for late in (sooner, designer.accept(seen), snooze(designer, seen, event="content_changes", revision=1)):
        error = await refused(late, ABORTED, "SUGGESTION_DECIDED")
        ((decision,), (current,)) = detail(error, Decision), detail(error, Suggestion)
        assert (decision.verb, decision.actor, current.revision) == ("edit", "first@example.org", 2)
        info = error_info(error)
        assert info is not None
        assert info.metadata["changed"] == "edited by first@example.org"
    later = date_message(day + timedelta(days=9))
    call = edit(designer, first, apply_date=later, fingerprint="another")
    await refused(call, grpc.StatusCode.FAILED_PRECONDITION, "SUGGESTION_CHANGED")
    second = await edit(designer, first, apply_date=later, fingerprint=first.fingerprint)
    assert (second.revision, second.edits.author) == (3, "dana@example.org")


async def test_who_reviewed_all_of_it_answers_what_calls_it_outdated_until_the_day_they_name(
    leader: Reviewer, curator: Curator, team: Team, catalog: CatalogProcess
) -> None:
    specialist = await team.join("sam@example.org", Person.SPECIALIST)
    owner = await team.join("olga@example.org")
    (one, other) = await leader.put(
        course("c1", "Ladders", words("a"), owner="olga@example.org"), course("c2", "Ropes", words("b"))
    )
    await curator.propose(curator.outdated(one, "request_update", code="dated_statement", score=0.8))
    seen = await leader.only(Suggestion.OPEN)
    day = date(datetime.now(UTC).year + 2, 3, 1)
    await refused(confirm(specialist, one), grpc.StatusCode.PERMISSION_DENIED, "NOT_ALLOWED")
    await refused(confirm(owner, other), grpc.StatusCode.PERMISSION_DENIED, "NOT_ALLOWED")
    await refused(confirm(owner, one, review_date=date_message(date(2020, 1, 1))), INVALID, "FIELD_INVALID")
    reviewed = await confirm(owner, one, review_date=date_message(day), request_id="once")
    assert date_value(reviewed.review_date) == day
    assert await confirm(owner, one, review_date=date_message(day), request_id="once") == reviewed
    answered = await leader.get(seen.name)
    assert (answered.state, answered.decision.reason, answered.decision.actor) == (
        Suggestion.REJECTED,
        "still_accurate",
        "olga@example.org",
    )
    await curator.propose(curator.outdated(reviewed, "request_update", code="dated_statement", score=0.85))
    await curator.settled()
    assert (await leader.get(seen.name)).state == Suggestion.REJECTED
    await curator.propose(curator.outdated(reviewed, "deprecate", code="expired", hard=True))
    hard = await leader.in_state(seen.name, Suggestion.OPEN)
    await confirm(leader, one)
    assert (await leader.get(hard.name)).state == Suggestion.OPEN
    assert (await confirm(leader, other)).reviewed == (await leader.resource(other)).reviewed


async def test_a_review_that_was_due_and_done_is_what_the_plan_asked_for(
    leader: Reviewer, curator: Curator, catalog: CatalogProcess
) -> None:
    (one,) = await leader.put(course("c1", "Ladders", words("a")))
    await curator.propose(curator.outdated(one, months=24))
    await leader.only(Suggestion.OPEN)
    reviewed = await confirm(leader, one)
    assert reviewed.review_date.year == datetime.now(UTC).year + 2
    assert catalog.sql("SELECT accepted, label FROM outcomes") == [(True, None)]


async def test_nothing_is_put_off_until_what_never_comes_or_has_come(
    leader: Reviewer, curator: Curator
) -> None:
    a, b, c, d = await leader.put(*(course(f"c{n}", f"T{n}", words(str(n // 2))) for n in range(1, 5)))
    await curator.propose(curator.duplicate(a, b), curator.duplicate(c, d))
    await curator.settled()
    one, other = await leader.suggestions(Suggestion.OPEN)
    for event in ("nobody_in_progress", one.name, "suggestions/none", "tomorrow"):
        await refused(snooze(leader, one, event=event), INVALID, "FIELD_INVALID")
    far = datetime.now(UTC) + timedelta(days=367)
    await refused(snooze(leader, one, until=far), INVALID, "FIELD_INVALID")
    soon = datetime(datetime.now(UTC).year + 1, 1, 2, 12, tzinfo=UTC)
    dated = await snooze(leader, one, until=min(soon, far - timedelta(days=2)))
    assert date.fromisoformat(dated.decision.reason) == dated.snooze_until.ToDatetime().date()
    off = await snooze(leader, one, event=other.name)
    assert off.decision.reason == other.name
    assert (off.state, off.snooze_event) == (Suggestion.SNOOZED, other.name)
    await leader.accept(other)
    back = await leader.in_state(one.name, Suggestion.OPEN)
    assert back.snooze_event == ""
    await refused(snooze(leader, one, event=other.name), INVALID, "FIELD_INVALID")


@pytest.mark.parametrize("event", ["nobody_in_progress"])
async def test_what_waits_for_learners_comes_back_when_nobody_is_in_progress(
    event: str, leader: Reviewer, curator: Curator
) -> None:
    kept, copy = await copies(leader)
    await guard("in_progress", leader, copy)
    await curator.propose(curator.duplicate(kept, copy))
    seen = await leader.only()
    await snooze(leader, seen, event=event)
    month = datetime.now(UTC).date().replace(day=1).isoformat()
    rows = (
        "resource,month,enrolled,started,completed,seconds,learner,state,due\n"
        f"c2,{month},1,1,1,60,l1,completed,\n"
    )
    await leader.imported("lms", {"engagement.csv": rows.encode()})
    await leader.in_state(seen.name, Suggestion.OPEN)
