"""People work on suggestions together: assignments, questions to owners, notes and tasks, through gRPC."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import grpc

from services.kit.protobuf import date_value
from services.kit.rpc import error_info
from tests.integration.catalog.conftest import eventually
from tests.integration.review.conftest import Curator, Reviewer, Team, course, sealed, words
from tests.integration.review.test_reviewers import copies, refused
from winnow.catalog.v1 import people_service_pb2 as people
from winnow.catalog.v1.people_service_pb2 import Person
from winnow.curation.v1.proposal_pb2 import Evidence
from winnow.review.v1 import note_pb2, task_pb2
from winnow.review.v1 import review_service_pb2 as review
from winnow.review.v1.suggestion_pb2 import Suggestion
from winnow.review.v1.task_pb2 import Task

PRECONDITION, DENIED = grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.PERMISSION_DENIED


async def assign(by: Reviewer, seen: Suggestion, email: str) -> Suggestion:
    return await by("AssignSuggestion", review.AssignSuggestionRequest(name=seen.name, assignee=email))


async def ask(by: Reviewer, seen: Suggestion, question: str, **more: Any) -> Suggestion:
    return await by("AskOwner", review.AskOwnerRequest(name=seen.name, question=question, **more))


async def tasks(by: Reviewer, **more: Any) -> list[Task]:
    return list((await by("ListTasks", task_pb2.ListTasksRequest(**more))).tasks)


async def complete(by: Reviewer, task: Task, **more: Any) -> Task:
    return await by("CompleteTask", task_pb2.CompleteTaskRequest(name=task.name, **more))


async def notes(by: Reviewer, parent: str) -> list[tuple[str, str]]:
    found = await by("ListNotes", note_pb2.ListNotesRequest(parent=parent))
    return [(each.author, each.text) for each in found.notes]


async def test_a_suggestion_is_given_to_somebody_who_could_decide_and_stays_theirs(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    specialist = await team.join("sam@example.org", Person.SPECIALIST)
    designer = await team.join("ida@example.org", Person.INSTRUCTIONAL_DESIGNER)
    await team.join("ada@example.org", Person.ADMINISTRATOR)
    kept, copy = await copies(leader)
    found = curator.duplicate(kept, copy, score=0.5)
    await curator.propose(found)
    held = await leader.only(Suggestion.HELD)
    await refused(assign(specialist, held, "ida@example.org"), DENIED, "NOT_ALLOWED")
    for nobody in ("ada@example.org", "sam@example.org", "unknown@example.org"):
        await refused(assign(leader, held, nobody), PRECONDITION, "ASSIGNEE_CANNOT_DECIDE")
    given = await assign(leader, held, "ida@example.org")
    assert (given.state, given.assignee, given.revision) == (
        Suggestion.OPEN,
        "ida@example.org",
        held.revision,
    )
    await curator.propose(curator.duplicate(kept, copy, score=0.55))
    await curator.settled()
    assert (await leader.get(held.name)).assignee == "ida@example.org"
    log = (await leader("ListDecisions", review.ListDecisionsRequest(suggestion=held.name))).decisions
    assert [(each.verb, each.actor, each.reason) for each in log] == [
        ("assign", "first@example.org", "ida@example.org")
    ]
    assert (await designer.reject(given, "not_same")).state == Suggestion.REJECTED


async def test_an_owner_is_asked_by_a_task_and_answers_with_a_note(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    specialist = await team.join("sam@example.org", Person.SPECIALIST)
    kept, copy = await leader.put(
        course("c1", "Ladders", words("a")), course("c2", "Ladders 2", words("a"), owner="olga@example.org")
    )
    await curator.propose(curator.duplicate(kept, copy))
    seen = await leader.only(Suggestion.OPEN)
    await refused(ask(specialist, seen, "Still needed?"), PRECONDITION, "NO_OWNER")
    owner = await team.join("olga@example.org")
    await refused(ask(leader, seen, "Why?", resource=kept.name), PRECONDITION, "NO_OWNER")
    asked = await ask(specialist, seen, "Still needed?")
    assert (asked.state, asked.assignee, asked.revision) == (seen.state, seen.assignee, seen.revision)
    (question,) = asked.asked
    assert (question.person, question.author, question.resource) == (
        "olga@example.org",
        "sam@example.org",
        copy.name,
    )
    (task,) = await tasks(owner, mine=True)
    assert (task.name, task.kind, task.text, task.target) == (
        question.task,
        "answer",
        "Still needed?",
        copy.name,
    )
    await refused(complete(owner, task), grpc.StatusCode.INVALID_ARGUMENT, "FIELD_INVALID")
    done = await complete(owner, task, comment="No, take mine away.")
    assert (done.state, done.done_by) == (Task.DONE, "olga@example.org")
    await refused(complete(owner, task, comment="Again"), grpc.StatusCode.ABORTED, "TASK_ENDED")
    assert await notes(leader, seen.name) == [
        ("sam@example.org", "Still needed?"),
        ("olga@example.org", "No, take mine away."),
    ]
    assert not (await leader.get(seen.name)).asked


async def test_what_is_decided_no_longer_waits_for_an_answer(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    await team.join("olga@example.org")
    kept, copy = await copies(leader, owner="olga@example.org")
    await curator.propose(curator.duplicate(kept, copy))
    seen = await leader.only(Suggestion.OPEN)
    await ask(leader, seen, "Which one do you use?")
    applied = await leader.accept(await leader.get(seen.name))
    assert (applied.state, len(applied.asked)) == (Suggestion.APPLIED, 0)
    assert [each.state for each in await tasks(leader, suggestion=seen.name)] == [Task.WITHDRAWN]


async def test_an_applied_plan_leaves_a_task_with_the_places_and_its_undo_withdraws_it(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    owner = await team.join("olga@example.org")
    stranger = await team.join("sam@example.org", Person.SPECIALIST)
    (old,) = await leader.put(course("c1", "Ladders", "In 2019 it was new. " * 20, owner="olga@example.org"))
    found = curator.outdated(old, "request_update", code="dated_statement", score=0.9)
    found.evidence.extend(
        Evidence(
            type="dated_statement",
            text="It passed.",
            quote="In 2019",
            resource=found.members[0].resource,
            place=page,
        )
        for page in ("page 1", "page 2")
    )
    await curator.propose(sealed(found))
    applied = await leader.accept(await leader.only(Suggestion.OPEN))
    (task,) = await tasks(owner, mine=True, states=[Task.OPEN])
    assert (task.suggestion, task.kind, task.text) == (applied.name, "request_update", "Update “Ladders”")
    assert [step.text for step in task.checklist] == [
        "page 1: “In 2019” – It passed.",
        "page 2: “In 2019” – It passed.",
    ]
    made = task.create_time.ToDatetime().date()
    due = date_value(task.due_date)
    assert due is not None
    assert abs((due - made) - timedelta(days=30)) <= timedelta(days=1)
    error = await refused(complete(stranger, task), DENIED, "NOT_ALLOWED")
    assert "its assignee" in error_info(error).metadata["who_can"]  # type: ignore[union-attr]
    half = await complete(owner, task, steps=[1])
    assert (half.state, [step.done for step in half.checklist]) == (Task.OPEN, [False, True])
    assert (await leader.undo(applied)).state == Suggestion.OPEN
    assert [each.state for each in await tasks(leader, suggestion=applied.name)] == [Task.WITHDRAWN]
    again = await leader.accept(await leader.get(applied.name))
    (task,) = await tasks(owner, mine=True, states=[Task.OPEN])
    assert (await complete(owner, task)).state == Task.DONE
    assert again.state == Suggestion.APPLIED


async def test_tasks_of_somebody_who_left_go_to_whoever_the_rules_name_now(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    owner = await team.join("olga@example.org", Person.SPECIALIST)
    (old,) = await leader.put(course("c1", "Ladders", words("a"), owner="olga@example.org"))
    await curator.propose(curator.outdated(old, "request_update", code="dated_statement", score=0.9))
    applied = await leader.accept(await leader.only(Suggestion.OPEN))
    (task,) = await tasks(leader, suggestion=applied.name)
    assert task.assignee == "olga@example.org"
    name = f"people/{(await owner.who()).person}"
    await leader("DeactivatePerson", people.DeactivatePersonRequest(name=name))

    async def given() -> bool:
        (now,) = await tasks(leader, suggestion=applied.name)
        return now.assignee == "first@example.org"

    await eventually(given)


async def test_notes_stand_on_resources_and_programs_for_whoever_reads_content(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    specialist = await team.join("sam@example.org", Person.SPECIALIST)
    administrator = await team.join("ada@example.org", Person.ADMINISTRATOR)
    (one,) = await leader.put(course("c1", "Ladders", words("a")))
    program = await leader.program("safety", one)
    for parent in (one.name, program.name):
        request = note_pb2.AddNoteRequest(parent=parent, text="  Ask Priya first. ", request_id="once")
        if parent == program.name:
            request.request_id = "other"
        first = await specialist("AddNote", request)
        assert await specialist("AddNote", request) == first
        assert await notes(leader, parent) == [("sam@example.org", "Ask Priya first.")]
    await curator.propose(curator.outdated(one))
    due = await leader.only()
    await leader("AddNote", note_pb2.AddNoteRequest(parent=due.name, text="Both."))
    several = note_pb2.ListNotesRequest(parent=program.name, also_on=[due.name, "suggestions/gone"])
    told = (await leader("ListNotes", several)).notes
    assert [each.parent for each in told] == [program.name, due.name]
    missing = grpc.StatusCode.NOT_FOUND
    await refused(notes(leader, "resources/none"), missing, "RESOURCE_NOT_FOUND")
    for name in (one.name, "resources/none"):
        await refused(notes(administrator, name), missing, "RESOURCE_NOT_FOUND")
        await refused(
            administrator("AddNote", note_pb2.AddNoteRequest(parent=name, text="x")),
            missing,
            "RESOURCE_NOT_FOUND",
        )
    for bad in ({"parent": one.name}, {"parent": "people/1", "text": "x"}):
        await refused(
            leader("AddNote", note_pb2.AddNoteRequest(**bad)),
            grpc.StatusCode.INVALID_ARGUMENT,
            "FIELD_INVALID",
        )
