"""What visiting the links of texts found."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from psycopg.rows import class_row

from services.catalog.domain.links import MAX_URL, RHYTHM, LinkCheck
from services.catalog.postgres.session import Session

_DUE = """
    SELECT DISTINCT link, md5(link) FROM listings l
        CROSS JOIN LATERAL jsonb_array_elements_text(l.observed -> 'links') AS link
        LEFT JOIN link_checks c ON c.url = link
    WHERE NOT l.gone AND link ~ '^https?://' AND length(link) <= %(longest)s
        AND (c.url IS NULL OR c.check_time <= %(before)s)
    ORDER BY md5(link) LIMIT %(limit)s
"""
_LOAD = "SELECT url, first_failed, last_failed, reason FROM link_checks WHERE url = ANY(%s)"
_LOCK = "SELECT url, first_failed, last_failed, reason FROM link_checks WHERE url = ANY(%s) ORDER BY url FOR UPDATE"
_SAVE = """
    INSERT INTO link_checks (url, check_time, first_failed, last_failed, reason) VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (url) DO UPDATE SET check_time = excluded.check_time, first_failed = excluded.first_failed,
        last_failed = excluded.last_failed, reason = excluded.reason
"""
_FORGET = "DELETE FROM link_checks WHERE check_time < %s"
_HOLDERS = """
    SELECT DISTINCT resource FROM listings WHERE NOT gone AND jsonb_exists_any(observed -> 'links', %s)
"""
_KEPT = 12 * RHYTHM  # what nobody links to any more is not visited again, so it grows old


class Links(Session):
    """Visits to the links of texts."""

    async def due_links(self, limit: int) -> list[str]:
        """Links of what the sources show that were never visited, or not for as long as the rhythm is.

        In an order that mixes the hosts.
        """
        values = {"longest": MAX_URL, "before": self.now - RHYTHM, "limit": limit}
        return [row["link"] for row in await self.rows(_DUE, values)]

    async def link_checks(self, urls: Iterable[str], *, for_update: bool = False) -> dict[str, LinkCheck]:
        """What visits found, by link; those never visited are left out."""
        async with self.connection.cursor(row_factory=class_row(LinkCheck)) as cursor:
            await cursor.execute(_LOCK if for_update else _LOAD, (list(urls),))
            return {each.url: each for each in await cursor.fetchall()}

    async def save_link_checks(self, checks: Iterable[LinkCheck]) -> None:
        """Stores what visits found now, and forgets what has long not been visited."""
        rows = ((each.url, self.now, each.first_failed, each.last_failed, each.reason) for each in checks)
        await self.run_many(_SAVE, rows)
        await self.run(_FORGET, (self.now - _KEPT,))

    async def touch_links(self, urls: Collection[str]) -> None:
        """These links have died or live again: the feed shall say so of every resource that has one."""
        if urls:
            self.touch_resources(row["resource"] for row in await self.rows(_HOLDERS, (list(urls),)))
