"""Every SQL statement behind insights and what breaks house rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from services.catalog.domain.disclosure import LEAST
from services.catalog.domain.finished import Finished
from services.catalog.postgres.session import Session
from services.catalog.review.domain import LIVE, OPEN_FROM
from services.catalog.review.findings import Kind

_LIVE = sorted(LIVE)
_CLAIMS = """
    SELECT s.id, m.value->>'resource' AS resource, c.value->>'code' AS code, c.value->>'text' AS text
    FROM suggestions s, jsonb_array_elements(s.proposal->'members') m, jsonb_array_elements(s.proposal->'claims') c
    WHERE s.state = ANY(%s) AND s.kind = 'OUTDATED' AND c.value->>'code' = ANY(%s) ORDER BY 2, 1
"""
_OPEN = (
    "SELECT assignee, count(*) AS open FROM suggestions WHERE state = 'OPEN' AND assignee <> '' GROUP BY 1"
)
_APPLIED = """
    SELECT d.suggestion, max(d.time) AS time,
        (SELECT max(a.time) FROM decisions a WHERE a.suggestion = d.suggestion AND a.verb = 'accept') AS accept_time
    FROM decisions d WHERE d.verb = 'apply' AND d.time >= %s GROUP BY d.suggestion ORDER BY d.suggestion
"""
_CALLED = """
    SELECT DISTINCT s.kind, m.value->>'resource' AS resource
    FROM suggestions s, jsonb_array_elements(s.proposal->'members') m
    WHERE s.state = ANY(%s) AND s.kind IN ('DUPLICATE', 'OUTDATED', 'UNUSED') AND s.confidence >= %s
        AND NOT coalesce((m.value->>'survivor')::boolean, false)
"""
_KINDS = "SELECT kind, count(*) AS live FROM suggestions WHERE state = ANY(%s) GROUP BY kind ORDER BY kind"
# A resource that two plans lead learners away from, unlisted by one and archived by the next say, is kept current no
# more from the first on: of the hours of each plan those of its share of resources count that no earlier one has.
_HOURS = """
    WITH plans AS (
        SELECT s.id, s.state, s.rest -> 'impact' AS impact, d.time, s.due_time, ARRAY(
            SELECT DISTINCT CASE w ->> 'field'
                WHEN 'items' THEN w ->> 'before' ELSE split_part(w ->> 'target', '/', 2) END
            FROM jsonb_array_elements(s.plan -> 'parts') p, jsonb_array_elements(p -> 'changes') c,
                jsonb_array_elements(c -> 'writes') w
            WHERE w ->> 'field' = 'items' OR (w ->> 'field' = 'lifecycle' AND w ->> 'after' <> 'PUBLISHED')) AS away
        FROM suggestions s CROSS JOIN LATERAL (
            SELECT max(time) AS time FROM decisions WHERE suggestion = s.id AND verb = 'apply' AND state = 'APPLIED'
        ) d
        WHERE s.state IN ('SCHEDULED', 'APPLIED')
    ), firsts AS (
        SELECT DISTINCT ON (resource) resource, id FROM plans, unnest(away) AS resource
        ORDER BY resource, state, time, due_time, id  -- what is applied before what is only scheduled
    ), counted AS (SELECT id, count(*) AS resources FROM firsts GROUP BY id)
    SELECT state, time, (impact #>> '{learners,value}')::float8 AS learners,
        (impact #>> '{learner_hours,value}')::float8 AS learner_hours,
        (impact #>> '{maintenance_hours,value}')::float8 * CASE WHEN away = '{}' THEN 1
            ELSE coalesce(resources, 0)::float8 / cardinality(away) END AS maintenance_hours
    FROM plans LEFT JOIN counted USING (id)
"""
_DECIDED = """
    SELECT p.email, count(DISTINCT d.suggestion) FILTER (WHERE d.time >= %(begin)s) AS decided,
        count(DISTINCT d.suggestion) FILTER (WHERE d.time < %(end_before)s) AS before
    FROM decisions d JOIN persons p ON p.id = d.actor
    WHERE d.verb IN ('accept', 'reject') AND d.time >= %(begin_before)s
        AND (d.time >= %(begin)s OR d.time < %(end_before)s)
    GROUP BY p.email ORDER BY 2 DESC, 1
"""
# A cell is a resource in a month; sums count who completes twice twice, as everywhere.
_FINISHED = """
    WITH named AS MATERIALIZED (
        SELECT n.source, n.reference, l.resource FROM engagement_names n
        JOIN listings l ON l.source = n.listing_source AND l.external_id = n.listing_external_id
    ), newest AS (
        SELECT max(greatest(
            (SELECT max(month) FROM engagement_sums s WHERE s.source = d.source),
            (SELECT max(month) FROM learner_months m WHERE m.source = d.source)
        )) AS month FROM (SELECT DISTINCT source FROM named) AS d
    ), counted AS (
        SELECT named.resource, s.month, NULL::text AS learner, s.completed
        FROM named JOIN engagement_sums s USING (source, reference), newest
        WHERE s.month > newest.month - make_interval(months => %(months)s) AND s.month <= newest.month
        UNION ALL
        SELECT DISTINCT named.resource, m.month, m.learner, least(m.completed, 1)
        FROM named JOIN learner_months m USING (source, reference), newest
        WHERE m.month > newest.month - make_interval(months => %(months)s) AND m.month <= newest.month
    ), celled AS (
        SELECT *, sum(completed) OVER (PARTITION BY resource, month) AS cell FROM counted
    )
    SELECT month, sum(completed)::bigint AS completions,
        (coalesce(sum(completed) FILTER (WHERE learner IS NULL), 0)
            + count(DISTINCT learner) FILTER (WHERE completed > 0))::bigint AS people,
        (coalesce(sum(completed) FILTER (WHERE learner IS NULL AND cell < %(least)s), 0)
            + count(DISTINCT learner) FILTER (WHERE completed > 0 AND cell < %(least)s))::bigint AS in_few
    FROM celled GROUP BY month ORDER BY month
"""
_FIRST = "SELECT time FROM decisions ORDER BY id LIMIT 1"
_ENTITLED = """
    SELECT count(*) AS entitled FROM persons WHERE deactivate_time IS NULL AND (
        roles && ARRAY['LEARNING_LEADER', 'INSTRUCTIONAL_DESIGNER', 'SPECIALIST']
        OR email_key IN (SELECT owner_key FROM resource_owners)
        OR email_key IN (SELECT unnest(owner_keys) FROM programs)
        OR id IN (SELECT person FROM stage_holders))
"""


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A claim that a live suggestion makes of a resource."""

    id: str
    resource: str
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class AppliedRow:
    """A suggestion whose plan was applied, when, and when it was last accepted before."""

    suggestion: str
    time: datetime
    accept_time: datetime | None


@dataclass(frozen=True, slots=True)
class HoursRow:
    """What a scheduled or applied plan saves; of maintenance only what no plan before it has saved.

    `time` is when it was applied, None of one that is not.
    """

    state: str
    time: datetime | None
    learners: float
    learner_hours: float
    maintenance_hours: float


async def claims(tx: Session, codes: Sequence[str]) -> list[ClaimRow]:
    """Live claims of these sorts, by resource."""
    return [ClaimRow(**row) for row in await tx.rows(_CLAIMS, (_LIVE, list(codes)))]


async def open_by_assignee(tx: Session) -> dict[str, int]:
    """How many suggestions each person has OPEN."""
    return {row["assignee"]: row["open"] for row in await tx.rows(_OPEN)}


async def applied_since(tx: Session, since: datetime) -> list[AppliedRow]:
    """Plans applied since then."""
    return [AppliedRow(**row) for row in await tx.rows(_APPLIED, (since,))]


async def called(tx: Session) -> dict[Kind, set[str]]:
    """Resources that a live, clear suggestion calls redundant, outdated or trivial, by its kind."""
    found: dict[Kind, set[str]] = {}
    for row in await tx.rows(_CALLED, (_LIVE, OPEN_FROM)):
        found.setdefault(Kind(row["kind"]), set()).add(row["resource"])
    return found


async def rot(tx: Session) -> set[str]:
    """These of all kinds."""
    return set[str]().union(*(await called(tx)).values())


async def finished(tx: Session, months: int) -> list[Finished]:
    """Completions of resources in so many months to the newest, of those in which there are any rows."""
    return [
        Finished(**cast("dict[str, Any]", row))
        for row in await tx.rows(_FINISHED, {"months": months, "least": LEAST})
    ]


async def live_by_kind(tx: Session) -> dict[Kind, int]:
    """How many live suggestions there are of each kind."""
    return {Kind(row["kind"]): row["live"] for row in await tx.rows(_KINDS, (_LIVE,))}


async def hours(tx: Session) -> list[HoursRow]:
    """What each scheduled and applied plan saves."""
    return [HoursRow(**cast("dict[str, Any]", row)) for row in await tx.rows(_HOURS)]


async def decided_by(
    tx: Session, begin: datetime, before: tuple[datetime, datetime]
) -> list[tuple[str, int, int]]:
    """Suggestions that each person (by e-mail) has accepted or rejected from `begin` on, and in the time `before`.

    Most first, who has decided in neither is left out.
    """
    values = {"begin": begin, "begin_before": before[0], "end_before": before[1]}
    return [(row["email"], row["decided"], row["before"]) for row in await tx.rows(_DECIDED, values)]


async def log_begin(tx: Session) -> datetime | None:
    """When the first decision of all was written down; None before there is one."""
    row = await tx.row(_FIRST)
    return row["time"] if row else None


async def entitled(tx: Session) -> int:
    """How many active people may decide: by a role, as an owner, or as the holder of a stage."""
    row = await tx.row(_ENTITLED)
    return int(row["entitled"]) if row else 0
