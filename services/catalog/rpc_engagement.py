"""gRPC methods around use."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from services.catalog import wire
from services.catalog.access import viewer
from services.catalog.postgres.database import Database, Transaction
from services.catalog.usecases import participation
from winnow.catalog.v1 import engagement_pb2
from winnow.catalog.v1.catalog_service_pb2_grpc import CatalogServiceServicer


class LearningMethods(CatalogServiceServicer):
    """The part of CatalogService that is about how people learn."""

    _db: Database

    @override
    async def RecordEngagement(
        self, request: engagement_pb2.RecordEngagementRequest, context: Any
    ) -> engagement_pb2.RecordEngagementResponse:
        caller = viewer()
        rows = wire.engagement_rows(request.rows)

        async def verb(tx: Transaction) -> engagement_pb2.RecordEngagementResponse:
            return wire.recorded(await participation.record_engagement(tx, caller, request.source, rows))

        return await self._db.answer_once(request, caller, engagement_pb2.RecordEngagementResponse, verb)

    @override
    async def QueryEngagement(
        self, request: engagement_pb2.QueryEngagementRequest, context: Any
    ) -> engagement_pb2.Engagement:
        if request.name.startswith("programs/"):
            id_ = wire.id_of(request.name, "programs")
            return wire.learning(await participation.program_learning(self._db, id_))
        id_ = wire.id_of(request.name, "resources")
        return wire.learning(await participation.resource_learning(self._db, id_))
