"""NoticeService: parse, call one use case, answer."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from services.catalog.access import viewer
from services.catalog.postgres.database import Database
from services.catalog.telling import usecases, wire
from services.kit import pages
from winnow.review.v1 import notice_service_pb2 as api
from winnow.review.v1.notice_service_pb2_grpc import NoticeServiceServicer

MAX_PAGE = 200


class NoticeServicer(NoticeServiceServicer):
    """NoticeService."""

    def __init__(self, database: Database) -> None:
        self._db = database

    @override
    async def GetNoticeSettings(
        self, request: api.GetNoticeSettingsRequest, context: Any
    ) -> api.NoticeSettings:
        return wire.settings(await usecases.get_settings(self._db, viewer()))

    @override
    async def SetNoticeSettings(
        self, request: api.SetNoticeSettingsRequest, context: Any
    ) -> api.NoticeSettings:
        return wire.settings(await usecases.set_settings(self._db, viewer(), wire.choice(request.notices)))

    @override
    async def ListDeliveries(
        self, request: api.ListDeliveriesRequest, context: Any
    ) -> api.ListDeliveriesResponse:
        caller = viewer()
        size = pages.size(request.page_size, maximum=MAX_PAGE)
        states = wire.states(request.states)
        scope = ("deliveries", request.everyone, *states)
        key = pages.keys(request.page_token, 1, scope=scope)
        found = await usecases.list_deliveries(
            self._db,
            caller,
            everyone=request.everyone,
            before=str(key[0]) if key else "",
            limit=size + 1,
            states=states,
        )
        page, next_ = pages.cut(found, size, lambda last: [last.id], scope=scope)
        return api.ListDeliveriesResponse(
            deliveries=[wire.delivery(each, mine=each.person == caller.person.id) for each in page],
            next_page_token=next_,
        )
