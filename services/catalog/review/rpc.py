"""ReviewService: parse, call one use case, answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from typing_extensions import override

from services.catalog import watching
from services.catalog.access import viewer
from services.catalog.domain.people import Viewer
from services.catalog.policy import METHODS
from services.catalog.postgres.changes import Table
from services.catalog.postgres.database import Transaction
from services.catalog.review import (
    learning,
    lines,
    reading,
    usecases,
    wire,
    wire_learning,
    wire_ledger,
    wire_lines,
)
from services.catalog.review.domain import Edits, Suggestion
from services.catalog.review.findings import Kind
from services.catalog.review.learning import Paced
from services.catalog.review.postgres import Place
from services.catalog.review.rights import DECIDES, rights
from services.catalog.review.rpc_batches import BatchServicer
from services.catalog.review.rpc_checkups import CheckupServicer
from services.catalog.review.rpc_filing import FilingServicer
from services.catalog.review.rpc_ledger import LedgerServicer
from services.catalog.review.rpc_plans import PlansServicer
from services.catalog.review.rpc_work import WorkServicer
from services.catalog.review.usecases import Seen
from services.catalog.wire import id_of, ids_of
from services.catalog.wire.fields import date_of, moment_of
from services.kit import pages
from winnow.review.v1 import reliability_pb2, suggestion_pb2
from winnow.review.v1 import review_service_pb2 as api

MAX_PAGE = 200
_ME = "me"
"""As an assignee: whoever calls; no e-mail, as it has no @."""
MAX_QUERY = 200
MAX_BYTES = 3 * 1024 * 1024  # an answer has at most 4 MiB; evidence makes suggestions large

_PaceVerb = Callable[[Transaction, Viewer, Kind], Awaitable[Paced]]


class ReviewServicer(
    WorkServicer, FilingServicer, BatchServicer, LedgerServicer, PlansServicer, CheckupServicer
):
    """ReviewService."""

    @override
    async def GetSuggestion(
        self, request: api.GetSuggestionRequest, context: Any
    ) -> suggestion_pb2.Suggestion:
        found = await reading.get_suggestion(self._db, _id(request.name))
        return wire.suggestion(found, rights=rights(viewer(), found))

    @override
    async def ListSuggestions(
        self, request: api.ListSuggestionsRequest, context: Any
    ) -> api.ListSuggestionsResponse:
        asked = reading.Asked(
            states=wire.states(request.states),
            kind=wire.kind(request.kind),
            assignee=viewer().person.email if request.assignee == _ME else request.assignee,
            resource=id_of(request.resource, "resources", "resource") if request.resource else "",
            query=_words(request.query),
            order=wire.order(request.order_by),
            program=id_of(request.program, "programs", "program") if request.program else "",
            shared_with=request.shared_with,
            ids=tuple(ids_of(request.names, "suggestions")),
            resources=tuple(ids_of(request.resources, "resources", "resources")),
        )
        size = pages.size(request.page_size, maximum=MAX_PAGE)
        scope = ("suggestions", sorted(asked.states), request.kind, request.assignee, request.resource)
        if asked.query or asked.order:
            scope = (*scope, asked.query, asked.order)
        if asked.program or asked.shared_with:
            scope = (*scope, asked.program, asked.shared_with)
        if asked.ids:
            scope = (*scope, asked.ids)
        if asked.resources:
            scope = (*scope, "resources", asked.resources)
        key = pages.keys(request.page_token, 2, scope=scope)
        after = (None if key[0] is None else float(key[0]), str(key[1])) if key else None
        answer = api.ListSuggestionsResponse()
        total = 0
        last: Place = (None, "")
        for number, (place, message) in enumerate(await self._listed(request.view, asked, after, size + 1)):
            total += message.ByteSize()
            if number == size or (number and total > MAX_BYTES):
                answer.next_page_token = pages.token(last, scope=scope)
                break
            answer.suggestions.append(message)
            last = (place, _id(message.name))
        return answer

    async def _listed(
        self, view: int, asked: reading.Asked, after: Place | None, limit: int
    ) -> list[tuple[float | None, suggestion_pb2.Suggestion]]:
        """Suggestions as the view shows them, with their places."""
        if view == api.ListSuggestionsRequest.LINE:
            deciding = METHODS[DECIDES]
            printed = await lines.list_lines(self._db, asked, viewer(), deciding, after=after, limit=limit)
            return [(place, wire_lines.line(each)) for place, each in printed]
        found = await reading.list_suggestions(self._db, asked, after=after, limit=limit)
        quotes, caller = view != api.ListSuggestionsRequest.BASIC, viewer()
        return [
            (place, wire.suggestion(each, quotes=quotes, rights=rights(caller, each)))
            for place, each in found
        ]

    @override
    async def WatchSuggestions(
        self, request: api.WatchSuggestionsRequest, context: Any
    ) -> AsyncIterator[api.WatchSuggestionsResponse]:
        async for bite in watching.follow(self._db, Table.SUGGESTIONS, request.resume_token):
            found = await reading.get_suggestions(self._db, bite.ids) if bite.ids else []
            yield api.WatchSuggestionsResponse(
                suggestions=[wire.suggestion(each) for each in found], resume_token=bite.token
            )

    @override
    async def CountSuggestions(
        self, request: api.CountSuggestionsRequest, context: Any
    ) -> api.CountSuggestionsResponse:
        query = _words(request.query)
        programs, caller = ids_of(request.programs, "programs", "programs"), viewer().person.id
        if programs:
            about = await reading.count_about_programs(self._db, programs, query, viewer=caller)
            return api.CountSuggestionsResponse(counts=[wire.count(each) for each in about])
        found = await reading.count_suggestions(self._db, query, viewer=caller)
        identical = await reading.count_identical(self._db)
        return api.CountSuggestionsResponse(counts=[wire.count(each) for each in found], identical=identical)

    @override
    async def AcceptSuggestion(
        self, request: api.AcceptSuggestionRequest, context: Any
    ) -> suggestion_pb2.Suggestion:
        caller, id_ = viewer(), _id(request.name)
        seen = Seen(request.revision, request.fingerprint)

        async def verb(tx: Transaction) -> Suggestion:
            return await usecases.accept(tx, self._db, caller, id_, seen, request.parts, request.comment)

        answer = await self._once(request, caller, verb)
        return await self._applied(request, caller, id_, answer)

    @override
    async def RejectSuggestion(
        self, request: api.RejectSuggestionRequest, context: Any
    ) -> suggestion_pb2.Suggestion:
        caller, id_ = viewer(), _id(request.name)
        refusal = wire_ledger.refusal(request)

        async def verb(tx: Transaction) -> Suggestion:
            return await usecases.reject(
                tx,
                self._db,
                caller,
                id_,
                Seen(request.revision, request.fingerprint),
                refusal=refusal,
                parts=request.parts,
            )

        answer = await self._once(request, caller, verb)
        # Without the refused part all that is left may be approved and due.
        return await self._applied(request, caller, id_, answer)

    @override
    async def SnoozeSuggestion(
        self, request: api.SnoozeSuggestionRequest, context: Any
    ) -> suggestion_pb2.Suggestion:
        caller, id_ = viewer(), _id(request.name)
        until = moment_of(request.until, "until") if request.HasField("until") else None

        async def verb(tx: Transaction) -> Suggestion:
            seen = Seen(request.revision, request.fingerprint)
            return await usecases.snooze(tx, self._db, caller, id_, seen, until=until, event=request.event)

        return await self._once(request, caller, verb)

    @override
    async def UndoSuggestion(
        self, request: api.UndoSuggestionRequest, context: Any
    ) -> suggestion_pb2.Suggestion:
        caller, id_ = viewer(), _id(request.name)
        answers = [(each.target, each.field, each.choice) for each in request.answers]

        async def verb(tx: Transaction) -> Suggestion:
            return await usecases.undo(tx, self._db, caller, id_, reason=request.reason, answers=answers)

        return await self._once(request, caller, verb)

    @override
    async def ReopenSuggestion(
        self, request: api.ReopenSuggestionRequest, context: Any
    ) -> suggestion_pb2.Suggestion:
        caller, id_ = viewer(), _id(request.name)
        return await self._once(request, caller, lambda tx: usecases.reopen(tx, self._db, caller, id_))

    @override
    async def EditSuggestion(
        self, request: api.EditSuggestionRequest, context: Any
    ) -> suggestion_pb2.Suggestion:
        caller, id_ = viewer(), _id(request.name)
        added = Edits(
            survivor=id_of(request.survivor, "resources", "survivor") if request.survivor else "",
            leave_out=tuple(id_of(each, "resources", "leave_out") for each in request.leave_out),
            drop_changes=tuple(request.drop_changes),
            finish_on_old=request.finish_on_old,
            move_requirements=request.move_requirements,
            review_date=date_of(request.review_date, "review_date"),
        )
        edit = usecases.Edit(
            added,
            take_in=tuple(id_of(each, "resources", "take_in") for each in request.take_in),
            restore_changes=tuple(request.restore_changes),
            apply_date=date_of(request.apply_date, "apply_date"),
        )

        async def verb(tx: Transaction) -> Suggestion:
            seen = Seen(request.revision, request.fingerprint)
            return await usecases.edit(tx, self._db, caller, id_, seen, edit)

        return await self._once(request, caller, verb)

    @override
    async def RevokeApproval(
        self, request: api.RevokeApprovalRequest, context: Any
    ) -> suggestion_pb2.Suggestion:
        caller, id_ = viewer(), _id(request.name)
        return await self._once(request, caller, lambda tx: usecases.revoke(tx, self._db, caller, id_))

    @override
    async def SimulatePlan(self, request: api.SimulatePlanRequest, context: Any) -> suggestion_pb2.Simulation:
        return wire.simulation(await reading.simulate(self._db, _id(request.name)))

    @override
    async def GetReliability(
        self, request: api.GetReliabilityRequest, context: Any
    ) -> reliability_pb2.Reliability:
        return wire_learning.reliability(await learning.reliability(self._db))

    @override
    async def SuspendKind(self, request: api.SuspendKindRequest, context: Any) -> reliability_pb2.Pace:
        return await self._pace(request.kind, learning.suspend)

    @override
    async def ResumeKind(self, request: api.ResumeKindRequest, context: Any) -> reliability_pb2.Pace:
        return await self._pace(request.kind, learning.resume)

    async def _pace(self, number: int, verb: _PaceVerb) -> reliability_pb2.Pace:
        caller, kind = viewer(), wire.kind(number)
        if kind is None:
            raise wire.bad_field("kind", "is required")
        async with self._db.transaction() as tx:
            return wire_learning.pace(await verb(tx, caller, kind))

    @override
    async def ListDecisions(
        self, request: api.ListDecisionsRequest, context: Any
    ) -> api.ListDecisionsResponse:
        size = pages.size(request.page_size, maximum=MAX_PAGE)
        wanted = wire_ledger.wanted(request)
        scope = ("decisions", wanted)
        key = pages.keys(request.page_token, 1, scope=scope)
        before = str(key[0]) if key else ""
        found = await reading.list_decisions(self._db, wanted, before=before, limit=size + 1)
        page, next_ = pages.cut(found.decisions, size, lambda last: [last.id], scope=scope)
        return api.ListDecisionsResponse(
            decisions=[wire.decision(each, found.emails) for each in page],
            subjects=[wire.subject(each) for each in found.subjects],
            next_page_token=next_,
        )


def _id(name: str) -> str:
    return id_of(name, "suggestions")


def _words(query: str) -> str:
    if len(query) > MAX_QUERY:
        raise wire.bad_field("query", f"has at most {MAX_QUERY} characters")
    return query.strip()
