"""The part of ReviewService by which people work together: reviews, assignments, questions, notes, tasks."""

from __future__ import annotations

from datetime import date
from typing import Any

from typing_extensions import override

from services.catalog.access import viewer
from services.catalog.postgres.database import Transaction
from services.catalog.review import assigning, confirming, notes, tasks, wire_notes, wire_tasks
from services.catalog.review.answering import Answering
from services.catalog.review.domain import Suggestion
from services.catalog.wire import bad_field, id_of, ids_of, resource
from services.catalog.wire.fields import date_of
from services.kit import pages
from winnow.catalog.v1 import resource_pb2
from winnow.review.v1 import note_pb2, suggestion_pb2, task_pb2
from winnow.review.v1 import review_service_pb2 as api

MAX_PAGE = 200
_PARENTS = ("suggestions", "resources", "programs")


class WorkServicer(Answering):
    """Reviews, assignments, questions, notes and tasks."""

    @override
    async def AssignSuggestion(
        self, request: api.AssignSuggestionRequest, context: Any
    ) -> suggestion_pb2.Suggestion:
        caller, id_ = viewer(), id_of(request.name, "suggestions")

        async def verb(tx: Transaction) -> Suggestion:
            return await assigning.assign(tx, self._db, caller, id_, request.assignee, request.comment)

        return await self._once(request, caller, verb)

    @override
    async def ConfirmCurrent(self, request: api.ConfirmCurrentRequest, context: Any) -> resource_pb2.Resource:
        caller, id_ = viewer(), id_of(request.name, "resources")
        day = date_of(request.review_date, "review_date")

        async def verb(tx: Transaction) -> resource_pb2.Resource:
            comment = request.comment.strip()
            return resource(await confirming.confirm_current(tx, self._db, caller, id_, day, comment))

        return await self._db.answer_once(request, caller, resource_pb2.Resource, verb)

    @override
    async def AskOwner(self, request: api.AskOwnerRequest, context: Any) -> suggestion_pb2.Suggestion:
        caller, id_ = viewer(), id_of(request.name, "suggestions")
        about = id_of(request.resource, "resources", "resource") if request.resource else ""

        async def verb(tx: Transaction) -> Suggestion:
            return await assigning.ask_owner(tx, self._db, caller, id_, about, request.question)

        return await self._once(request, caller, verb)

    @override
    async def AddNote(self, request: note_pb2.AddNoteRequest, context: Any) -> note_pb2.Note:
        caller, parent = viewer(), _parent(request.parent)
        words, says = wire_notes.words(request.text, "text"), wire_notes.says(request.says, parent)

        async def verb(tx: Transaction) -> note_pb2.Note:
            return wire_notes.note(*await notes.add_note(tx, caller, parent, words, says))

        return await self._db.answer_once(request, caller, note_pb2.Note, verb)

    @override
    async def ListNotes(self, request: note_pb2.ListNotesRequest, context: Any) -> note_pb2.ListNotesResponse:
        parent = _parent(request.parent)
        also = ids_of(request.also_on, "suggestions", "also_on")
        size = pages.size(request.page_size, maximum=MAX_PAGE)
        scope = ("notes", parent, *also)
        key = pages.keys(request.page_token, 1, scope=scope)
        after = str(key[0]) if key else ""
        found = await notes.list_notes(self._db, parent, also=also, after=after, limit=size + 1)
        page, next_ = pages.cut(found.notes, size, lambda last: [last.id], scope=scope)
        return note_pb2.ListNotesResponse(
            notes=[wire_notes.note(each, found.emails) for each in page],
            next_page_token=next_,
        )

    @override
    async def ListTasks(self, request: task_pb2.ListTasksRequest, context: Any) -> task_pb2.ListTasksResponse:
        states = wire_tasks.task_states(request.states)
        size = pages.size(request.page_size, maximum=MAX_PAGE)
        scope = ("tasks", request.mine, request.suggestion, sorted(states))
        key = pages.keys(request.page_token, 2, scope=scope)
        found = await tasks.list_tasks(
            self._db,
            after=(date.fromisoformat(str(key[0])), str(key[1])) if key else None,
            limit=size + 1,
            assignee=viewer().person.id if request.mine else "",
            suggestion=id_of(request.suggestion, "suggestions", "suggestion") if request.suggestion else "",
            states=states,
        )
        page, next_ = pages.cut(found.tasks, size, lambda last: [last.due.isoformat(), last.id], scope=scope)
        return task_pb2.ListTasksResponse(
            tasks=[wire_tasks.task(each, found.emails) for each in page],
            next_page_token=next_,
            total_size=found.total,
        )

    @override
    async def CompleteTask(self, request: task_pb2.CompleteTaskRequest, context: Any) -> task_pb2.Task:
        caller, id_ = viewer(), id_of(request.name, "tasks")

        async def verb(tx: Transaction) -> task_pb2.Task:
            done = await tasks.complete_task(tx, caller, id_, set(request.steps), request.comment)
            return wire_tasks.task(*done)

        return await self._db.answer_once(request, caller, task_pb2.Task, verb)


def _parent(name: str) -> str:
    """The name as it was given; InvalidArgument when it names nothing that has notes."""
    collection = name.partition("/")[0]
    if collection not in _PARENTS:
        raise bad_field("parent", "must be suggestions/{id}, resources/{id} or programs/{id}")
    return f"{collection}/{id_of(name, collection, 'parent')}"
