"""What people set for the review pages, each for themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time

from services.catalog.domain.page_settings import PageSettings
from services.catalog.domain.people import Viewer
from services.catalog.postgres import page_settings as rows
from services.catalog.postgres.database import Database, Transaction
from services.catalog.telling.domain import monday
from services.kit.clock import Clock


@dataclass(frozen=True, slots=True)
class Kept:
    """What a person has set, and how many suggestions they have decided this week; 0 without a goal."""

    settings: PageSettings
    decided_this_week: int = 0


async def get_page_settings(db: Database, viewer: Viewer) -> Kept:
    """The viewer's own."""
    async with db.snapshot() as tx:
        return await kept(tx, db.clock, viewer)


async def set_page_settings(db: Database, viewer: Viewer, wanted: PageSettings) -> Kept:
    """The viewer's own from now on."""
    async with db.transaction() as tx:
        await rows.put_settings(tx, viewer.person.id, wanted)
        # Others read the log, and what somebody aims at or cannot use is theirs: it has only that they chose.
        await tx.audited(viewer, f"people/{viewer.person.id}")
        return await kept(tx, db.clock, viewer)


async def kept(tx: Transaction, clock: Clock, viewer: Viewer) -> Kept:
    """What the viewer has set; the week begins on Monday where the organisation is."""
    settings = await rows.settings_of(tx, viewer.person.id)
    if not settings.weekly_goal:
        return Kept(settings)
    begin = datetime.combine(monday(clock.today()), time.min, clock.zone).astimezone(UTC)
    return Kept(settings, await rows.decided_since(tx, viewer.person.id, begin))
