"""StatementService: parse, call one use case, answer."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from services.catalog.access import viewer
from services.catalog.postgres.database import Database
from services.catalog.review import statements
from services.catalog.review.domain_statements import Quarter, quarter_named, quarter_of
from services.catalog.review.statements import Statement
from services.catalog.wire.fields import bad_field, day
from services.kit.protobuf import timestamp
from winnow.review.v1 import statement_service_pb2 as api
from winnow.review.v1.statement_service_pb2_grpc import StatementServiceServicer

_EVERY = {
    api.StatementSchedule.NEVER: "",
    api.StatementSchedule.MONTH: statements.MONTH,
    api.StatementSchedule.QUARTER: statements.QUARTER,
}


class StatementServicer(StatementServiceServicer):
    """StatementService."""

    def __init__(self, database: Database) -> None:
        self._db = database

    @override
    async def GetStatement(self, request: api.GetStatementRequest, context: Any) -> api.Statement:
        return _statement(await statements.statement(self._db, self._quarter(request.quarter)))

    @override
    async def ExportStatement(
        self, request: api.ExportStatementRequest, context: Any
    ) -> api.ExportStatementResponse:
        value = await statements.statement(self._db, self._quarter(request.quarter))
        return api.ExportStatementResponse(content=statements.sheet(value))

    @override
    async def GetStatementSchedule(
        self, request: api.GetStatementScheduleRequest, context: Any
    ) -> api.StatementSchedule:
        return _schedule(await statements.get_schedule(self._db, viewer()))

    @override
    async def SetStatementSchedule(
        self, request: api.SetStatementScheduleRequest, context: Any
    ) -> api.StatementSchedule:
        if request.every not in _EVERY:
            raise bad_field("every", "must be NEVER, MONTH or QUARTER")
        return _schedule(await statements.set_schedule(self._db, viewer(), _EVERY[request.every]))

    def _quarter(self, name: str) -> Quarter:
        present = quarter_of(self._db.clock.today())
        wanted = quarter_named(name) if name else present
        if wanted is None:
            raise bad_field("quarter", "must be like 2026-Q2")
        if wanted.begin > present.begin:
            raise bad_field("quarter", f"has not begun; the present one is {present.name}")
        return wanted


def _statement(value: Statement) -> api.Statement:
    return api.Statement(
        quarter=value.quarter.name,
        begin=day(value.quarter.begin),
        end=day(value.quarter.end),
        complete=value.complete,
        figures=[
            api.Statement.Figure(
                name=each.name,
                value=None if each.why else each.value,
                unit=each.unit,
                basis=each.basis,
                of=each.of,
                why_unknown=each.why,
            )
            for each in value.figures
        ],
        plans=[
            api.Statement.Plan(
                suggestion=f"suggestions/{each.suggestion}",
                apply_time=timestamp(each.time),
                learner_hours=each.planned,
                measured_hours=each.measured,
                removed=each.removed,
            )
            for each in value.plans
        ],
    )


def _schedule(every: str) -> api.StatementSchedule:
    return api.StatementSchedule(every=next(key for key, word in _EVERY.items() if word == every))
