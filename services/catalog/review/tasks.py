"""Tasks: asked by applied plans and by reviewers, done by one person, withdrawn when they have lost their reason."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from services.catalog.domain.people import Role, Viewer
from services.catalog.ids import new_id
from services.catalog.policy import denied
from services.catalog.postgres.database import Database, Transaction
from services.catalog.review import assignees, notes, postgres_tasks, wire_notes, wire_tasks
from services.catalog.review.domain import Suggestion
from services.catalog.review.domain_notes import Note
from services.catalog.review.domain_tasks import ANSWER, WORK_TIME, Step, Task, TaskState
from services.catalog.review.fields import bad_field
from services.catalog.review.routing import Staff
from services.catalog.review.surroundings import Surroundings, bare
from services.kit.errors import Aborted

_WHO = "its assignee, an owner of what it is about, who asked, a learning leader or an instructional designer"


async def begin(
    tx: Transaction, suggestion: Suggestion, around: Surroundings, staff: Staff, today: date
) -> None:
    """Asks what an applied plan leaves to do: of the owner, else of whom the suggestion was assigned to."""
    for errand in suggestion.plan.errands:
        owner = assignees.answers_for(errand.target, around, staff)
        task = Task(
            id=new_id(),
            suggestion=suggestion.id,
            kind=errand.kind,
            target=errand.target,
            text=errand.text,
            assignee=owner.id if owner else suggestion.assignee,
            due=today + WORK_TIME,
            create_time=tx.now,
            steps=tuple(Step(text) for text in errand.steps),
        )
        await postgres_tasks.add_task(tx, task)
        await tell(tx, task)


async def withdraw(tx: Transaction, suggestion: str, kind: str = "") -> None:
    """Takes back what is still asked for a suggestion: of one kind, or (empty) all of it."""
    for task in await postgres_tasks.open_tasks(tx, [suggestion], kind):
        ended = task.withdrawn(tx.now)
        await postgres_tasks.save_task(tx, ended)
        await tell(tx, ended)


async def complete_task(
    tx: Transaction, viewer: Viewer, id_: str, steps: Collection[int], comment: str
) -> tuple[Task, dict[str, str]]:
    """The task with these steps done (none named: all), with e-mails; in the caller's transaction.

    NotFound when there is none; Aborted when it has ended; PermissionDenied, naming who can.
    """
    task = await postgres_tasks.lock_task(tx, id_)
    name = f"tasks/{task.id}"
    if task.state is not TaskState.OPEN:
        text = f"{name} is {task.state}."
        raise Aborted("TASK_ENDED", text, {"task": name, "state": str(task.state)})
    if not await _may_complete(tx, viewer, task):
        raise denied(viewer.method, _WHO)
    if any(not 0 <= place < len(task.steps) for place in steps):
        raise bad_field("steps", "names a step that the task does not have")
    words = wire_notes.words(comment, "comment", required=task.kind == ANSWER)
    done = task.done(steps, viewer.person.id, tx.now)
    await postgres_tasks.save_task(tx, done)
    if words:
        answer = Note(
            new_id(), f"suggestions/{task.suggestion}", viewer.person.id, words, tx.now, task=task.id
        )
        await notes.keep_note(tx, answer)
    await tx.audited(viewer, name, {"state": str(done.state)})
    return done, await tell(tx, done)


async def _may_complete(tx: Transaction, viewer: Viewer, task: Task) -> bool:
    if viewer.person.has(Role.LEARNING_LEADER, Role.INSTRUCTIONAL_DESIGNER):
        return True
    if viewer.person.id in (task.assignee, task.author):
        return True
    target = bare(task.target)
    duties = viewer.duties
    if target in duties.programs or target in duties.resources:
        return True
    return any(program.id in duties.programs for program in await tx.programs_with(target))


async def tell(tx: Transaction, task: Task) -> dict[str, str]:
    """Records the event of a task that was asked or has changed; the e-mails of the people in it."""
    emails = await _emails(tx, [task])
    tx.record(wire_tasks.task_changed(task, emails))
    return emails


async def _emails(tx: Transaction, tasks: Iterable[Task]) -> dict[str, str]:
    ids = {person for each in tasks for person in (each.assignee, each.author, each.done_by)}
    return {person.id: person.email for person in await tx.people(sorted(ids - {""}))}


@dataclass(frozen=True, slots=True)
class Tasks:
    """A page of tasks with the e-mails of the people in them, and how many tasks all pages have."""

    tasks: tuple[Task, ...]
    emails: dict[str, str]
    total: int


async def list_tasks(
    db: Database,
    *,
    after: tuple[date, str] | None,
    limit: int,
    assignee: str,
    suggestion: str,
    states: Sequence[TaskState],
) -> Tasks:
    """Tasks by due date; of one person (an id), of one suggestion (an id), in these states; empty for all."""
    async with db.snapshot() as tx:
        found = await postgres_tasks.tasks(
            tx, after=after, limit=limit, assignee=assignee, suggestion=suggestion, states=states
        )
        total = await postgres_tasks.task_count(tx, assignee=assignee, suggestion=suggestion, states=states)
        return Tasks(tuple(found), await _emails(tx, found), total)
