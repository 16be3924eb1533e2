"""Why nothing is shown, as review knows it: asked of the feed as the curator asks it, over NATS."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.integration.review.conftest import Curator, Reviewer, bare, course, words
from tests.integration.review.test_ledger import listed, restore, write
from tests.integration.review.test_reviewers import copies
from winnow.internal.v1.feed_service_pb2 import GetStandingsRequest, ReviewStanding
from winnow.review.v1 import review_service_pb2 as review
from winnow.review.v1 import suppression_pb2 as ledger
from winnow.review.v1.suggestion_pb2 import Suggestion
from winnow.review.v1.suppression_pb2 import Suppression


async def why(feed: Any, *about: Any) -> list[ReviewStanding]:
    answer = await feed.GetStandings(GetStandingsRequest(ids=[bare(one.name) for one in about]), timeout=5)
    return list(answer.standings)


async def test_what_is_shown_held_put_off_refused_or_decided_says_so(
    leader: Reviewer, curator: Curator, feed: Any
) -> None:
    a, b = await copies(leader)
    assert await why(feed, a, b) == []
    await curator.propose(curator.duplicate(a, b, score=0.6))
    held = await leader.only(Suggestion.HELD)
    (said,) = await why(feed, a, b)
    assert (said.outcome, said.suggestion) == ("held", held.name)
    assert "confidence: it is 60 in 100 sure, and from 70 on it is shown by itself" in said.text

    await curator.propose(curator.duplicate(a, b))
    seen = await leader.in_state(held.name, Suggestion.OPEN)
    assert [one.outcome for one in await why(feed, b, a)] == ["shown"]
    assert [one.outcome for one in await why(feed, a)] == ["shown"]

    until: Any = datetime.now(UTC) + timedelta(days=30)
    await leader("SnoozeSuggestion", review.SnoozeSuggestionRequest(name=seen.name, until=until))
    (off,) = await why(feed, a, b)
    assert (off.outcome, f"until {until:%Y-%m-%d}" in off.text) == ("snoozed", True)

    await leader.reject(seen, "not_same")
    decided, refused = await why(feed, a, b)
    assert (decided.outcome, refused.outcome) == ("verdict", "refused")
    assert "first@example.org decided" in decided.text
    assert "not same" in decided.text
    assert "by first@example.org" in refused.text
    assert "(not_same)" in refused.text


async def test_what_is_suppressed_says_by_which_rule_of_whom(
    leader: Reviewer, curator: Curator, feed: Any
) -> None:
    a, b, c = await copies(leader, 3)
    made = await write(
        leader,
        scope=Suppression.FILTER,
        filter=ledger.SuppressionFilter(title="ladders"),
        comment="Ours to look at.",
    )
    await curator.propose(curator.duplicate(a, b, c))
    await curator.settled()
    (said,) = await why(feed, a, b)
    assert (said.outcome, said.suppression, said.suggestion) == ("suppressed", made.suppression.name, "")
    assert "first@example.org suppressed what meets a filter" in said.text
    assert "Ours to look at." in said.text
    await restore(leader, made.suppression)
    assert [one.outcome for one in await why(feed, a, b)] == ["shown"]
    assert await listed(leader) == []


async def test_other_resources_and_unknown_ones_have_no_standing(
    leader: Reviewer, curator: Curator, feed: Any
) -> None:
    a, b = await copies(leader)
    (other,) = await leader.put(course("x", "X", words("x")))
    await curator.propose(curator.duplicate(a, b))
    await leader.only(Suggestion.OPEN)
    assert await why(feed, a, other) == []
    answer = await feed.GetStandings(GetStandingsRequest(ids=["nothing", bare(a.name)]), timeout=5)
    assert list(answer.standings) == []
