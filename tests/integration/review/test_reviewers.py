"""Verbs of reviewers and what they refuse: through gRPC, on the real process."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc.error_details_pb2 import PreconditionFailure

from services.catalog.postgres.database import Database
from services.catalog.review import proposals
from services.kit.rpc import error_info, status_of
from tests.integration.catalog.conftest import CatalogProcess, eventually
from tests.integration.review.conftest import Curator, Reviewer, Team, bare, course, sealed, words
from winnow.catalog.v1 import catalog_service_pb2 as api
from winnow.catalog.v1 import program_pb2
from winnow.catalog.v1.people_service_pb2 import Person
from winnow.catalog.v1.resource_pb2 import Resource
from winnow.curation.v1.proposal_pb2 import Proposal
from winnow.review.v1 import note_pb2
from winnow.review.v1 import review_service_pb2 as review
from winnow.review.v1.suggestion_pb2 import Decision, Plan, Suggestion


async def copies(leader: Reviewer, count: int = 2, **more: Any) -> list[Any]:
    return await leader.put(
        *(course(f"c{n}", f"Ladders {n}", words("a"), **more) for n in range(1, count + 1))
    )


def detail(error: grpc.RpcError, kind: type[Any]) -> list[Any]:
    found: list[Any] = []
    for each in status_of(error).details:
        message = kind()
        if each.Unpack(message):
            found.append(message)
    return found


async def refused(call: Any, code: grpc.StatusCode, reason: str) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    info = error_info(caught.value)
    assert (caught.value.code(), info.reason if info else "") == (code, reason), caught.value
    return caught.value


async def test_of_two_reviewers_at_once_the_second_is_told_the_first_decision(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    designer = await team.join("dana@example.org", Person.INSTRUCTIONAL_DESIGNER)
    kept, copy = await copies(leader)
    await curator.propose(curator.duplicate(kept, copy))
    seen = await leader.only(Suggestion.OPEN)
    answers = await asyncio.gather(
        leader.accept(seen), designer.reject(seen, "not_same"), return_exceptions=True
    )
    (won,) = [each for each in answers if isinstance(each, Suggestion)]
    (lost,) = [each for each in answers if isinstance(each, grpc.aio.AioRpcError)]
    assert lost.code() is grpc.StatusCode.ABORTED
    assert error_info(lost).reason == "SUGGESTION_DECIDED"  # type: ignore[union-attr]
    (decision,) = detail(lost, Decision)
    # What is accepted is applied by the accept itself, or by the scheduler if that comes first.
    first = "dana@example.org" if won.state == Suggestion.REJECTED else "first@example.org"
    assert decision.actor in (first, "scheduler")
    (current,) = detail(lost, Suggestion)
    # Whoever comes between the two transactions of an accept finds the plan scheduled, not yet applied.
    assert current.name == won.name
    assert current.state in (won.state, Suggestion.SCHEDULED)


async def test_a_stale_acceptance_says_what_changed(leader: Reviewer, curator: Curator) -> None:
    kept, copy = await copies(leader)
    await curator.propose(curator.duplicate(kept, copy))
    seen = await leader.only(Suggestion.OPEN)
    await leader.put(course("c1", "Ladders 1", words("b")))
    error = await refused(leader.accept(seen), grpc.StatusCode.FAILED_PRECONDITION, "SUGGESTION_CHANGED")
    assert "the text of “Ladders 1” changed" in error_info(error).metadata["changed"]  # type: ignore[union-attr]
    now = await leader.in_state(seen.name, Suggestion.OPEN, lambda one: one.revision == 2)
    assert now.note.startswith("changed since you looked: the text of “Ladders 1” changed")
    assert (await leader.resource(copy)).lifecycle == Resource.PUBLISHED


async def test_a_small_edit_of_the_text_voids_nothing(leader: Reviewer, curator: Curator) -> None:
    kept, copy = await copies(leader)
    await curator.propose(curator.duplicate(kept, copy))
    seen = await leader.only(Suggestion.OPEN)
    await leader.put(course("c1", "Ladders 1", words("a") + " more"))
    assert (await leader.accept(seen)).state == Suggestion.APPLIED


async def test_a_repeated_request_is_answered_as_the_first_time(leader: Reviewer, curator: Curator) -> None:
    kept, copy = await copies(leader)
    await curator.propose(curator.duplicate(kept, copy))
    seen = await leader.only(Suggestion.OPEN)
    first = await leader.accept(seen, request_id="once")
    assert await leader.accept(seen, request_id="once") == first
    await refused(leader.accept(seen, request_id="twice"), grpc.StatusCode.ABORTED, "SUGGESTION_DECIDED")
    log = await leader("ListDecisions", review.ListDecisionsRequest(suggestion=seen.name))
    assert [each.verb for each in log.decisions] == ["apply", "accept"]


async def test_the_log_is_read_by_person_verb_kind_and_time(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    designer = await team.join("dana@example.org", Person.INSTRUCTIONAL_DESIGNER)
    made = await leader.put(*(course(f"c{n}", f"T{n}", words(str(n // 2))) for n in range(6)))
    for n in (0, 2, 4):
        await curator.propose(curator.duplicate(made[n], made[n + 1]))
    await curator.settled()
    one, two, three = await leader.suggestions(Suggestion.OPEN)
    await designer.reject(one, "not_same")
    applied = await leader.accept(two)
    await designer.reject(three, "not_same")

    async def log(**asked: Any) -> list[tuple[str, str]]:
        lines: list[Decision] = []
        token = ""
        while True:  # a page at a time: the filter is of the log, not of a page
            request = review.ListDecisionsRequest(page_size=1, page_token=token, **asked)
            page = await leader("ListDecisions", request)
            lines += page.decisions
            token = page.next_page_token
            if not token:
                return [(each.verb, each.suggestion) for each in lines]

    assert await log(actor="Dana@example.org") == [("reject", three.name), ("reject", one.name)]
    assert await log(verbs=["apply", "undo"]) == [("apply", two.name)]
    assert len(await log(kind=Suggestion.DUPLICATE)) == 4
    assert await log(kind=Suggestion.OUTDATED) == []
    assert await log(actor="nobody@example.org") == []
    moment = applied.decision.time
    assert await log(end_time=moment) == [("accept", two.name), ("reject", one.name)]
    assert await log(begin_time=moment, actor="dana@example.org") == [("reject", three.name)]
    for wrong, field in (
        (review.ListDecisionsRequest(verbs=["accept", "devour"]), "verbs[1]"),
        (review.ListDecisionsRequest(end_time=Timestamp(seconds=1 << 50)), "end_time"),
    ):
        call = leader("ListDecisions", wrong)
        error = await refused(call, grpc.StatusCode.INVALID_ARGUMENT, "FIELD_INVALID")
        info = error_info(error)
        assert info is not None
        assert info.metadata["field"] == field


GUARDED = {
    "mandatory": "lift the obligation",
    "certification": "take it out of the certification",
    "only_accessible": "Choose it as the copy that stays",
    "in_progress": "Let them finish on it",
    "prerequisite": "Let the requirement move",
    "on_hold": "Lift the hold",
    "session_soon": "Snooze it until after",
}


async def guard(code: str, leader: Reviewer, copy: Any) -> None:
    today = datetime.now(UTC).date()
    month = today.replace(day=1).isoformat()
    head = "resource,month,enrolled,started,completed,seconds,learner,state,due\n"
    match code:
        case "mandatory":
            await leader.put(course("c2", "Ladders 2", words("a"), mandatory=True))
        case "certification":
            await leader.put(course("c2", "Ladders 2", words("a"), certification=True))
        case "only_accessible":
            await leader.put(course("c2", "Ladders 2", words("a"), accessible_form=True))
        case "in_progress":
            row = f"c2,{month},1,1,0,60,l1,in_progress,\n"
            await leader.imported("lms", {"engagement.csv": (head + row).encode()})
        case "session_soon":
            due = (today + timedelta(days=30)).isoformat()
            row = f"c2,{month},1,0,0,0,l1,not_started,{due}\n"
            await leader.imported("lms", {"engagement.csv": (head + row).encode()})
        case "prerequisite":
            (other,) = await leader.put(course("c9", "Rescue", words("z")))
            item = program_pb2.ProgramItem(resource=other.name, mandatory=True, prerequisites=[copy.name])
            await leader.program("safety", item)
        case "on_hold":
            await leader("SetHold", api.SetHoldRequest(name=copy.name, reason="An audit runs."))
        case _:
            raise AssertionError(code)


@pytest.mark.parametrize("code", GUARDED)
async def test_a_plan_that_breaks_a_safeguard_is_refused_with_what_would_satisfy_it(
    code: str, leader: Reviewer, curator: Curator
) -> None:
    kept, copy = await copies(leader)
    await curator.propose(curator.duplicate(kept, copy))
    seen = await leader.only(Suggestion.OPEN)
    await guard(code, leader, copy)
    await refused(leader.accept(seen), grpc.StatusCode.FAILED_PRECONDITION, "SUGGESTION_CHANGED")
    now = await leader.in_state(seen.name, Suggestion.OPEN, lambda one: bool(one.plan.safeguards))
    assert [each.code for each in now.plan.safeguards] == [code]
    error = await refused(leader.accept(now), grpc.StatusCode.FAILED_PRECONDITION, "SAFEGUARD_FAILED")
    ((violation,),) = [each.violations for each in detail(error, PreconditionFailure)]
    assert (violation.type, violation.subject) == (code, copy.name)
    assert GUARDED[code] in violation.description
    assert (await leader.resource(copy)).lifecycle == Resource.PUBLISHED


@pytest.mark.parametrize("told", ["by a person", "by a finding"])
@pytest.mark.parametrize("joined", [False, True])
async def test_the_only_translation_in_its_language_is_kept(
    leader: Reviewer, curator: Curator, told: str, joined: bool
) -> None:
    """By whatever name the decision knows it: what it is joined to gives it another."""
    older, english, german = await leader.put(
        course("c0", "Leiter", words("c"), language="de"),
        course("c1", "Ladders", words("a"), language="en"),
        course("c2", "Leitern", words("b"), language="de"),
    )
    pair = curator.duplicate(english, german)
    if told == "by a finding":
        pair.relation = Proposal.TRANSLATED
    await curator.propose(sealed(pair))
    seen = await leader.only(Suggestion.OPEN)
    if told == "by a person":
        await leader.reject(seen, "different_language")
    if joined:
        await curator.propose(curator.duplicate(older, german, operation="link_listings"))
        await curator.settled()
        (same,) = [
            each
            for each in await leader.suggestions(Suggestion.OPEN)
            if each.relation == Suggestion.SAME_ITEM
        ]
        await leader.accept(same)
        german = await leader.resource(german)
        assert german.name == older.name
    archives = curator.outdated(german, "archive", code="dated_statement", score=0.95)
    await curator.propose(archives)

    async def found() -> list[Suggestion]:
        return [each for each in await leader.suggestions() if each.kind == Suggestion.OUTDATED]

    (outdated,) = await eventually(found)
    (kept,) = outdated.plan.safeguards
    assert (kept.code, kept.target) == ("only_language", german.name)
    assert "“Ladders” says in en" in kept.text


@pytest.mark.parametrize(
    ("code", "satisfied", "operation"),
    [
        ("in_progress", {"finish_on_old": True}, "close_to_new"),
        ("prerequisite", {"move_requirements": True}, "archive"),
    ],
)
async def test_an_edit_satisfies_a_safeguard_as_its_remedy_says(
    code: str, satisfied: dict[str, Any], operation: str, leader: Reviewer, curator: Curator, team: Team
) -> None:
    await team.join("lea@example.org", Person.LEARNING_LEADER)
    kept, copy = await copies(leader)
    await guard(code, leader, copy)
    await curator.propose(curator.duplicate(kept, copy))
    seen = await leader.only()
    assert [(each.code, each.edit) for each in seen.plan.safeguards] == [(code, *satisfied)]
    edited = await leader(
        "EditSuggestion", review.EditSuggestionRequest(name=seen.name, revision=seen.revision, **satisfied)
    )
    assert (edited.revision, edited.state, list(edited.plan.safeguards)) == (
        seen.revision + 1,
        Suggestion.OPEN,
        [],
    )
    assert operation in [change.operation for part in edited.plan.parts for change in part.changes]


async def test_a_refusal_is_remembered_for_the_set_and_its_pairs_until_it_is_reopened(
    leader: Reviewer, curator: Curator, catalog: CatalogProcess
) -> None:
    a, b, c = await copies(leader, 3)
    await curator.propose(curator.duplicate(a, b))
    seen = await leader.only(Suggestion.OPEN)
    assert (await leader.reject(seen, "intentional_copy")).state == Suggestion.REJECTED
    ids = sorted((bare(a.name), bare(b.name)))
    assert catalog.sql("SELECT a, b, verdict FROM verdicts") == [(*ids, "intentional_copy")]

    await curator.propose(curator.duplicate(a, b, score=0.96))
    await curator.propose(curator.duplicate(a, b, c))
    await curator.settled()
    group, refused_one = sorted(await leader.suggestions(), key=lambda one: one.state)
    assert refused_one.state == Suggestion.REJECTED
    assert {member.resource for member in group.members} == {a.name, c.name}

    reopened = await leader("ReopenSuggestion", review.ReopenSuggestionRequest(name=seen.name))
    assert (reopened.state, reopened.revision) == (Suggestion.OPEN, seen.revision + 1)
    assert catalog.sql("SELECT verdict FROM verdicts") == [("",)]


async def test_a_refused_one_returns_when_its_facts_have_moved(leader: Reviewer, curator: Curator) -> None:
    a, b = await copies(leader)
    await curator.propose(curator.duplicate(a, b))
    seen = await leader.only(Suggestion.OPEN)
    await leader.reject(seen, "other", comment="Not now.")
    await curator.propose(curator.duplicate(a, b, score=0.97))
    await curator.settled()
    assert (await leader.get(seen.name)).state == Suggestion.REJECTED
    a, b = await leader.put(*(course(f"c{n}", f"Ladders {n}", words("b")) for n in (1, 2)))
    await curator.propose(curator.duplicate(a, b))
    back = await leader.in_state(seen.name, Suggestion.OPEN)
    assert back.note.startswith("returned: the text of")
    assert back.revision == seen.revision + 1


async def test_undo_with_an_unrelated_edit_in_between_keeps_that_edit(
    leader: Reviewer, curator: Curator
) -> None:
    kept, copy = await copies(leader)
    await curator.propose(curator.duplicate(kept, copy))
    applied = await leader.accept(await leader.only(Suggestion.OPEN))
    await leader.put(course("c2", "Renamed meanwhile", words("a")))
    assert (await leader.undo(applied)).state == Suggestion.OPEN
    now = await leader.resource(copy)
    assert (now.title, now.lifecycle, now.successor) == ("Renamed meanwhile", Resource.PUBLISHED, "")


async def test_a_written_plan_is_undone_by_a_new_change_and_a_contradicted_one_asks(
    leader: Reviewer, curator: Curator
) -> None:
    kept, copy = await copies(leader)
    await curator.propose(curator.duplicate(kept, copy))
    applied = await leader.accept(await leader.only(Suggestion.OPEN))
    changes = (await leader("ListChanges", api.ListChangesRequest())).changes
    assert [(each.external_id, each.field, each.to_value) for each in changes] == [
        ("c2", "visibility", "archived")
    ]

    # A re-import that knows nothing of it does not take the plan back.
    await leader.put(course("c2", "Ladders 2", words("a"), url="https://example.org/new"))
    assert (await leader.resource(copy)).lifecycle == Resource.ARCHIVED

    # The source says so itself now: the change is written.
    await leader.put(course("c2", "Ladders 2", words("a"), visibility="archived"))
    undone = await leader.undo(applied)
    assert undone.state == Suggestion.UNDONE
    assert (await leader.resource(copy)).lifecycle == Resource.PUBLISHED
    changes = (await leader("ListChanges", api.ListChangesRequest())).changes
    assert [(each.to_value, each.state) for each in changes] == [
        ("archived", api.Change.DONE),
        ("visible", api.Change.PENDING),
    ]


async def test_a_field_edited_since_is_asked_and_answered_on_undo(leader: Reviewer, curator: Curator) -> None:
    old, new, newer = await leader.put(*(course(f"c{n}", f"Edition {n}", words(str(n))) for n in (1, 2, 3)))
    await curator.propose(curator.duplicate(new, old, operation="deprecate"))
    first = await leader.accept(await leader.only(Suggestion.OPEN))
    assert first.state == Suggestion.APPLIED
    # Another plan goes further with the same resource: its successor stays, its lifecycle moves on.
    await curator.propose(curator.outdated(old, "archive", code="expired", other=newer, hard=True))

    async def second() -> Suggestion | None:
        return next((one for one in await leader.suggestions(Suggestion.OPEN)), None)

    further = await leader.accept(await eventually(second))
    assert further.state == Suggestion.APPLIED
    error = await refused(leader.undo(first), grpc.StatusCode.FAILED_PRECONDITION, "UNDO_CONFLICT")
    conflicts = {(each.field, each.before, each.now) for each in detail(error, review.UndoConflict)}
    assert ("lifecycle", "PUBLISHED", "ARCHIVED") in conflicts
    assert (await leader.resource(old)).lifecycle == Resource.ARCHIVED
    answers = [(old.name, field, "restore") for field, _, _ in conflicts]
    assert (await leader.undo(first, *answers)).state in (Suggestion.OPEN, Suggestion.UNDONE)
    assert (await leader.resource(old)).lifecycle == Resource.PUBLISHED


async def test_who_may_not_decide_is_told_who_can(leader: Reviewer, curator: Curator, team: Team) -> None:
    specialist = await team.join("sam@example.org", Person.SPECIALIST)
    kept, copy = await copies(leader)
    await curator.propose(curator.duplicate(kept, copy))
    seen = await leader.only(Suggestion.OPEN)
    error = await refused(specialist.accept(seen), grpc.StatusCode.PERMISSION_DENIED, "NOT_ALLOWED")
    assert "learning leader" in error_info(error).metadata["who_can"]  # type: ignore[union-attr]


async def test_a_program_with_an_owner_needs_that_owners_yes(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    owner = await team.join("olga@example.org", Person.SPECIALIST)
    kept, copy = await copies(leader)
    program = await leader.program("safety", copy, owners=["olga@example.org"])
    await curator.propose(curator.duplicate(kept, copy))
    seen = await leader.only()
    assert {part.id: part.risk for part in seen.plan.parts} == {program.name: Plan.R2, "resources": Plan.R1}
    half = await leader.accept(seen)
    assert half.state == Suggestion.OPEN
    assert list(half.plan.approvals_needed) == ["Safety: an owner of “Safety”"]
    await refused(leader.accept(half), grpc.StatusCode.FAILED_PRECONDITION, "APPROVED_ALREADY")
    for who, takes in ((leader, False), (owner, True)):
        shown, (line,) = (
            await who.get(half.name),
            await who.suggestions(view=review.ListSuggestionsRequest.LINE),
        )
        assert (shown.may_accept, shown.may_revoke, line.may_revoke) == (takes, not takes, not takes)
    whole = await owner.accept(half)
    assert whole.state == Suggestion.APPLIED
    now = await leader("GetProgram", api.GetProgramRequest(name=program.name))
    assert [item.resource for item in now.items] == [kept.name]


async def test_a_refused_part_leaves_the_copy_where_the_program_keeps_it(
    leader: Reviewer, curator: Curator, catalog: CatalogProcess
) -> None:
    kept, copy = await copies(leader)
    one, other = await leader.program("one", copy), await leader.program("two", copy)
    await curator.propose(curator.duplicate(kept, copy))
    seen = await leader.only()
    left = await leader.reject(seen, "different_audience", parts=[one.name])
    assert {part.id for part in left.plan.parts} == {other.name, "resources"}
    assert "archive" not in [change.operation for part in left.plan.parts for change in part.changes]
    assert catalog.sql("SELECT verdict FROM verdicts") == []
    applied = await leader.accept(left)
    assert applied.state == Suggestion.APPLIED
    assert (await leader.resource(copy)).lifecycle == Resource.PUBLISHED
    assert catalog.sql("SELECT verdict FROM verdicts") == [("variant",)]


async def test_where_it_crosses_ownership_each_owner_answers_for_their_part(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    olga, otto, oda = [await team.join(f"{name}@example.org") for name in ("olga", "otto", "oda")]
    kept, copy = await copies(leader)
    one = await leader.program("one", copy, owners=["olga@example.org"])
    two = await leader.program("two", copy, owners=["otto@example.org"])
    # In hers nothing would change: it holds the copy that stays.
    await leader.program("three", kept, owners=["oda@example.org"])
    await curator.propose(curator.duplicate(kept, copy))
    seen = await leader.only()
    for email in ("olga@example.org", "otto@example.org"):
        theirs = seen.assignee == email
        assert [each.name for each in await leader.suggestions(assignee=email)] == [seen.name][: int(theirs)]
        assert [each.name for each in await leader.suggestions(shared_with=email)] == (
            [] if theirs else [seen.name]
        )
    await refused(
        otto.reject(seen, "different_audience", parts=[one.name]),
        grpc.StatusCode.PERMISSION_DENIED,
        "NOT_ALLOWED",
    )
    error = await refused(oda.reject(seen, "not_same"), grpc.StatusCode.PERMISSION_DENIED, "NOT_ALLOWED")
    assert "an owner of “Two”" in error_info(error).metadata["who_can"]  # type: ignore[union-attr]
    (theirs,) = [change.id for part in seen.plan.parts if part.id == two.name for change in part.changes]
    edit = review.EditSuggestionRequest(name=seen.name, revision=seen.revision, drop_changes=[theirs])
    await refused(olga("EditSuggestion", edit), grpc.StatusCode.PERMISSION_DENIED, "NOT_ALLOWED")
    left = await olga.reject(seen, "different_audience")
    assert {part.id for part in left.plan.parts} == {two.name, "resources"}
    yes = await otto.accept(left)
    assert {each.part for each in yes.approvals if each.person == "otto@example.org"} >= {two.name}
    for who in (olga, otto):
        await who("AddNote", note_pb2.AddNoteRequest(parent=seen.name, text="Mine."))


async def test_what_was_added_to_a_program_after_the_approval_stops_the_plan(
    leader: Reviewer, curator: Curator, catalog: CatalogProcess
) -> None:
    kept, copy = await copies(leader)
    await curator.propose(curator.duplicate(kept, copy))
    seen = await leader.only(Suggestion.OPEN)
    # An approval whose notice still runs, as production's settings make it.
    catalog.sql(
        "BEGIN; UPDATE suggestions SET state = 'SCHEDULED', due_time = now() + interval '1 day'; COMMIT"
    )
    await leader.program("onboarding", copy)
    back = await leader.in_state(seen.name, Suggestion.OPEN)
    assert "“Ladders 2” was added to “Onboarding”" in back.note
    assert "First" in back.note
    assert (await leader.resource(copy)).lifecycle == Resource.PUBLISHED


async def test_learner_counts_and_another_choice_of_the_survivor_leave_an_approved_plan_as_it_is(
    leader: Reviewer, curator: Curator, db: Database
) -> None:
    month = datetime.now(UTC).strftime("%Y-%m")
    head = "resource,month,enrolled,started,completed,seconds,learner,state,due\n"

    async def heard(state: str) -> None:
        row = f"c2,{month},1,1,{int(state == 'completed')},60,l1,{state},\n"
        await leader.imported("lms", {"engagement.csv": (head + row).encode()})
        while await proposals.reassess(db):
            pass

    # Mandatory, and one approver: its notice runs for a day.
    kept, copy = await leader.put(
        course("c1", "Ladders 1", words("a")), course("c2", "Ladders 2", words("b"), mandatory=True)
    )
    await heard("in_progress")
    found = curator.duplicate(kept, copy, operation="deprecate")
    await curator.propose(found)
    seen = await leader.only()
    assert [c.operation for p in seen.plan.parts for c in p.changes] == ["add_equivalence", "close_to_new"]
    waits = await leader.accept(seen)
    assert waits.state == Suggestion.SCHEDULED

    await heard("completed")
    after = await leader.get(seen.name)
    assert (after.state, after.revision, after.plan) == (waits.state, waits.revision, waits.plan)

    # Read by how many use each, the other would stay.
    await curator.propose(curator.duplicate(copy, kept, operation="deprecate", score=0.91))
    await curator.settled()
    after = await leader.get(seen.name)
    assert (after.state, after.revision, after.plan) == (waits.state, waits.revision, waits.plan)
    assert round(after.confidence, 2) == 0.91

    # Said to be another relation it is another finding.
    await curator.propose(curator.duplicate(kept, copy, operation="archive"))
    back = await leader.in_state(seen.name, Suggestion.OPEN)
    assert (back.revision, list(back.approvals)) == (waits.revision + 1, [])


async def test_snoozed_until_the_content_changes(leader: Reviewer, curator: Curator) -> None:
    kept, copy = await copies(leader)
    await curator.propose(curator.duplicate(kept, copy))
    seen = await leader.only(Suggestion.OPEN)
    request = review.SnoozeSuggestionRequest(name=seen.name, event="content_changes")
    assert (await leader("SnoozeSuggestion", request)).state == Suggestion.SNOOZED
    await leader.put(course("c1", "Ladders 1", words("b")))
    await leader.in_state(seen.name, Suggestion.OPEN)


async def test_an_approval_is_taken_back(leader: Reviewer, curator: Curator, team: Team) -> None:
    await team.join("lea@example.org", Person.LEARNING_LEADER)
    kept, copy = await leader.put(
        course("c1", "Ladders 1", words("a")), course("c2", "Ladders 2", words("b"), mandatory=True)
    )
    await leader.program("safety", copy)
    await curator.propose(curator.duplicate(kept, copy, operation="deprecate"))
    seen = await leader.only()
    assert seen.plan.risk == Plan.R3
    half = await leader.accept(seen)
    assert (half.state, len(half.approvals)) == (Suggestion.OPEN, 2)
    back = await leader("RevokeApproval", review.RevokeApprovalRequest(name=seen.name))
    assert list(back.approvals) == []


async def test_one_person_alone_waits_a_day_for_the_riskiest(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    kept, copy = await leader.put(
        course("c1", "Ladders 1", words("a")), course("c2", "Ladders 2", words("b"), mandatory=True)
    )
    await curator.propose(curator.duplicate(kept, copy, operation="deprecate"))
    seen = await leader.only()
    assert (seen.plan.risk, "one approver" in seen.plan.caveat) == (Plan.R3, True)
    waits = await leader.accept(seen)
    assert waits.state == Suggestion.SCHEDULED
    notice = waits.due_time.ToDatetime() - waits.decision.time.ToDatetime()
    assert notice.total_seconds() == pytest.approx(86_400, abs=2)
