"""Proposed, listed, accepted, applied, undone: through gRPC and JetStream, on the real process and PostgreSQL."""

from __future__ import annotations

from tests.integration.review.conftest import Curator, Reviewer, course, words
from winnow.catalog.v1.resource_pb2 import Resource
from winnow.review.v1.suggestion_pb2 import Plan, Suggestion


async def test_an_exact_copy_is_archived_and_the_undo_leaves_the_export_as_it_was(
    leader: Reviewer, curator: Curator
) -> None:
    kept, copy = await leader.put(
        course("c1", "Ladders", words("a")), course("c2", "Ladders copy", words("a"))
    )
    before = await leader.export()
    await curator.propose(curator.duplicate(kept, copy))
    found = await leader.only()
    assert (found.state, found.kind, found.relation) == (
        Suggestion.OPEN,
        Suggestion.DUPLICATE,
        Suggestion.IDENTICAL,
    )
    assert [(member.external_id, member.survivor) for member in found.members] == [
        ("c1", True),
        ("c2", False),
    ]
    assert found.assignee == "first@example.org"
    assert found.plan.risk == Plan.R1
    assert [change.operation for part in found.plan.parts for change in part.changes] == ["archive"]

    applied = await leader.accept(found)
    assert applied.state == Suggestion.APPLIED
    gone = await leader.resource(copy)
    assert (gone.lifecycle, gone.successor) == (Resource.ARCHIVED, kept.name)
    assert await leader.export() != before

    assert (await leader.undo(applied)).state == Suggestion.OPEN
    assert await leader.export() == before
    again = await leader.accept(await leader.get(found.name))
    assert again.state == Suggestion.APPLIED


async def test_a_review_that_is_due_is_confirmed_for_the_interval_of_its_class(
    leader: Reviewer, curator: Curator
) -> None:
    (one,) = await leader.put(course("c1", "Old but right", words("a")))
    before = await leader.export()
    await curator.propose(curator.outdated(one, months=36))
    found = await leader.only(Suggestion.OPEN)
    assert (found.plan.risk, [c.operation for p in found.plan.parts for c in p.changes]) == (
        Plan.R0,
        ["confirm"],
    )
    applied = await leader.accept(found)
    assert applied.state == Suggestion.APPLIED
    now = await leader.resource(one)
    assert now.review_date.year == now.reviewed.year + 3
    await leader.undo(applied)
    assert await leader.export() == before
