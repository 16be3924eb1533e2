"""Vectors by space and text hash, and what the index must still drop."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from services.curator.ports import Vectors
from services.kit.postgres import Connection

_KNOWN_VECTORS = "SELECT hash FROM vectors WHERE space = %s AND hash = ANY(%s)"
_SAVE_VECTORS = """
    INSERT INTO vectors (space, hash, vector)
    SELECT %s, h, v FROM unnest(%s::text[], %s::bytea[]) AS new (h, v) ON CONFLICT DO NOTHING
"""
_VECTORS = "SELECT hash, vector FROM vectors WHERE space = %s AND hash = ANY(%s)"
_VECTORS_AFTER = """
    SELECT hash, vector FROM vectors WHERE space = %s AND hash > %s
    AND EXISTS (SELECT 1 FROM postings WHERE postings.hash = vectors.hash) ORDER BY hash LIMIT %s
"""
_INDEXABLE = """
    SELECT count(*) FROM vectors WHERE space = %s
    AND EXISTS (SELECT 1 FROM postings WHERE postings.hash = vectors.hash)
"""


async def without_vector(connection: Connection, space: str, hashes: Iterable[str]) -> set[str]:
    """Those of the hashes that were never embedded in this space."""
    wanted = set(hashes)
    cursor = await connection.execute(_KNOWN_VECTORS, (space, list(wanted)))
    return wanted - {row[0] for row in await cursor.fetchall()}


async def save_vectors(connection: Connection, space: str, hashes: Sequence[str], vectors: Vectors) -> int:
    """Keeps vectors by hash, and returns how many of them are new; the first of two is kept."""
    rows = [row.astype("<f4").tobytes() for row in vectors]
    cursor = await connection.execute(_SAVE_VECTORS, (space, list(hashes), rows))
    return cursor.rowcount


async def vectors(connection: Connection, space: str, hashes: Iterable[str]) -> dict[str, bytes]:
    """Stored rows by hash, little-endian float32; hashes without one are left out."""
    cursor = await connection.execute(_VECTORS, (space, list(hashes)))
    return dict(await cursor.fetchall())


async def vectors_after(
    connection: Connection, space: str, after: str, limit: int
) -> list[tuple[str, bytes]]:
    """A page of the vectors that belong into the index, by hash."""
    cursor = await connection.execute(_VECTORS_AFTER, (space, after, limit))
    return [(row[0], row[1]) for row in await cursor.fetchall()]


async def indexable(connection: Connection, space: str) -> int:
    """How many vectors belong into the index."""
    cursor = await connection.execute(_INDEXABLE, (space,))
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


_DROPPED = """
    SELECT hash FROM dropped WHERE NOT EXISTS (SELECT 1 FROM postings WHERE postings.hash = dropped.hash)
"""
_FORGET_DROPPED = "DELETE FROM dropped WHERE hash = ANY(%s) OR hash IN (SELECT hash FROM postings)"


async def dropped(connection: Connection) -> list[str]:
    """Hashes that no resource has any more and that may still be in the index."""
    cursor = await connection.execute(_DROPPED)
    return [row[0] for row in await cursor.fetchall()]


async def forget_dropped(connection: Connection, hashes: Sequence[str]) -> None:
    """The index no longer has these."""
    await connection.execute(_FORGET_DROPPED, (list(hashes),))
