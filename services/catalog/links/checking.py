"""Visits the links of all texts in turn, slowly, and writes down what it found."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from urllib.parse import urlsplit

import psycopg

from services.catalog.domain.links import Found, LinkCheck, Visit
from services.catalog.postgres.database import Database
from services.kit import postgres as database
from services.kit import telemetry

BATCH = 100  # links visited before their outcomes are stored
_HOSTS = 8  # at a time
_BETWEEN = 1.0  # seconds between two visits to one host
_POLL = 300.0  # seconds between two looks for links that are due

Visiting = Callable[[str], Awaitable[Visit]]


class LinkChecker:
    """Works while the house rule is on; one replica works, by advisory lock."""

    def __init__(self, db: Database, conninfo: str, visit: Visiting, *, between: float = _BETWEEN) -> None:
        self._db = db
        self._conninfo = conninfo
        self._visit = visit
        self._between = between

    async def run(self) -> None:
        """Works until cancelled, through restarts of PostgreSQL."""
        while True:
            try:
                async with database.sole(self._conninfo, "catalog links"):
                    while await self.check_some():
                        pass
            except psycopg.Error as error:
                if not database.passes(error):
                    raise
                telemetry.logger().warning("links: PostgreSQL does not answer", error=str(error).strip())
            await asyncio.sleep(_POLL)

    async def check_some(self) -> int:
        """Visits some of the links that are due; how many it stored an outcome for, 0 when none is left for now."""
        async with self._db.snapshot() as tx:
            if not (await tx.house_rules()).check_links:
                return 0
            due = await tx.due_links(BATCH)
        visits = await self._visits(due)
        if not visits:
            return 0
        if not any(each.found in (Found.ANSWERS, Found.GONE) for each in visits.values()):
            # Then it is rather us who cannot get out, and nothing is known of any of them.
            telemetry.logger().warning("links: no host has answered", links=len(visits))
            visits = {url: Visit(Found.UNCLEAR, visit.reason) for url, visit in visits.items()}
        async with self._db.transaction() as tx:
            known = await tx.link_checks(visits, for_update=True)
            before = {url: known.get(url, LinkCheck(url)) for url in visits}
            today = self._db.clock.today()
            after = {url: before[url].after(visit, today) for url, visit in visits.items()}
            await tx.save_link_checks(after.values())
            await tx.touch_links([url for url in visits if before[url].dead != after[url].dead])
        return len(visits)

    async def _visits(self, urls: Sequence[str]) -> dict[str, Visit]:
        by_host: Mapping[str, list[str]] = defaultdict(list)
        for url in urls:
            by_host[_host(url)].append(url)
        found: dict[str, Visit] = {}
        turns = asyncio.Semaphore(_HOSTS)

        async def one_host(links: Sequence[str]) -> None:
            async with turns:
                for number, url in enumerate(links):
                    if number:
                        await asyncio.sleep(self._between)
                    found[url] = await self._visit(url)

        async with asyncio.TaskGroup() as group:
            for links in by_host.values():
                group.create_task(one_host(links))
        return found


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
