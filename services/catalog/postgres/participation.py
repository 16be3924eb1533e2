"""Counts of learners over a year and its months, as deliveries told them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from services.catalog.domain.participation import Counts, Participation
from services.catalog.postgres.session import Row, Session

_COUNTS = """
    WITH asked AS (
        SELECT subject, id FROM unnest(%(subjects)s::text[], %(ids)s::text[]) AS k (subject, id)
    ), named AS (
        SELECT DISTINCT asked.subject, n.source, n.reference FROM asked
        JOIN listings l ON l.resource = asked.id
        JOIN engagement_names n ON n.listing_source = l.source AND n.listing_external_id = l.external_id
        UNION
        SELECT asked.subject, n.source, n.reference FROM asked JOIN engagement_names n ON n.program = asked.id
    ), sources AS MATERIALIZED (
        SELECT d.source, greatest(
            (SELECT max(month) FROM engagement_sums s WHERE s.source = d.source),
            (SELECT max(month) FROM learner_months m WHERE m.source = d.source)
        ) AS newest
        FROM (SELECT DISTINCT source FROM named) AS d
    ), newest AS (
        SELECT d.subject, max(sources.newest) AS newest
        FROM (SELECT DISTINCT subject, source FROM named) AS d JOIN sources ON sources.source = d.source
        GROUP BY d.subject
    ), counted AS (
        SELECT named.subject, s.month, NULL::text AS learner, s.enrolled, s.started, s.completed, s.seconds, s.rating
        FROM named JOIN engagement_sums s ON s.source = named.source AND s.reference = named.reference
        UNION ALL
        SELECT named.subject, m.month, m.learner, m.enrolled, m.started, m.completed, m.seconds, m.rating
        FROM named JOIN learner_months m ON m.source = named.source AND m.reference = named.reference
    )
    SELECT newest.subject, newest.newest, counted.month,
        count(DISTINCT learner) AS learners,
        count(DISTINCT learner) FILTER (WHERE started > 0 OR completed > 0) AS starters,
        count(DISTINCT learner) FILTER (WHERE completed > 0) AS completers,
        coalesce(sum(enrolled) FILTER (WHERE learner IS NULL), 0)::bigint AS enrolled,
        coalesce(sum(started) FILTER (WHERE learner IS NULL), 0)::bigint AS started,
        coalesce(sum(completed) FILTER (WHERE learner IS NULL), 0)::bigint AS completed,
        coalesce(sum(seconds), 0)::bigint AS seconds,
        coalesce(sum(CASE WHEN learner IS NULL THEN rating * started ELSE rating END), 0) AS ratings,
        coalesce(sum(CASE WHEN learner IS NULL THEN started ELSE 1 END) FILTER (WHERE rating IS NOT NULL), 0)::bigint
            AS raters
    FROM newest LEFT JOIN counted ON counted.subject = newest.subject
        AND counted.month > newest.newest - interval '12 months' AND counted.month <= newest.newest
    WHERE newest.newest IS NOT NULL
    GROUP BY GROUPING SETS ((newest.subject, newest.newest, counted.month), (newest.subject, newest.newest))
"""
_FINISHED = """
    WITH named AS (
        SELECT l.resource, n.source, n.reference FROM listings l
        JOIN engagement_names n ON n.listing_source = l.source AND n.listing_external_id = l.external_id
        WHERE l.resource = ANY(%(ids)s)
    ), rows AS (
        SELECT named.resource, m.learner, m.month, m.completed
        FROM named JOIN learner_months m ON m.source = named.source AND m.reference = named.reference
    )
    SELECT count(*) AS learners FROM (
        SELECT learner FROM rows WHERE resource = ANY(%(needed)s) AND completed > 0
            AND learner IN (
                SELECT learner FROM rows WHERE month > %(newest)s::date - interval '12 months' AND month <= %(newest)s
            )
        GROUP BY learner HAVING count(DISTINCT resource) = cardinality(%(needed)s::text[])
    ) AS finished
"""


class Participating(Session):
    """Counts of learners."""

    async def participation(self, subjects: Mapping[str, Collection[str]]) -> dict[str, Participation]:
        """Counts by subject, each the use of all the resources and programs whose ids it has.

        A subject for which nobody delivers is left out.
        """
        pairs = [(subject, id_) for subject, ids in subjects.items() for id_ in ids]
        values = {"subjects": [subject for subject, _ in pairs], "ids": [id_ for _, id_ in pairs]}
        newest: dict[str, date] = {}
        years: dict[str, Counts] = {}
        months: dict[str, dict[date, Counts]] = {}
        for row in await self.rows(_COUNTS, values):
            subject = row["subject"]
            newest[subject] = row["newest"]
            if row["month"] is None:
                # With no month in the year there is a row of either grouping, and both are empty.
                years[subject] = _counts(row)
            else:
                months.setdefault(subject, {})[row["month"]] = _counts(row)
        return {
            subject: Participation(day, years[subject], months.get(subject, {}))
            for subject, day in newest.items()
        }

    async def finished(self, ids: Collection[str], needed: Collection[str], newest: date) -> int:
        """Distinct learners of these resources in the 12 months to `newest` who have completed all the needed ones."""
        values = {"ids": list(ids), "needed": list(needed), "newest": newest}
        row = await self.row(_FINISHED, values)
        return int(row["learners"]) if row else 0


def _counts(row: Row) -> Counts:
    return Counts(
        reach=row["learners"] + max(row["enrolled"], row["started"]),
        started=row["starters"] + row["started"],
        completed=row["completers"] + row["completed"],
        seconds=row["seconds"],
        ratings=row["ratings"],
        raters=row["raters"],
        measured=not (row["enrolled"] or row["started"]),
    )
