"""Who deals with a suggestion: given to another person, or waiting for what an owner says."""

from __future__ import annotations

from dataclasses import replace

from services.catalog.domain.people import CONTENT_ROLES, Person, Viewer, email_key
from services.catalog.ids import new_id
from services.catalog.policy import METHODS
from services.catalog.postgres.database import Database, Transaction
from services.catalog.review import (
    assignees,
    forming,
    notes,
    postgres,
    postgres_tasks,
    routing,
    tasks,
    wire_notes,
)
from services.catalog.review.cases import Case, Seen, check_may, open_case
from services.catalog.review.domain import LIVE, State, Suggestion
from services.catalog.review.domain_notes import Note
from services.catalog.review.domain_tasks import ANSWER, ANSWER_TIME, Task
from services.catalog.review.fields import bad_field
from services.catalog.review.surroundings import resource_name
from services.kit.errors import FailedPrecondition

_DECIDE = METHODS["/winnow.review.v1.ReviewService/RejectSuggestion"]


async def assign(
    tx: Transaction, db: Database, viewer: Viewer, id_: str, email: str, comment: str
) -> Suggestion:
    """Gives it to another person, for whoever may refuse it; in the caller's transaction.

    Its plan, approvals and the decision that it shows stay. A HELD one is opened.
    """
    case = await open_case(tx, db, id_, "assign", LIVE, Seen())
    check_may(viewer, case)
    if not email.strip():
        raise bad_field("assignee", "is required")
    person = (await tx.people_by_email([email])).get(email_key(email))
    if person is None or not await _could_decide(tx, person, case):
        raise FailedPrecondition(
            "ASSIGNEE_CANNOT_DECIDE",
            f"{email.strip()} could not decide about it; {_DECIDE.who_can} could.",
            {"suggestion": case.known.name, "assignee": email.strip()},
        )
    held = case.known.state is State.HELD
    given = replace(
        case.known,
        assignee=person.id,
        touched=True,
        state=State.OPEN if held else case.known.state,
        held_reason="",
        update_time=tx.now,
    )
    return await _keep(tx, viewer, case, given, "assign", reason=person.email, comment=comment)


async def _could_decide(tx: Transaction, person: Person, case: Case) -> bool:
    duties = await tx.duties(person)
    if not person.active or not (person.has(*CONTENT_ROLES) or duties):
        return False
    viewer = Viewer(person, duties)
    return _DECIDE.allows(viewer, routing.standing(viewer, case.now, case.on.around))


async def ask_owner(
    tx: Transaction, db: Database, viewer: Viewer, id_: str, resource: str, question: str
) -> Suggestion:
    """Asks the owner of a member, by a note and a task; in the caller's transaction.

    `resource` is an id, empty for the first member that somebody answers for. State and assignee stay.
    """
    case = await open_case(tx, db, id_, "ask", LIVE, Seen())
    words = wire_notes.words(question, "question")
    around, staff = case.on.around, case.on.staff
    members = around.present(case.known.proposal.resources)
    asked = around.resource(resource) if resource else None
    if resource and asked not in members:
        raise bad_field("resource", "names a resource that is not a member")
    owners = [
        (each, owner)
        for each in members
        if asked in (None, each)
        and (owner := assignees.answers_for(resource_name(each.id), around, staff)) is not None
    ]
    if not owners:
        raise FailedPrecondition(
            "NO_OWNER",
            "No active person owns what the question is about; give the suggestion to somebody instead.",
            {"suggestion": case.known.name},
        )
    member, owner = owners[0]
    task = Task(
        id=new_id(),
        suggestion=case.known.id,
        kind=ANSWER,
        target=resource_name(member.id),
        text=words,
        assignee=owner.id,
        due=around.today + ANSWER_TIME,
        create_time=tx.now,
        author=viewer.person.id,
    )
    await postgres_tasks.add_task(tx, task)
    await tasks.tell(tx, task)
    note = Note(new_id(), case.known.name, viewer.person.id, words, tx.now, asked=owner.id, task=task.id)
    await notes.keep_note(tx, note)
    held = case.known.state is State.HELD
    waits = replace(
        case.known,
        touched=True,
        state=State.OPEN if held else case.known.state,
        held_reason="",
        update_time=tx.now,
    )
    return await _keep(tx, viewer, case, waits, "ask", reason=owner.email)


async def give_tasks_anew(db: Database) -> None:
    """Gives open tasks of people who have gone to whoever the rules name now; to nobody where they name none."""
    async with db.transaction() as tx:
        left = await postgres_tasks.orphaned_tasks(tx, for_update=True)
        found = {each.id: each for each in await postgres.suggestions(tx, {task.suggestion for task in left})}
        on = await forming.ground(tx, db.clock.today(), [each.proposal for each in found.values()])
        for task in left:
            about = found[task.suggestion]
            owner = assignees.answers_for(task.target, on.around, on.staff)
            whose = assignees.assignee(about.proposal, about.plan, on.around, on.staff)
            person = owner.id if owner else whose.person or next(iter(whose.holders), "")
            moved = replace(task, assignee=person)
            await postgres_tasks.save_task(tx, moved)
            await tasks.tell(tx, moved)


async def _keep(
    tx: Transaction,
    viewer: Viewer,
    case: Case,
    suggestion: Suggestion,
    verb: str,
    *,
    reason: str,
    comment: str = "",
) -> Suggestion:
    """Stores it and logs the verb, which is no decision about the plan: the suggestion goes on showing the last one."""
    await forming.record_decision(tx, suggestion, verb, viewer.person.id, reason=reason, comment=comment)
    await postgres.save(tx, suggestion, forming.order_key(suggestion.proposal, case.on.around))
    await tx.audited(viewer, suggestion.name, {"verb": verb, "person": reason})
    await forming.place_all(tx)
    return await postgres.suggestion(tx, suggestion.id)
