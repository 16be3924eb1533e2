"""What waits for the judge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from psycopg.rows import class_row

from services.kit.postgres import Connection


@dataclass(frozen=True, slots=True)
class ToJudge:
    """A resource that waits for judgement; without `text_changed` its candidates stay."""

    resource: str
    revision: int
    text_changed: bool


_ADD_TO_JUDGE = """
    INSERT INTO to_judge (resource, revision, text_changed)
    SELECT resource, nextval('judge_revision'), %s FROM unnest(%s::text[]) AS new (resource)
    ON CONFLICT (resource) DO UPDATE SET revision = EXCLUDED.revision,
        text_changed = to_judge.text_changed OR EXCLUDED.text_changed
"""
_ADD_PROGRAMS = """
    INSERT INTO programs_to_judge (program, revision)
    SELECT program, nextval('judge_revision') FROM unnest(%s::text[]) AS new (program)
    ON CONFLICT (program) DO UPDATE SET revision = EXCLUDED.revision
"""
_WAKE = "SELECT pg_notify('to_judge', '')"
_TO_JUDGE = "SELECT resource, revision, text_changed FROM to_judge ORDER BY resource LIMIT %s"
_PROGRAMS_TO_JUDGE = "SELECT program, revision FROM programs_to_judge ORDER BY program"
_JUDGED = """
    DELETE FROM to_judge USING unnest(%s::text[], %s::bigint[]) AS done (resource, revision)
    WHERE to_judge.resource = done.resource AND to_judge.revision = done.revision
"""
_PROGRAMS_JUDGED = """
    DELETE FROM programs_to_judge USING unnest(%s::text[], %s::bigint[]) AS done (program, revision)
    WHERE programs_to_judge.program = done.program AND programs_to_judge.revision = done.revision
"""
_ALL_TO_JUDGE = """
    INSERT INTO to_judge (resource, revision, text_changed)
    SELECT id, nextval('judge_revision'), %s FROM states WHERE kind = 1 AND NOT gone
    ON CONFLICT (resource) DO UPDATE SET revision = EXCLUDED.revision,
        text_changed = to_judge.text_changed OR EXCLUDED.text_changed
"""


async def add_to_judge(connection: Connection, ids: Iterable[str], *, text_changed: bool) -> None:
    """Queues resources for judgement and wakes the judge when the transaction commits."""
    wanted = sorted(set(ids))
    if wanted:
        await connection.execute(_ADD_TO_JUDGE, (text_changed, wanted))
        await connection.execute(_WAKE)


async def add_all_to_judge(connection: Connection, *, text_changed: bool) -> None:
    """Queues every resource."""
    await connection.execute(_ALL_TO_JUDGE, (text_changed,))
    await connection.execute(_WAKE)


async def add_programs_to_judge(connection: Connection, ids: Iterable[str]) -> None:
    """Queues programs."""
    wanted = sorted(set(ids))
    if wanted:
        await connection.execute(_ADD_PROGRAMS, (wanted,))
        await connection.execute(_WAKE)


async def to_judge(connection: Connection, limit: int) -> list[ToJudge]:
    """Some of the resources that wait, by id."""
    async with connection.cursor(row_factory=class_row(ToJudge)) as cursor:
        await cursor.execute(_TO_JUDGE, (limit,))
        return await cursor.fetchall()


async def programs_to_judge(connection: Connection) -> dict[str, int]:
    """The programs that wait, with the revision of their place in the queue."""
    cursor = await connection.execute(_PROGRAMS_TO_JUDGE)
    return dict(await cursor.fetchall())


async def judged(connection: Connection, rows: Sequence[ToJudge], programs: Mapping[str, int]) -> None:
    """Takes out of the queues what has not been queued again meanwhile."""
    await connection.execute(_JUDGED, ([row.resource for row in rows], [row.revision for row in rows]))
    await connection.execute(_PROGRAMS_JUDGED, (list(programs), list(programs.values())))
