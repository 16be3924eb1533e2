"""Announcements as rows."""

from __future__ import annotations

from collections.abc import Iterable

from services.catalog.domain.announcements import Announcement
from services.catalog.postgres.session import Row, Session, columns

_ADD = """
    INSERT INTO announcements (id, revision, title, phrases, effective, note, announced, author, create_time)
    VALUES (%(id)s, %(revision)s, %(title)s, %(phrases)s, %(effective)s, %(note)s, %(announced)s, %(author)s,
        %(create_time)s)
"""
_LOAD = """
    SELECT id, title, phrases, effective, announced, author, create_time, note, close_time
    FROM announcements WHERE id = ANY(%s)
"""
_LOCK = _LOAD + " FOR UPDATE"
_PAGE = """
    SELECT id, title, phrases, effective, announced, author, create_time, note, close_time
    FROM announcements WHERE id > %(after)s AND (%(closed)s OR close_time IS NULL) ORDER BY id LIMIT %(limit)s
"""
_CLOSE = "UPDATE announcements SET close_time = %s, revision = %s WHERE id = %s"
_OPEN = "SELECT count(*) AS open FROM announcements WHERE close_time IS NULL"


class Announcements(Session):
    """What people have announced."""

    async def announcements(self, ids: Iterable[str], *, for_update: bool = False) -> dict[str, Announcement]:
        """Announcements by id, those that exist."""
        query = _LOCK if for_update else _LOAD
        return {row["id"]: _announcement(row) for row in await self.rows(query, (list(ids),))}

    async def announcement_page(self, *, after: str, limit: int, include_closed: bool) -> list[Announcement]:
        """Announcements whose id comes after, oldest first."""
        values = {"after": after, "limit": limit, "closed": include_closed}
        return [_announcement(row) for row in await self.rows(_PAGE, values)]

    async def open_announcements(self) -> int:
        """How many are open."""
        row = await self.row(_OPEN)
        return int(row["open"]) if row else 0

    async def add_announcement(self, new: Announcement) -> None:
        """Stores a new one and tells of it; until the commit no other transaction does."""
        revision = await self.told_revision()
        await self.run(
            _ADD,
            {
                "id": new.id,
                "revision": revision,
                "title": new.title,
                "phrases": list(new.phrases),
                "effective": new.effective,
                "note": new.note,
                "announced": new.announced,
                "author": new.author,
                "create_time": new.create_time,
            },
        )

    async def close_announcement(self, id_: str) -> None:
        """Ends one now; the feed no longer gives it."""
        await self.run(_CLOSE, (self.now, await self.told_revision(), id_))


def _announcement(row: Row) -> Announcement:
    return Announcement(**columns(row, phrases=tuple(row["phrases"])))
