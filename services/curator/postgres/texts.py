"""Texts with their postings and bands, and which resources share them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from psycopg.rows import class_row

from services.kit.postgres import Connection


@dataclass(frozen=True, slots=True)
class TextRow:
    """A resource's text as last read; `outline` and `profile` are serialized."""

    resource: str
    content_hash: str
    outline: bytes
    profile: bytes


_TEXTS = "SELECT resource, content_hash, outline, profile FROM texts WHERE resource = ANY(%s)"
_TEXT_HASHES = "SELECT resource, content_hash FROM texts WHERE resource = ANY(%s)"
_ALL_HASHES = "SELECT resource, content_hash FROM texts LIMIT %s"
_SAVE_TEXT = """
    INSERT INTO texts (resource, content_hash, outline, profile) VALUES (%s, %s, %s, %s)
    ON CONFLICT (resource) DO UPDATE
    SET content_hash = EXCLUDED.content_hash, outline = EXCLUDED.outline, profile = EXCLUDED.profile
"""
_DROP_POSTINGS = """
    WITH gone AS (DELETE FROM postings WHERE resource = ANY(%s) RETURNING hash)
    INSERT INTO dropped SELECT DISTINCT hash FROM gone ON CONFLICT DO NOTHING
"""
_DROP_BANDS = "DELETE FROM bands WHERE resource = ANY(%s)"
_DROP_TEXTS = "DELETE FROM texts WHERE resource = ANY(%s)"
_ADD_POSTINGS = """
    INSERT INTO postings (resource, hash, telling)
    SELECT %s, hash, hash = ANY(%s) FROM unnest(%s::text[]) AS new (hash)
"""
_ADD_BANDS = "INSERT INTO bands (resource, band) SELECT %s, unnest(%s::bytea[])"


async def texts(connection: Connection, ids: Iterable[str]) -> dict[str, TextRow]:
    """The known texts of these resources."""
    async with connection.cursor(row_factory=class_row(TextRow)) as cursor:
        await cursor.execute(_TEXTS, (list(ids),))
        return {row.resource: row for row in await cursor.fetchall()}


async def text_hashes(connection: Connection, ids: Iterable[str]) -> dict[str, str]:
    """The content hash of each known text."""
    cursor = await connection.execute(_TEXT_HASHES, (list(ids),))
    return dict(await cursor.fetchall())


async def all_text_hashes(connection: Connection, limit: int) -> dict[str, str]:
    """The content hash of every known text, or of `limit` of them."""
    cursor = await connection.execute(_ALL_HASHES, (limit,))
    return dict(await cursor.fetchall())


async def save_text(
    connection: Connection,
    row: TextRow,
    hashes: Iterable[str],
    telling: Iterable[str],
    band_keys: Iterable[bytes],
) -> None:
    """Replaces a resource's text, postings (`telling` ones have vectors) and bands."""
    await drop_text(connection, [row.resource], keep_text=True)
    await connection.execute(_SAVE_TEXT, (row.resource, row.content_hash, row.outline, row.profile))
    await connection.execute(_ADD_POSTINGS, (row.resource, list(telling), sorted(set(hashes))))
    await connection.execute(_ADD_BANDS, (row.resource, sorted(set(band_keys))))


async def drop_text(connection: Connection, ids: Sequence[str], *, keep_text: bool = False) -> None:
    """Forgets the postings and bands of resources, and their texts unless these are about to be replaced."""
    await connection.execute(_DROP_POSTINGS, (list(ids),))
    await connection.execute(_DROP_BANDS, (list(ids),))
    if not keep_text:
        await connection.execute(_DROP_TEXTS, (list(ids),))


_BY_BLOCK = """
    SELECT mine.resource, other.resource, count(*) AS shared
    FROM postings mine JOIN postings other USING (hash)
    WHERE mine.resource = ANY(%s) AND other.resource <> mine.resource
      AND NOT EXISTS (SELECT 1 FROM boilerplate WHERE boilerplate.hash = mine.hash)
      AND (SELECT count(*) FROM postings every WHERE every.hash = mine.hash) <= %s
    GROUP BY 1, 2
"""
_BY_BAND = """
    SELECT mine.resource, other.resource, count(*) AS shared
    FROM bands mine JOIN bands other USING (band)
    WHERE mine.resource = ANY(%s) AND other.resource <> mine.resource
      AND (SELECT count(*) FROM bands every WHERE every.band = mine.band) <= %s
    GROUP BY 1, 2
"""
_HOLDERS = "SELECT hash, resource FROM postings WHERE hash = ANY(%s)"
_BAND_HOLDERS = "SELECT band, resource FROM bands WHERE band = ANY(%s)"
_FREQUENT = "SELECT hash, count(*) FROM postings GROUP BY hash HAVING count(*) >= %s"
_RESOURCES_WITH = "SELECT DISTINCT resource FROM postings WHERE hash = ANY(%s)"
_RESOURCES = "SELECT count(*) FROM texts"
_TELLING_OF = "SELECT resource, hash FROM postings WHERE resource = ANY(%s) AND telling"


async def sharing_blocks(
    connection: Connection, ids: Iterable[str], most_sharers: int
) -> list[tuple[str, str, int]]:
    """(resource, other, number of equal blocks that are no boilerplate) for each of the resources.

    Blocks and bands on more than `most_sharers` resources are not followed.
    """
    cursor = await connection.execute(_BY_BLOCK, (list(ids), most_sharers))
    return [(row[0], row[1], row[2]) for row in await cursor.fetchall()]


async def sharing_bands(
    connection: Connection, ids: Iterable[str], most_sharers: int
) -> list[tuple[str, str, int]]:
    """(resource, other, number of equal bands) for each of the resources."""
    cursor = await connection.execute(_BY_BAND, (list(ids), most_sharers))
    return [(row[0], row[1], row[2]) for row in await cursor.fetchall()]


async def holders(connection: Connection, hashes: Iterable[str]) -> dict[str, list[str]]:
    """Which resources have each block."""
    cursor = await connection.execute(_HOLDERS, (list(set(hashes)),))
    found: dict[str, list[str]] = {}
    for text_hash, resource in await cursor.fetchall():
        found.setdefault(text_hash, []).append(resource)
    return found


async def band_holders(connection: Connection, bands: Iterable[bytes]) -> dict[bytes, list[str]]:
    """Which resources have each band."""
    cursor = await connection.execute(_BAND_HOLDERS, (list(set(bands)),))
    found: dict[bytes, list[str]] = {}
    for band, resource in await cursor.fetchall():
        found.setdefault(bytes(band), []).append(resource)
    return found


async def telling_blocks(connection: Connection, ids: Iterable[str]) -> dict[str, set[str]]:
    """The hashes of each resource's blocks that have vectors."""
    cursor = await connection.execute(_TELLING_OF, (list(ids),))
    found: dict[str, set[str]] = {}
    for resource, text_hash in await cursor.fetchall():
        found.setdefault(resource, set()).add(text_hash)
    return found


async def frequent_blocks(connection: Connection, at_least: int) -> dict[str, int]:
    """Blocks on at least so many resources, and on how many."""
    cursor = await connection.execute(_FREQUENT, (at_least,))
    return dict(await cursor.fetchall())


async def resources_with(connection: Connection, hashes: Iterable[str]) -> set[str]:
    """Resources that have one of these blocks."""
    cursor = await connection.execute(_RESOURCES_WITH, (list(hashes),))
    return {row[0] for row in await cursor.fetchall()}


async def resources_with_text(connection: Connection) -> int:
    """How many resources the shares of blocks are taken of."""
    cursor = await connection.execute(_RESOURCES)
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


_UNEMBEDDED = """
    SELECT DISTINCT resource FROM postings
    WHERE telling AND NOT EXISTS (SELECT 1 FROM vectors WHERE space = %s AND vectors.hash = postings.hash)
    LIMIT %s
"""


async def unembedded(connection: Connection, space: str, limit: int) -> list[str]:
    """Some of the resources with blocks that have no vector in this space."""
    cursor = await connection.execute(_UNEMBEDDED, (space, limit))
    return [row[0] for row in await cursor.fetchall()]


_BOILERPLATE = "SELECT hash FROM boilerplate"
_ADD_BOILERPLATE = "INSERT INTO boilerplate SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING"
_DROP_BOILERPLATE = "DELETE FROM boilerplate WHERE hash = ANY(%s)"


async def boilerplate(connection: Connection) -> set[str]:
    """Blocks that the last pass took for boilerplate."""
    cursor = await connection.execute(_BOILERPLATE)
    return {row[0] for row in await cursor.fetchall()}


async def change_boilerplate(connection: Connection, added: set[str], removed: set[str]) -> None:
    """Moves the set on."""
    await connection.execute(_ADD_BOILERPLATE, (sorted(added),))
    await connection.execute(_DROP_BOILERPLATE, (sorted(removed),))
