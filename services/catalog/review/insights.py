"""How healthy the catalog is, and what has come of reviewing it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from services.catalog.domain.ages import AGES, age_of
from services.catalog.domain.disclosure import few
from services.catalog.domain.people import owns
from services.catalog.domain.resources import Lifecycle
from services.catalog.postgres.database import Database, Transaction
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


@dataclass(frozen=True, slots=True)
class Survey:
    """What learners can find, counted by what is shown of it: its kind, when it last changed and who owns it.

    `names` are all by which those resources go, each with the id of its resource.
    """

    kinds: Counter[str]
    changed: Counter[date | None]
    owners: Counter[str]
    names: dict[str, str]


@dataclass(slots=True)
class Surveyor:
    """Looks through the catalog once for each of its states, which the feed numbers: that takes longest by far."""

    _at: tuple[str, int] = ("", 0)
    _found: Survey | None = None

    async def survey(self, tx: Transaction) -> Survey:
        """Of the moment that the transaction sees."""
        at = await tx.feed_position()
        found = self._found if at == self._at else None
        if found is None:
            found = await _look(tx)
            self._at, self._found = at, found
        return found


async def _look(tx: Transaction) -> Survey:
    found = Survey(Counter(), Counter(), Counter(), {})
    async for resource, _ in each_glance(tx):
        if resource.lifecycle is Lifecycle.PUBLISHED:
            found.names.update((name, resource.id) for name in (resource.id, *resource.aliases))
            found.kinds[resource.kind] += 1
            days = [day for day in (resource.updated, resource.created) if day]
            found.changed[max(days, default=None)] += 1
            found.owners[resource.owner] += 1
    return found


async def get_insights(db: Database, surveyor: Surveyor) -> Insights:
    """All figures at one moment."""
    today = db.clock.today()
    ages: Counter[str] = Counter()
    async with db.snapshot() as tx:
        found = await surveyor.survey(tx)
        for day, count in found.changed.items():
            ages[age_of([day] if day else [], today)] += count
        people = await tx.people_by_email({owner for owner in found.owners if "@" in owner})
        rot = {found.names[name] for name in await postgres_insights.rot(tx) if name in found.names}
        live = await postgres_insights.live_by_kind(tx)
        hours = await postgres_insights.hours(tx)
        begin = datetime.combine(today - YEAR, time.min, UTC)
        decided = await postgres_insights.decided_by(tx, begin)
        entitled = await postgres_insights.entitled(tx)
    return Insights(
        resources=found.kinds.total(),
        by_kind=tuple(sorted(found.kinds.items(), key=lambda each: (-each[1], each[0]))),
        by_age=tuple((name, ages[name]) for name in AGES),
        owned=sum(count for owner, count in found.owners.items() if owns(owner, people)),
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
