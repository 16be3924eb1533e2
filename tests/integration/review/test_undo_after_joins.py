"""Undo of a plan whose resources were joined to others since: it asks field by field, and what it takes back stays so.

The joins are made as people and imports make them: by the plan that links two listings, and by a row that newly
names a file.
"""

from __future__ import annotations

from typing import Any

import grpc
import pytest

from tests.integration.catalog.conftest import CatalogProcess
from tests.integration.review.conftest import Curator, Reviewer, bare, course, words
from tests.integration.review.test_filing import file
from tests.integration.review.test_reviewers import copies, detail, refused
from winnow.catalog.v1 import catalog_service_pb2 as api
from winnow.catalog.v1.resource_pb2 import Resource
from winnow.review.v1 import review_service_pb2 as review
from winnow.review.v1.suggestion_pb2 import Suggestion

PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION


async def linked(leader: Reviewer, *ones: Any) -> Suggestion:
    """The applied plan by which these became one."""
    same = await file(leader, Suggestion.DUPLICATE, "link_listings", *ones)
    done = await leader.accept(same)
    assert done.state == Suggestion.APPLIED
    return done


async def retired(leader: Reviewer, curator: Curator, kept: Any, copy: Any) -> Suggestion:
    await curator.propose(curator.duplicate(kept, copy))
    await curator.settled()
    done = await leader.accept(await leader.only(Suggestion.OPEN))
    assert done.state == Suggestion.APPLIED
    return done


async def asked(call: Any) -> dict[tuple[str, str], tuple[str, str]]:
    error = await refused(call, PRECONDITION, "UNDO_CONFLICT")
    return {(each.target, each.field): (each.before, each.now) for each in detail(error, review.UndoConflict)}


@pytest.mark.parametrize("choice", ["keep", "restore"])
async def test_what_was_joined_to_another_since_is_asked_field_by_field(
    choice: str, leader: Reviewer, curator: Curator
) -> None:
    other, kept, copy = await copies(leader, 3)
    done = await retired(leader, curator, kept, copy)
    await retired(leader, curator, kept, other)
    joined = await linked(leader, other, copy)
    assert (await leader.resource(copy)).name == other.name

    conflicts = await asked(leader.undo(done))
    assert conflicts == {
        (copy.name, "lifecycle"): ("PUBLISHED", "ARCHIVED"),
        (copy.name, "successor"): ("", bare(kept.name)),
    }
    assert (await leader.resource(copy)).lifecycle == Resource.ARCHIVED
    left = (Resource.ARCHIVED, kept.name) if choice == "keep" else (Resource.PUBLISHED, "")
    await leader.undo(done, *((*each, choice) for each in conflicts))
    now = await leader.resource(other)
    assert (now.lifecycle, now.successor) == left
    # So it stays when the two are told apart again.
    await leader.undo(joined)
    now = await leader.resource(copy)
    assert (now.name, now.lifecycle, now.successor) == (copy.name, *left)


async def test_what_was_joined_to_something_that_is_there_needs_no_answer(
    leader: Reviewer, curator: Curator, catalog: CatalogProcess
) -> None:
    there, kept, copy = await copies(leader, 3)
    # In the source the copy is archived by now: it is a new change that takes that back, whoever's listing it is.
    done = await retired(leader, curator, kept, copy)
    await leader.put(course("c3", "Ladders 3", words("a"), visibility="archived"))
    joined = await linked(leader, there, copy)
    assert (await leader.undo(done)).state == Suggestion.UNDONE
    (line,) = (await leader("ListChanges", api.ListChangesRequest(state=api.Change.PENDING))).changes
    assert (line.target, line.external_id, line.to_value) == (there.name, "c3", "visible")
    await leader.put(course("c3", "Ladders 3", words("a")))
    assert not (await leader("ListChanges", api.ListChangesRequest(state=api.Change.PENDING))).changes
    await leader.undo(joined)
    now = await leader.resource(copy)
    assert (now.name, now.lifecycle, now.successor) == (copy.name, Resource.PUBLISHED, "")


async def test_a_retired_copy_that_became_one_with_its_successor_is_taken_back(
    leader: Reviewer, curator: Curator
) -> None:
    kept, copy = await copies(leader)
    program = await leader.program("safety", copy)
    done = await retired(leader, curator, kept, copy)
    joined = await linked(leader, kept, copy)
    undone = await leader.undo(done)
    assert undone.state == Suggestion.UNDONE, "two that are one leave nothing to decide"
    await leader.undo(joined)
    now = await leader.resource(copy)
    assert (now.name, now.lifecycle, now.successor) == (copy.name, Resource.PUBLISHED, "")
    (item,) = (await leader("GetProgram", api.GetProgramRequest(name=program.name))).items
    assert item.resource == copy.name


async def test_a_successor_under_another_name_is_still_what_the_plan_wrote(
    leader: Reviewer, curator: Curator
) -> None:
    older, kept, copy = await copies(leader, 3)
    one = await leader.program("safety", copy, kept)
    done = await retired(leader, curator, kept, copy)
    joined = await linked(leader, older, kept)
    assert (await leader.resource(copy)).successor == older.name
    assert (await leader.undo(done)).state == Suggestion.OPEN
    now = await leader.resource(copy)
    assert (now.lifecycle, now.successor) == (Resource.PUBLISHED, "")
    await leader.undo(joined)
    items = (await leader("GetProgram", api.GetProgramRequest(name=one.name))).items
    assert [each.resource for each in items] == [copy.name, kept.name]
