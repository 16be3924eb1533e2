"""Counts of learners over a year and its months, as deliveries told them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date

from services.catalog.domain.engagement import YEAR
from services.catalog.domain.participation import Counts, Participation
from services.catalog.domain.periods import year_before
from services.catalog.postgres.session import Row, Session

_COUNTED = """
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
        ) AS newest, least(
            (SELECT min(month) FROM engagement_sums s WHERE s.source = d.source),
            (SELECT min(month) FROM learner_months m WHERE m.source = d.source)
        ) AS oldest
        FROM (SELECT DISTINCT source FROM named) AS d
    ), newest AS (
        SELECT d.subject, max(sources.newest) AS newest, min(sources.oldest) AS oldest
        FROM (SELECT DISTINCT subject, source FROM named) AS d JOIN sources ON sources.source = d.source
        GROUP BY d.subject
    ), counted AS (
        SELECT named.subject, s.month, NULL::text AS learner, s.enrolled, s.started, s.completed, s.seconds, s.rating
        FROM named JOIN engagement_sums s ON s.source = named.source AND s.reference = named.reference
        UNION ALL
        SELECT named.subject, m.month, m.learner, m.enrolled, m.started, m.completed, m.seconds, m.rating
        FROM named JOIN learner_months m ON m.source = named.source AND m.reference = named.reference
    )
"""
_FIGURES = """
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
"""
_COUNTS = f"""
    {_COUNTED}
    SELECT newest.subject, newest.newest, counted.month, {_FIGURES}
    FROM newest LEFT JOIN counted ON counted.subject = newest.subject
        AND counted.month > newest.newest - interval '12 months' AND counted.month <= newest.newest
    WHERE newest.newest IS NOT NULL
    GROUP BY GROUPING SETS ((newest.subject, newest.newest, counted.month), (newest.subject, newest.newest))
"""
# Each period is the end of a wider one, so that one order of the rows serves all groups of them.
_PERIODS = f"""
    {_COUNTED}, aged AS (
        SELECT newest.*, counted.month, learner, enrolled, started, completed, seconds, rating,
            counted.month <= newest.newest - interval '12 months' AS earlier,
            extract(month FROM age(newest.newest, counted.month)) AS months_ago
        FROM newest LEFT JOIN counted ON counted.subject = newest.subject
            AND counted.month > newest.newest - make_interval(months => %(back)s)
            AND counted.month <= newest.newest
        WHERE newest.newest IS NOT NULL
    )
    SELECT subject, newest, oldest, earlier, months_ago < 6 AS half, months_ago < 3 AS quarter, month,
        grouping(earlier, months_ago < 6, months_ago < 3, month) AS level, {_FIGURES}
    FROM aged
    GROUP BY subject, newest, oldest, ROLLUP (earlier, (months_ago < 6), (months_ago < 3), month)
"""
_FINISHED = """
    WITH ends AS (
        SELECT subject, last, months, needed
        FROM unnest(%(ends)s::text[], %(last)s::date[], %(months)s::int[], %(needed)s::int[])
            AS k (subject, last, months, needed)
    ), asked AS (
        SELECT subject, id, needed
        FROM unnest(%(subjects)s::text[], %(ids)s::text[], %(is_needed)s::bool[]) AS k (subject, id, needed)
    ), named AS (
        SELECT asked.subject, asked.id, asked.needed, n.source, n.reference FROM asked
        JOIN listings l ON l.resource = asked.id
        JOIN engagement_names n ON n.listing_source = l.source AND n.listing_external_id = l.external_id
    )
    SELECT subject, last, months, count(*) AS learners FROM (
        SELECT named.subject, ends.last, ends.months, m.learner
        FROM named JOIN learner_months m ON m.source = named.source AND m.reference = named.reference
        JOIN ends ON ends.subject = named.subject
            AND m.month <= ends.last
        GROUP BY named.subject, ends.last, ends.months, m.learner, ends.needed
        HAVING bool_or(m.month > ends.last - make_interval(months => ends.months))
            AND count(DISTINCT named.id) FILTER (WHERE named.needed AND m.completed > 0) = ends.needed
    ) AS finished
    GROUP BY subject, last, months
"""
# What a row of _PERIODS counts, by what it is grouped by: the level, whether in the half, whether in the quarter.
_LENGTHS = {(7, None, None): YEAR, (3, True, None): 6, (1, True, True): 3}


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

    async def participation_by_period(
        self, subjects: Mapping[str, Collection[str]], *, before: bool
    ) -> dict[str, Participation]:
        """The same with the shorter periods of the year, and `before` with the year before and its own."""
        pairs = [(subject, id_) for subject, ids in subjects.items() for id_ in ids]
        values = {
            "subjects": [subject for subject, _ in pairs],
            "ids": [id_ for _, id_ in pairs],
            "back": 2 * YEAR if before else YEAR,
        }
        ends: dict[str, tuple[date, date]] = {}
        found: dict[tuple[str, bool], dict[int, Counts]] = {}
        months: dict[tuple[str, bool], dict[date, Counts]] = {}
        for row in await self.rows(_PERIODS, values):
            ends[row["subject"]] = row["newest"], row["oldest"]
            if row["earlier"] is None:
                continue
            subject = row["subject"], row["earlier"]
            if row["month"] is not None:
                months.setdefault(subject, {})[row["month"]] = _counts(row)
            elif length := _LENGTHS.get((row["level"], row["half"], row["quarter"])):
                found.setdefault(subject, {})[length] = _counts(row)

        def counted(subject: str, newest: date, *, earlier: bool) -> Participation:
            lengths = found.get((subject, earlier), {})
            return Participation(
                newest,
                lengths.pop(YEAR, Counts()),
                months.get((subject, earlier), {}),
                lengths,
            )

        return {
            subject: replace(
                counted(subject, newest, earlier=False),
                before=counted(subject, year_before(newest), earlier=True) if before else None,
                oldest=oldest,
            )
            for subject, (newest, oldest) in ends.items()
        }

    async def finished(
        self,
        subjects: Mapping[str, tuple[Collection[str], Collection[str]]],
        periods: Collection[tuple[str, date, int]],
    ) -> dict[tuple[str, date, int], int]:
        """Distinct learners by subject and period, each subject (resources, the needed ones of these).

        A period is (subject, its last month, how many months). Counted is who learned with one of the resources in
        it and has completed all needed ones by its end. A period without any is left out.
        """
        asked = [(subject, id_, id_ in needed) for subject, (ids, needed) in subjects.items() for id_ in ids]
        if not asked:
            return {}
        values = {
            "ends": [subject for subject, _, _ in periods],
            "last": [last for _, last, _ in periods],
            "months": [months for _, _, months in periods],
            "needed": [len(subjects[subject][1]) for subject, _, _ in periods],
            "subjects": [subject for subject, _, _ in asked],
            "ids": [id_ for _, id_, _ in asked],
            "is_needed": [needed for _, _, needed in asked],
        }
        rows = await self.rows(_FINISHED, values)
        return {(row["subject"], row["last"], row["months"]): row["learners"] for row in rows}


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
