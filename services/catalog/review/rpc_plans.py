"""The part of ReviewService about plans as such: objections to them, and plans as documents."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from services.catalog.access import viewer
from services.catalog.postgres.database import Transaction
from services.catalog.review import documents, objections, reading
from services.catalog.review.answering import Answering
from services.catalog.review.domain import Suggestion
from services.catalog.wire import id_of
from services.kit.protobuf import timestamp
from winnow.review.v1 import document_pb2, objection_pb2, suggestion_pb2


class PlansServicer(Answering):
    """Objections and documents."""

    @override
    async def FileObjection(
        self, request: objection_pb2.FileObjectionRequest, context: Any
    ) -> suggestion_pb2.Suggestion:
        caller, id_ = viewer(), id_of(request.name, "suggestions")

        async def verb(tx: Transaction) -> Suggestion:
            return await objections.file(tx, self._db, caller, id_, request.reason)

        return await self._once(request, caller, verb)

    @override
    async def CreateObjectionLinks(
        self, request: objection_pb2.CreateObjectionLinksRequest, context: Any
    ) -> objection_pb2.CreateObjectionLinksResponse:
        async with self._db.transaction() as tx:
            made = await objections.create_links(tx, self._db, viewer(), id_of(request.name, "suggestions"))
        return objection_pb2.CreateObjectionLinksResponse(links=[_link(each) for each in made])

    @override
    async def ExportPlan(
        self, request: document_pb2.ExportPlanRequest, context: Any
    ) -> document_pb2.PlanDocument:
        shown = await reading.get_suggestion(self._db, id_of(request.name, "suggestions"))
        as_csv = request.format == document_pb2.ExportPlanRequest.CSV
        made = documents.as_csv(shown) if as_csv else documents.as_html(shown)
        return document_pb2.PlanDocument(
            file_name=made.file_name, media_type=made.media_type, content=made.content
        )


def _link(value: objections.ObjectionLink) -> objection_pb2.ObjectionLink:
    return objection_pb2.ObjectionLink(
        email=value.email, path=f"/objections/{value.token}", expire_time=timestamp(value.expire_time)
    )
