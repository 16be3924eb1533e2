"""gRPC methods around house rules kept and broken, and the health of the catalog."""

from __future__ import annotations

from collections import Counter
from typing import Any

from typing_extensions import override

from services.catalog import wire
from services.catalog.postgres.database import Database
from services.catalog.review import insights, ruling
from services.kit import pages
from winnow.catalog.v1 import insights_pb2
from winnow.catalog.v1.catalog_service_pb2_grpc import CatalogServiceServicer

MAX_PAGE = 200


class InsightMethods(CatalogServiceServicer):
    """The part of CatalogService that looks at the whole catalog."""

    _db: Database
    _surveyor: insights.Surveyor

    @override
    async def ListViolations(
        self, request: insights_pb2.ListViolationsRequest, context: Any
    ) -> insights_pb2.ListViolationsResponse:
        rule, size = wire.ruled(request.rule), pages.size(request.page_size, maximum=MAX_PAGE)
        key = pages.keys(request.page_token, 3, scope=("violations", rule))
        found = await ruling.violations(self._db, rule)
        after = () if key is None else (int(str(key[0])), str(key[1]), str(key[2]))
        left = [each for each in found if each.place > after]
        next_ = ""
        if len(left) > size:
            number, target, suggestion = left[size - 1].place
            next_ = pages.token([str(number), target, suggestion], scope=("violations", rule))
        return insights_pb2.ListViolationsResponse(
            violations=[wire.violation(each) for each in left[:size]],
            next_page_token=next_,
            total_size=len(found),
            counts=Counter(each.rule for each in found),
        )

    @override
    async def DryRunHouseRules(
        self, request: insights_pb2.DryRunHouseRulesRequest, context: Any
    ) -> insights_pb2.DryRunHouseRulesResponse:
        return wire.dry_run(*await ruling.dry_run(self._db, wire.tried_house_rules(request.house_rules)))

    @override
    async def GetInsights(
        self, request: insights_pb2.GetInsightsRequest, context: Any
    ) -> insights_pb2.Insights:
        return wire.insights(
            await insights.get_insights(self._db, self._surveyor, wire.period(request.months))
        )
