"""The feed: current states in revision order, and digests of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from psycopg import sql

from services.catalog.postgres.session import Session

# What of a kind exists, as rows (id, revision, gone). A joined resource, a lifted verdict and a closed announcement
# are gone.
_STATES = {
    1: sql.SQL("SELECT id, revision, alias_of IS NOT NULL AS gone FROM resources"),
    2: sql.SQL("SELECT id, revision, false AS gone FROM programs"),
    3: sql.SQL(
        "SELECT e.resource AS id, e.revision, r.alias_of IS NOT NULL AS gone"
        " FROM engagement_states e JOIN resources r ON r.id = e.resource"
    ),
    4: sql.SQL("SELECT a || ':' || b AS id, revision, verdict = '' AS gone FROM verdicts"),
    5: sql.SQL("SELECT 'house_rules' AS id, revision, false AS gone FROM house_rules WHERE revision > 0"),
    6: sql.SQL("SELECT id, revision, close_time IS NOT NULL AS gone FROM announcements"),
    7: sql.SQL("SELECT id, 0::bigint AS revision, false AS gone FROM drafts"),
}
_GET = sql.SQL("SELECT id, revision, gone FROM ({states}) AS s WHERE id = ANY(%(ids)s)")
_LIST = sql.SQL(
    "SELECT id, revision, gone FROM ({states}) AS s WHERE revision > %(after)s"
    " AND (%(bucket)s < 0 OR get_byte(sha256(convert_to(id, 'UTF8')), 0) = %(bucket)s)"
    " ORDER BY revision LIMIT %(limit)s"
)
# ('x' || hex)::bit(64)::bigint reads 8 bytes as a signed big-endian number.
_DIGESTS = sql.SQL(
    "SELECT get_byte(sha256(convert_to(id, 'UTF8')), 0) AS bucket,"
    " mod(sum(('x' || encode(substr(sha256(convert_to(id || ':' || revision, 'UTF8')), 1, 8), 'hex'))"
    "::bit(64)::bigint::numeric), 18446744073709551616) AS digest"
    " FROM ({states}) AS s WHERE NOT gone GROUP BY 1"
)
_VERDICTS = "SELECT a, b, verdict FROM verdicts WHERE a || ':' || b = ANY(%s)"
_NEWEST = "SELECT revision FROM settings"
BUCKETS = 256
_WRAP = 1 << 64


class StateKind(IntEnum):
    """The feed's kinds, as numbered in feed_service.proto."""

    RESOURCES = 1
    PROGRAMS = 2
    ENGAGEMENT = 3
    VERDICTS = 4
    HOUSE_RULES = 5
    ANNOUNCEMENTS = 6
    DRAFTS = 7


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """That something exists at a revision, or (gone) no longer does."""

    id: str
    revision: int
    gone: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision about a pair of resources; an empty verdict was lifted."""

    a: str
    b: str
    verdict: str


class Feed(Session):
    """What services that keep a copy read."""

    async def feed_entries(self, kind: StateKind, ids: Iterable[str]) -> list[FeedEntry]:
        """Entries of these ids; ids that never were are left out."""
        query = _GET.format(states=_STATES[kind])
        return [FeedEntry(**row) for row in await self.rows(query, {"ids": list(ids)})]

    async def feed_page(
        self, kind: StateKind, *, after: int, limit: int, bucket: int = -1
    ) -> list[FeedEntry]:
        """Entries with a higher revision, in revision order; of one bucket (0 to 255) or of all (-1)."""
        query = _LIST.format(states=_STATES[kind])
        values = {"after": after, "limit": limit, "bucket": bucket}
        return [FeedEntry(**row) for row in await self.rows(query, values)]

    async def feed_digests(self, kind: StateKind) -> list[int]:
        """256 digests as feed_service.proto defines them."""
        digests = [0] * BUCKETS
        for row in await self.rows(_DIGESTS.format(states=_STATES[kind])):
            digests[row["bucket"]] = int(row["digest"]) % _WRAP
        return digests

    async def newest_revision(self) -> int:
        """The highest revision committed so far."""
        row = await self.row(_NEWEST)
        return int(row["revision"]) if row else 0

    async def verdicts(self, ids: Iterable[str]) -> dict[str, Verdict]:
        """Verdicts by `a:b`."""
        return {f"{row['a']}:{row['b']}": Verdict(**row) for row in await self.rows(_VERDICTS, (list(ids),))}
