"""The part of ReviewService about plans as such: objections to them, plans as documents, what they mean to learners."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from services.catalog.access import viewer
from services.catalog.postgres.database import Transaction
from services.catalog.review import documents, notices, objections, reading, wire_notices
from services.catalog.review.answering import Answering
from services.catalog.review.domain import Suggestion
from services.catalog.wire import id_of
from services.kit import pages
from services.kit.protobuf import timestamp
from winnow.review.v1 import document_pb2, notice_pb2, objection_pb2, suggestion_pb2

MAX_PAGE = 200


class PlansServicer(Answering):
    """Objections, documents and notices."""

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

    @override
    async def ListLearnerNotices(
        self, request: notice_pb2.ListLearnerNoticesRequest, context: Any
    ) -> notice_pb2.ListLearnerNoticesResponse:
        size = pages.size(request.page_size, maximum=MAX_PAGE)
        scope = ("learner notices",)
        key = pages.keys(request.page_token, 2, scope=scope)
        before = wire_notices.place(key) if key else None
        found = await notices.list_notices(self._db, viewer(), before=before, limit=size + 1)
        page, next_ = pages.cut(found, size, wire_notices.keys, scope=scope)
        made = [wire_notices.notice(each) for each in page]
        return notice_pb2.ListLearnerNoticesResponse(notices=made, next_page_token=next_)

    @override
    async def ExportNoticeLearners(
        self, request: notice_pb2.ExportNoticeLearnersRequest, context: Any
    ) -> notice_pb2.NoticeLearners:
        id_ = id_of(request.name, "suggestions")
        found = await notices.learners(self._db, viewer(), id_)
        return notice_pb2.NoticeLearners(
            file_name=f"learners-{id_}.csv", content="\n".join(("learner", *found, "")).encode()
        )

    @override
    async def MatchNoticeLearners(
        self, request: notice_pb2.MatchNoticeLearnersRequest, context: Any
    ) -> notice_pb2.MatchNoticeLearnersResponse:
        id_ = id_of(request.name, "suggestions")
        found = await notices.match(self._db, viewer(), id_, request.learners)
        return notice_pb2.MatchNoticeLearnersResponse(concerned=found)


def _link(value: objections.ObjectionLink) -> objection_pb2.ObjectionLink:
    return objection_pb2.ObjectionLink(
        email=value.email, path=f"/objections/{value.token}", expire_time=timestamp(value.expire_time)
    )
