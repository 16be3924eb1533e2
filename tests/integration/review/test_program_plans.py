"""Programs merged, reordered and left with a task, by the doors people use: accepted, applied and undone whole."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.review.conftest import Curator, Reviewer, bare, course, sealed, words
from winnow.catalog.v1 import catalog_service_pb2 as api
from winnow.catalog.v1.program_pb2 import ProgramItem
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


async def lines(leader: Reviewer, *fields: str) -> list[tuple[str, str, str, int]]:
    """The change list on these fields of programs: key, from, to and state of each line, oldest first."""
    found = (await leader("ListChanges", api.ListChangesRequest())).changes
    assert all(each.target.startswith("programs/") for each in found if each.field in fields)
    return [
        (each.external_id, each.from_value, each.to_value, each.state)
        for each in found
        if each.field in fields
    ]


def table(*rows: tuple[str, *tuple[str, ...]]) -> bytes:
    """Programs as an LMS exports them: key and title, then its items, all of them mandatory."""
    said = [f"{key},{key.title()},{at},{item},yes" for key, *items in rows for at, item in enumerate(items)]
    return "\n".join(("program,title,position,resource,mandatory", *said)).encode()


@pytest.mark.parametrize("names", [("a", "c"), ("A", "C")], ids=["as_told", "in_its_own_words"])
@pytest.mark.parametrize("door", ["import", "upsert"])
async def test_items_that_the_source_has_now_are_done_and_their_undo_asks_it_anew(
    leader: Reviewer, curator: Curator, door: str, names: tuple[str, str]
) -> None:
    a, b, c = await leader.put(*(course(key, key.upper(), words(key)) for key in "abc"))
    path = await leader.program("path", a, b, c)
    await curator.propose(curator.drop(path, b))
    applied = await leader.accept(await leader.only())
    assert await lines(leader, "items") == [("path", "a\nb\nc", "a\nc", api.Change.PENDING)]

    async def carried_out(*items: str) -> None:
        if door == "import":
            done = await leader.imported("lms", {"programs.csv": table(("path", *items))})
            assert (list(done.warnings), list(done.questions)) == ([], [])
        else:
            await leader.program("path", *(ProgramItem(reference=item, mandatory=True) for item in items))

    await carried_out(*names)
    assert await lines(leader, "items") == [("path", "a\nb\nc", "a\nc", api.Change.DONE)]
    assert (await leader.undo(applied)).state == Suggestion.UNDONE
    assert await lines(leader, "items") == [
        ("path", "a\nb\nc", "a\nc", api.Change.DONE),
        ("path", "\n".join(names), "a\nb\nc", api.Change.PENDING),
    ]
    await carried_out("a", "b", "c")
    assert [state for *_, state in await lines(leader, "items")] == [api.Change.DONE, api.Change.DONE]


async def test_the_undo_of_items_that_were_written_keeps_what_the_source_has_added_since(
    leader: Reviewer, curator: Curator
) -> None:
    a, b, c, d = await leader.put(*(course(key, key.upper(), words(key)) for key in "abcd"))
    path = await leader.program("path", a, b, c)
    await curator.propose(curator.drop(path, b))
    applied = await leader.accept(await leader.only())
    await leader.program("path", a, c)
    await leader.program("path", a, c, d)
    assert (await leader.undo(applied)).state == Suggestion.UNDONE
    assert (await lines(leader, "items"))[1:] == [("path", "a\nc\nd", "a\nb\nc\nd", api.Change.PENDING)]


@pytest.mark.parametrize("door", ["gone", "upsert"])
@pytest.mark.parametrize("operation", ["archive_program", "merge_programs"])
async def test_a_program_that_its_source_has_archived_is_done_and_the_undo_has_it_opened_again(
    leader: Reviewer, curator: Curator, operation: str, door: str
) -> None:
    a, b, c = await leader.put(*(course(key, key.upper(), words(key)) for key in "abc"), source="courses")
    one, two = await leader.program("one", a, b), await leader.program("two", a, b, c)
    retire = DraftOperation(operation=operation, program=bare(one.name))
    if operation == "merge_programs":
        retire.into = bare(two.name)
    await curator.propose(proposal(curator, "retire", [retire], [one, two], [a, b]))
    applied = await leader.accept(await leader.only())
    assert await lines(leader, "archived") == [("one", "no", "yes", api.Change.PENDING)]
    if door == "gone":
        await leader.imported("lms", {"programs.csv": table(("two", "a", "b", "c"))}, complete=True)
    else:
        await leader.program("one", a, b, archived=True)
    assert await lines(leader, "archived") == [("one", "no", "yes", api.Change.DONE)]
    assert (await leader.undo(applied)).state == Suggestion.UNDONE
    assert not (await leader("GetProgram", api.GetProgramRequest(name=one.name))).archived
    assert await lines(leader, "archived") == [
        ("one", "no", "yes", api.Change.DONE),
        ("one", "yes", "no", api.Change.PENDING),
    ]
    await leader.program("one", a, b)
    assert [state for *_, state in await lines(leader, "archived")] == [api.Change.DONE, api.Change.DONE]


async def test_a_plan_that_asks_for_what_a_source_still_says_takes_back_what_it_was_told(
    leader: Reviewer, curator: Curator
) -> None:
    a, b = await leader.put(*(course(key, key.upper(), words(key)) for key in "ab"))
    path = await leader.program("path", a, b)

    async def moved(one: Any, other: Any) -> Suggestion:
        move = DraftOperation(
            operation="item_move", resource=bare(one.name), other=bare(other.name), program=bare(path.name)
        )
        await curator.propose(proposal(curator, f"move {one.name}", [move], [path], [one, other]))
        await curator.settled()
        return await leader.accept(await leader.only(Suggestion.OPEN))

    await moved(b, a)
    back = await moved(a, b)
    told = ("path", "a\nb", "b\na")
    assert await lines(leader, "items") == [(*told, api.Change.WITHDRAWN)]
    await leader.undo(back)
    assert await lines(leader, "items") == [(*told, api.Change.WITHDRAWN), (*told, api.Change.PENDING)]
