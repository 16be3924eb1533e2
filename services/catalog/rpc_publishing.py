"""gRPC methods around drafts."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from services.catalog import wire
from services.catalog.access import viewer
from services.catalog.postgres.database import Database, Transaction
from services.catalog.usecases import publishing
from winnow.catalog.v1 import publishing_pb2, resource_pb2
from winnow.catalog.v1.catalog_service_pb2_grpc import CatalogServiceServicer


class Publishing(CatalogServiceServicer):
    """The part of CatalogService that publishes."""

    _db: Database

    @override
    async def PublishResource(
        self, request: publishing_pb2.PublishResourceRequest, context: Any
    ) -> resource_pb2.Resource:
        caller = viewer()

        async def verb(tx: Transaction) -> resource_pb2.Resource:
            id_ = wire.id_of(request.name, "drafts")
            said = wire.draft_fields(request.fields)
            program = wire.id_of(request.program, "programs") if request.program else ""
            return wire.resource(await publishing.publish_resource(tx, caller, id_, said, program))

        return await self._db.answer_once(request, caller, resource_pb2.Resource, verb)
