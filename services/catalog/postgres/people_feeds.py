"""Registered people feeds; each lives while the credential of its id does."""

from __future__ import annotations

from services.catalog.domain.people import Role
from services.catalog.domain.people_feeds import PeopleFeed
from services.catalog.postgres.people import People
from services.catalog.postgres.session import columns
from services.kit.errors import NotFound

_INSERT = """
    INSERT INTO people_feeds (id, title, roles, registrar, create_time) VALUES (%s, %s, %s, %s, %s)
"""
_LIVE = """
    SELECT f.id, f.title, f.roles, f.registrar, f.create_time, c.expire_time
    FROM people_feeds f JOIN credentials c ON c.id = f.id
    WHERE f.id = %s AND c.kind = 'feed' AND c.expire_time > %s
"""


class PeopleFeeds(People):
    """What brings people."""

    async def add_people_feed(self, feed: PeopleFeed, secret: str) -> None:
        """Stores a new feed with its token."""
        async with self.as_people():
            roles = [str(role) for role in feed.roles]
            await self.run(_INSERT, (feed.id, feed.title, roles, feed.registrar, feed.create_time))
        await self.add_credential(
            feed.id,
            "feed",
            feed.registrar,
            secret,
            read_only=False,
            writes_people=True,
            expire_time=feed.expire_time,
        )

    async def people_feed(self, id_: str) -> PeopleFeed:
        """The feed; NotFound when there is none, or it has ended."""
        row = await self.row(_LIVE, (id_, self.now))
        if row is None:
            raise NotFound("PEOPLE_FEED_NOT_FOUND", f"There is no people feed {id_}.", {"feed": id_})
        return PeopleFeed(**columns(row, roles=tuple(Role(role) for role in row["roles"])))
