"""Programs merged, reordered and left with a task, by the doors people use: accepted, applied and undone whole."""

from __future__ import annotations

from typing import Any

from tests.integration.review.conftest import Curator, Reviewer, bare, course, sealed, words
from winnow.catalog.v1 import catalog_service_pb2 as api
from winnow.catalog.v1.publishing_pb2 import PublishResourceRequest
from winnow.curation.v1.proposal_pb2 import DraftOperation, Proposal, ProposalProgram
from winnow.review.v1.suggestion_pb2 import Plan, Suggestion


def proposal(
    curator: Curator, key: str, operations: list[DraftOperation], programs: list[Any], members: list[Any]
) -> Proposal:
    return sealed(
        Proposal(
            key=f"PROGRAM:{key}",
            kind=Proposal.PROGRAM,
            members=[curator.member(each) for each in members],
            programs=[
                ProposalProgram(program=bare(each.name), revision=curator.revision(each)) for each in programs
            ],
            score=0.9,
            operations=operations,
            summary="Streamline",
            saving_minutes=60.0,
            saving_basis="measured",
            maintenance_hours=8.0,
        )
    )


async def test_two_programs_are_merged_and_the_undo_leaves_the_export_as_it_was(
    leader: Reviewer, curator: Curator
) -> None:
    a, b, c, d = await leader.put(*(course(key, key.upper(), words(key)) for key in "abcd"))
    one, two = await leader.program("one", a, b, c), await leader.program("two", a, b, d)
    before = await leader.export()
    merge = DraftOperation(operation="merge_programs", program=bare(one.name), into=bare(two.name))
    await curator.propose(proposal(curator, "merge", [merge], [one, two], [a, b]))
    found = await leader.only()
    assert found.kind == Suggestion.PROGRAM
    assert found.plan.risk == Plan.R2
    assert {part.id: [change.operation for change in part.changes] for part in found.plan.parts} == {
        one.name: ["merge_programs"],
        two.name: ["item_insert"],
    }
    assert (found.impact.learner_hours.value, found.impact.learner_hours.basis) == (1.0, "measured")
    assert (found.impact.maintenance_hours.value, found.impact.maintenance_hours.basis) == (8.0, "assumed")
    applied = await leader.accept(found)
    assert applied.state == Suggestion.APPLIED
    assert await leader.export() != before
    await leader.undo(applied)
    assert await leader.export() == before


async def test_an_item_moves_and_the_undo_puts_it_back(leader: Reviewer, curator: Curator) -> None:
    a, b, c = await leader.put(*(course(key, key.upper(), words(key)) for key in "abc"))
    path = await leader.program("path", a, b, c)
    before = await leader.export()
    move = DraftOperation(
        operation="item_move", resource=bare(c.name), other=bare(a.name), program=bare(path.name)
    )
    await curator.propose(proposal(curator, "move", [move], [path], [c, a]))
    applied = await leader.accept(await leader.only())
    assert applied.state == Suggestion.APPLIED
    assert await leader.export() != before
    await leader.undo(applied)
    assert await leader.export() == before


async def test_an_open_objective_without_a_resource_is_a_task(leader: Reviewer, curator: Curator) -> None:
    (a,) = await leader.put(course("a", "A", words("a")))
    path = await leader.program("path", a, objectives=["Climb safely"])
    brief = DraftOperation(operation="brief", program=bare(path.name), subject="Climb safely")
    await curator.propose(proposal(curator, "brief", [brief], [path], [a]))
    found = await leader.only()
    assert list(found.plan.tasks) == ["Find or make an item for “Path” on “Climb safely”"]
    assert (await leader.accept(found)).state == Suggestion.APPLIED


async def test_what_is_published_into_a_program_is_told_with_what_a_plan_asks_and_stays_when_that_is_undone(
    leader: Reviewer, curator: Curator
) -> None:
    a, kept, copy = await leader.put(
        course("a", "A", words("a")), course("kept", "B", words("b")), course("copy", "C", words("b"))
    )
    path = await leader.program("path", a, copy)
    await curator.propose(curator.duplicate(kept, copy))
    applied = await leader.accept(await leader.only())

    async def waiting() -> list[tuple[str, str]]:
        asked = api.ListChangesRequest(state=api.Change.PENDING)
        found = (await leader("ListChanges", asked)).changes
        return [(each.suggestion, each.to_value) for each in found if each.field == "items"]

    assert await waiting() == [(applied.name, "a\nkept")]
    for name, told in (("one", "a\nkept\none.html"), ("two", "a\nkept\none.html\ntwo.html")):
        page = f"<html lang='en'><title>{name}</title><h1>{name}</h1><p>{words(name)}</p></html>"
        looked = await leader.imported("lms", {f"{name}.html": page.encode()}, validate_only=True)
        request = PublishResourceRequest(name=looked.drafts[0].name, program=path.name)
        await leader("PublishResource", request)
        assert await waiting() == [(applied.name, told)]
    await leader.undo(applied)
    (line,) = await waiting()
    assert line[1] == "a\ncopy\none.html\ntwo.html"
