"""Decisions teach: two hundred make a map, refusals pause a kind, and what is taken back is unlearned.

The map is made at midnight; the tests have the last day forgotten and start the catalog again. That calibration
converges over thousands of decisions is shown without servers, in tests/unit/review/test_learning_simulation.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import grpc
import pytest
from nats.aio.client import Client

from services.catalog.review.calibration import ENOUGH, sampled
from services.kit import nats
from tests.integration.catalog.conftest import CatalogProcess, eventually
from tests.integration.review.conftest import Curator, Reviewer, Team, bare, course, sealed, words
from tests.servers import NatsServer
from winnow.catalog.v1.people_service_pb2 import Person
from winnow.curation.v1.proposal_pb2 import Proposal
from winnow.review.v1 import review_service_pb2 as review
from winnow.review.v1.reliability_pb2 import KindReliability, Pace
from winnow.review.v1.suggestion_pb2 import Suggestion


async def pairs(
    leader: Reviewer,
    curator: Curator,
    count: int,
    *,
    first: int = 0,
    score: float | Callable[[int], float] = 0.95,
) -> list[Proposal]:
    """Findings of one exact copy each, proposed; `score` a number, or what makes one of the pair's number."""
    numbers = range(first, first + count)
    made: list[Any] = []
    for start in range(0, count, 100):
        chunk = numbers[start : start + 100]
        made += await leader.put(
            *(course(f"c{n:03}{side}", f"Course {n}", words(str(n), 20)) for n in chunk for side in "ab")
        )
    found = [
        curator.duplicate(made[2 * at], made[2 * at + 1], score=score(n) if callable(score) else score)
        for at, n in enumerate(numbers)
    ]
    await curator.propose(*found)
    await curator.settled()
    return found


async def everything(leader: Reviewer, *states: Any) -> list[Suggestion]:
    found: list[Suggestion] = []
    token = ""
    while True:
        page = await leader(
            "ListSuggestions", review.ListSuggestionsRequest(states=states, page_size=200, page_token=token)
        )
        found += page.suggestions
        token = page.next_page_token
        if not token:
            return found


async def reliability(reader: Reviewer, kind: Any = Suggestion.DUPLICATE) -> KindReliability:
    found = (await reader("GetReliability", review.GetReliabilityRequest())).kinds
    return next(each for each in found if each.kind == kind)


async def midnight(leader: Reviewer, catalog: CatalogProcess) -> None:
    """A day begins, and everything that begins with it is done."""
    catalog.stop()
    catalog.sql("UPDATE review_progress SET day = day - 1")
    catalog.start()
    await eventually(lambda: catalog.sql("SELECT 1 FROM review_progress WHERE day = current_date"))


REASONS = ["", "", "intentional_copy", "", "not_same", "", "", "intentional_copy", "", "not_same"]
"""How ten in a row are decided, "" for an acceptance: the finding is right in eight."""


async def decide(reviewer: Reviewer, found: list[Suggestion]) -> None:
    for at, one in enumerate(found):
        reason = REASONS[at % len(REASONS)]
        await (reviewer.reject(one, reason) if reason else reviewer.accept(one))


# Two hundred decisions, each in transactions of its own, and two starts of the catalog: 15 to 70 seconds.
@pytest.mark.soak
async def test_two_hundred_decisions_make_the_shown_confidence_the_share_that_was_right(
    leader: Reviewer, curator: Curator, catalog: CatalogProcess, team: Team, nats_session: NatsServer
) -> None:
    await team.join("olga@example.org", Person.SPECIALIST)
    found = await pairs(leader, curator, ENOUGH + 9, score=lambda n: (0.85, 0.95)[n // 10 % 2])
    kept, copy = await leader.put(course("x1", "Half", words("x")), course("x2", "Half", words("x")))
    await leader.program("safety", copy, owners=["olga@example.org"])
    await curator.propose(curator.duplicate(kept, copy, score=0.9))
    await curator.settled()
    known = await everything(leader)
    half = await leader.accept(next(one for one in known if len(one.plan.parts) == 2))
    assert half.state == Suggestion.OPEN
    others = [one for one in known if one.name != half.name]
    await decide(leader, others[: ENOUGH - 1])
    # Found again with other scores: nothing that was decided comes back, under no name.
    for each in found:
        each.score -= 0.01
    await curator.propose(*map(sealed, found))
    await curator.settled()
    still = {one.name: one.state for one in await everything(leader)}
    assert still.keys() == {one.name for one in known}
    assert not {still[one.name] for one in others[: ENOUGH - 1]} - {Suggestion.APPLIED, Suggestion.REJECTED}
    await midnight(leader, catalog)
    assert (await leader.get(half.name)).confidence == 0.9, "199 labels are not enough"

    await leader.accept(others[ENOUGH - 1])
    before = {one.name: one for one in await everything(leader, Suggestion.OPEN)}
    assert len(before) == 10
    heard: list[str] = []
    listener: Client = await nats.connect(nats_session.url, name="curator")

    async def note(message: Any) -> None:
        heard.append(message.subject)

    listening: Any = listener
    await listening.subscribe("events.winnow.>", cb=note)
    # `midnight` holds the loop up: not sent by then, the subscription would come after the event.
    await listener.flush()
    await midnight(leader, catalog)

    async def shown() -> bool:
        now = await everything(leader, Suggestion.OPEN)
        return all(one.confidence == pytest.approx(0.8, abs=0.02) for one in now)

    await eventually(shown)
    after = {one.name: one for one in await everything(leader, Suggestion.OPEN)}
    for name, one in before.items():
        now = after[name]
        assert (now.revision, now.fingerprint) == (one.revision, one.fingerprint)
        assert list(now.approvals) == list(one.approvals)
    assert len(after[half.name].approvals) == 1
    await eventually(lambda: "events.winnow.catalog.v1.DayStarted" in heard)
    assert not [subject for subject in heard if subject.startswith("events.winnow.review.")]
    await listener.close()

    table = await reliability(leader)
    assert (table.map_version, table.labels, table.on_blind) == (1, ENOUGH, False)
    assert not table.bins, "nothing has been decided under the map yet"

    await pairs(leader, curator, 40, first=300)
    opened = await everything(leader, Suggestion.OPEN)
    new = [one for one in opened if one.name not in before]
    keys = dict(catalog.sql("SELECT id, order_key FROM suggestions"))
    blind = {one.name for one in new if one.blind}
    assert blind == {one.name for one in new if sampled(keys[bare(one.name)])} != set()
    assert not any(one.blind for one in after.values())
    first = next(one for one in new if one.blind)
    assert first.confidence == 0.0
    decided = await leader.accept(first)
    assert (decided.blind, decided.confidence) == (False, pytest.approx(0.8, abs=0.02))
    table = await reliability(leader)
    assert [(each.count, each.share_true) for each in table.bins] == [(1, 1.0)]


async def test_what_is_taken_back_is_unlearned(
    leader: Reviewer, curator: Curator, catalog: CatalogProcess
) -> None:
    async def labels() -> list[bool]:
        found = catalog.sql("SELECT label FROM outcomes WHERE label IS NOT NULL")
        assert (await reliability(leader)).labels == len(found)
        return [label for (label,) in found]

    a, b = await leader.put(course("c1", "One", words("a")), course("c2", "Two", words("a")))
    await curator.propose(curator.duplicate(a, b))
    seen = await leader.only(Suggestion.OPEN)
    applied = await leader.accept(seen)
    assert await labels() == [True]
    again = await leader.undo(applied, reason="was_wrong")
    assert (again.state, await labels()) == (Suggestion.OPEN, [])
    refused = await leader.reject(again, "not_same")
    assert await labels() == [False]
    back = await leader("ReopenSuggestion", review.ReopenSuggestionRequest(name=refused.name))
    assert (back.state, await labels()) == (Suggestion.OPEN, [])
    applied = await leader.accept(back)
    await leader.put(course("c2", "Two", words("a"), visibility="archived"))
    undone = await leader.undo(applied, reason="was_wrong")
    assert (undone.state, await labels()) == (Suggestion.UNDONE, [False])


async def test_a_verdict_outlasts_a_new_text_and_covers_every_pair_of_a_group(
    leader: Reviewer, curator: Curator
) -> None:
    a, b, c = await leader.put(*(course(f"c{n}", f"T{n}", words("a")) for n in range(3)))
    await curator.propose(curator.duplicate(a, b, c))
    seen = await leader.only(Suggestion.OPEN)
    await leader.reject(seen, "different_audience")
    a, b, c = await leader.put(*(course(f"c{n}", f"T{n}", words("b")) for n in range(3)))
    await curator.propose(
        curator.duplicate(a, b, c), curator.duplicate(a, b), curator.duplicate(b, c), curator.duplicate(c, a)
    )
    await curator.settled()
    (one,) = await leader.suggestions()
    assert (one.name, one.state, one.revision) == (seen.name, Suggestion.REJECTED, seen.revision)


@pytest.mark.thorough  # decides twenty, then as many again
async def test_a_kind_that_is_mostly_refused_shows_two_a_week_until_a_leader_resumes_it(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    designer = await team.join("dana@example.org", Person.INSTRUCTIONAL_DESIGNER)
    await pairs(leader, curator, 27)
    first = await everything(leader)
    assert Counter(one.state for one in first)[Suggestion.OPEN] == 10
    mine = await leader("EditSuggestion", edit(first[-1]))
    for one in first[:20]:
        assert (await reliability(leader)).pace == Pace(
            kind=Suggestion.DUPLICATE, decided=first.index(one), accepted=0
        )
        await leader.reject(one, "other", comment="Not useful.")

    now = {one.name: one for one in await everything(leader, Suggestion.OPEN, Suggestion.HELD)}
    shown = [one for one in now.values() if one.state == Suggestion.OPEN]
    assert len(shown) == 3
    assert now[mine.name].state == Suggestion.OPEN, "what a person edited stays open"
    held = [one for one in now.values() if one.state == Suggestion.HELD]
    assert {one.held_reason.partition(":")[0] for one in held} == {"paused"}
    pace = (await reliability(designer)).pace
    assert pace.HasField("pause_time")
    assert not pace.paused_by

    one = next(each for each in shown if each.name != mine.name)
    await leader.reject(one, "other", comment="Not useful.")
    assert len(await everything(leader, Suggestion.OPEN)) == 2, "one of this week's two is decided"

    resume = review.ResumeKindRequest(kind=Suggestion.DUPLICATE)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await designer("ResumeKind", resume)
    assert refused.value.code() == grpc.StatusCode.PERMISSION_DENIED
    assert not (await leader("ResumeKind", resume)).HasField("pause_time")
    assert not await everything(leader, Suggestion.HELD)

    suspended = await leader("SuspendKind", review.SuspendKindRequest(kind=Suggestion.DUPLICATE))
    assert suspended.paused_by == "first@example.org"
    assert await leader("SuspendKind", review.SuspendKindRequest(kind=Suggestion.DUPLICATE)) == suspended
    held = await everything(leader, Suggestion.HELD)
    assert len(held) == 3
    assert held[0].held_reason.startswith("paused: a learning leader paused this kind")


def edit(one: Suggestion) -> review.EditSuggestionRequest:
    loser = next(member.resource for member in one.members if not member.survivor)
    return review.EditSuggestionRequest(name=one.name, revision=one.revision, survivor=loser)
