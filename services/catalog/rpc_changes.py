"""gRPC methods of the change list."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from services.catalog import wire
from services.catalog.access import viewer
from services.catalog.postgres.database import Database, Transaction
from services.catalog.usecases import change_sheet, change_verbs, status
from services.kit import pages
from winnow.catalog.v1 import catalog_service_pb2 as api
from winnow.catalog.v1.catalog_service_pb2_grpc import CatalogServiceServicer

MAX_PAGE = 200


class ChangeMethods(CatalogServiceServicer):
    """The part of CatalogService that is about what sources are asked."""

    _db: Database

    @override
    async def ListChanges(self, request: api.ListChangesRequest, context: Any) -> api.ListChangesResponse:
        size = pages.size(request.page_size, maximum=MAX_PAGE)
        scope = ("changes", request.state)
        state = wire.change_state(request.state)
        key = pages.keys(request.page_token, 1, scope=scope)
        found, total = await status.list_changes(
            self._db, viewer(), after=str(key[0]) if key else "", limit=size + 1, state=state
        )
        page, next_ = pages.cut(found, size, lambda last: [last.id], scope=scope)
        return api.ListChangesResponse(
            changes=[wire.change(each) for each in page], next_page_token=next_, total_size=total
        )

    @override
    async def MarkChangeDone(self, request: api.MarkChangeDoneRequest, context: Any) -> api.Change:
        caller, id_ = viewer(), wire.id_of(request.name, "changes")

        async def verb(tx: Transaction) -> api.Change:
            return wire.change(await change_verbs.mark_done(tx, caller, id_))

        return await self._db.answer_once(request, caller, api.Change, verb)

    @override
    async def TakeOutChange(self, request: api.TakeOutChangeRequest, context: Any) -> api.Change:
        caller, id_ = viewer(), wire.id_of(request.name, "changes")

        async def verb(tx: Transaction) -> api.Change:
            return wire.change(await change_verbs.take_out(tx, self._db, caller, id_))

        return await self._db.answer_once(request, caller, api.Change, verb)

    @override
    async def ExportChangeList(
        self, request: api.ExportChangeListRequest, context: Any
    ) -> api.ExportChangeListResponse:
        state = wire.change_state(request.state)
        scope = ("changes.csv", request.state)
        key = pages.keys(request.page_token, 1, scope=scope)
        sheet = await change_sheet.change_sheet(
            self._db, viewer(), after=str(key[0]) if key else "", state=state
        )
        next_ = pages.token([sheet.next_], scope=scope) if sheet.next_ else ""
        return api.ExportChangeListResponse(content=sheet.content, next_page_token=next_)
