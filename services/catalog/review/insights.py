"""How healthy the catalog is, and what has come of reviewing it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from services.catalog.domain.ages import AGES, age_of
from services.catalog.domain.disclosure import few
from services.catalog.domain.resources import Lifecycle
from services.catalog.postgres.database import Database
from services.catalog.review import postgres_insights
from services.catalog.review.findings import Kind
from services.catalog.review.postgres_insights import HoursRow
from services.catalog.review.ruling import each_glance

YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Savings:
    """Hours a year; those of fewer than five learners are left out."""

    learner_hours: float
    maintenance_hours: float


@dataclass(frozen=True, slots=True)
class Insights:
    """Counts of what learners can find, and of what people decided `since` then; `silo_index` None when nobody has or
    may."""

    resources: int
    by_kind: tuple[tuple[str, int], ...]
    by_age: tuple[tuple[str, int], ...]
    owned: int
    rot: int
    suggestions: tuple[tuple[Kind, int], ...]
    planned: Savings
    made: Savings
    decisions: tuple[tuple[str, int], ...]
    since: datetime
    silo_index: float | None
    entitled: int


async def get_insights(db: Database) -> Insights:
    """All figures at one moment."""
    today = db.clock.today()
    kinds: Counter[str] = Counter()
    ages: Counter[str] = Counter()
    owned = 0
    published = set[str]()
    async with db.snapshot() as tx:
        async for resource, has_owner in each_glance(tx):
            if resource.lifecycle is not Lifecycle.PUBLISHED:
                continue
            published.update((resource.id, *resource.aliases))
            kinds[resource.kind] += 1
            ages[age_of([day for day in (resource.updated, resource.created) if day], today)] += 1
            owned += has_owner
        rot = await postgres_insights.rot(tx) & published
        live = await postgres_insights.live_by_kind(tx)
        hours = await postgres_insights.hours(tx)
        begin = datetime.combine(today - YEAR, time.min, UTC)
        decided = await postgres_insights.decided_by(tx, begin)
        entitled = await postgres_insights.entitled(tx)
    return Insights(
        resources=kinds.total(),
        by_kind=tuple(sorted(kinds.items(), key=lambda each: (-each[1], each[0]))),
        by_age=tuple((name, ages[name]) for name in AGES),
        owned=owned,
        rot=len(rot),
        suggestions=tuple(live.items()),
        planned=_saved(hours, "SCHEDULED"),
        made=_saved(hours, "APPLIED"),
        decisions=tuple(decided),
        since=begin,
        silo_index=silo_index([count for _, count in decided], entitled),
        entitled=entitled,
    )


def silo_index(decided: Sequence[int], entitled: int) -> float | None:
    """1 − effective number of people who decide / people with decision rights: 0 when all decide alike.

    The effective number is 1 / Σ share². None when nobody has decided, or may.
    """
    total = sum(decided)
    if not total or not entitled:
        return None
    effective = 1 / sum((count / total) ** 2 for count in decided)
    return max(0.0, 1 - effective / entitled)


def _saved(rows: Sequence[HoursRow], state: str) -> Savings:
    those = [row for row in rows if row.state == state]
    return Savings(
        round(sum(row.learner_hours for row in those if not few(row.learners)), 1),
        round(sum(row.maintenance_hours for row in those), 1),
    )
