"""The change list in people's hands: a line done by hand, taken out, exported; and undo, which knows what was written.

That each caller may do what the table of behaviour.md §2 says is proven by tests/integration/matrix.
"""

from __future__ import annotations

import csv
import io
from typing import Any

import grpc
import pytest

from tests.integration.catalog.conftest import CatalogProcess
from tests.integration.review.conftest import Curator, Reviewer, Team, bare, course, words
from tests.integration.review.test_filing import file
from tests.integration.review.test_reviewers import copies, refused
from winnow.catalog.v1 import catalog_service_pb2 as api
from winnow.catalog.v1.import_pb2 import Import
from winnow.catalog.v1.people_service_pb2 import Person
from winnow.catalog.v1.resource_pb2 import Resource
from winnow.review.v1.suggestion_pb2 import Suggestion

Change = api.Change
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
DENIED = grpc.StatusCode.PERMISSION_DENIED


async def lines(by: Reviewer, state: Any = 0) -> list[Change]:
    return list((await by("ListChanges", api.ListChangesRequest(state=state))).changes)


async def stand(by: Reviewer) -> list[tuple[str, str]]:
    return [(each.to_value, Change.State.Name(each.state)) for each in await lines(by)]


async def mark(by: Reviewer, line: Change, request_id: str = "") -> Change:
    return await by("MarkChangeDone", api.MarkChangeDoneRequest(name=line.name, request_id=request_id))


async def take_out(by: Reviewer, line: Change, request_id: str = "") -> Change:
    return await by("TakeOutChange", api.TakeOutChangeRequest(name=line.name, request_id=request_id))


async def archived(leader: Reviewer, curator: Curator) -> tuple[Suggestion, Any, Change]:
    """An applied plan that archives the second of two copies, the copy, and the one line that it asks."""
    kept, copy = await copies(leader)
    await curator.propose(curator.duplicate(kept, copy))
    done = await leader.accept(await leader.only(Suggestion.OPEN))
    assert done.state == Suggestion.APPLIED
    (line,) = await lines(leader)
    return done, copy, line


async def table(by: Reviewer, status: str) -> Import:
    header = "external_id,title,description,status\n"
    rows = f"c1,Ladders 1,Words.,visible\nc2,Ladders 2,Words.,{status}\n"
    return await by.imported("lms", {"catalog.csv": (header + rows).encode()})


async def test_a_line_done_by_hand_is_done_by_whom_and_when_once(
    leader: Reviewer, curator: Curator, catalog: CatalogProcess
) -> None:
    _, copy, line = await archived(leader, curator)
    done = await mark(leader, line, "once")
    assert (done.state, done.done_by) == (Change.DONE, "first@example.org")
    assert done.HasField("done_time")
    assert await mark(leader, line, "once") == done
    await refused(mark(leader, line), PRECONDITION, "CHANGE_SETTLED")
    assert await lines(leader) == [done]
    audited = catalog.sql("SELECT target, detail ->> 'to' FROM audit WHERE method LIKE '%%/MarkChangeDone'")
    assert audited == [(line.name, "archived")]
    assert (await leader.resource(copy)).lifecycle == Resource.ARCHIVED


async def test_what_was_done_by_hand_is_undone_by_a_new_line(leader: Reviewer, curator: Curator) -> None:
    done, copy, line = await archived(leader, curator)
    await mark(leader, line)
    assert (await leader.undo(done)).state == Suggestion.UNDONE
    assert await stand(leader) == [("archived", "DONE"), ("visible", "PENDING")]
    assert [each.takes_back for each in await lines(leader)] == [True, True]
    await refused(take_out(leader, (await lines(leader))[1]), grpc.StatusCode.ABORTED, "SUGGESTION_DECIDED")
    assert (await leader.resource(copy)).lifecycle == Resource.PUBLISHED
    # The source shows what somebody did there: it takes nothing of the undo back.
    await leader.put(course("c2", "Ladders 2", words("a"), visibility="archived"))
    assert (await leader.resource(copy)).lifecycle == Resource.PUBLISHED
    await leader.put(course("c2", "Ladders 2", words("a")))
    assert await stand(leader) == [("archived", "DONE"), ("visible", "DONE")]
    assert not (await leader.resource(copy)).pending_fields


async def test_the_next_import_confirms_what_a_person_said(leader: Reviewer, curator: Curator) -> None:
    _, copy, line = await archived(leader, curator)
    await mark(leader, line)
    assert list((await leader.resource(copy)).pending_fields) == ["lifecycle"], "nothing was seen yet"
    await leader.put(course("c2", "Ladders 2", words("a"), visibility="archived"))
    now = await leader.resource(copy)
    assert (now.lifecycle, list(now.pending_fields)) == (Resource.ARCHIVED, [])
    (seen,) = await lines(leader)
    assert (seen.state, seen.done_by) == (Change.DONE, "first@example.org")
    # From then on it is the source's own: another word of it is no claim that was wrong.
    await leader.put(course("c2", "Ladders 2", words("a")))
    assert (await leader.resource(copy)).lifecycle == Resource.PUBLISHED
    assert await stand(leader) == [("archived", "DONE")]


async def test_an_import_that_shows_otherwise_has_the_line_wait_again_and_says_so(leader: Reviewer) -> None:
    await table(leader, "visible")
    kept, found = (await leader("ListResources", api.ListResourcesRequest())).resources
    filed = await file(leader, Suggestion.DUPLICATE, "archive", kept, found, survivor=kept.name)
    assert (await leader.accept(filed)).state == Suggestion.APPLIED
    (line,) = await lines(leader)
    await mark(leader, line)

    told = await table(leader, "visible")
    assert [each.reason for each in told.warnings] == ["DRIFT"]
    assert (await leader.resource(found)).lifecycle == Resource.ARCHIVED, "an import takes back no plan"
    (again,) = await lines(leader)
    assert (again.state, again.done_by, again.HasField("done_time")) == (Change.PENDING, "", False)
    assert not (await table(leader, "archived")).warnings
    assert await stand(leader) == [("archived", "DONE")]


async def test_items_of_a_program_done_by_hand_are_asked_back_by_an_undo(
    leader: Reviewer, curator: Curator
) -> None:
    kept, copy, other = await copies(leader, 3)
    program = await leader.program("safety", copy, other)
    await curator.propose(curator.duplicate(kept, copy))
    done = await leader.accept(await leader.only(Suggestion.OPEN))
    assert done.state == Suggestion.APPLIED
    line = next(each for each in await lines(leader) if each.target == program.name)
    assert (line.from_value, line.to_value) == ("c2\nc3", "c1\nc3")
    await mark(leader, line)

    undone = await leader.undo(done)
    assert undone.state == Suggestion.UNDONE
    back = [each for each in await lines(leader, Change.PENDING) if each.target == program.name]
    assert [(each.from_value, each.to_value) for each in back] == [("c1\nc3", "c2\nc3")]
    now = await leader("GetProgram", api.GetProgramRequest(name=program.name))
    assert [each.resource for each in now.items] == [copy.name, other.name]


async def test_what_a_program_was_told_by_hand_is_asked_no_second_time(
    leader: Reviewer, curator: Curator
) -> None:
    kept, copy = await copies(leader)
    new, old = await leader.put(*(course(f"d{n}", f"Ropes {n}", words("d")) for n in (1, 2)))
    program = await leader.program("safety", copy, old)
    await curator.propose(curator.duplicate(kept, copy))
    assert (await leader.accept(await leader.only(Suggestion.OPEN))).state == Suggestion.APPLIED
    line = next(each for each in await lines(leader) if each.target == program.name)
    await mark(leader, line)
    await curator.propose(curator.duplicate(new, old))
    second = await leader.accept(await leader.only(Suggestion.OPEN))
    (asked,) = [each for each in await lines(leader, Change.PENDING) if each.target == program.name]
    assert (asked.from_value, asked.to_value) == ("c1\nd2", "c1\nd1")
    assert (await leader.undo(second)).state == Suggestion.OPEN
    assert not [each for each in await lines(leader, Change.PENDING) if each.target == program.name]


async def test_a_program_that_its_source_still_shows_as_it_was_waits_again(
    leader: Reviewer, curator: Curator
) -> None:
    kept, copy = await copies(leader)
    program = await leader.program("safety", copy)
    await curator.propose(curator.duplicate(kept, copy))
    assert (await leader.accept(await leader.only(Suggestion.OPEN))).state == Suggestion.APPLIED
    line = next(each for each in await lines(leader) if each.target == program.name)
    await mark(leader, line)
    await leader.program("safety", copy)
    now = await leader("GetProgram", api.GetProgramRequest(name=program.name))
    assert [each.resource for each in now.items] == [kept.name]
    assert next(each for each in await lines(leader) if each.name == line.name).state == Change.PENDING


async def test_taking_a_change_out_takes_its_whole_plan_back(leader: Reviewer, curator: Curator) -> None:
    done, copy, line = await archived(leader, curator)
    out = await take_out(leader, line, "once")
    assert (out.name, out.state) == (line.name, Change.WITHDRAWN)
    assert await take_out(leader, line, "once") == out
    assert (await leader.get(done.name)).state == Suggestion.OPEN
    assert (await leader.resource(copy)).lifecycle == Resource.PUBLISHED
    await refused(take_out(leader, line), PRECONDITION, "CHANGE_SETTLED")
    # It can be decided again as before.
    assert (await leader.accept(await leader.get(done.name))).state == Suggestion.APPLIED
    assert await stand(leader) == [("archived", "WITHDRAWN"), ("archived", "PENDING")]


async def test_what_is_carried_out_in_part_is_not_taken_out(leader: Reviewer, curator: Curator) -> None:
    kept, copy = await copies(leader)
    await leader.program("safety", copy)
    await curator.propose(curator.duplicate(kept, copy))
    assert (await leader.accept(await leader.only(Suggestion.OPEN))).state == Suggestion.APPLIED
    first, second = await lines(leader)
    await mark(leader, first)
    await refused(take_out(leader, second), PRECONDITION, "CHANGE_WRITTEN")
    assert [each.state for each in await lines(leader)] == [Change.DONE, Change.PENDING]


@pytest.mark.parametrize("written", ["written back", "still waiting"])
async def test_a_second_undo_takes_back_what_the_second_application_did_alone(
    written: str, leader: Reviewer, curator: Curator
) -> None:
    done, copy, line = await archived(leader, curator)
    await mark(leader, line)
    assert (await leader.undo(done)).state == Suggestion.UNDONE
    visibility = "visible" if written == "written back" else "archived"
    kept, copy = await leader.put(
        course("c1", "Ladders 1", words("b")),
        course("c2", "Ladders 2", words("b"), visibility=visibility),
    )
    await curator.propose(curator.duplicate(kept, copy))
    back = await leader.in_state(done.name, Suggestion.OPEN)
    assert (await leader.accept(back)).state == Suggestion.APPLIED
    before = await stand(leader)
    undone = await leader.undo(await leader.get(done.name))
    if written == "written back":
        # The source had followed the undo; of the second application it was told nothing yet.
        assert before == [("archived", "DONE"), ("visible", "DONE"), ("archived", "PENDING")]
        assert undone.state == Suggestion.OPEN
        assert await stand(leader) == [("archived", "DONE"), ("visible", "DONE"), ("archived", "WITHDRAWN")]
    else:
        # The source never heard of the undo: it has what the second application wants, and nothing is asked of it.
        assert before == [("archived", "DONE"), ("visible", "WITHDRAWN"), ("archived", "DONE")]
        assert undone.state == Suggestion.UNDONE
        assert [each.to_value for each in await lines(leader, Change.PENDING)] == ["visible"]
    assert (await leader.resource(copy)).lifecycle == Resource.PUBLISHED


async def sheet(by: Reviewer) -> list[dict[str, str]]:
    answer = await by("ExportChangeList", api.ExportChangeListRequest())
    assert not answer.next_page_token
    return list(csv.DictReader(io.StringIO(answer.content)))


async def test_the_list_as_a_spreadsheet_says_what_to_do_why_and_by_whom(
    leader: Reviewer, curator: Curator
) -> None:
    kept, copy = await leader.put(
        course("c1", "Ladders", words("a")), course("c2", "=HYPERLINK(1)", words("a"))
    )
    await curator.propose(curator.duplicate(kept, copy))
    done = await leader.accept(await leader.only(Suggestion.OPEN))
    (row,) = await sheet(leader)
    assert list(row) == [
        *("plan_id", "resource_key", "title", "action", "from", "to", "reason", "evidence_link"),
        *("requested_by", "approved_by", "undo_action"),
    ]
    assert row["title"] == "'=HYPERLINK(1)"
    assert (row["plan_id"], row["resource_key"]) == (bare(done.name), "lms/c2")
    assert (row["action"], row["from"], row["to"], row["undo_action"]) == (
        "archive",
        "visible",
        "archived",
        "show",
    )
    assert (row["requested_by"], row["approved_by"]) == ("Winnow", "first@example.org")
    assert row["evidence_link"].endswith(f"/review/{bare(done.name)}")


async def test_the_spreadsheet_has_what_the_caller_lists_and_no_more(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    kept, copy = await leader.put(
        course("c1", "Ladders 1", words("a")), course("c2", "Ladders 2", words("a"), owner="omar@example.org")
    )
    other, twin = await leader.put(*(course(f"d{n}", f"Ropes {n}", words("d")) for n in (1, 2)))
    omar = await team.join("omar@example.org")
    admin = await team.join("adam@example.org", Person.ADMINISTRATOR)
    for one, two in ((kept, copy), (other, twin)):
        await curator.propose(curator.duplicate(one, two))
    await curator.settled()
    for each in await leader.suggestions():
        assert (await leader.accept(each)).state == Suggestion.APPLIED
    assert [each["title"] for each in await sheet(omar)] == ["Ladders 2"]
    told = await sheet(admin)
    assert [each["title"] for each in told] == [each["title"] for each in await sheet(leader)]
    hidden = {
        each[name] for each in told for name in ("reason", "evidence_link", "requested_by", "approved_by")
    }
    assert hidden == {""}
    # Done by whoever may: an owner theirs, an administrator any.
    mine, theirs = sorted(await lines(leader), key=lambda each: each.external_id)
    await refused(mark(omar, theirs), DENIED, "NOT_ALLOWED")
    await refused(take_out(omar, theirs), DENIED, "NOT_ALLOWED")
    assert (await mark(omar, mine)).done_by == "omar@example.org"
    assert (await mark(admin, theirs)).state == Change.DONE
