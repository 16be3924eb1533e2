"""Where old links lead, what they tell, and that visits and wishes are counted while the plan stands."""

from __future__ import annotations

from typing import Any

import grpc

from tests.integration.review.conftest import Curator, Reviewer, course, words
from tests.integration.review.test_objections import Door, refusal
from winnow.internal.v1 import public_service_pb2 as public
from winnow.internal.v1.public_service_pb2 import OldLink
from winnow.review.v1 import review_service_pb2 as review
from winnow.review.v1.suggestion_pb2 import Suggestion


def visit(external_id: str, *, count: bool = True) -> public.VisitOldLinkRequest:
    return public.VisitOldLinkRequest(source="lms", external_id=external_id, count=count)


async def archived(leader: Reviewer, curator: Curator, operation: str = "archive") -> tuple[Any, Suggestion]:
    kept, copy = await leader.put(
        course("kept", "Ladders", words("a"), url="https://lms.example.org/kept"),
        course("a/copy", "Secret old title", words("a"), url="https://lms.example.org/copy"),
    )
    await curator.propose(curator.duplicate(kept, copy, operation=operation))
    applied = await leader.accept(await leader.only(Suggestion.OPEN))
    assert applied.state == Suggestion.APPLIED
    return copy, applied


async def test_an_old_link_leads_to_what_replaces_it_and_says_why_and_since_when(
    leader: Reviewer, curator: Curator, channel: grpc.aio.Channel
) -> None:
    door = Door(leader, channel)
    _, applied = await archived(leader, curator)
    there = await door("VisitOldLink", visit("kept"))
    assert (there.fate, there.original_url) == (OldLink.THERE, "https://lms.example.org/kept")
    old = await door("VisitOldLink", visit("a/copy"))
    assert (old.fate, old.successor_title, old.successor_url, old.original_url) == (
        OldLink.REPLACED,
        "Ladders",
        "https://lms.example.org/kept",
        "",
    )
    assert "same content" in old.why
    assert abs(old.since.ToSeconds() - applied.update_time.ToSeconds()) <= 1
    assert "Secret" not in str(old)
    missing = (grpc.StatusCode.NOT_FOUND, "RESOURCE_NOT_FOUND")
    assert await refusal(door("VisitOldLink", visit("never"))) == missing


async def test_whoever_has_begun_is_shown_the_original_of_what_is_only_replaced(
    leader: Reviewer, curator: Curator, channel: grpc.aio.Channel
) -> None:
    await archived(leader, curator, "deprecate")
    old = await Door(leader, channel)("VisitOldLink", visit("a/copy"))
    assert (old.successor_title, old.original_url) == ("Ladders", "https://lms.example.org/copy")
    assert old.why == "There is a newer edition."


async def test_visits_and_wishes_are_counted_until_the_plan_is_taken_back(
    leader: Reviewer, curator: Curator, channel: grpc.aio.Channel, catalog: Any
) -> None:
    door = Door(leader, channel)
    copy, applied = await archived(leader, curator)
    await door("VisitOldLink", visit("a/copy"))
    await door("VisitOldLink", visit("a/copy", count=False))
    wish = public.AskBackRequest(source="lms", external_id="a/copy")
    await door("AskBack", wish)
    counted = "SELECT visits, requests, undo_time IS NULL FROM closings"
    assert catalog.sql(counted) == [(1, 1, True)]
    await leader("UndoSuggestion", review.UndoSuggestionRequest(name=applied.name))
    assert (await door("VisitOldLink", visit("a/copy"))).fate == OldLink.THERE
    missing = (grpc.StatusCode.NOT_FOUND, "RESOURCE_NOT_FOUND")
    assert await refusal(door("AskBack", wish)) == missing
    assert catalog.sql(counted) == [(1, 1, False)]
    assert (await leader.resource(copy)).lifecycle == copy.lifecycle
