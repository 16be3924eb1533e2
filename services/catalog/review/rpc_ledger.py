"""The suppression ledger and verdicts of ReviewService: parse, call one use case, answer."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from services.catalog.access import viewer
from services.catalog.postgres.database import Transaction
from services.catalog.review import ledger, wire, wire_ledger
from services.catalog.review.answering import Answering
from services.catalog.wire import id_of
from services.kit import pages
from winnow.review.v1 import suppression_pb2 as api
from winnow.review.v1 import verdict_pb2

MAX_PAGE = 200


class LedgerServicer(Answering):
    """What keeps findings away, and what was decided about pairs."""

    @override
    async def ListSuppressions(
        self, request: api.ListSuppressionsRequest, context: Any
    ) -> api.ListSuppressionsResponse:
        asked = ledger.Asked(
            states=wire_ledger.standings(request.states) or ledger.NOT_ENDED,
            scope=wire_ledger.scope(request.scope),
            kind=wire.kind(request.kind),
            author=request.author,
            resource=id_of(request.resource, "resources", "resource") if request.resource else "",
            reason=request.reason,
            suggestion=id_of(request.suggestion, "suggestions", "suggestion") if request.suggestion else "",
        )
        size = pages.size(request.page_size, maximum=MAX_PAGE)
        scope = ("suppressions", asked)
        key = pages.keys(request.page_token, 1, scope=scope)
        found = await ledger.list_suppressions(
            self._db, asked, before=str(key[0]) if key else "", limit=size + 1
        )
        page, next_ = pages.cut(found.rules, size, lambda last: [last.id], scope=scope)
        return api.ListSuppressionsResponse(
            suppressions=[wire_ledger.suppression(each, found.emails) for each in page],
            next_page_token=next_,
        )

    @override
    async def CreateSuppression(
        self, request: api.CreateSuppressionRequest, context: Any
    ) -> api.CreateSuppressionResponse:
        caller = viewer()
        asked = wire_ledger.asked_rule(request.suppression)
        if asked.expire_time is not None and asked.expire_time <= self._db.clock.now():
            raise wire.bad_field("suppression.expire_time", "must lie ahead")

        async def verb(tx: Transaction) -> api.CreateSuppressionResponse:
            made = await ledger.create(tx, self._db, caller, asked, validate_only=request.validate_only)
            return wire_ledger.written(made)

        return await self._db.answer_once(request, caller, api.CreateSuppressionResponse, verb)

    @override
    async def ApproveSuppression(
        self, request: api.ApproveSuppressionRequest, context: Any
    ) -> api.CreateSuppressionResponse:
        caller, id_ = viewer(), id_of(request.name, "suppressions")

        async def verb(tx: Transaction) -> api.CreateSuppressionResponse:
            made = await ledger.approve(tx, self._db, caller, id_, validate_only=request.validate_only)
            return wire_ledger.written(made)

        return await self._db.answer_once(request, caller, api.CreateSuppressionResponse, verb)

    @override
    async def RestoreSuppression(
        self, request: api.RestoreSuppressionRequest, context: Any
    ) -> api.Suppression:
        caller, id_ = viewer(), id_of(request.name, "suppressions")

        async def verb(tx: Transaction) -> api.Suppression:
            rule = await ledger.restore(tx, self._db, caller, id_)
            return wire_ledger.suppression(rule, await ledger.emails(tx, [rule]))

        return await self._db.answer_once(request, caller, api.Suppression, verb)

    @override
    async def ListVerdicts(
        self, request: verdict_pb2.ListVerdictsRequest, context: Any
    ) -> verdict_pb2.ListVerdictsResponse:
        size = pages.size(request.page_size, maximum=MAX_PAGE)
        scope = ("verdicts", request.resource, request.verdict, request.author)
        key = pages.keys(request.page_token, 3, scope=scope)
        found = await ledger.list_verdicts(
            self._db,
            after=(int(key[0] or 0), str(key[1]), str(key[2])) if key else None,
            limit=size + 1,
            resource=id_of(request.resource, "resources", "resource") if request.resource else "",
            verdict=request.verdict,
            author=request.author,
        )
        page, next_ = pages.cut(
            found.rulings, size, lambda last: [last.revision, last.a, last.b], scope=scope
        )
        return verdict_pb2.ListVerdictsResponse(
            verdicts=wire_ledger.verdicts(found, page),
            next_page_token=next_,
        )

    @override
    async def LiftVerdict(self, request: verdict_pb2.LiftVerdictRequest, context: Any) -> verdict_pb2.Verdict:
        caller, pair = viewer(), wire_ledger.pair_of(request.name)

        async def verb(tx: Transaction) -> verdict_pb2.Verdict:
            found = await ledger.lift_verdict(tx, self._db, caller, pair)
            return wire_ledger.verdicts(found, found.rulings)[0]

        return await self._db.answer_once(request, caller, verdict_pb2.Verdict, verb)
