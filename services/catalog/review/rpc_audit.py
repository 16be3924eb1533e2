"""AuditService: parse, call one use case, answer."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from services.catalog.access import viewer
from services.catalog.postgres.database import Database
from services.catalog.review import audit, wire_audit
from services.catalog.wire import id_of
from services.kit import pages
from winnow.review.v1 import audit_pb2
from winnow.review.v1 import audit_service_pb2 as api
from winnow.review.v1.audit_service_pb2_grpc import AuditServiceServicer

MAX_BYTES = 3 * 1024 * 1024  # an answer has at most 4 MiB; documents make decisions large
_DECISIONS = 50


class AuditServicer(AuditServiceServicer):
    """AuditService."""

    def __init__(self, database: Database) -> None:
        self._db = database

    @override
    async def ListAuditEntries(
        self, request: api.ListAuditEntriesRequest, context: Any
    ) -> api.ListAuditEntriesResponse:
        size = pages.size(request.page_size)
        scope = ("audit entries", request.resource)
        resource = id_of(request.resource, "resources", "resource") if request.resource else ""
        chain = await audit.list_entries(
            self._db, viewer(), after=_after(request.page_token, scope), limit=size + 1, resource=resource
        )
        page, next_ = pages.cut(chain.entries, size, lambda last: [last[0].number], scope=scope)
        return api.ListAuditEntriesResponse(
            entries=[wire_audit.entry(each, sealed=not seen) for each, seen in page],
            next_page_token=next_,
            head=wire_audit.head(chain.head),
        )

    @override
    async def ExportAudit(self, request: api.ExportAuditRequest, context: Any) -> audit_pb2.AuditExport:
        scope = ("audit export", request.resource)
        after = _after(request.page_token, scope)
        id_ = id_of(request.resource, "resources", "resource")
        found = await audit.record_of(self._db, id_, after=after, limit=_DECISIONS + 1)
        answer = wire_audit.export(found)
        total = 0
        for number, each in enumerate(found.decisions):
            message = wire_audit.decision(each, found.emails)
            total += message.ByteSize()
            if number == _DECISIONS or (number and total > MAX_BYTES):
                answer.next_page_token = pages.token([answer.decisions[-1].entry], scope=scope)
                break
            answer.decisions.append(message)
        return answer


def _after(page_token: str, scope: tuple[str, ...]) -> int:
    key = pages.keys(page_token, 1, scope=scope)
    return int(key[0] or 0) if key else 0
