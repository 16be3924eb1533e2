"""The part of ReviewService by which people file suggestions of their own."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from services.catalog.access import viewer
from services.catalog.postgres.database import Transaction
from services.catalog.review import filing, wire, wire_notes
from services.catalog.review.answering import Answering
from services.catalog.review.domain import Suggestion
from services.catalog.review.filing import Filed
from services.catalog.wire import bad_field, id_of
from winnow.review.v1 import review_service_pb2 as api
from winnow.review.v1 import suggestion_pb2


class FilingServicer(Answering):
    """Suggestions that people file."""

    @override
    async def CreateSuggestion(
        self, request: api.CreateSuggestionRequest, context: Any
    ) -> suggestion_pb2.Suggestion:
        caller, asked = viewer(), _filed(request)

        async def verb(tx: Transaction) -> Suggestion:
            return await filing.file(tx, self._db, caller, asked)

        return await self._once(request, caller, verb)


def _filed(request: api.CreateSuggestionRequest) -> Filed:
    kind = wire.kind(request.kind)
    if kind is None:
        raise bad_field("kind", "is required")
    return Filed(
        kind=kind,
        operation=request.operation,
        members=tuple(id_of(each, "resources", "members") for each in request.members),
        reason=wire_notes.words(request.reason, "reason"),
        survivor=id_of(request.survivor, "resources", "survivor") if request.survivor else "",
        other=id_of(request.other, "resources", "other") if request.other else "",
        program=id_of(request.program, "programs", "program") if request.program else "",
        into=id_of(request.into, "programs", "into") if request.into else "",
        field=request.field,
        value=request.value.strip(),
    )
