"""Judged pairs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from services.kit.postgres import Connection

_DROP_PAIRS = "DELETE FROM pairs WHERE a = ANY(%(ids)s) OR b = ANY(%(ids)s)"
_ADD_PAIR = """
    INSERT INTO pairs (a, b, probability, judgement) VALUES (%s, %s, %s, %s)
    ON CONFLICT (a, b) DO UPDATE
    SET probability = EXCLUDED.probability, judgement = EXCLUDED.judgement
"""
_PAIRS = "SELECT a, b, judgement FROM pairs WHERE a = ANY(%(ids)s) OR b = ANY(%(ids)s) ORDER BY a, b"


async def drop_pairs(connection: Connection, ids: Iterable[str]) -> None:
    """Forgets every judgement with one of these resources."""
    await connection.execute(_DROP_PAIRS, {"ids": list(ids)})


async def save_pairs(connection: Connection, rows: Sequence[tuple[str, str, float, bytes]]) -> None:
    """Keeps judgements as (a, b, probability, judgement), a < b."""
    async with connection.cursor() as cursor:
        await cursor.executemany(_ADD_PAIR, rows)


async def pairs_of(connection: Connection, ids: Iterable[str]) -> list[tuple[str, str, bytes]]:
    """Every judgement with one of these resources, by pair."""
    cursor = await connection.execute(_PAIRS, {"ids": list(ids)})
    return [(row[0], row[1], row[2]) for row in await cursor.fetchall()]
