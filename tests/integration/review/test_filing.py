"""Suggestions that people file: the same machine, the same safeguards, and the curator adds evidence."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import grpc
import pytest

from tests.integration.catalog.conftest import CatalogProcess
from tests.integration.review.conftest import Curator, Reviewer, Team, bare, course, words
from tests.integration.review.test_nested import HEAD
from tests.integration.review.test_reviewers import copies, refused
from winnow.catalog.v1 import catalog_service_pb2 as api
from winnow.catalog.v1.people_service_pb2 import Person
from winnow.catalog.v1.resource_pb2 import Resource
from winnow.catalog.v1.source_pb2 import Source
from winnow.curation.v1.proposal_pb2 import Proposal
from winnow.review.v1 import note_pb2
from winnow.review.v1 import review_service_pb2 as review
from winnow.review.v1.suggestion_pb2 import Plan, Suggestion

PRECONDITION, INVALID = grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.INVALID_ARGUMENT


async def file(by: Reviewer, kind: Any, operation: str, *members: Any, **more: Any) -> Suggestion:
    request = review.CreateSuggestionRequest(
        kind=kind,
        operation=operation,
        members=[each.name for each in members],
        **{"reason": "I saw both.", **more},
    )
    return await by("CreateSuggestion", request)


async def test_what_a_specialist_files_is_open_and_goes_the_way_of_every_suggestion(
    leader: Reviewer, curator: Curator, team: Team, catalog: CatalogProcess
) -> None:
    specialist = await team.join("sam@example.org", Person.SPECIALIST)
    kept, copy = await copies(leader)
    filed = await file(specialist, Suggestion.DUPLICATE, "archive", kept, copy, survivor=kept.name)
    assert (filed.state, filed.revision, filed.filed_by) == (Suggestion.OPEN, 1, "sam@example.org")
    assert (filed.relation, filed.summary, filed.plan.risk) == (Suggestion.IDENTICAL, "I saw both.", Plan.R1)
    assert [(each.type, each.text) for each in filed.evidence] == [("filed", "I saw both.")]
    assert filed.assignee == "first@example.org"
    await refused(specialist.accept(filed), grpc.StatusCode.PERMISSION_DENIED, "NOT_ALLOWED")
    applied = await leader.accept(filed)
    assert applied.state == Suggestion.APPLIED
    assert (await leader.resource(copy)).lifecycle == Resource.ARCHIVED
    # A person's word says nothing about the curator's scores.
    assert catalog.sql("SELECT count(*) FROM outcomes") == [(0,)]
    log = (await leader("ListDecisions", review.ListDecisionsRequest(suggestion=filed.name))).decisions
    assert [(each.verb, each.actor) for each in log][-1] == ("file", "sam@example.org")


async def test_the_curator_adds_evidence_to_what_was_filed_and_neither_rewrites_nor_ends_it(
    leader: Reviewer, curator: Curator
) -> None:
    kept, copy = await copies(leader)
    filed = await file(leader, Suggestion.DUPLICATE, "archive", kept, copy, survivor=copy.name)
    found = curator.duplicate(kept, copy, operation="deprecate", score=0.8)
    await curator.propose(found)
    await curator.settled()
    now = await leader.get(filed.name)
    assert [each.type for each in now.evidence] == ["filed", "passage"]
    assert [(each.resource, each.survivor) for each in now.members if each.survivor] == [(copy.name, True)]
    assert (now.relation, now.confidence, now.summary) == (Suggestion.IDENTICAL, 1.0, "I saw both.")
    await curator.withdraw(found)
    await curator.complete(Proposal.DUPLICATE, [], watermark=1 << 40)
    await curator.propose(curator.duplicate(kept, copy, score=0.2))
    await curator.settled()
    assert (await leader.get(filed.name)).state == Suggestion.OPEN


async def test_what_somebody_else_has_found_is_answered_with_that_one(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    specialist = await team.join("sam@example.org", Person.SPECIALIST)
    kept, copy = await copies(leader)
    await curator.propose(curator.duplicate(kept, copy, score=0.5))
    held = await leader.only(Suggestion.HELD)
    joined = await file(specialist, Suggestion.DUPLICATE, "archive", copy, kept, request_id="once")
    assert (joined.name, joined.state, joined.filed_by) == (held.name, Suggestion.OPEN, "")
    again = await file(specialist, Suggestion.DUPLICATE, "archive", copy, kept, request_id="once")
    assert again == joined
    noted = (await leader("ListNotes", note_pb2.ListNotesRequest(parent=held.name))).notes
    assert [(each.author, each.text) for each in noted] == [("sam@example.org", "I saw both.")]


async def test_what_was_refused_is_not_filed_again_but_reopened(leader: Reviewer, curator: Curator) -> None:
    a, b, c = await copies(leader, 3)
    first = await file(leader, Suggestion.DUPLICATE, "archive", a, b, survivor=a.name)
    await leader.reject(first, "not_same")
    call = file(leader, Suggestion.DUPLICATE, "archive", a, b, survivor=a.name)
    await refused(call, grpc.StatusCode.ABORTED, "SUGGESTION_DECIDED")
    wider = file(leader, Suggestion.DUPLICATE, "archive", a, b, c, survivor=a.name)
    error = await refused(wider, PRECONDITION, "VERDICT_STANDS")
    assert first.name in str(error.details())
    await leader("ReopenSuggestion", review.ReopenSuggestionRequest(name=first.name))
    assert (await file(leader, Suggestion.DUPLICATE, "archive", a, b)).name == first.name


async def test_what_was_withdrawn_goes_on_under_its_name_when_a_person_files_it(
    leader: Reviewer, curator: Curator
) -> None:
    kept, copy = await copies(leader)
    found = curator.duplicate(kept, copy)
    await curator.propose(found)
    seen = await leader.only(Suggestion.OPEN)
    await curator.withdraw(found)
    await leader.in_state(seen.name, Suggestion.WITHDRAWN)
    filed = await file(leader, Suggestion.DUPLICATE, "archive", kept, copy, survivor=kept.name)
    assert (filed.name, filed.state, filed.revision) == (seen.name, Suggestion.OPEN, seen.revision + 1)


async def test_safeguards_hold_for_what_a_person_files(leader: Reviewer, curator: Curator) -> None:
    (one,) = await leader.put(course("c1", "Ladders", words("a"), mandatory=True))
    filed = await file(leader, Suggestion.UNUSED, "archive", one)
    assert [each.code for each in filed.plan.safeguards] == ["mandatory"]
    await refused(leader.accept(filed), PRECONDITION, "SAFEGUARD_FAILED")


@pytest.mark.parametrize(
    ("owed", "risk"),
    [
        ({}, Plan.R0),
        ({"one": {"mandatory": True}}, Plan.R3),
        ({"other": {"mandatory": True}}, Plan.R3),
        ({"other": {"certification": True}}, Plan.R3),
    ],
    ids=["nobody_owes_it", "the_one_is_mandatory", "the_other_is_mandatory", "the_other_certifies"],
)
async def test_what_completing_one_counts_as_is_filed_and_takes_two_people_where_it_is_owed(
    owed: dict[str, Any], risk: Any, leader: Reviewer, curator: Curator, team: Team
) -> None:
    second = await team.join("second@example.org", Person.LEARNING_LEADER)
    one, other = await leader.put(
        *(course(key, key.title(), words(key), **owed.get(key, {})) for key in ("one", "other"))
    )
    filed = await file(second, Suggestion.OUTDATED, "add_equivalence", one, other=other.name)
    (part,) = filed.plan.parts
    assert [(each.operation, each.target, each.other) for each in part.changes] == [
        ("add_equivalence", other.name, one.name)
    ]
    assert (filed.state, filed.plan.risk, list(filed.plan.safeguards)) == (Suggestion.OPEN, risk, [])
    applied = await leader.accept(filed)
    if risk == Plan.R3:
        assert applied.state == Suggestion.OPEN
        applied = await second.accept(applied)
    assert applied.state == Suggestion.APPLIED
    assert list((await leader.resource(other)).equivalents) == [one.name]
    await leader.undo(applied)
    assert list((await leader.resource(other)).equivalents) == []


@pytest.mark.parametrize(
    ("field", "value", "active", "risk"),
    [
        ("title", "Ladders, safely", False, Plan.R1),
        ("url", "https://lms.example/ladders", False, Plan.R1),
        ("url", "https://lms.example/ladders", True, Plan.R2),
        ("review_date", "2090-03-31", True, Plan.R0),
    ],
)
async def test_what_is_said_of_a_resource_is_rated_by_who_sees_it(
    field: str, value: str, active: bool, risk: Any, leader: Reviewer, curator: Curator
) -> None:
    (one,) = await leader.put(course("c1", "Ladders", words("a")))
    if active:
        row = f"c1,{datetime.now(UTC).date():%Y-%m},1,1,0,60,l1,in_progress,\n"
        await leader.imported("lms", {"engagement.csv": (HEAD + row).encode()})
    filed = await file(leader, Suggestion.OUTDATED, "set_metadata", one, field=field, value=value)
    assert filed.plan.risk == risk


@pytest.mark.parametrize("operation", ["item_move", "item_make_optional"])
@pytest.mark.parametrize(("learners", "risk"), [(500, Plan.R2), (501, Plan.R3)])
async def test_learners_of_an_item_that_moves_or_is_eased_count(
    learners: int, risk: Any, operation: str, leader: Reviewer, curator: Curator
) -> None:
    a, b = await leader.put(*(course(key, key.upper(), words(key)) for key in "ab"))
    program = await leader.program("safety", a, b)
    month = f"{datetime.now(UTC).date():%Y-%m}"
    rows = "".join(f"b,{month},1,1,0,60,l{n},in_progress,\n" for n in range(learners))
    await leader.imported("lms", {"engagement.csv": (HEAD + rows).encode()})
    more = {"other": a.name} if operation == "item_move" else {}
    filed = await file(leader, Suggestion.PROGRAM, operation, b, program=program.name, **more)
    assert filed.plan.risk == risk


@pytest.mark.parametrize("operation", ["item_drop", "item_move", "item_insert", "archive_program"])
@pytest.mark.parametrize(
    "learning", ["read_from_an_lms", "declared_without", "from_files", "one_item_of_an_lms"]
)
async def test_a_program_of_which_no_learners_are_known_is_simulated_on_sums_only_unless_nobody_learns_there(
    learning: str, operation: str, leader: Reviewer, curator: Curator
) -> None:
    source = "lms" if learning in ("from_files", "one_item_of_an_lms") else learning
    if learning == "declared_without":
        request = api.UpsertSourceRequest(source=Source(display_name=source, no_learners=True))
        await leader("UpsertSource", request)
    a, b, c = await leader.put(*(course(key, key.upper(), words(key)) for key in "abc"), source=source)
    held = [a, b]
    if learning == "one_item_of_an_lms":
        held += await leader.put(course("d", "D", words("d")), source="academy")
    program = await leader.program("safety", *held, source=source)
    members = {"item_insert": [c], "archive_program": []}.get(operation, [b])
    more = {"other": a.name} if operation == "item_move" else {}
    filed = await file(leader, Suggestion.PROGRAM, operation, *members, program=program.name, **more)
    plan, known = filed.plan, learning in ("read_from_an_lms", "one_item_of_an_lms")
    assert (plan.risk, plan.simulation.sums_only) == ((Plan.R3, True) if known else (Plan.R2, False))
    if learning != "one_item_of_an_lms":  # what is dropped may be of the other source
        assert ("use: not known" in plan.caveat) is not known


async def test_the_items_of_a_program_are_changed_as_somebody_filed(
    leader: Reviewer, curator: Curator
) -> None:
    a, b, c = await leader.put(*(course(f"c{n}", f"T{n}", words(str(n))) for n in range(3)))
    program = await leader.program("safety", a, b)
    filed = await file(leader, Suggestion.PROGRAM, "item_replace", a, other=c.name, program=program.name)
    assert [(change.operation, change.other) for part in filed.plan.parts for change in part.changes] == [
        ("item_replace", c.name)
    ]
    dropped = await file(leader, Suggestion.PROGRAM, "item_drop", b, program=program.name)
    assert dropped.name != filed.name
    # As the curator calls the same finding.
    found = curator.drop(program, b)
    await curator.propose(found)
    await curator.settled()
    assert len(await leader.suggestions()) == 2
    retired = await file(leader, Suggestion.PROGRAM, "archive_program", program=program.name)
    assert {bare(each.resource) for each in retired.members} == {bare(a.name), bare(b.name)}


async def test_a_merge_that_somebody_filed_takes_over_what_only_the_program_has(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    shared, unique, other = await leader.put(*(course(key, key.upper(), words(key)) for key in "abc"))
    one, two = await leader.program("one", shared, unique), await leader.program("two", shared, other)
    filed = await file(leader, Suggestion.PROGRAM, "merge_programs", program=one.name, into=two.name)
    assert [each.resource for each in filed.members] == [shared.name]
    assert {part.id: [change.operation for change in part.changes] for part in filed.plan.parts} == {
        one.name: ["merge_programs"],
        two.name: ["item_insert"],
    }
    assert (await leader.accept(filed)).state == Suggestion.APPLIED
    programs = {each.key: each for each in (await leader("ListPrograms", api.ListProgramsRequest())).programs}
    held = [each.resource for each in programs["two"].items]
    assert held == [shared.name, other.name, unique.name]


@pytest.mark.parametrize(
    ("kind", "operation", "count", "more", "field"),
    [
        (Suggestion.KIND_UNSPECIFIED, "archive", 2, {}, "kind"),
        (Suggestion.DUPLICATE, "unlist", 2, {}, "operation"),
        (Suggestion.DUPLICATE, "archive", 1, {}, "members"),
        (Suggestion.OUTDATED, "confirm", 2, {}, "members"),
        (Suggestion.UNUSED, "unlist", 1, {"reason": " "}, "reason"),
        (Suggestion.PROGRAM, "item_drop", 1, {}, "program"),
        (Suggestion.OUTDATED, "confirm", 1, {"other": True}, "other"),
    ],
)
async def test_what_does_not_fit_is_refused_by_field(
    kind: Any, operation: str, count: int, more: dict[str, Any], field: str, leader: Reviewer
) -> None:
    made = await copies(leader, count + 1)
    given = {**more, "other": made[-1].name} if "other" in more else more
    error = await refused(file(leader, kind, operation, *made[:count], **given), INVALID, "FIELD_INVALID")
    assert str(error.details()).startswith(field)
