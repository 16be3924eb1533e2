"""PublicService: what the gateway asks for people who have not signed in."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from services.catalog.postgres.database import Database
from services.catalog.review import objections, old_links
from services.catalog.review.objections import ObjectionPage
from services.catalog.review.old_links import OldLink
from services.kit.protobuf import timestamp
from winnow.internal.v1 import public_service_pb2 as api
from winnow.internal.v1.public_service_pb2_grpc import PublicServiceServicer


class PublicServicer(PublicServiceServicer):
    """PublicService."""

    def __init__(self, database: Database) -> None:
        self._db = database

    @override
    async def ReadObjection(self, request: api.ReadObjectionRequest, context: Any) -> api.ObjectionPage:
        return _page(await objections.read_link(self._db, request.token))

    @override
    async def FileObjectionByLink(
        self, request: api.FileObjectionByLinkRequest, context: Any
    ) -> api.ObjectionPage:
        return _page(await objections.file_by_link(self._db, request.token, request.reason))

    @override
    async def VisitOldLink(self, request: api.VisitOldLinkRequest, context: Any) -> api.OldLink:
        found = await old_links.visit(self._db, request.source, request.external_id, count=request.count)
        return _old_link(found)

    @override
    async def AskBack(self, request: api.AskBackRequest, context: Any) -> api.OldLink:
        return _old_link(await old_links.ask_back(self._db, request.source, request.external_id))


def _page(value: ObjectionPage) -> api.ObjectionPage:
    return api.ObjectionPage(
        summary=value.summary,
        changes=value.changes,
        due_time=timestamp(value.due_time),
        email=value.email,
    )


def _old_link(value: OldLink) -> api.OldLink:
    return api.OldLink(
        fate=api.OldLink.Fate.Value(value.fate),
        why=value.why,
        since=timestamp(value.since) if value.since else None,
        successor_title=value.successor_title,
        successor_url=value.successor_url,
        original_url=value.original_url,
        can_ask_back=value.can_ask_back,
    )
