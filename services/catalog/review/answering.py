"""How every method of ReviewService answers: once, with the suggestion as it is shown afterwards."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from services.catalog.domain.people import Viewer
from services.catalog.postgres.database import Database, Transaction
from services.catalog.review import execution, reading, wire
from services.catalog.review.domain import State, Suggestion
from winnow.review.v1 import suggestion_pb2
from winnow.review.v1.review_service_pb2_grpc import ReviewServiceServicer

Verb = Callable[[Transaction], Awaitable[Suggestion]]


class Answering(ReviewServiceServicer):
    """What the parts of ReviewService share."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def _once(self, request: Any, caller: Viewer, verb: Verb) -> suggestion_pb2.Suggestion:
        """The verb in a transaction that also keeps its answer; a repetition gets that answer."""

        async def shown(tx: Transaction) -> suggestion_pb2.Suggestion:
            return await self._shown(tx, await verb(tx))

        return await self._db.answer_once(request, caller, suggestion_pb2.Suggestion, shown)

    async def _applied(
        self, request: Any, caller: Viewer, id_: str, answer: suggestion_pb2.Suggestion
    ) -> suggestion_pb2.Suggestion:
        """After a decision that made the plan due at once: applied in a transaction of its own.

        A crash before it leaves SCHEDULED, which the scheduler finishes.
        """
        if answer.state != suggestion_pb2.Suggestion.SCHEDULED:
            return answer
        once = {"principal": caller.person.id, "request_id": request.request_id, "method": caller.method}
        async with self._db.transaction() as tx:
            done = await execution.apply_due(
                tx, self._db, id_, actor=caller.person.id, credential=caller.credential
            )
            if done.state is State.SCHEDULED:
                return answer  # its notice still runs
            final = await self._shown(tx, done)
            await tx.keep(request, final, **once)
            return final

    async def _shown(self, tx: Transaction, suggestion: Suggestion) -> suggestion_pb2.Suggestion:
        found = await reading.shown(tx, self._db.clock.today(), [suggestion])
        return wire.suggestion(found[0])
