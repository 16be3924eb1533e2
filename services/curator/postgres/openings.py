"""What the multilingual model reads of each text, and the vectors of that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from psycopg.rows import class_row

from services.kit.postgres import Connection


@dataclass(frozen=True, slots=True)
class OpeningRow:
    """A resource with the hash of its text's opening (empty: no prose) and its language (empty: not clear)."""

    resource: str
    hash: str
    language: str


_SAVE = """
    INSERT INTO openings (resource, hash, language) VALUES (%s, %s, %s)
    ON CONFLICT (resource) DO UPDATE SET hash = EXCLUDED.hash, language = EXCLUDED.language
"""
_LANGUAGES = "SELECT DISTINCT language FROM openings WHERE hash <> '' AND language <> ''"
_UNREAD = """
    SELECT resource FROM texts WHERE NOT EXISTS (SELECT 1 FROM openings WHERE openings.resource = texts.resource)
    ORDER BY resource LIMIT %s
"""
_UNEMBEDDED = """
    SELECT resource FROM openings WHERE hash <> '' AND language <> ''
    AND NOT EXISTS (SELECT 1 FROM vectors WHERE space = %s AND vectors.hash = openings.hash)
    ORDER BY resource LIMIT %s
"""
_OPENINGS = """
    SELECT resource, language, vector FROM openings JOIN vectors USING (hash)
    WHERE space = %(space)s AND language <> '' AND (%(all)s OR resource = ANY(%(ids)s))
"""


async def save_openings(connection: Connection, rows: Sequence[OpeningRow]) -> None:
    """Replaces the openings of these resources, whose texts are saved."""
    async with connection.cursor() as cursor:
        await cursor.executemany(_SAVE, [(row.resource, row.hash, row.language) for row in rows])


async def forget_openings(connection: Connection, ids: Iterable[str]) -> None:
    """Lets the openings of these resources be cut again."""
    await connection.execute("DELETE FROM openings WHERE resource = ANY(%s)", (list(ids),))


async def spoken(connection: Connection) -> set[str]:
    """The languages in which anything is written."""
    cursor = await connection.execute(_LANGUAGES)
    return {row[0] for row in await cursor.fetchall()}


async def unread_openings(connection: Connection, limit: int) -> list[str]:
    """Some of the resources whose text was saved before openings were."""
    cursor = await connection.execute(_UNREAD, (limit,))
    return [row[0] for row in await cursor.fetchall()]


async def unembedded_openings(connection: Connection, space: str, limit: int) -> list[str]:
    """Some of the resources whose opening has no vector in this space."""
    cursor = await connection.execute(_UNEMBEDDED, (space, limit))
    return [row[0] for row in await cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class EmbeddedOpening:
    """A resource with its language and the vector (little-endian float32) of its opening."""

    resource: str
    language: str
    vector: bytes


async def embedded_openings(
    connection: Connection, space: str, ids: Iterable[str] | None = None
) -> list[EmbeddedOpening]:
    """The embedded openings of these resources, of all where `ids` is None."""
    async with connection.cursor(row_factory=class_row(EmbeddedOpening)) as cursor:
        await cursor.execute(_OPENINGS, {"space": space, "all": ids is None, "ids": list(ids or ())})
        return await cursor.fetchall()
