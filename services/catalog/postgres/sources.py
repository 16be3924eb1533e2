"""Sources, the answers remembered for them, and the change list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from psycopg.rows import class_row

from services.catalog.domain.changes import Change, ChangeState
from services.catalog.domain.sources import Source
from services.catalog.ids import new_id
from services.catalog.postgres.session import Session, columns

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
_ADD_CHANGE = """
    INSERT INTO changes (id, suggestion, target, source, external_id, field, from_value, to_value, state)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_CHANGES = """
    SELECT id, suggestion, target, source, external_id, field, from_value, to_value, state FROM changes
    WHERE id > %(after)s AND (%(state)s = '' OR state = %(state)s)
        AND (%(targets)s::text[] IS NULL OR target = ANY(%(targets)s)) ORDER BY id LIMIT %(limit)s
"""
_COUNT_CHANGES = """
    SELECT count(*) AS count FROM changes
    WHERE (%(state)s = '' OR state = %(state)s) AND (%(targets)s::text[] IS NULL OR target = ANY(%(targets)s))
"""
# The state is written out: by a parameter the index of what is pending would not be found.
_COUNT_PENDING = """
    SELECT count(*) AS count FROM changes
    WHERE state = 'PENDING' AND (%(targets)s::text[] IS NULL OR target = ANY(%(targets)s))
"""
_PENDING = """
    SELECT id, suggestion, target, source, external_id, field, from_value, to_value, state FROM changes
    WHERE state = 'PENDING' AND target = ANY(%s) ORDER BY id
"""
_OF_SUGGESTION = """
    SELECT id, suggestion, target, source, external_id, field, from_value, to_value, state FROM changes
    WHERE suggestion = %s ORDER BY id
"""
_SET_VALUES = "UPDATE changes SET from_value = %s, to_value = %s WHERE id = %s"
_SET_STATE = "UPDATE changes SET state = %s WHERE id = ANY(%s)"


class Sources(Session):
    """Sources and what is asked of them."""

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

    async def add_changes(self, changes: Sequence[Change]) -> None:
        """Adds lines to the change list."""
        await self.run_many(
            _ADD_CHANGE,
            (
                (
                    *(each.id, each.suggestion, each.target, each.source, each.external_id),
                    *(each.field, each.from_value, each.to_value, str(each.state)),
                )
                for each in changes
            ),
        )

    async def change_page(
        self,
        *,
        after: str,
        limit: int,
        state: ChangeState | None = None,
        targets: Sequence[str] | None = None,
    ) -> list[Change]:
        """Lines whose id comes after, oldest first; of these targets only, unless None."""
        values = {"after": after, "limit": limit, "state": str(state or ""), "targets": targets}
        return await self._changes(_CHANGES, values)

    async def change_count(
        self, *, state: ChangeState | None = None, targets: Sequence[str] | None = None
    ) -> int:
        """How many lines all pages have."""
        row = await self.row(_COUNT_CHANGES, {"state": str(state or ""), "targets": targets})
        return row["count"] if row else 0

    async def pending_count(self, targets: Sequence[str] | None) -> int:
        """How many lines are not yet seen in the source's data; of these targets only, unless None."""
        row = await self.row(_COUNT_PENDING, {"targets": targets})
        return row["count"] if row else 0

    async def pending_changes(self, targets: Iterable[str]) -> list[Change]:
        """Lines not yet seen in the source's data, of these targets."""
        return await self._changes(_PENDING, (list(targets),))

    async def changes_of(self, suggestion: str) -> list[Change]:
        """Every line of one suggestion's plan."""
        return await self._changes(_OF_SUGGESTION, (suggestion,))

    async def set_change_values(self, id_: str, from_value: str, to_value: str) -> None:
        """Has a line ask for another value."""
        await self.run(_SET_VALUES, (from_value, to_value, id_))

    async def set_change_state(self, ids: Iterable[str], state: ChangeState) -> None:
        """Moves lines to a state."""
        await self.run(_SET_STATE, (str(state), list(ids)))

    async def _changes(self, query: str, values: object) -> list[Change]:
        rows = await self.rows(query, values)  # pyright: ignore[reportArgumentType]
        return [Change(**columns(row, state=ChangeState(row["state"]))) for row in rows]
