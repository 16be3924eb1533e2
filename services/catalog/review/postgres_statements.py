"""What a statement rests on, as rows; functions over the catalog's own transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from services.catalog.postgres.session import Session, columns
from services.catalog.review.domain_statements import Applied, Quarter

# What two plans of a kind retire, deprecated by one and archived by the next say, is retired by the first.
_APPLIED = """
    WITH stands AS (
        SELECT s.id, s.kind, d.time, s.members, s.rest -> 'impact' AS impact, ARRAY(
            SELECT DISTINCT c ->> 'target'
            FROM jsonb_array_elements(s.plan -> 'parts') p, jsonb_array_elements(p -> 'changes') c
            WHERE c ->> 'operation' IN ('archive', 'deprecate', 'unlist', 'close_to_new')) AS targets
        FROM suggestions s CROSS JOIN LATERAL (
            SELECT max(time) AS time FROM decisions WHERE suggestion = s.id AND verb = 'apply' AND state = 'APPLIED'
        ) d
        WHERE s.state = 'APPLIED' AND d.time < %(end)s
    ), firsts AS (
        SELECT DISTINCT ON (kind, target) target, id FROM stands, unnest(targets) AS target
        ORDER BY kind, target, time, id
    ), counted AS (SELECT id, array_agg(target ORDER BY target) AS retired FROM firsts GROUP BY id)
    SELECT id AS suggestion, kind, time, members, (impact #>> '{learners,value}')::float8 AS learners,
        coalesce((impact #>> '{learners,hidden}')::boolean, false) AS hidden,
        (impact #>> '{learner_hours,value}')::float8 AS learner_hours, coalesce(retired, '{}') AS retired
    FROM stands LEFT JOIN counted USING (id) WHERE time >= %(begin)s ORDER BY time, id
"""
_COUNTED = """
    SELECT count(*) FILTER (WHERE verb = 'apply' AND state = 'APPLIED') AS applied,
        count(*) FILTER (WHERE verb = 'undo') AS undone
    FROM decisions WHERE time >= %s AND time < %s
"""
_DECIDED = """
    SELECT actor, count(DISTINCT suggestion) AS decided FROM decisions
    WHERE verb IN ('accept', 'reject') AND time >= %s AND time < %s AND actor IN (SELECT id FROM persons)
    GROUP BY actor ORDER BY actor
"""
_LABELS = """
    SELECT confidence, label FROM outcomes
    WHERE label IS NOT NULL AND decide_time >= %s AND decide_time < %s ORDER BY decide_time, suggestion
"""
_END = "SELECT resources, owned, entitled, rot FROM quarter_ends WHERE quarter = %s"
_ADD_END = """
    INSERT INTO quarter_ends (quarter, resources, owned, entitled, rot, write_time) VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT DO NOTHING
"""
_SCHEDULE = "SELECT every FROM statement_schedules WHERE person = %s"
_SET_SCHEDULE = """
    INSERT INTO statement_schedules (person, every, since) VALUES (%s, %s, %s)
    ON CONFLICT (person) DO UPDATE SET every = excluded.every, since = excluded.since
"""
_DROP_SCHEDULE = "DELETE FROM statement_schedules WHERE person = %s"
_DUE = """
    SELECT c.person FROM statement_schedules c JOIN persons p ON p.id = c.person
    WHERE c.every = %(every)s AND c.since <= %(end)s AND p.deactivate_time IS NULL
        AND NOT EXISTS (SELECT FROM deliveries d WHERE d.key = concat_ws(' ', 'statement', %(period)s::text, c.person))
    ORDER BY c.person
"""


@dataclass(frozen=True, slots=True)
class End:
    """How many resources learners could find, how many of them had an owner, how many people might decide.

    `rot` is how many of these resources were called redundant, outdated or trivial; None where it is not known.
    """

    resources: int
    owned: int
    entitled: int
    rot: int | None = None


async def applied(tx: Session, begin: datetime, end: datetime) -> list[Applied]:
    """Plans applied in that time that stand, oldest first."""
    return [
        Applied(**columns(row, members=tuple(row["members"]), retired=tuple(row["retired"])))
        for row in await tx.rows(_APPLIED, {"begin": begin, "end": end})
    ]


async def counted(tx: Session, begin: datetime, end: datetime) -> tuple[int, int]:
    """How often a plan was applied, and taken back, in that time."""
    row = await tx.row(_COUNTED, (begin, end))
    return (int(row["applied"]), int(row["undone"])) if row else (0, 0)


async def decided(tx: Session, begin: datetime, end: datetime) -> list[int]:
    """Suggestions accepted or rejected in that time, by person."""
    return [row["decided"] for row in await tx.rows(_DECIDED, (begin, end))]


async def labels(tx: Session, begin: datetime, end: datetime) -> list[tuple[float, bool]]:
    """(confidence, whether it was right) of what was decided in that time."""
    return [(row["confidence"], row["label"]) for row in await tx.rows(_LABELS, (begin, end))]


async def quarter_end(tx: Session, quarter: Quarter) -> End | None:
    """What it ended with; None when that was not written down."""
    row = await tx.row(_END, (quarter.name,))
    return End(**row) if row else None


async def add_quarter_end(tx: Session, quarter: Quarter, value: End) -> None:
    """Writes down what it ended with, once."""
    counts = (value.resources, value.owned, value.entitled, value.rot)
    await tx.run(_ADD_END, (quarter.name, *counts, tx.now))


async def schedule(tx: Session, person: str) -> str:
    """How often that person gets the statement: MONTH, QUARTER, or empty for never."""
    row = await tx.row(_SCHEDULE, (person,))
    return str(row["every"]) if row else ""


async def set_schedule(tx: Session, person: str, every: str, since: date) -> None:
    """From that day on the person gets it so often; empty for never."""
    if every:
        await tx.run(_SET_SCHEDULE, (person, every, since))
    else:
        await tx.run(_DROP_SCHEDULE, (person,))


async def wanting(tx: Session, every: str, period: str, end: date) -> list[str]:
    """Ids of who is to get the statement of a period that ended on that day, and has none yet."""
    rows = await tx.rows(_DUE, {"every": every, "period": period, "end": end})
    return [row["person"] for row in rows]
