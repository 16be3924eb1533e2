"""Announcing that something outside the catalog has changed, and closing that again."""

from __future__ import annotations

from dataclasses import replace

from services.catalog import policy
from services.catalog.domain.announcements import MAX_OPEN, Announcement
from services.catalog.domain.people import Viewer
from services.catalog.policy import About
from services.catalog.postgres.database import Database, Transaction
from services.kit.errors import FailedPrecondition, NotFound


async def announce_change(tx: Transaction, viewer: Viewer, new: Announcement) -> Announcement:
    """Stores it in the caller's transaction (which also keeps the answer for a repetition) and tells the feed.

    FailedPrecondition while as many are open as are looked for at a time.
    """
    await tx.add_announcement(new)  # no other is added until this commits, so the count holds
    if await tx.open_announcements() > MAX_OPEN:
        raise FailedPrecondition(
            "ANNOUNCEMENTS_FULL",
            f"{MAX_OPEN} announcements are open; close one first.",
            {"limit": str(MAX_OPEN)},
        )
    await tx.audited(viewer, f"announcements/{new.id}", {"title": new.title})
    return new


async def close_announcement(db: Database, viewer: Viewer, id_: str) -> Announcement:
    """Ends an announcement; one that is closed stays as it is. NotFound when there is none."""
    async with db.transaction() as tx:
        found = (await tx.announcements([id_], for_update=True)).get(id_)
        if found is None:
            raise NotFound(
                "ANNOUNCEMENT_NOT_FOUND", f"There is no announcement {id_}.", {"announcement": id_}
            )
        policy.check_about(viewer, viewer.method, About(authored=found.author == viewer.person.id))
        if found.close_time is not None:
            return found
        await tx.close_announcement(id_)
        await tx.audited(viewer, f"announcements/{id_}")
        return replace(found, close_time=tx.now)


async def list_announcements(
    db: Database, *, after: str, limit: int, include_closed: bool
) -> list[Announcement]:
    """A page of announcements, oldest first."""
    async with db.snapshot() as tx:
        return await tx.announcement_page(after=after, limit=limit, include_closed=include_closed)
