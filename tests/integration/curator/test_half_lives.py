"""How fast content ages is learned as a day begins, and holds for all of the day, however its batches were cut."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from google.type.date_pb2 import Date

from services.curator import postgres as sql
from services.curator.analysis.classes import HALF_LIVES, ContentClass
from tests.integration.curator.conftest import TODAY, Curator
from tests.lessons import lesson


async def learned(curator: Curator) -> sql.HalfLives:
    async with curator.pool.connection() as connection:
        return await sql.half_lives(connection)


async def put(curator: Curator, *numbers: int) -> None:
    """Policies that were each rewritten within a few months."""
    keys = [f"p{number}" for number in numbers]
    for number, key in zip(numbers, keys, strict=True):
        curator.feed.put(
            key,
            "\n\n".join(lesson(number)),
            title=f"Leave policy {number}",
            created=Date(year=2026, month=1, day=1 + number),
            updated=Date(year=2026, month=5, day=1 + number),
        )
    await curator.hear(*keys)
    await curator.settle()


async def test_a_catalog_that_arrives_today_is_learned_from_tomorrow_on(curator: Curator) -> None:
    starting = {str(name): months for name, months in HALF_LIVES.items()}
    await put(curator, *range(6))
    assert await learned(curator) == sql.HalfLives(TODAY, starting)
    await put(curator, *range(6, 12))
    assert await learned(curator) == sql.HalfLives(TODAY, starting)

    async with curator.pool.connection() as connection:  # the same, as yesterday left it
        await sql.set_half_lives(connection, replace(await learned(curator), day=TODAY - timedelta(days=1)))
    await curator.reader.queue_everything()
    await curator.settle()
    now = await learned(curator)
    assert now.day == TODAY
    assert now.months[ContentClass.POLICY] < HALF_LIVES[ContentClass.POLICY]
    assert now.months[ContentClass.EVERGREEN] == HALF_LIVES[ContentClass.EVERGREEN]
