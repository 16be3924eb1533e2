"""Live tokens and sessions, and who the subjects of OpenID providers are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.catalog.postgres.people import People, digest

_PAGE = """
    SELECT c.id, c.kind, c.person, p.email, c.read_only, c.writes_people, c.create_time, c.expire_time,
        coalesce(f.title, '') AS title, coalesce(a.email, '') AS made_by
    FROM credentials c JOIN persons p ON p.id = c.person LEFT JOIN people_feeds f ON f.id = c.id
        LEFT JOIN persons a ON a.id = c.author
    WHERE c.kind = ANY(%(kinds)s) AND c.expire_time > %(now)s
        AND (%(person)s::text IS NULL OR c.person = %(person)s) AND (%(before)s = '' OR c.id < %(before)s)
    ORDER BY c.id DESC LIMIT %(limit)s
"""
_ONE = """
    SELECT c.id, c.kind, c.person, p.email, c.read_only, c.writes_people, c.create_time, c.expire_time,
        coalesce(f.title, '') AS title, coalesce(a.email, '') AS made_by
    FROM credentials c JOIN persons p ON p.id = c.person LEFT JOIN people_feeds f ON f.id = c.id
        LEFT JOIN persons a ON a.id = c.author
    WHERE c.id = %s AND c.expire_time > %s
"""
_END = "DELETE FROM credentials WHERE id = %s"
_END_SESSION = "DELETE FROM credentials WHERE digest = %s AND kind = 'session' RETURNING id, person"
_SUBJECT = "SELECT person FROM person_subjects WHERE issuer = %s AND subject = %s"
_LINK_KEY = "SELECT link_key FROM settings"
_BIND = """
    INSERT INTO person_subjects (issuer, subject, person, create_time) VALUES (%s, %s, %s, %s)
    ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Listed:
    """A live token, session, people feed's token or unspent sign-in link with its owner's e-mail.

    `title` is the feed's. `made_by` is the e-mail of the administrator who let somebody else in with it.
    """

    id: str
    kind: str
    person: str
    email: str
    read_only: bool
    writes_people: bool
    create_time: datetime
    expire_time: datetime
    title: str = ""
    made_by: str = ""


class Credentials(People):
    """What lets people in."""

    async def credential_page(
        self, *, kinds: list[str], person: str | None, before: str, limit: int
    ) -> list[Listed]:
        """Live ones of these kinds, newest first; `person` None for everybody's."""
        values = {"kinds": kinds, "person": person, "before": before, "limit": limit, "now": self.now}
        return [Listed(**row) for row in await self.rows(_PAGE, values)]

    async def listed_credential(self, id_: str) -> Listed | None:
        """What is live by this id."""
        row = await self.row(_ONE, (id_, self.now))
        return None if row is None else Listed(**row)

    async def end_credential(self, id_: str) -> None:
        """Ends it at once."""
        async with self.as_people():
            await self.run(_END, (id_,))

    async def end_session(self, secret: str) -> tuple[str, str] | None:
        """Ends the session of this secret; its id and person, None when there is none."""
        async with self.as_people():
            row = await self.row(_END_SESSION, (digest(secret),))
        return None if row is None else (row["id"], row["person"])

    async def link_key(self) -> bytes:
        """The key of the links that Winnow gives out; it never leaves the service."""
        row = await self.row(_LINK_KEY)
        return bytes(row["link_key"]) if row else b""

    async def person_of_subject(self, issuer: str, subject: str) -> str | None:
        """Id of the person who is bound to a provider's subject."""
        row = await self.row(_SUBJECT, (issuer, subject))
        return None if row is None else str(row["person"])

    async def bind_subject(self, issuer: str, subject: str, person: str) -> bool:
        """Binds a subject to a person; False when one of them is bound to another already."""
        async with self.as_people():
            return bool(await self.run(_BIND, (issuer, subject, person, self.now)))
