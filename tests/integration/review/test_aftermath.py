"""After a plan: what people still look for is offered back, what nobody is left in is offered for archiving."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import grpc

from services.catalog.postgres.database import Database
from services.catalog.review import aftermath
from tests.integration.review.conftest import Curator, Reviewer, bare, course, words
from tests.integration.review.test_objections import Door
from tests.integration.review.test_old_links import archived, visit
from winnow.catalog.v1.resource_pb2 import Resource
from winnow.internal.v1 import public_service_pb2 as public
from winnow.internal.v1.feed_service_pb2 import CountSearchRequest
from winnow.review.v1 import review_service_pb2 as review
from winnow.review.v1.suggestion_pb2 import Suggestion


async def test_what_people_still_look_for_is_offered_back_once_and_never_brought_back_alone(
    leader: Reviewer, curator: Curator, channel: grpc.aio.Channel, db: Database, catalog: Any, feed: Any
) -> None:
    door = Door(leader, channel)
    copy, applied = await archived(leader, curator)
    for _ in range(3):
        await door("VisitOldLink", visit("a/copy"))
    await feed.CountSearch(CountSearchRequest(resource=bare(copy.name)), timeout=5)
    await door("AskBack", public.AskBackRequest(source="lms", external_id="a/copy"))
    await aftermath.look(db)
    assert [each.name for each in await leader.suggestions()] == [applied.name]
    await door("VisitOldLink", visit("a/copy"))
    await aftermath.look(db)
    await aftermath.look(db)
    (offered,) = await leader.suggestions(Suggestion.OPEN)
    assert "4 visits to old links, 1 searches and 1 requests" in offered.summary
    assert [each.operation for part in offered.plan.parts for each in part.changes] == ["restore"]
    assert (await leader.get(applied.name)).note.endswith("Undo it?")
    assert (await leader.resource(copy)).lifecycle == Resource.ARCHIVED
    assert catalog.sql("SELECT target FROM audit WHERE method = 'ProposeUndo'") == [(applied.name,)]
    await leader.accept(offered)
    back = await leader.resource(copy)
    assert (back.lifecycle, back.successor) == (Resource.PUBLISHED, "")


async def test_more_users_need_more_visits(
    leader: Reviewer, curator: Curator, channel: grpc.aio.Channel, db: Database, catalog: Any
) -> None:
    await archived(leader, curator)
    catalog.sql("UPDATE closings SET users = 1000, visits = 20")
    await aftermath.look(db)
    assert await leader.suggestions(Suggestion.OPEN) == []
    await Door(leader, channel)("VisitOldLink", visit("a/copy"))
    await aftermath.look(db)
    (offered,) = await leader.suggestions(Suggestion.OPEN)
    assert "1000 learners began it in the year before" in offered.summary


async def test_of_few_learners_of_the_year_before_the_offer_does_not_say_how_many(
    leader: Reviewer, curator: Curator, db: Database, catalog: Any
) -> None:
    await archived(leader, curator)
    catalog.sql("UPDATE closings SET users = 3, visits = 6")
    await aftermath.look(db)
    (offered,) = await leader.suggestions(Suggestion.OPEN)
    assert "at most 5 learners began it in the year before" in offered.summary


async def test_beside_many_learners_of_another_that_was_closed_a_few_are_counted_as_five(
    leader: Reviewer, curator: Curator, db: Database, catalog: Any
) -> None:
    await archived(leader, curator)
    catalog.sql("UPDATE closings SET users = 3, visits = 6")
    catalog.sql(
        "INSERT INTO closings (suggestion, resource, close_time, operation, kind, relation, users, then_archive) "
        "SELECT suggestion, 'other', close_time, operation, kind, relation, 100, false FROM closings"
    )
    await aftermath.look(db)
    (offered,) = await leader.suggestions(Suggestion.OPEN)
    assert "at most 105 learners began it in the year before" in offered.summary


async def test_what_was_closed_to_new_learners_is_offered_for_archiving_once_nobody_is_left(
    leader: Reviewer, curator: Curator, db: Database
) -> None:
    kept, copy = await leader.put(course("kept", "Ladders", words("a")), course("copy", "Copy", words("a")))
    month = datetime.now(UTC).strftime("%Y-%m")
    head = "resource,month,enrolled,started,completed,seconds,learner,state,due\n"
    rows = head + "copy,{month},1,1,0,60,ann,{state},\n"

    async def heard(state: str) -> None:
        done = await leader.imported(
            "lms", {"engagement.csv": rows.format(month=month, state=state).encode()}
        )
        assert not done.unreadable, done

    await heard("in_progress")
    await curator.propose(curator.duplicate(kept, copy))
    found = await leader.only(Suggestion.OPEN)
    edited = await leader(
        "EditSuggestion",
        review.EditSuggestionRequest(name=found.name, revision=found.revision, finish_on_old=True),
    )
    assert [c.operation for p in edited.plan.parts for c in p.changes if c.field == "lifecycle"] == [
        "close_to_new"
    ]
    applied = await leader.accept(edited)
    assert applied.state == Suggestion.APPLIED
    await aftermath.look(db)
    assert await leader.suggestions(Suggestion.OPEN) == []
    await heard("completed")
    await aftermath.look(db)
    await aftermath.look(db)
    (offered,) = await leader.suggestions(Suggestion.OPEN)
    assert [c.operation for p in offered.plan.parts for c in p.changes] == ["add_equivalence", "archive"]
    assert (await leader.accept(offered)).state == Suggestion.APPLIED
    gone = await leader.resource(copy)
    assert (gone.lifecycle, gone.successor) == (Resource.ARCHIVED, kept.name)
