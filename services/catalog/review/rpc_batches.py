"""The part of ReviewService that deals with many decisions: made together, taken back together, written out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from typing_extensions import override

from services.catalog.access import viewer
from services.catalog.review import batches, exporting
from services.catalog.review.answering import Answering
from services.catalog.review.batches import Choice, Outcome
from services.catalog.review.cases import Seen
from services.catalog.wire import bad_field, id_of
from services.kit import pages, rpc
from winnow.review.v1 import batch_pb2, suggestion_pb2
from winnow.review.v1 import review_service_pb2 as api

_SHARE = 0.7  # of the call's time


class BatchServicer(Answering):
    """Batches, and the log as a spreadsheet."""

    @override
    async def BatchDecide(
        self, request: batch_pb2.BatchDecideRequest, context: Any
    ) -> batch_pb2.BatchDecideResponse:
        caller = viewer()
        if bool(request.choices) == request.HasField("filter"):
            raise bad_field("choices", "or a filter is needed, one of them")
        once = {"principal": caller.person.id, "request_id": request.request_id, "method": caller.method}
        async with self._db.transaction() as tx:
            earlier = await tx.earlier(request, batch_pb2.BatchDecideResponse, **once)
        if earlier is not None:
            return earlier
        choices = _choices(request) or await batches.exact_copies(self._db, request.filter.assignee)
        if not choices:
            return batch_pb2.BatchDecideResponse()
        if request.validate_only:
            tried = await batches.try_all(self._db, choices)
            return batch_pb2.BatchDecideResponse(outcomes=_outcomes(tried))
        batch = batches.batch_id(caller, request.request_id)
        done = await batches.accept_all(self._db, caller, batch, choices, request.comment, within=_within())
        answer = batch_pb2.BatchDecideResponse(batch=f"batches/{batch}", outcomes=_outcomes(done))
        if not any(batches.not_reached(each) for each in done):
            async with self._db.transaction() as tx:
                await tx.keep(request, answer, **once)
        return answer

    @override
    async def UndoBatch(
        self, request: batch_pb2.UndoBatchRequest, context: Any
    ) -> batch_pb2.UndoBatchResponse:
        batch = id_of(request.name, "batches")
        undone = await batches.undo_all(self._db, viewer(), batch, request.reason, within=_within())
        return batch_pb2.UndoBatchResponse(outcomes=_outcomes(undone))

    @override
    async def ExportDecisions(
        self, request: api.ExportDecisionsRequest, context: Any
    ) -> api.ExportDecisionsResponse:
        scope = ("decisions.csv", request.suggestion)
        key = pages.keys(request.page_token, 1, scope=scope)
        suggestion = id_of(request.suggestion, "suggestions", "suggestion") if request.suggestion else ""
        sheet = await exporting.decisions_sheet(
            self._db, before=str(key[0]) if key else "", suggestion=suggestion
        )
        next_ = pages.token([sheet.next_], scope=scope) if sheet.next_ else ""
        return api.ExportDecisionsResponse(content=sheet.content, next_page_token=next_)


def _within() -> float:
    """Seconds in which to begin: the rest is for the last one and for the answer."""
    left = rpc.time_left()
    return _SHARE * (rpc.DEFAULT_DEADLINE if left is None else left)


def _choices(request: batch_pb2.BatchDecideRequest) -> list[Choice]:
    return [
        Choice(id_of(each.name, "suggestions", "choices.name"), Seen(each.revision, each.fingerprint))
        for each in request.choices
    ]


def _outcomes(found: Sequence[Outcome]) -> list[batch_pb2.BatchOutcome]:
    return [
        batch_pb2.BatchOutcome(
            name=f"suggestions/{each.suggestion}",
            state=suggestion_pb2.Suggestion.State.Value(each.state or "STATE_UNSPECIFIED"),
            revision=each.revision,
            fingerprint=each.fingerprint,
            reason=each.reason,
            message=each.message,
        )
        for each in found
    ]
