"""What happens because time passes or the catalog moves: due plans, snoozes, the organisation's midnight.

One replica works, by advisory lock; the others stand by.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import psycopg

from services.catalog.postgres.database import Database
from services.catalog.review import (
    aftermath,
    assigning,
    execution,
    forming,
    learning,
    ledger,
    objections,
    postgres,
    postgres_audit,
    postgres_tasks,
    proposals,
    repairs,
    rerouting,
    statements,
    wire,
)
from services.catalog.review.domain import LIVE, SCHEDULER, State, Suggestion
from services.catalog.telling import digests
from services.kit import postgres as database
from services.kit import requests, telemetry
from services.kit.errors import Aborted
from services.kit.postgres import Connection

MINUTE = timedelta(minutes=1)
_POLL = 1.0  # seconds; every commit with an event wakes it sooner
_PAUSE = 1.0
_PASS_KEPT = timedelta(days=1)


class Scheduler:
    """Runs what is due, promptly; looks at everything else every minute."""

    def __init__(self, db: Database, conninfo: str) -> None:
        self._db = db
        self._conninfo = conninfo
        self._looked = db.clock.now() - MINUTE
        self._rules: int | None = None

    async def run(self) -> None:
        """Works until cancelled, through restarts of PostgreSQL."""
        while True:
            try:
                async with database.sole(self._conninfo, "catalog scheduler") as session:
                    await session.execute("LISTEN outbox")
                    await self._work(session)
            except psycopg.Error as error:
                if not database.is_down(error):
                    raise
                telemetry.logger().warning("scheduler: PostgreSQL does not answer", error=str(error).strip())
            await asyncio.sleep(_PAUSE)

    async def _work(self, session: Connection) -> None:
        while True:
            try:
                await self.tick()
            except (Aborted, psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected) as error:
                # Somebody holds what it needs; the next tick is soon.
                telemetry.logger().info("scheduler: tried again", error=str(error).strip())
            async for _ in session.notifies(timeout=_POLL, stop_after=1):
                pass

    async def tick(self) -> None:
        """Everything that is due now."""
        await self._follow_rules()
        await proposals.reassess(self._db)
        await self._apply_due()
        await self._route_anew()
        now = self._db.clock.now()
        if now >= self._looked + MINUTE:
            self._looked = now
            await self._start_day()
            await aftermath.look(self._db)
            await self._forget()
            await ledger.expire(self._db)
            await objections.call_again(self._db)
            await digests.write_due(self._db)
            await statements.end_quarter(self._db)
            await statements.send_due(self._db)
        await self._wake()

    async def _follow_rules(self) -> None:
        """Forms and places live suggestions anew when house rules have changed while this process looked on."""
        async with self._db.snapshot() as tx:
            version = (await tx.house_rules()).version
            live = await postgres.live_of(tx) if self._rules not in (None, version) else []
        if self._rules not in (None, version):
            await proposals.reassess_all(self._db, live)
        self._rules = version

    async def _apply_due(self) -> None:
        async with self._db.snapshot() as tx:
            due = await postgres.due(tx)
        for id_ in due:
            async with self._db.transaction() as tx:
                await execution.apply_due(tx, self._db, id_, actor=SCHEDULER)

    async def _wake(self) -> None:
        """Brings back what was put off until now, until nobody is in progress, or until another one ended."""
        async with self._db.snapshot() as tx:
            off = await postgres.snoozed(tx)
            others = {each.snooze.event.removeprefix("suggestions/") for each in off if each.snooze}
            states = await postgres.states(tx, others)
            now = tx.now
            back = [each.id for each in off if _is_over(each, states, now)]
        if not back:
            return
        async with self._db.transaction() as tx:
            await postgres.lock(tx)
            found = [each for each in await postgres.suggestions(tx, back) if each.state is State.SNOOZED]
            on = await forming.ground(tx, self._db.clock.today(), [each.proposal for each in found])
            for each in found:
                opened = replace(each, state=State.OPEN, snooze=None, note="its date or event has come")
                await forming.record_decision(tx, opened, "wake", SCHEDULER, reason=opened.note)
                stored = await postgres.save(tx, opened, forming.order_key(each.proposal, on.around))
                await proposals.keep_live(tx, stored, await forming.formed(tx, stored, on), on)
            await forming.place_all(tx)

    async def _start_day(self) -> None:
        today = self._db.clock.today()
        async with self._db.transaction() as tx:
            await postgres.lock(tx)
            progress = await postgres.progress(tx)
            if progress.day is not None and progress.day >= today:
                return
            await postgres.set_day(tx, today)
            tx.record(wire.day_started(today))
            live = await postgres.live_of(tx)
            await learning.calibrate(tx)
        async with self._db.snapshot() as tx:
            last = await postgres_audit.head(tx)
        # Whoever keeps the log can show later that no entry up to here was changed or removed.
        telemetry.logger().info("audit: the chain ends here", entry=last.number, hash=last.hash)
        await repairs.lift_holds(self._db)
        # Due dates, the age of engagement and confidence move with the day.
        await proposals.reassess_all(self._db, live)

    async def _route_anew(self) -> None:
        async with self._db.snapshot() as tx:
            orphaned = await postgres.orphaned(tx)
            left = await postgres_tasks.orphaned_tasks(tx)
        if orphaned:
            async with self._db.transaction() as tx:
                await rerouting.reroute(tx, self._db.clock.today(), orphaned)
        if left:
            await assigning.give_tasks_anew(self._db)

    async def _forget(self) -> None:
        async with self._db.transaction() as tx:
            await requests.forget(tx.connection, tx.now)
            await tx.forget_drafts(tx.now)
            await postgres.forget_passes(tx, tx.now - _PASS_KEPT)


def _is_over(suggestion: Suggestion, states: Mapping[str, State], now: datetime) -> bool:
    """Whether the moment has come, or the other suggestion is applied or ended."""
    snooze = suggestion.snooze
    if snooze is None:
        return True
    if snooze.until is not None and snooze.until <= now:
        return True
    other = snooze.event.removeprefix("suggestions/")
    return other != snooze.event and states.get(other, State.WITHDRAWN) not in LIVE


async def waiting_plans(db: Database) -> int:
    """How many scheduled plans are due, and whether live suggestions have yet to be compared with the catalog."""
    async with db.snapshot() as tx:
        due = await postgres.due(tx)
    return len(due) + (1 if await proposals.unassessed(db) else 0)
