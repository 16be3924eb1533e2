"""The check-ups of ReviewService: parse, call one use case, answer."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from services.catalog.access import viewer
from services.catalog.postgres.database import Transaction
from services.catalog.review import checkups, wire_checkups, wire_notes
from services.catalog.review.answering import Answering
from services.catalog.wire import id_of
from services.kit import pages
from winnow.review.v1 import checkup_pb2 as api

MAX_PAGE = 200


class CheckupServicer(Answering):
    """Going through programs."""

    @override
    async def RecordCheckup(self, request: api.RecordCheckupRequest, context: Any) -> api.Checkup:
        caller, id_ = viewer(), id_of(request.parent, "programs", "parent")
        note = wire_notes.words(request.note, "note", required=False)

        async def verb(tx: Transaction) -> api.Checkup:
            return wire_checkups.checkup(*await checkups.record_checkup(tx, caller, id_, note))

        return await self._db.answer_once(request, caller, api.Checkup, verb)

    @override
    async def GetCheckup(self, request: api.GetCheckupRequest, context: Any) -> api.Checkup:
        found = await checkups.get_checkup(self._db, id_of(request.name, "checkups"))
        return wire_checkups.checkup(found.checkups[0], found.emails)

    @override
    async def ListCheckups(self, request: api.ListCheckupsRequest, context: Any) -> api.ListCheckupsResponse:
        program = id_of(request.program, "programs", "program") if request.program else ""
        size = pages.size(request.page_size, maximum=MAX_PAGE)
        scope = ("checkups", program, request.newest_only)
        key = pages.keys(request.page_token, 1, scope=scope)
        found = await checkups.list_checkups(
            self._db,
            program=program,
            newest=request.newest_only,
            before=str(key[0]) if key else "",
            limit=size + 1,
        )
        page, next_ = pages.cut(found.checkups, size, lambda last: [last.id], scope=scope)
        return api.ListCheckupsResponse(
            checkups=[wire_checkups.checkup(each, found.emails) for each in page], next_page_token=next_
        )
