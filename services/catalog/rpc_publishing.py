"""gRPC methods around drafts."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from services.catalog import wire
from services.catalog.access import viewer
from services.catalog.postgres.database import Database
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
        once = {"principal": caller.person.id, "request_id": request.request_id, "method": caller.method}
        async with self._db.transaction() as tx:
            earlier = await tx.earlier(request, resource_pb2.Resource, **once)
            if earlier is not None:
                return earlier
            id_ = wire.id_of(request.name, "drafts")
            said = wire.draft_fields(request.fields)
            answer = wire.resource(await publishing.publish_resource(tx, caller, id_, said))
            await tx.keep(request, answer, **once)
            return answer
