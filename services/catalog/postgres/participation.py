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
    WITH ends AS (
        SELECT subject, newest, needed
        FROM unnest(%(ends)s::text[], %(newest)s::date[], %(needed)s::int[]) AS k (subject, newest, needed)
    ), asked AS (
        SELECT subject, id, needed
        FROM unnest(%(subjects)s::text[], %(ids)s::text[], %(is_needed)s::bool[]) AS k (subject, id, needed)
    ), named AS (
        SELECT asked.subject, asked.id, asked.needed, n.source, n.reference FROM asked
        JOIN listings l ON l.resource = asked.id
        JOIN engagement_names n ON n.listing_source = l.source AND n.listing_external_id = l.external_id
    )
    SELECT subject, count(*) AS learners FROM (
        SELECT named.subject, m.learner
        FROM named JOIN learner_months m ON m.source = named.source AND m.reference = named.reference
        JOIN ends ON ends.subject = named.subject
        GROUP BY named.subject, m.learner, ends.needed
        HAVING bool_or(m.month > ends.newest - interval '12 months' AND m.month <= ends.newest)
            AND count(DISTINCT named.id) FILTER (WHERE named.needed AND m.completed > 0) = ends.needed
    ) AS finished
    GROUP BY subject
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

    async def finished(
        self, subjects: Mapping[str, tuple[Collection[str], Collection[str], date]]
    ) -> dict[str, int]:
        """Distinct learners by subject, each (resources, the needed ones of these, newest month).

        Counted is who learned with one of the resources in the 12 months to the newest and has completed all needed
        ones. A subject without any is left out.
        """
        asked = [
            (subject, id_, id_ in needed) for subject, (ids, needed, _) in subjects.items() for id_ in ids
        ]
        if not asked:
            return {}
        values = {
            "ends": list(subjects),
            "newest": [newest for _, _, newest in subjects.values()],
            "needed": [len(needed) for _, needed, _ in subjects.values()],
            "subjects": [subject for subject, _, _ in asked],
            "ids": [id_ for _, id_, _ in asked],
            "is_needed": [needed for _, _, needed in asked],
        }
        return {row["subject"]: row["learners"] for row in await self.rows(_FINISHED, values)}


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
