"""Sources and the answers remembered for them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from psycopg.rows import class_row

from services.catalog.domain.sources import Source
from services.catalog.ids import new_id
from services.catalog.postgres.session import Session

_MAKE = """
    INSERT INTO sources (display_name, id, from_files) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING
"""
_LOAD = """
    SELECT id, display_name, rhythm_days, no_learners, from_files, import_time, engagement_time
    FROM sources WHERE display_name = ANY(%s) ORDER BY display_name
"""
_PAGE = """
    SELECT id, display_name, rhythm_days, no_learners, from_files, import_time, engagement_time
    FROM sources WHERE display_name > %s ORDER BY display_name LIMIT %s
"""
_DECLARE = "UPDATE sources SET rhythm_days = %s, no_learners = %s WHERE display_name = %s"
_IMPORTED = "UPDATE sources SET import_time = %s WHERE display_name = %s"
_USED = "UPDATE sources SET engagement_time = %s WHERE display_name = ANY(%s)"
# An owner's answers hold for what they send themselves, and there before those of the source.
_ANSWERS = """
    SELECT topic, answer FROM (
        SELECT topic, answer, 0 AS given FROM source_answers WHERE source = %(source)s
        UNION ALL
        SELECT q.topic, q.answer, i.number FROM imports i JOIN import_questions q ON q.import = i.id
        WHERE i.source = %(source)s AND i.owner = %(owner)s AND q.answer IS NOT NULL
    ) AS answers ORDER BY given
"""
_ANSWER = """
    INSERT INTO source_answers (source, topic, answer) VALUES (%s, %s, %s)
    ON CONFLICT (source, topic) DO UPDATE SET answer = excluded.answer
"""


class Sources(Session):
    """Sources and what people said about them."""

    async def make_source(self, name: str, *, from_files: bool) -> None:
        """Makes the source unless it exists."""
        await self.run(_MAKE, (name, new_id(), from_files))

    async def sources(self, names: Iterable[str]) -> dict[str, Source]:
        """Sources by name, those that exist."""
        async with self.connection.cursor(row_factory=class_row(Source)) as cursor:
            await cursor.execute(_LOAD, (list(names),))
            return {source.display_name: source for source in await cursor.fetchall()}

    async def source_page(self, *, after: str, limit: int) -> list[Source]:
        """Sources whose name comes after, by name."""
        async with self.connection.cursor(row_factory=class_row(Source)) as cursor:
            await cursor.execute(_PAGE, (after, limit))
            return list(await cursor.fetchall())

    async def declare_source(self, name: str, *, rhythm_days: int, no_learners: bool | None) -> None:
        """Stores what was said about the source's engagement."""
        await self.run(_DECLARE, (rhythm_days, no_learners, name))

    async def source_imported(self, name: str, at: datetime) -> None:
        """Notes the end of a complete import."""
        await self.run(_IMPORTED, (at, name))

    async def engagement_arrived(self, names: Iterable[str], at: datetime) -> None:
        """Notes that engagement for listings of these sources has arrived."""
        await self.run(_USED, (at, sorted(set(names))))

    async def answers(self, source: str, owner: str) -> dict[str, str]:
        """Answers that people gave about this source, by topic; with those an owner gave about imports of theirs."""
        rows = await self.rows(_ANSWERS, {"source": source, "owner": owner})
        return {row["topic"]: row["answer"] for row in rows}

    async def remember_answer(self, source: str, topic: str, answer: str) -> None:
        """Keeps an answer for this and every later import of the source."""
        await self.run(_ANSWER, (source, topic, answer))
