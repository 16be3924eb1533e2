"""gRPC methods around use."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from services.catalog import wire
from services.catalog.access import viewer
from services.catalog.domain.engagement import YEAR
from services.catalog.postgres.database import Database, Transaction
from services.catalog.usecases import participation
from winnow.catalog.v1 import engagement_pb2
from winnow.catalog.v1.catalog_service_pb2_grpc import CatalogServiceServicer

_PROGRAMS = "programs/"


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
        if request.name.startswith(_PROGRAMS):
            id_ = wire.id_of(request.name, "programs")
            return wire.learning(await participation.program_learning(self._db, id_))
        id_ = wire.id_of(request.name, "resources")
        return wire.learning(await participation.resource_learning(self._db, id_))

    @override
    async def BatchQueryEngagement(
        self, request: engagement_pb2.BatchQueryEngagementRequest, context: Any
    ) -> engagement_pb2.BatchQueryEngagementResponse:
        names = request.names
        if len(names) > wire.MAX_NAMES:
            raise wire.bad_field("names", f"has at most {wire.MAX_NAMES}")
        programs = wire.ids_of([name for name in names if name.startswith(_PROGRAMS)], "programs")
        resources = wire.ids_of([name for name in names if not name.startswith(_PROGRAMS)], "resources")
        months = wire.period(request.months)
        if resources and (months != YEAR or request.year_before):
            raise wire.bad_field(
                "months", f"is {YEAR}, without the year before, where resources are asked about"
            )
        found = await participation.learnings(
            self._db, programs=programs, resources=resources, months=months, before=request.year_before
        )
        if request.in_both and (len(programs), len(set(programs)), resources) != (2, 2, []):
            raise wire.bad_field("in_both", "is asked of exactly two programs")
        both = await participation.learners_in_both(self._db, *programs) if request.in_both else None
        return engagement_pb2.BatchQueryEngagementResponse(
            engagements={name: wire.learning_in_short(each) for name, each in found.items()},
            in_both=wire.group_figure(both) if both else None,
        )
