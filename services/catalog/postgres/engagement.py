"""Use of listings and programs as deliveries counted it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from services.catalog.domain.engagement import Enrolment, Month, Use
from services.catalog.postgres.session import Session

_NAME = """
    INSERT INTO engagement_names (source, reference, import_number) VALUES (%s, %s, %s)
    ON CONFLICT (source, reference) DO UPDATE SET import_number = excluded.import_number
"""
_SUM = """
    INSERT INTO engagement_sums (source, reference, month, enrolled, started, completed, seconds, rating)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (source, reference, month) DO UPDATE SET enrolled = excluded.enrolled,
        started = excluded.started, completed = excluded.completed, seconds = excluded.seconds,
        rating = excluded.rating
    WHERE (engagement_sums.enrolled, engagement_sums.started, engagement_sums.completed,
        engagement_sums.seconds, engagement_sums.rating) IS DISTINCT FROM (excluded.enrolled, excluded.started,
        excluded.completed, excluded.seconds, excluded.rating)
"""
_LEARNER = """
    INSERT INTO learner_months (source, reference, learner, month, enrolled, started, completed, seconds, rating,
        state, due)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (source, reference, month, learner) DO UPDATE SET enrolled = excluded.enrolled,
        started = excluded.started, completed = excluded.completed, seconds = excluded.seconds,
        rating = excluded.rating, state = excluded.state, due = excluded.due
    WHERE (learner_months.enrolled, learner_months.started, learner_months.completed, learner_months.seconds,
        learner_months.rating, learner_months.state, learner_months.due) IS DISTINCT FROM (excluded.enrolled,
        excluded.started, excluded.completed, excluded.seconds, excluded.rating, excluded.state, excluded.due)
"""
_BOTH = """
    SELECT DISTINCT asked.reference, asked.month
    FROM unnest(%(references)s::text[], %(months)s::date[], %(learners)s::boolean[])
        AS asked (reference, month, learners)
    WHERE (asked.learners AND EXISTS (SELECT FROM engagement_sums s WHERE s.source = %(source)s
            AND s.reference = asked.reference AND s.month = asked.month))
        OR (NOT asked.learners AND EXISTS (SELECT FROM learner_months m WHERE m.source = %(source)s
            AND m.reference = asked.reference AND m.month = asked.month))
    ORDER BY 1, 2
"""
_DROP_SUMS = """
    DELETE FROM engagement_sums s USING unnest(%s::text[], %s::date[]) AS k (reference, month)
    WHERE s.source = %s AND s.reference = k.reference AND s.month = k.month
"""
_DROP_LEARNERS = """
    DELETE FROM learner_months s USING unnest(%s::text[], %s::date[]) AS k (reference, month)
    WHERE s.source = %s AND s.reference = k.reference AND s.month = k.month
"""
_UNKNOWN = """
    SELECT source, reference, import_number FROM engagement_names
    WHERE listing_source IS NULL AND program IS NULL ORDER BY source, reference
"""
_RESOLVE = """
    UPDATE engagement_names SET listing_source = %s, listing_external_id = %s, program = %s
    WHERE source = %s AND reference = %s
"""
_MEANT = """
    SELECT n.reference, coalesce(l.resource, n.program) AS meant FROM engagement_names n
    LEFT JOIN listings l ON l.source = n.listing_source AND l.external_id = n.listing_external_id
    WHERE n.source = %s AND n.reference = ANY(%s) AND coalesce(l.resource, n.program) IS NOT NULL
"""
_RESOURCES_OF = """
    SELECT DISTINCT l.resource, l.source FROM engagement_names n
    JOIN listings l ON l.source = n.listing_source AND l.external_id = n.listing_external_id
    WHERE n.source = %s
"""
# The newest month that the deliverers of a resource's engagement know of: a month they say nothing about
# before it had no use.
_MONTHS = """
    WITH named AS (
        SELECT l.resource, n.source, n.reference FROM engagement_names n
        JOIN listings l ON l.source = n.listing_source AND l.external_id = n.listing_external_id
        WHERE l.resource = ANY(%(ids)s)
    ), counted AS (
        SELECT named.resource, s.month, s.enrolled, s.started, s.completed, s.seconds, s.rating
        FROM named JOIN engagement_sums s ON s.source = named.source AND s.reference = named.reference
        UNION ALL
        SELECT named.resource, m.month, m.enrolled, m.started, m.completed, m.seconds, m.rating
        FROM named JOIN learner_months m ON m.source = named.source AND m.reference = named.reference
    )
    SELECT resource, month, sum(enrolled)::bigint AS enrolled, sum(started)::bigint AS started,
        sum(completed)::bigint AS completed, sum(seconds)::bigint AS seconds, avg(rating) AS rating
    FROM counted GROUP BY resource, month ORDER BY resource, month
"""
_NEWEST = """
    SELECT l.resource, max(newest.month) AS month FROM engagement_names n
    JOIN listings l ON l.source = n.listing_source AND l.external_id = n.listing_external_id
    JOIN LATERAL (
        SELECT greatest(
            (SELECT max(month) FROM engagement_sums s WHERE s.source = n.source),
            (SELECT max(month) FROM learner_months m WHERE m.source = n.source)
        ) AS month
    ) AS newest ON true
    WHERE l.resource = ANY(%(ids)s) GROUP BY l.resource
"""
_LEARNERS = """
    SELECT DISTINCT ON (l.resource, n.program, m.learner)
        m.learner, coalesce(l.resource, '') AS resource, coalesce(n.program, '') AS program, m.month, m.state, m.due
    FROM engagement_names n
    LEFT JOIN listings l ON l.source = n.listing_source AND l.external_id = n.listing_external_id
    JOIN learner_months m ON m.source = n.source AND m.reference = n.reference
    WHERE l.resource = ANY(%(ids)s) OR n.program = ANY(%(ids)s)
    ORDER BY l.resource, n.program, m.learner, m.month DESC
"""


@dataclass(frozen=True, slots=True)
class LearnerMonth:
    """One pseudonymous learner's month."""

    learner: str
    counts: Month
    state: str
    due: date | None


@dataclass(frozen=True, slots=True)
class Unknown:
    """A name in a delivery of engagement that nothing goes by."""

    source: str
    reference: str
    import_number: int


class Engagement(Session):
    """Engagement and enrolments."""

    async def learner_key(self) -> bytes:
        """The key that turns learners' ids into pseudonyms; it never leaves the service."""
        row = await self.row("SELECT learner_key FROM settings")
        return bytes(row["learner_key"]) if row else b""

    async def name_engagement(self, source: str, references: Iterable[str], number: int) -> None:
        """Makes the names of a delivery known, so that they can be resolved."""
        await self.run_many(_NAME, ((source, reference, number) for reference in sorted(set(references))))

    async def put_sums(self, source: str, rows: Sequence[tuple[str, Month]]) -> bool:
        """Stores the sums of names and months in place of earlier ones; whether anything moved."""
        moved = await self.run_many(_SUM, ((source, reference, *_counts(month)) for reference, month in rows))
        return moved > 0

    async def put_learners(self, source: str, rows: Sequence[tuple[str, LearnerMonth]]) -> bool:
        """Stores learners' months in place of earlier ones; whether anything moved."""
        moved = await self.run_many(
            _LEARNER,
            (
                (source, reference, row.learner, *_counts(row.counts), row.state, row.due)
                for reference, row in rows
            ),
        )
        return moved > 0

    async def in_both_forms(
        self, source: str, rows: Sequence[tuple[str, date, bool]]
    ) -> list[tuple[str, date]]:
        """Names and months for which the other form (sums, or learners where True) is stored already."""
        values = {
            "source": source,
            "references": [reference for reference, _, _ in rows],
            "months": [month for _, month, _ in rows],
            "learners": [learners for _, _, learners in rows],
        }
        return [(row["reference"], row["month"]) for row in await self.rows(_BOTH, values)]

    async def drop_sums(self, source: str, keys: Sequence[tuple[str, date]]) -> None:
        """Forgets the sums of these names and months."""
        await self.run(_DROP_SUMS, ([name for name, _ in keys], [month for _, month in keys], source))

    async def drop_learners(self, source: str, keys: Sequence[tuple[str, date]]) -> None:
        """Forgets the learners' rows of these names and months."""
        await self.run(_DROP_LEARNERS, ([name for name, _ in keys], [month for _, month in keys], source))

    async def unknown_engagement(self) -> list[Unknown]:
        """Names that nothing goes by yet, of all sources."""
        return [Unknown(**row) for row in await self.rows(_UNKNOWN)]

    async def resolve_engagement(
        self,
        source: str,
        reference: str,
        *,
        listing: tuple[str, str] | None = None,
        program: str | None = None,
    ) -> None:
        """Says what a name means: a listing (source, external id) or a program."""
        values = (
            listing[0] if listing else None,
            listing[1] if listing else None,
            program,
            source,
            reference,
        )
        await self.run(_RESOLVE, values)

    async def meant_by_engagement(self, source: str, references: Iterable[str]) -> dict[str, str]:
        """Ids of the resources and programs that names mean in a source's deliveries; one without is left out."""
        rows = await self.rows(_MEANT, (source, list(references)))
        return {row["reference"]: row["meant"] for row in rows}

    async def resources_used_through(self, source: str) -> list[tuple[str, str]]:
        """Resources with engagement from a delivering source, each with the source of its listing."""
        return [(row["resource"], row["source"]) for row in await self.rows(_RESOURCES_OF, (source,))]

    async def engagement(self, resource_ids: Iterable[str]) -> dict[str, Use]:
        """Use by resource id; a resource nobody delivered engagement for is left out."""
        ids = {"ids": list(resource_ids)}
        newest = {row["resource"]: row["month"] for row in await self.rows(_NEWEST, ids)}
        months: dict[str, list[Month]] = {}
        for row in await self.rows(_MONTHS, ids):
            months.setdefault(row["resource"], []).append(
                Month(**{name: value for name, value in row.items() if name != "resource"})
            )
        learners: dict[str, list[Enrolment]] = {}
        for enrolment in await self.enrolments(ids["ids"]):
            learners.setdefault(enrolment.resource, []).append(enrolment)
        return {
            id_: Use(
                months=tuple(months.get(id_, ())),
                newest=month,
                in_progress=sum(e.state == "in_progress" for e in learners[id_]) if id_ in learners else None,
                learners=len(learners[id_]) if id_ in learners else None,
            )
            for id_, month in newest.items()
        }

    async def enrolments(self, ids: Iterable[str]) -> list[Enrolment]:
        """The latest month of each pseudonymous learner in these resources and programs."""
        return [Enrolment(**row) for row in await self.rows(_LEARNERS, {"ids": list(ids)})]


def _counts(month: Month) -> tuple[object, ...]:
    return (month.month, month.enrolled, month.started, month.completed, month.seconds, month.rating)
