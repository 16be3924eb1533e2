"""What nobody uses, from the finding over the two steps of the ladder to undo; the curator is played by the test."""

from __future__ import annotations

from tests.integration.catalog.conftest import CatalogProcess
from tests.integration.review.conftest import Curator, Reviewer, course, words
from winnow.catalog.v1.resource_pb2 import Resource
from winnow.review.v1.suggestion_pb2 import Plan, Suggestion


async def test_unlisted_for_its_use_then_undone_leaves_the_export_as_it_was(
    leader: Reviewer, curator: Curator
) -> None:
    (one,) = await leader.put(course("c1", "Never started", words("a")))
    before = await leader.export()
    await curator.propose(curator.unused(one))
    found = await leader.only(Suggestion.OPEN)
    assert (found.kind, found.plan.risk) == (Suggestion.UNUSED, Plan.R1)
    assert [change.operation for part in found.plan.parts for change in part.changes] == ["unlist"]
    applied = await leader.accept(found)
    assert (await leader.resource(one)).lifecycle == Resource.UNLISTED
    assert (await leader.undo(applied)).state == Suggestion.OPEN
    assert await leader.export() == before


async def test_ninety_days_after_it_was_unlisted_it_may_be_archived_and_not_before(
    leader: Reviewer, curator: Curator, catalog: CatalogProcess
) -> None:
    (one,) = await leader.put(course("c1", "Never started", words("a")))
    await curator.propose(curator.unused(one))
    first = await leader.accept(await leader.only(Suggestion.OPEN))
    hidden = await leader.resource(one)
    await curator.propose(curator.unused(hidden, "archive"))
    await curator.settled()
    assert [each.name for each in await leader.suggestions()] == [first.name]
    catalog.sql("UPDATE suggestions SET quiet_until = quiet_until - 90 RETURNING id")
    await curator.propose(curator.unused(hidden, "archive", score=0.9))
    second = await leader.only(Suggestion.OPEN)
    assert second.name != first.name
    assert [change.operation for part in second.plan.parts for change in part.changes] == ["archive"]


async def test_called_required_it_is_put_on_hold(leader: Reviewer, curator: Curator) -> None:
    (one,) = await leader.put(course("c1", "For the auditors", words("a")))
    await curator.propose(curator.unused(one))
    await leader.reject(await leader.only(Suggestion.OPEN), "required", comment="ISO 9001, until 2028")
    assert (await leader.resource(one)).hold == "ISO 9001, until 2028"


async def test_called_seasonal_it_is_quiet_until_its_season_has_come(
    leader: Reviewer, curator: Curator, catalog: CatalogProcess
) -> None:
    (one,) = await leader.put(course("c1", "Frozen pipes", words("a")))
    await curator.propose(curator.unused(one))
    seen = await leader.only(Suggestion.OPEN)
    await leader.reject(seen, "seasonal")
    await curator.propose(curator.unused(one, score=0.9))
    await curator.settled()
    assert (await leader.get(seen.name)).state == Suggestion.REJECTED
    catalog.sql("UPDATE suggestions SET quiet_until = quiet_until - 365 RETURNING id")
    await curator.propose(curator.unused(one, score=0.91))
    back = await leader.in_state(seen.name, Suggestion.OPEN)
    assert back.note == "returned: a season has passed"
