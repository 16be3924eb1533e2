"""Delivers what is due, and writes down what came of it.

A delivery is tried outside a transaction and stored in one of its own afterwards: killed in between, it is tried again
under the same id, by which the other side can tell that it is a repetition.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from itertools import groupby
from typing import TypeAlias

import psycopg

from services.catalog.domain.webhooks import Webhook
from services.catalog.postgres.database import Database
from services.catalog.telling import hooks as hooks_
from services.catalog.telling import postgres
from services.catalog.telling.domain import Delivery, Outcome, State
from services.catalog.telling.hooks import HttpWay
from services.kit import postgres as database
from services.kit import telemetry

BATCH = 50
_POLL = 10.0  # seconds; a new delivery wakes it sooner
_PAUSE = 1.0

Mail: TypeAlias = Callable[[Delivery], Awaitable[Outcome]]


class Courier:
    """One replica works, by advisory lock; `mail` is None where this installation sends none."""

    def __init__(self, db: Database, conninfo: str, mail: Mail | None, web: HttpWay) -> None:
        self._db = db
        self._conninfo = conninfo
        self._mail = mail
        self._web = web

    async def run(self) -> None:
        """Works until cancelled, through restarts of PostgreSQL."""
        while True:
            try:
                async with database.sole(self._conninfo, "catalog courier") as session:
                    await session.execute("LISTEN deliveries")
                    while True:
                        if not await self.deliver_some():
                            async for _ in session.notifies(timeout=_POLL, stop_after=1):
                                pass
            except psycopg.Error as error:
                if not database.passes(error):
                    raise
                telemetry.logger().warning("courier: PostgreSQL does not answer", error=str(error).strip())
            await asyncio.sleep(_PAUSE)

    async def deliver_some(self) -> int:
        """Tries some of what is due; how many it tried."""
        async with self._db.snapshot() as tx:
            due = await postgres.due(tx, BATCH)
            hooks = {
                each.id: each for each in (await tx.webhooks() if any(each.webhook for each in due) else [])
            }
            there = {
                each.id
                for each in await tx.people({each.person for each in due if each.person})
                if each.active
            }
        lanes = [list(lane) for _, lane in groupby(sorted(due, key=_lane), _lane)]
        return sum(await asyncio.gather(*(self._lane(lane, hooks, there) for lane in lanes)))

    async def _lane(
        self, lane: Sequence[Delivery], hooks: Mapping[str, Webhook], there: Collection[str]
    ) -> int:
        """In order on one way; once that does not answer, what is behind waits for the same moment.

        `there` are the ids of the people who are active.
        """
        down: Outcome | None = None
        for each in lane:
            # What was written for somebody who has been removed since stays here, whatever the way is like.
            gone = (
                Outcome(State.GIVEN_UP, "That person has left.") if each.person not in {"", *there} else None
            )
            outcome = gone or down or await self._tried(each, hooks)
            down = outcome if outcome.unreachable else None
            async with self._db.transaction() as tx:
                state = await postgres.tried(tx, each, outcome)
                if each.webhook:
                    await hooks_.tried(tx, each.webhook, outcome)
            if state is not State.SENT:
                telemetry.logger().warning(
                    "courier: not delivered",
                    delivery=each.id,
                    kind=each.kind,
                    state=state,
                    answer=outcome.answer,
                )
        return len(lane)

    async def _tried(self, value: Delivery, hooks: Mapping[str, Webhook]) -> Outcome:
        if value.webhook:
            hook = hooks.get(value.webhook)
            if hook is None or hook.disable_time is not None:
                return Outcome(State.GIVEN_UP, "The webhook is disabled.")
            return await self._web.deliver(value, hook.secret)
        if self._mail is None:
            return Outcome(State.WAITING, "This installation sends no mail.", unreachable=True)
        return await self._mail(value)


def _lane(value: Delivery) -> str:
    return value.webhook or "mail"
